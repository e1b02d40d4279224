// Tests: kernel/table/history.cc
// Tests: kernel/table/history_reader.cc
// Tests: kernel/table/history_writer.cc
// Tests: kernel/table/lmdb_call.cc
// Tests: kernel/table/lmdb_cursor.cc
// Tests: kernel/table/lmdb_environment.cc
// Tests: kernel/table/lmdb_level.cc
// Tests: kernel/table/lmdb_long_key.cc
// Tests: kernel/table/lmdb_reader.cc
// Tests: kernel/table/lmdb_reader_pool.cc
// Tests: kernel/table/lmdb_writer.cc
// Tests: kernel/table/memory_store.cc
// Tests: kernel/table/stored_row.cc
// One suite for both materialized stores: what they promise, they promise alike.
#include "kernel/table/materialized_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kernel/base/status.h"
#include "tests/kernel/table/materialized_model.h"
#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

using std::chrono::microseconds;
using Scan = std::vector<std::pair<std::string, ModelVersion>>;

const Uuid kStore(std::array<std::uint8_t, 16>{1, 2, 3});

// Makes a store of either kind, and opens it again with other options where the kind can.
struct InMemory {
  static constexpr bool kReopens = false;
  std::unique_ptr<MaterializedStore> Make(const MaterializedOptions& options,
                                          const AppliedMark& mark) {
    return MakeMemoryStore(options, mark);
  }
  std::unique_ptr<MaterializedStore> Reopen(std::unique_ptr<MaterializedStore> store,
                                            const MaterializedOptions& /*options*/) {
    return store;
  }
};

struct InLmdb {
  static constexpr bool kReopens = true;
  InLmdb() {
    folder = testing::TempDir() + "/materialized_store_test_" + std::to_string(getpid());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    path = folder + "/state.mdb";
  }
  ~InLmdb() { std::filesystem::remove_all(folder); }
  std::unique_ptr<MaterializedStore> Make(const MaterializedOptions& options,
                                          const AppliedMark& mark) {
    const absl::Status made = CreateLmdbFile(PosixFileSystem(), path, mark);
    EXPECT_TRUE(made.ok()) << made;
    return Open(options);
  }
  std::unique_ptr<MaterializedStore> Reopen(std::unique_ptr<MaterializedStore> store,
                                            const MaterializedOptions& options) {
    store.reset();
    return Open(options);
  }
  std::unique_ptr<MaterializedStore> Open(const MaterializedOptions& options) {
    const auto verdict = GuardMaterializedFile(PosixFileSystem(), path, true);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_EQ(verdict->reason, "");
    EXPECT_TRUE(verdict->usable);
    auto store = OpenLmdbStore(path, options);
    EXPECT_TRUE(store.ok()) << store.status();
    return std::move(*store);
  }
  std::string folder;
  std::string path;
};

template <typename Kind>
class MaterializedStoreTest : public testing::Test {
 protected:
  void Start(microseconds keep) {
    options_.history.keep = keep;
    store_ = kind_.Make(options_, AppliedMark{kStore, Lsn(), Timestamp(), Lsn()});
  }
  void Reopen(microseconds keep) {
    options_.history.keep = keep;
    store_ = kind_.Reopen(std::move(store_), options_);
  }

  void Put(const std::string& key, std::uint64_t lsn, const std::string& value) {
    Note(key, {lsn, lsn * 10, false, value});
  }
  void Delete(const std::string& key, std::uint64_t lsn) { Note(key, {lsn, lsn * 10, true, ""}); }
  void Note(const std::string& key, const ModelVersion& version) {
    pending_[key].push_back(version);
    model_[key].push_back(version);
    last_ = std::max(last_, version.lsn);
  }

  void Checkpoint() {
    ModelStream rows(pending_);
    const absl::Status status = store_->Checkpoint(rows, Mark());
    ASSERT_TRUE(status.ok()) << status;
    pending_.clear();
  }
  AppliedMark Mark() const {
    return AppliedMark{kStore, Lsn(last_), Timestamp(last_ * 10), Lsn(99)};
  }

  std::unique_ptr<MaterializedReader> Reader() {
    auto reader = store_->OpenReader();
    EXPECT_TRUE(reader.ok()) << reader.status();
    return std::move(*reader);
  }
  std::optional<ModelVersion> Get(const std::string& key, std::uint64_t at) {
    const auto found = Reader()->Get(key, Lsn(at));
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || !found->has_value()) return std::nullopt;
    return ToModel(**found);
  }
  std::vector<ModelVersion> Versions(MaterializedReader& reader, const std::string& key, Lsn at) {
    std::vector<ModelVersion> found;
    const absl::Status status = reader.VisitVersions(key, at, [&](const RowVersion& version) {
      found.push_back(ToModel(version));
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }
  ModelRows Stream(const std::string& begin, const std::string& end) {
    ModelRows found;
    const auto reader = Reader();
    const auto stream = reader->NewVersionStream(begin, end);
    std::string previous;
    while (stream->Next()) {
      EXPECT_GT(std::string(stream->row_key()), previous);
      previous = stream->row_key();
      std::vector<ModelVersion>& versions = found[previous];
      while (const auto version = stream->NextVersion()) versions.push_back(ToModel(*version));
    }
    EXPECT_TRUE(stream->status().ok()) << stream->status();
    return found;
  }

  // Everything the reader can be asked about `at`, compared with the model.
  void ExpectStateAsOf(MaterializedReader& reader, std::uint64_t at) {
    for (const auto& [key, versions] : model_) {
      const auto found = reader.Get(key, Lsn(at));
      ASSERT_TRUE(found.ok()) << found.status();
      const auto expected = ModelGet(model_, key, at);
      ASSERT_EQ(found->has_value(), expected.has_value()) << "at " << at;
      if (!expected.has_value()) continue;
      ASSERT_EQ(ToModel(**found), *expected);
    }
    const Scan expected = ModelScan(model_, at);
    absl::Status status;
    ASSERT_EQ(ScanForward(reader, Lsn(at), status), expected) << "at " << at;
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(ScanBackward(reader, Lsn(at), status), expected) << "at " << at;
    ASSERT_TRUE(status.ok()) << status;
  }

  // Random seeks and steps of one cursor, in both directions.
  void ExpectCursorWalks(MaterializedReader& reader, std::uint64_t at, HardKeys& keys) {
    const Scan rows = ModelScan(model_, at);
    const std::unique_ptr<Cursor> cursor = reader.NewCursor(Lsn(at));
    for (int walk = 0; walk < 20; ++walk) {
      const std::string target =
          rows.empty() || keys.Below(2) == 0 ? keys() : rows[keys.Below(rows.size())].first;
      auto at_or_after =
          std::lower_bound(rows.begin(), rows.end(), target,
                           [](const auto& row, const std::string& key) { return row.first < key; });
      auto position = at_or_after - rows.begin();
      if (keys.Below(2) == 0) {
        cursor->SeekAtOrAfter(target);
      } else {
        cursor->SeekBefore(target);
        --position;
      }
      for (int step = 0; step < 12; ++step) {
        const bool exists = position >= 0 && position < static_cast<std::ptrdiff_t>(rows.size());
        ASSERT_EQ(cursor->valid(), exists) << cursor->status();
        if (!exists) break;
        ASSERT_EQ(cursor->row_key(), rows[static_cast<std::size_t>(position)].first);
        ASSERT_EQ(ToModel(cursor->version()), rows[static_cast<std::size_t>(position)].second);
        if (keys.Below(3) == 0) {
          CursorRow next[5];
          const std::size_t wanted = 1 + keys.Below(5);
          const std::size_t left = rows.size() - 1 - static_cast<std::size_t>(position);
          ASSERT_EQ(cursor->NextRows(std::span(next).first(wanted)), std::min(wanted, left));
          for (std::size_t i = 0; i < std::min(wanted, left); ++i) {
            ++position;
            ASSERT_EQ(next[i].row_key, rows[static_cast<std::size_t>(position)].first);
            ASSERT_EQ(ToModel(next[i].version), rows[static_cast<std::size_t>(position)].second);
          }
          if (!cursor->valid()) break;
          continue;
        }
        const bool forward = keys.Below(2) == 0;
        forward ? cursor->Next() : cursor->Previous();
        position += forward ? 1 : -1;
      }
    }
  }

  void ExpectVersions(std::uint64_t from) {
    const auto reader = Reader();
    ModelRows expected;
    for (const auto& [key, versions] : model_) {
      const std::vector<ModelVersion> kept = ModelKept(versions, from);
      ASSERT_EQ(Versions(*reader, key, kLsnMax), kept) << testing::PrintToString(key);
      if (!kept.empty()) expected[key] = kept;
    }
    ASSERT_EQ(Stream("", ""), expected);
  }

  void Verify() {
    const absl::Status status = store_->Verify({});
    ASSERT_TRUE(status.ok()) << status;
    const auto footprint = store_->Footprint();
    ASSERT_TRUE(footprint.ok());
    ASSERT_EQ(footprint->rows, ModelScan(model_, last_).size());
  }

  // A round of random puts and deletes at one or several LSNs.
  void RandomRound(HardKeys& keys, std::vector<std::string>& known) {
    for (std::size_t lsns = 1 + keys.Below(3); lsns > 0; --lsns) {
      const std::uint64_t lsn = last_ + 1;
      std::set<std::string> written;
      for (std::size_t i = 1 + keys.Below(8); i > 0; --i) {
        if (known.empty() || keys.Below(3) == 0) known.push_back(keys());
        const std::string& key = known[keys.Below(known.size())];
        if (!written.insert(key).second) continue;
        const bool large = keys.Below(12) == 0;
        if (keys.Below(3) == 0) {
          Delete(key, lsn);
        } else {
          Put(key, lsn, std::string(large ? keys.Below(9000) : keys.Below(60), 'v'));
        }
      }
    }
  }

  Kind kind_;
  MaterializedOptions options_;
  std::unique_ptr<MaterializedStore> store_;
  ModelRows model_;
  ModelRows pending_;
  std::uint64_t last_ = 0;
};

using Kinds = testing::Types<InMemory, InLmdb>;
TYPED_TEST_SUITE(MaterializedStoreTest, Kinds);

TYPED_TEST(MaterializedStoreTest, IsEmptyAtFirst) {
  this->Start(microseconds(0));
  const auto reader = this->Reader();
  EXPECT_EQ(reader->mark().store, kStore);
  EXPECT_EQ(reader->mark().applied, Lsn());
  EXPECT_EQ(this->Get("a", 5), std::nullopt);
  EXPECT_FALSE(reader->NewVersionStream("", "")->Next());
  this->Verify();
}

TYPED_TEST(MaterializedStoreTest, CheckpointReplacesAndDeletes) {
  this->Start(microseconds(0));
  this->Put("a", 1, "one");
  this->Put("b", 1, "one");
  this->Checkpoint();
  this->Put("a", 2, "two");
  this->Delete("b", 2);
  this->Delete("never there", 2);
  this->Checkpoint();
  EXPECT_EQ(this->Get("a", 2), (ModelVersion{2, 20, false, "two"}));
  EXPECT_EQ(this->Get("b", 2), std::nullopt);
  EXPECT_EQ(this->Reader()->mark().applied, Lsn(2));
  EXPECT_EQ(this->Reader()->mark().commit_time, Timestamp(20));
  this->Verify();
}

TYPED_TEST(MaterializedStoreTest, WithoutHistoryThePastIsOutOfRange) {
  this->Start(microseconds(0));
  this->Put("a", 1, "one");
  this->Checkpoint();
  this->Put("a", 2, "two");
  this->Checkpoint();
  const auto reader = this->Reader();
  EXPECT_EQ(reader->mark().history_from, Lsn(2));
  EXPECT_TRUE(absl::IsOutOfRange(reader->Get("a", Lsn(1)).status()));
  const auto cursor = reader->NewCursor(Lsn(1));
  cursor->SeekAtOrAfter("");
  EXPECT_FALSE(cursor->valid());
  EXPECT_TRUE(absl::IsOutOfRange(cursor->status()));
  EXPECT_TRUE(absl::IsOutOfRange(
      reader->VisitVersions("a", Lsn(1), [](const RowVersion&) { return true; })));
}

TYPED_TEST(MaterializedStoreTest, ReaderKeepsItsStateWhileCheckpointsGoOn) {
  this->Start(microseconds(0));
  this->Put("a", 1, "one");
  this->Checkpoint();
  const auto old = this->Reader();
  for (std::uint64_t lsn = 2; lsn < 10; ++lsn) {
    this->Put("a", lsn, "later");
    this->Checkpoint();
  }
  const auto found = old->Get("a", kLsnMax);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->value, "one");
  EXPECT_EQ(old->mark().applied, Lsn(1));
}

// STATE-8
TYPED_TEST(MaterializedStoreTest, DeletedRowsWithHistoryEndInATombstone) {
  this->Start(microseconds::max());
  this->Put("a", 1, "one");
  this->Delete("a", 2);
  this->Checkpoint();
  this->Put("a", 4, "four");
  this->Checkpoint();
  this->Delete("a", 6);
  this->Delete("b", 6);
  this->Checkpoint();
  EXPECT_EQ(
      this->Stream("", "").at("a"),
      (std::vector<ModelVersion>{
          {6, 60, true, ""}, {4, 40, false, "four"}, {2, 20, true, ""}, {1, 10, false, "one"}}));
  EXPECT_EQ(this->Stream("", "").count("b"), 0u);
  EXPECT_EQ(this->Get("a", 3), std::nullopt);
  EXPECT_EQ(this->Get("a", 5), (ModelVersion{4, 40, false, "four"}));
}

TYPED_TEST(MaterializedStoreTest, ModelWithoutHistory) {
  const std::uint64_t seed = TestSeed();
  this->Start(microseconds(0));
  HardKeys keys(seed);
  std::vector<std::string> known;
  for (int round = 0; round < 60; ++round) {
    this->RandomRound(keys, known);
    this->Checkpoint();
    auto reader = this->Reader();
    this->ExpectStateAsOf(*reader, this->last_);
    this->ExpectCursorWalks(*reader, this->last_, keys);
    reader.reset();  // before the store
    if (round % 10 == 9) this->Verify();
    if (round % 20 == 19) this->Reopen(microseconds(0));
    if (this->HasFatalFailure()) return;
  }
  this->ExpectVersions(this->last_);
}

TYPED_TEST(MaterializedStoreTest, ModelWithAllHistory) {
  const std::uint64_t seed = TestSeed();
  this->Start(microseconds::max());
  HardKeys keys(seed);
  std::vector<std::string> known;
  for (int round = 0; round < 30; ++round) {
    this->RandomRound(keys, known);
    this->Checkpoint();
    if (this->HasFatalFailure()) return;
    if (round % 10 == 9) this->Reopen(microseconds::max());
  }
  const auto reader = this->Reader();
  EXPECT_EQ(reader->mark().history_from, Lsn());
  for (std::uint64_t at = 0; at <= this->last_ + 1; ++at) {
    this->ExpectStateAsOf(*reader, at);
    this->ExpectCursorWalks(*reader, at, keys);
    if (this->HasFatalFailure()) return;
  }
  this->ExpectVersions(0);
  this->Verify();
}

TYPED_TEST(MaterializedStoreTest, ModelWithHistoryTrimmedByAge) {
  const std::uint64_t seed = TestSeed();
  this->Start(microseconds(150));  // fifteen LSNs
  HardKeys keys(seed);
  std::vector<std::string> known;
  for (int round = 0; round < 60; ++round) {
    this->RandomRound(keys, known);
    this->Checkpoint();
    const auto reader = this->Reader();
    const std::uint64_t from = reader->mark().history_from.value();
    // Nothing superseded less than fifteen LSNs ago may be gone.
    ASSERT_TRUE(from == 0 || from + 15 < this->last_);
    for (std::uint64_t at = from; at <= this->last_; ++at) this->ExpectStateAsOf(*reader, at);
    this->ExpectCursorWalks(*reader, (from + this->last_) / 2, keys);
    this->ExpectVersions(from);
    if (this->HasFatalFailure()) return;
  }
  EXPECT_GT(this->Reader()->mark().history_from, Lsn(1));
  this->Verify();
}

TYPED_TEST(MaterializedStoreTest, HistorySwitchedOffAndOnForgetsWhatItMissed) {
  if (!TypeParam::kReopens) GTEST_SKIP() << "a store in memory keeps its options";
  this->Start(microseconds::max());
  this->Put("a", 1, "one");
  this->Checkpoint();
  this->Put("a", 2, "two");
  this->Checkpoint();
  this->Reopen(microseconds(0));
  EXPECT_EQ(this->Get("a", 1), (ModelVersion{1, 10, false, "one"}));  // until the next checkpoint
  this->Put("a", 5, "five");
  this->Checkpoint();
  EXPECT_EQ(this->Reader()->mark().history_from, Lsn(5));
  this->Reopen(microseconds::max());
  this->Put("a", 8, "eight");
  this->Checkpoint();
  EXPECT_EQ(this->Reader()->mark().history_from, Lsn(5));
  EXPECT_EQ(this->Get("a", 5), (ModelVersion{5, 50, false, "five"}));
  EXPECT_EQ(this->Get("a", 7), (ModelVersion{5, 50, false, "five"}));
  EXPECT_TRUE(absl::IsOutOfRange(this->Reader()->Get("a", Lsn(4)).status()));
  EXPECT_EQ(this->Stream("", "").at("a"),
            (std::vector<ModelVersion>{{8, 80, false, "eight"}, {5, 50, false, "five"}}));
  this->Verify();
}

// More versions than one sweep looks at: what is left of them must not show, nor a row come back
// that was deleted meanwhile.
// STATE-8
TYPED_TEST(MaterializedStoreTest, VersionsThatWaitToBeSweptAreNotShown) {
  if (!TypeParam::kReopens) GTEST_SKIP() << "a store in memory keeps its options";
  constexpr int kRows = 4000;
  this->Start(microseconds::max());
  for (std::uint64_t lsn = 1; lsn <= 2; ++lsn) {
    for (int i = 0; i < kRows; ++i) this->Put("key" + std::to_string(i), lsn, "value");
    this->Checkpoint();
  }
  EXPECT_EQ(this->Stream("", "").at("key3999").size(), 2u);
  this->Reopen(microseconds(0));
  for (int i = 0; i < kRows; i += 2) this->Delete("key" + std::to_string(i), 3);
  this->Checkpoint();
  const auto footprint = this->store_->Footprint();
  ASSERT_EQ(footprint->rows, static_cast<std::uint64_t>(kRows / 2));
  const ModelRows rows = this->Stream("", "");
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(kRows / 2));
  for (const auto& [key, versions] : rows) ASSERT_EQ(versions.size(), 1u) << key;
  auto reader = this->Reader();
  EXPECT_TRUE(this->Versions(*reader, "key3998", kLsnMax).empty());
  reader.reset();
  for (std::uint64_t lsn = 4; lsn < 8; ++lsn) {  // sweeps go on, without any rows to write
    this->last_ = lsn;
    this->Checkpoint();
  }
  this->Verify();
}

TYPED_TEST(MaterializedStoreTest, LoadOfAStreamGivesTheSameState) {
  const std::uint64_t seed = TestSeed();
  this->Start(microseconds::max());
  HardKeys keys(seed);
  std::vector<std::string> known;
  for (int round = 0; round < 20; ++round) {
    this->RandomRound(keys, known);
    this->Checkpoint();
  }
  TypeParam other;
  const auto copy = other.Make(this->options_, AppliedMark{kStore, Lsn(), Timestamp(), Lsn()});
  {
    auto loader = copy->NewLoader();
    ASSERT_TRUE(loader.ok()) << loader.status();
    const auto reader = this->Reader();
    const auto rows = reader->NewVersionStream("", "");
    while (rows->Next()) {
      bool superseded = false;
      while (const auto version = rows->NextVersion()) {
        const absl::Status added = (*loader)->Add(rows->row_key(), *version, superseded);
        ASSERT_TRUE(added.ok()) << added;
        superseded = true;
      }
    }
    ASSERT_TRUE((*loader)->Finish(reader->mark()).ok());
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(copy->NewLoader().status()));
  const auto reader = copy->OpenReader();
  ASSERT_TRUE(reader.ok());
  for (std::uint64_t at = 0; at <= this->last_; ++at) this->ExpectStateAsOf(**reader, at);
}

TYPED_TEST(MaterializedStoreTest, LoadRefusesRowsOutOfOrder) {
  this->Start(microseconds(0));
  auto loader = this->store_->NewLoader();
  ASSERT_TRUE(loader.ok());
  const RowVersion version{Lsn(1), Timestamp(1), false, "v"};
  EXPECT_TRUE((*loader)->Add("b", version, false).ok());
  EXPECT_TRUE(absl::IsInvalidArgument((*loader)->Add("a", version, false)));
}

TYPED_TEST(MaterializedStoreTest, VersionStreamKeepsToItsRange) {
  this->Start(microseconds::max());
  for (const char* key : {"a", "b", "c", "d"}) this->Put(key, 1, key);
  this->Checkpoint();
  this->Delete("b", 2);
  this->Checkpoint();
  const ModelRows found = this->Stream("b", "d");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found.at("b").front().deleted, true);
  EXPECT_EQ(found.at("c").size(), 1u);
}

TYPED_TEST(MaterializedStoreTest, AFailingStreamChangesNothing) {
  this->Start(microseconds(0));
  this->Put("a", 1, "one");
  this->Checkpoint();
  this->Put("a", 2, "two");
  ModelStream rows(this->pending_);
  rows.Fail(absl::DataLossError("the source is damaged"));
  EXPECT_TRUE(absl::IsDataLoss(this->store_->Checkpoint(rows, this->Mark())));
  EXPECT_EQ(this->Reader()->mark().applied, Lsn(1));
  this->Checkpoint();
  EXPECT_EQ(this->Get("a", 2), (ModelVersion{2, 20, false, "two"}));
}

// STATE-2
TYPED_TEST(MaterializedStoreTest, ManyLongKeysWithOneBeginning) {
  this->Start(microseconds(0));
  const std::string beginning(600, 'p');
  for (int i = 0; i < 20000; ++i) {
    this->Put(beginning + std::to_string(1000000 + i), 1, std::to_string(i));
  }
  this->Checkpoint();
  EXPECT_EQ(this->Get(beginning + "1012345", 1), (ModelVersion{1, 10, false, "12345"}));
  for (int i = 0; i < 20000; ++i) this->Delete(beginning + std::to_string(1000000 + i), 2);
  this->Put("z", 2, "left");
  this->Checkpoint();
  const auto reader = this->Reader();
  this->ExpectStateAsOf(*reader, 2);
  this->Verify();
}

}  // namespace
}  // namespace varve::table
