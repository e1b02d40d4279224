// Tests: recovery/new_store.cc
// Tests: recovery/remains.cc
// Of a damaged store everything whole is taken over, and what is not is named.
#include "recovery/salvage.h"

#include <gmock/gmock.h>

#include "kernel/base/status.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"
#include "primitives/json/json.h"
#include "snapshot/digest.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// One put of fixed size, so that each record is as long as the others.
constexpr std::size_t kValueBytes = 100;

class SalvageTest : public RecoveryFixture {
 protected:
  SalvageTest() { options_.snapshots.log_bytes_min = std::uint64_t{1} << 40; }

  std::string Target() { return (root_ / "salvaged.varve").string(); }
  SalvageReport Salvage() {
    const auto before = AllBytes();
    auto report = SalvageStore(directory_.string(), Target(), Builtins(), options_);
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(AllBytes(), before) << "the source was changed";
    return report.ok() ? *std::move(report) : SalvageReport();
  }
  void OpenTarget() {
    directory_ = Target();
    Open();
  }
  // LSN 1 to `count`, each a put of "k<LSN>", all in the log alone.
  void Fill(int count, std::size_t value_bytes = kValueBytes) {
    Open();
    for (int i = 1; i <= count; ++i) Put(Name(i), std::string(value_bytes, 'v'));
    Kill();
  }
  static std::string Name(int lsn) { return "k" + std::to_string(1000 + lsn); }
  std::vector<int> MissingOf(int count) {
    std::vector<int> missing;
    for (int i = 1; i <= count; ++i) {
      if (!Get(Name(i)).has_value()) missing.push_back(i);
    }
    return missing;
  }
  // A byte in the body of the record with this LSN, in the file that holds it.
  void FlipInRecord(std::uint64_t lsn) {
    for (const auto& path : Files("wal")) {
      const std::string bytes = Bytes(path);
      const auto segment = wal::DecodeSegmentHeader(bytes.substr(0, wal::kSegmentHeaderBytes));
      if (!segment.ok()) continue;
      std::size_t offset = wal::kSegmentHeaderBytes;
      while (true) {
        const auto header = wal::DecodeRecordHeader(
            std::string_view(bytes).substr(offset, wal::RecordLayout::kBytes), segment->salt);
        if (!header.ok()) break;
        if (header->lsn == Lsn(lsn)) return FlipByte(path, offset + wal::RecordLayout::kBytes + 20);
        offset += wal::RecordLayout::kBytes + header->body_length;
      }
    }
    FAIL() << "no record of LSN " << lsn;
  }
};

TEST_F(SalvageTest, AWholeStoreLosesNothing) {
  Fill(50);
  const SalvageReport report = Salvage();
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.records_taken, 50u);
  EXPECT_EQ(report.last_lsn, Lsn(50));
  EXPECT_THAT(report.warnings, IsEmpty());
  OpenTarget();
  EXPECT_THAT(MissingOf(50), IsEmpty());
  EXPECT_EQ(Put("next", "v"), Lsn(51));
}

// Rows in memory, every checkpoint of which meets a device that fails.
class FailingStore final : public table::MaterializedStore {
 public:
  explicit FailingStore(std::unique_ptr<MaterializedStore> below) : below_(std::move(below)) {}
  absl::StatusOr<std::unique_ptr<table::MaterializedReader>> OpenReader() override {
    return below_->OpenReader();
  }
  absl::Status Checkpoint(table::VersionStream&, const table::AppliedMark&) override {
    Damage damage;
    damage.file = "state.mdb";
    damage.found = "the device failed";
    return damage.ToStatus();
  }
  absl::StatusOr<std::unique_ptr<Loader>> NewLoader() override { return below_->NewLoader(); }
  absl::StatusOr<table::MaterializedFootprint> Footprint() override { return below_->Footprint(); }
  absl::Status Verify(const table::WorkStep& step) override { return below_->Verify(step); }

 private:
  const std::unique_ptr<MaterializedStore> below_;
};

// It ended the process; and where a read failed, transactions that were whole counted as refused.
TEST_F(SalvageTest, ADeviceThatFailsBeneathTheNewStoreIsNoFaultOfTheTransactions) {
  Fill(250, 1000);
  options_.store.memtable_bytes = 16 << 10;
  options_.materialized = [](const table::MaterializedOptions& wanted,
                             const table::AppliedMark& fresh) {
    return std::make_shared<FailingStore>(table::MakeMemoryStore(wanted, fresh));
  };
  const absl::Status status =
      SalvageStore(directory_.string(), Target(), Builtins(), options_).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(status.ToString(), HasSubstr("the device failed"));
  options_.materialized = {};
  const SalvageReport report = Salvage();
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.records_taken, 250u);
}

TEST_F(SalvageTest, ARecordThatIsDamagedIsLostAloneAndNamed) {
  Fill(50);
  FlipInRecord(20);
  EXPECT_TRUE(absl::IsDataLoss(TryOpen())) << "an open refuses it";
  opened_ = OpenedStore();
  const SalvageReport report = Salvage();
  ASSERT_THAT(report.lost, SizeIs(1));
  EXPECT_EQ(report.lost[0].first, Lsn(20));
  EXPECT_EQ(report.lost[0].last, Lsn(20));
  EXPECT_THAT(report.lost[0].file, HasSubstr("0000000000000001.wal"));
  EXPECT_GT(report.lost[0].offset, wal::kSegmentHeaderBytes);
  EXPECT_FALSE(report.lost[0].found.empty());
  EXPECT_EQ(report.records_taken, 49u);
  OpenTarget();
  EXPECT_EQ(MissingOf(50), std::vector<int>{20});
}

TEST_F(SalvageTest, SeveralDamagesAreToldApart) {
  Fill(50);
  for (const std::uint64_t lsn : {5u, 6u, 30u}) FlipInRecord(lsn);
  const SalvageReport report = Salvage();
  ASSERT_THAT(report.lost, SizeIs(2));
  EXPECT_EQ(report.lost[0].first, Lsn(5));
  EXPECT_EQ(report.lost[0].last, Lsn(6));
  EXPECT_EQ(report.lost[1].first, Lsn(30));
  OpenTarget();
  EXPECT_EQ(MissingOf(50), (std::vector<int>{5, 6, 30}));
}

TEST_F(SalvageTest, ASegmentWithoutItsHeaderOrItselfIsLostWhole) {
  Fill(250, 1000);  // several segments of 64 KiB
  std::vector<std::filesystem::path> segments = Files("wal");
  ASSERT_GT(segments.size(), 3u);
  const auto first_of = [&](const std::filesystem::path& path) {
    return wal::DecodeSegmentHeader(Bytes(path).substr(0, wal::kSegmentHeaderBytes))
        ->first_lsn.value();
  };
  const std::uint64_t second = first_of(segments[1]);
  const std::uint64_t third = first_of(segments[2]);
  FlipByte(segments[1], 60);
  SalvageReport report = Salvage();
  ASSERT_THAT(report.lost, SizeIs(1));
  EXPECT_EQ(report.lost[0].first, Lsn(second));
  EXPECT_EQ(report.lost[0].last, Lsn(third - 1));
  EXPECT_EQ(report.lost[0].file, segments[1].string());
  EXPECT_THAT(report.lost[0].found, HasSubstr("header"));

  std::filesystem::remove_all(Target());
  std::filesystem::remove(segments[1]);
  report = Salvage();
  ASSERT_THAT(report.lost, SizeIs(1));
  EXPECT_EQ(report.lost[0].first, Lsn(second));
  EXPECT_EQ(report.lost[0].file, segments[1].string());
  EXPECT_THAT(report.lost[0].found, HasSubstr("missing"));
  EXPECT_EQ(report.records_taken, 250 - (third - second));
  OpenTarget();
  EXPECT_THAT(MissingOf(250), SizeIs(third - second));
}

TEST_F(SalvageTest, ALossIsPlacedWhereItBegins) {
  Open();
  for (int i = 1; i <= 30; ++i) Put(Name(i), std::string(1000, 'v'));
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  for (int i = 31; i <= 250; ++i) Put(Name(i), std::string(1000, 'v'));
  Kill();
  FlipInRecord(7);  // the snapshot has it
  FlipInRecord(35);
  SalvageReport report = Salvage();
  ASSERT_THAT(report.lost, SizeIs(1));
  EXPECT_EQ(report.lost[0].first, Lsn(35));
  EXPECT_GT(report.lost[0].offset, wal::kSegmentHeaderBytes + 34 * 1000);

  // A segment that is missing, and the record behind it damaged.
  std::filesystem::remove_all(Target());
  const std::vector<std::filesystem::path> segments = Files("wal");
  FlipByte(segments[2], wal::kSegmentHeaderBytes + 100);
  std::filesystem::remove(segments[1]);
  report = Salvage();
  ASSERT_THAT(report.lost, SizeIs(2));
  EXPECT_EQ(report.lost[1].file, segments[1].string());
  EXPECT_THAT(report.lost[1].found, HasSubstr("missing"));
}

TEST_F(SalvageTest, WhatASnapshotHoldsNeedsNoLog) {
  Open();
  for (int i = 1; i <= 30; ++i) Put(Name(i), std::string(kValueBytes, 'v'));
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  for (int i = 31; i <= 40; ++i) Put(Name(i), std::string(kValueBytes, 'v'));
  Kill();
  FlipInRecord(7);
  SalvageReport report = Salvage();
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.base, RecoveryReport::Base::kSnapshot);
  EXPECT_EQ(report.base_lsn, Lsn(30));
  EXPECT_EQ(report.records_taken, 10u);

  // A damaged snapshot is passed over, and then the log counts again.
  std::filesystem::remove_all(Target());
  FlipByte(Files("snapshots").back(), 200);
  report = Salvage();
  EXPECT_EQ(report.base, RecoveryReport::Base::kLogStart);
  ASSERT_THAT(report.lost, SizeIs(1));
  EXPECT_EQ(report.lost[0].first, Lsn(7));
  ASSERT_THAT(report.warnings, SizeIs(1));
  EXPECT_THAT(report.warnings[0], HasSubstr("snapshot passed over"));
  OpenTarget();
  EXPECT_EQ(MissingOf(40), std::vector<int>{7});
}

TEST_F(SalvageTest, DurableRecordsThatAreCutOffAreLostAndATornTailIsNot) {
  Fill(20);
  const auto newest = Files("wal").front();
  const std::string whole = Bytes(newest);
  FlipInRecord(20);  // the last one: nothing proves that it was durable
  SalvageReport report = Salvage();
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.last_lsn, Lsn(19));

  std::filesystem::remove_all(Target());
  SetBytes(newest, whole);
  Open();
  Close();  // the manifest knows now how far it was durable
  const std::uint64_t record_bytes = 4096;
  std::string cut = Bytes(newest);
  std::fill(cut.begin() + wal::kSegmentHeaderBytes + static_cast<std::ptrdiff_t>(record_bytes / 4),
            cut.end(), '\0');
  SetBytes(newest, cut);
  for (const auto& path : Files("snapshots")) std::filesystem::remove(path);
  report = Salvage();
  ASSERT_THAT(report.lost, SizeIs(1));
  EXPECT_GT(report.lost[0].first, Lsn(1));
  EXPECT_EQ(report.lost[0].last, Lsn(20));
  EXPECT_EQ(report.lost[0].file, newest.string());
}

// WAL-T7
TEST_F(SalvageTest, WhatStandsBehindATornTailWasNeverPromisedAndIsNotTaken) {
  options_.store.background_threads = false;
  options_.store.log.background_threads = false;
  Open();
  for (int i = 1; i <= 5; ++i) Put(Name(i), std::string(kValueBytes, 'v'), Durability::kBuffered);
  ASSERT_TRUE(opened_.store->Sync().ok());  // all in one flush: none proves another
  Kill();
  FlipInRecord(3);
  const SalvageReport report = Salvage();
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.last_lsn, Lsn(2));
  OpenTarget();
  EXPECT_EQ(MissingOf(5), (std::vector<int>{3, 4, 5}));
}

TEST_F(SalvageTest, AStoreWithoutItsManifestIsSalvagedFromTheRest) {
  Fill(20);
  std::filesystem::remove(directory_ / "MANIFEST");
  const SalvageReport report = Salvage();
  EXPECT_TRUE(report.complete());
  ASSERT_THAT(report.warnings, SizeIs(1));
  EXPECT_THAT(report.warnings[0], HasSubstr("MANIFEST"));
  OpenTarget();
  EXPECT_THAT(MissingOf(20), IsEmpty());
}

TEST_F(SalvageTest, ATransactionThatRestsOnALostOneIsRefusedAndNamed) {
  Open();
  const auto write = [&](const std::function<absl::Status(Json&)>& body) {
    const auto receipt = opened_.store->Update([&](Transaction& transaction) {
      Json json(transaction);
      return body(json);
    });
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  };
  Put("before", "v");
  write([](Json& json) { return json.Set("doc", "", JsonValue::parse(R"({"a":1})")); });
  write([](Json& json) { return json.MergePatch("doc", JsonValue::parse(R"({"a":2})")); });
  Put("behind", "v");
  Kill();
  FlipInRecord(2);
  const SalvageReport report = Salvage();
  ASSERT_THAT(report.lost, SizeIs(1));
  EXPECT_EQ(report.lost[0].first, Lsn(2));
  OpenTarget();
  EXPECT_EQ(Get("behind"), "v");
  EXPECT_EQ(report.records_taken + report.refused.size(), 3u);
  auto view = opened_.store->View();
  ASSERT_TRUE(view.ok());
  EXPECT_FALSE(Json(*view).Get("doc", "")->has_value());
  ASSERT_THAT(report.refused, SizeIs(1));
  EXPECT_EQ(report.refused[0].lsn, Lsn(3));
}

TEST_F(SalvageTest, RefusesAnOpenStoreAFullTargetAndNothing) {
  Fill(3);
  Open();
  EXPECT_TRUE(absl::IsUnavailable(
      SalvageStore(directory_.string(), Target(), Builtins(), options_).status()));
  Close();
  EXPECT_TRUE(absl::IsAlreadyExists(
      SalvageStore(directory_.string(), directory_.string(), Builtins(), options_).status()));
  EXPECT_TRUE(absl::IsNotFound(
      SalvageStore((root_ / "none").string(), Target(), Builtins(), options_).status()));
  options_.cancelled = [] { return true; };
  EXPECT_TRUE(absl::IsCancelled(
      SalvageStore(directory_.string(), Target(), Builtins(), options_).status()));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(Target()) / "MANIFEST"));
}

}  // namespace
}  // namespace varve
