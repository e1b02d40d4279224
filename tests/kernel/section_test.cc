// Tests: kernel/primitive.cc
// The row stream: docs/format/snapshot.md, SNAP-R*.
#include "kernel/section.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "kernel/base/limits.h"
#include "kernel/table/row.h"
#include "tests/snapshot/table_state.h"
#include "tests/support/test_seed.h"

namespace varve {
namespace {

using snapshot::RowCollector;
using snapshot::Rows;
using snapshot::StringSink;
using snapshot::StringSource;
using snapshot::TableState;

constexpr PrimitiveId kPrimitive(16);

std::string Save(const Rows& rows) {
  TableState state;
  state.rows = rows;
  StringSink sink;
  const absl::Status status = SaveRows(*state.NewVersionStream("", ""), sink);
  EXPECT_TRUE(status.ok()) << status;
  return sink.content;
}

absl::Status Load(const std::string& content, Rows* rows = nullptr) {
  StringSource source(content);
  RowCollector collector;
  const absl::Status status = LoadRows(kPrimitive, source, collector);
  if (rows != nullptr) *rows = collector.rows;
  return status;
}

std::string Key(std::uint8_t table, const RunId& run, std::string_view key) {
  return table::MakeRowKey({kPrimitive, table}, run, key);
}

RunId RunOf(std::uint8_t first) { return RunId({first, 1, 2, 3}); }

// SNAP-R1 SNAP-R2: the bytes themselves, written down by hand.
TEST(Section, WritesEveryFieldWhereTheFormatSays) {
  Rows rows;
  rows[Key(2, RunId(), "ab")] = {{Lsn(5), Timestamp(1000), false, "value"},
                                 {Lsn(3), Timestamp(900), true, ""}};
  rows[Key(2, RunId(), "b")] = {{Lsn(4), Timestamp(950), true, ""}};
  const std::string expected(
      "\x04\x02\x00"  // scope follows: table 2, default run
      "\x0a\xd0\x0f"  // LSN +5, time +1000
      "\x02\x05"      // key and value lengths
      "abvalue"
      "\x03"          // deleted, superseded
      "\x03\xc7\x01"  // LSN -2, time -100
      "\x01"          // deleted
      "\x02\x64"      // LSN +1, time +50
      "\x01"          // key length
      "b",
      24);
  EXPECT_EQ(Save(rows), expected);
  Rows loaded;
  ASSERT_TRUE(Load(expected, &loaded).ok());
  EXPECT_EQ(loaded, rows);
}

TEST(Section, LoadsWhatItSavedForManyRandomRows) {
  std::mt19937_64 random(testing_support::TestSeed(20));
  for (int round = 0; round < 30; ++round) {
    Rows rows;
    for (unsigned i = 0; i < 300; ++i) {
      std::string key(random() % 40, static_cast<char>('a' + random() % 3));
      key += std::to_string(random() % 100);
      const RunId run =
          random() % 2 == 0 ? RunId() : RunOf(static_cast<std::uint8_t>(random() % 3));
      std::uint64_t lsn = random() % 4 == 0 ? random() : random() % 1000;
      auto& versions = rows[Key(static_cast<std::uint8_t>(random() % 16), run, key)];
      versions.clear();
      for (unsigned version = 0; version <= random() % 3; ++version) {
        const bool deleted = random() % 4 == 0;
        const std::size_t bytes = random() % 50 == 0 ? 200'000 : random() % 200;
        versions.push_back({Lsn(lsn), Timestamp(random() >> (random() % 64)), deleted,
                            deleted ? "" : std::string(bytes, static_cast<char>(random()))});
        if (lsn == 0) break;
        lsn -= 1 + random() % lsn;
      }
    }
    const std::string content = Save(rows);
    Rows loaded;
    const absl::Status status = Load(content, &loaded);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(loaded, rows);
    EXPECT_EQ(Save(loaded), content);
  }
}

// SNAP-R7
TEST(Section, EveryTruncationIsDataLossOrFewerWholeRows) {
  Rows rows;
  rows[Key(0, RunId(), "a")] = {{Lsn(9), Timestamp(9), false, "one"},
                                {Lsn(1), Timestamp(1), false, "0"}};
  rows[Key(0, RunOf(7), "b")] = {{Lsn(300), Timestamp(70'000), false, std::string(300, 'x')}};
  const std::string content = Save(rows);
  int whole = 0;
  for (std::size_t cut = 0; cut < content.size(); ++cut) {
    Rows loaded;
    const absl::Status status = Load(content.substr(0, cut), &loaded);
    ASSERT_TRUE(status.ok() || absl::IsDataLoss(status)) << cut;
    if (status.ok()) ++whole;
    for (const auto& [key, versions] : loaded) {
      ASSERT_TRUE(rows.contains(key));
      ASSERT_LE(versions.size(), rows[key].size());
    }
  }
  EXPECT_EQ(whole, 3);  // before, between and behind the versions of the first row
}

// SNAP-R6: order, in all its parts.
TEST(Section, RefusesRowsOutOfOrder) {
  const std::string a(
      "\x04\x00\x00\x02\x02\x01\x00"
      "b",
      8);  // key "b", LSN 1
  EXPECT_TRUE(Load(a).ok());
  const std::string smaller(
      "\x00\x02\x02\x01\x00"
      "a",
      6);
  EXPECT_TRUE(absl::IsDataLoss(Load(a + smaller)));
  const std::string same(
      "\x00\x02\x02\x01\x00"
      "b",
      6);
  EXPECT_TRUE(absl::IsDataLoss(Load(a + same)));
  const std::string larger(
      "\x00\x02\x02\x01\x00"
      "c",
      6);
  EXPECT_TRUE(Load(a + larger).ok());
  const std::string not_older("\x02\x00\x00\x00", 4);  // an older version of the same LSN
  EXPECT_TRUE(absl::IsDataLoss(Load(a + not_older)));
  const std::string older("\x02\x01\x00\x00", 4);
  EXPECT_TRUE(Load(a + older).ok());
  const std::string lower_table(
      "\x04\x01\x00\x02\x02\x01\x00"
      "b\x04\x00\x00\x02\x02\x01\x00"
      "c",
      16);
  EXPECT_TRUE(absl::IsDataLoss(Load(lower_table)));
}

// SNAP-R2 SNAP-R3 SNAP-R4 SNAP-R5
TEST(Section, RefusesWhatTheWriterWouldNotWrite) {
  const struct {
    const char* what;
    std::string content;
  } cases[] = {
      {"unknown flag", std::string("\x0c\x00\x00\x02\x02\x01\x00"
                                   "b",
                                   8)},
      {"no scope at first", std::string("\x00\x02\x02\x01\x00"
                                        "b",
                                        6)},
      {"superseded at first", std::string("\x02\x02\x02\x00", 4)},
      {"scope twice the same", std::string("\x04\x00\x00\x02\x02\x01\x00"
                                           "b\x04\x00\x00\x02\x02\x01\x00"
                                           "c",
                                           16)},
      {"scope on an older version", std::string("\x04\x00\x00\x02\x02\x01\x00"
                                                "b\x06\x01\x00\x01\x00\x00",
                                                14)},
      {"table 16", std::string("\x04\x10\x00\x02\x02\x01\x00"
                               "b",
                               8)},
      {"run mark 2", std::string("\x04\x00\x02\x02\x02\x01\x00"
                                 "b",
                                 8)},
      {"nil run spelled out", std::string("\x04\x00\x01", 3) + std::string(16, '\0') +
                                  std::string("\x02\x02\x01\x00"
                                              "b",
                                              5)},
      {"varint with a zero too many", std::string("\x04\x00\x00\x82\x00\x02\x01\x00"
                                                  "b",
                                                  9)},
      {"varint above 64 bits", std::string("\x04\x00\x00", 3) + std::string(9, '\xff') +
                                   std::string("\x02\x02\x01\x00"
                                               "b",
                                               5)},
      {"value cut off", std::string("\x04\x00\x00\x02\x02\x01\x05"
                                    "bval",
                                    11)},
  };
  for (const auto& one : cases) {
    const absl::Status status = Load(one.content);
    EXPECT_TRUE(absl::IsDataLoss(status)) << one.what << ": " << status;
  }
}

std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

// SNAP-R5: a length is refused before anything of that size is asked for.
TEST(Section, RefusesHostileLengthsWithoutReadingThem) {
  const std::string head("\x04\x00\x00\x02\x02", 5);
  EXPECT_TRUE(absl::IsDataLoss(
      Load(head + Varint(kTableKeyBytesMax + 1) + Varint(0) + std::string(4000, 'k'))));
  EXPECT_TRUE(
      Load(head + Varint(kTableKeyBytesMax) + Varint(0) + std::string(kTableKeyBytesMax, 'k'))
          .ok());
  for (const std::uint64_t length :
       {kTableValueBytesMax + 1, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    EXPECT_TRUE(absl::IsDataLoss(Load(head + Varint(1) + Varint(length) + "kvalue"))) << length;
  }
  EXPECT_TRUE(absl::IsDataLoss(Load(head + Varint(1) + Varint(kTableValueBytesMax) + "kvalue")));
}

TEST(Section, SaveRefusesRowsThatCouldNotBeLoaded) {
  class TwoRows final : public table::VersionStream {
   public:
    TwoRows(std::string first, std::string second) : keys_{std::move(first), std::move(second)} {}
    bool Next() override { return ++index_ < 2; }
    [[nodiscard]] std::string_view row_key() const override { return keys_[index_]; }
    [[nodiscard]] std::optional<table::RowVersion> NextVersion() override {
      if (index_ == given_) return std::nullopt;
      given_ = index_;
      return table::RowVersion{Lsn(1), Timestamp(1), false, "v"};
    }
    [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

   private:
    std::string keys_[2];
    int index_ = -1;
    int given_ = -1;
  };
  StringSink sink;
  TwoRows descending(Key(0, RunId(), "b"), Key(0, RunId(), "a"));
  EXPECT_EQ(SaveRows(descending, sink).code(), absl::StatusCode::kInternal);
  TwoRows malformed("\x10", Key(0, RunId(), "a"));
  EXPECT_EQ(SaveRows(malformed, sink).code(), absl::StatusCode::kInternal);
}

TEST(Section, PassesOnTheErrorOfTheSink) {
  class Full final : public RowSink {
   public:
    [[nodiscard]] absl::Status Add(std::string_view, const table::RowVersion&, bool) override {
      return absl::ResourceExhaustedError("full");
    }
  };
  Rows rows;
  rows[Key(0, RunId(), "a")] = {{Lsn(1), Timestamp(1), false, "v"}};
  StringSource source(Save(rows));
  Full full;
  EXPECT_EQ(LoadRows(kPrimitive, source, full).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace varve
