#include "primitives/template/tally_primitive.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "primitives/template/tally_payload.h"
#include "tests/conformance/model_tables.h"

namespace varve {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

class TallyPrimitiveTest : public testing::Test {
 protected:
  absl::Status Apply(EntryType type, std::string_view payload, std::uint8_t version = 1) {
    lsn_ = lsn_.Next();
    return tables_.Apply(primitive_,
                         {.type = type, .payload_version = version, .run = {}, .payload = payload},
                         lsn_, Timestamp(1));
  }
  void Add(std::int64_t amount) {
    const std::string payload = tally::EncodeAdd({.amount = amount, .name = "sum"});
    ASSERT_TRUE(Apply(kTallyAdd, payload, kTallyAddVersion).ok());
  }
  tally::Total Sum() {
    const conformance::ModelVersion* row = tables_.Find(kTallyTotals, RunId(), "sum");
    return row == nullptr ? tally::Total() : *tally::DecodeTotal(row->value);
  }

  TallyPrimitive primitive_;
  conformance::ModelTables tables_;
  Lsn lsn_;
};

TEST_F(TallyPrimitiveTest, AddsAndCounts) {
  Add(5);
  Add(-7);
  EXPECT_EQ(Sum().total, -2);
  EXPECT_EQ(Sum().count, 2u);
}

// A log that was begun by the program of last year and goes on with this one.
TEST_F(TallyPrimitiveTest, ReadsBothVersionsOfAnAddition) {
  const std::string version_1("\x05\0\0\0\0\0\0\0sum", 11);
  ASSERT_TRUE(Apply(kTallyAdd, version_1, 1).ok());
  ASSERT_TRUE(
      Apply(kTallyAdd, tally::EncodeAdd({.amount = 30, .count = 3, .name = "sum"}), 2).ok());
  EXPECT_EQ(Sum().total, 35);
  EXPECT_EQ(Sum().count, 4u);
}

TEST_F(TallyPrimitiveTest, StaysAtTheEdgeOfTheRange) {
  Add(kMax);
  Add(1);
  EXPECT_EQ(Sum().total, kMax);
  Add(-kMax);
  Add(-kMax);
  Add(-kMax);
  EXPECT_EQ(Sum().total, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Sum().count, 5u);
}

TEST_F(TallyPrimitiveTest, ResetForgets) {
  Add(5);
  ASSERT_TRUE(Apply(kTallyReset, "sum").ok());
  EXPECT_EQ(Sum().count, 0u);
  Add(1);
  EXPECT_EQ(Sum().total, 1);
}

TEST_F(TallyPrimitiveTest, RefusesWhatItCannotDecode) {
  EXPECT_EQ(Apply(kTallyAdd, "short").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Apply(kTallyReset, "").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Apply(kTallyReset, "sum", 2).code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Apply(kTallyAdd, "sum", kTallyAddVersion + 1).code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Apply(0x8F, "sum").code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(tables_.rows().empty());
}

TEST_F(TallyPrimitiveTest, DescribesEntriesForPeople) {
  const auto describe = [this](EntryType type, std::string_view payload) {
    const EntryDescription text = primitive_.Describe(
        {.type = type,
         .payload_version = type == kTallyAdd ? kTallyAddVersion : std::uint8_t{1},
         .run = {},
         .payload = payload});
    return text.operation + "|" + text.subject + "|" + text.detail;
  };
  EXPECT_EQ(describe(kTallyAdd, tally::EncodeAdd({.amount = -3, .count = 2, .name = "sum\n"})),
            "add|sum\\n|-3 in 2");
  EXPECT_EQ(describe(kTallyReset, "sum"), "reset|sum|");
  EXPECT_EQ(describe(kTallyAdd, "").substr(0, 6), "add|?|");
  EXPECT_EQ(describe(kTallyReset, "").substr(0, 8), "reset|?|");
  EXPECT_EQ(describe(0x8F, ""), "unknown|?|");
}

}  // namespace
}  // namespace varve
