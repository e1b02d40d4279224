#include "kernel/core_entry.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

std::string OneRow() {
  std::string payload = BeginRowsPayload(PrimitiveId(5));
  AppendRow(payload, 2, "key", "value");
  return payload;
}

TEST(CoreEntry, RowsPayloadBytesAreFrozen) {  // CORE-2
  const std::string expected("\x05\0\0\0\0\0\0\0\x02\0\x03\0\x05\0\0\0keyvalue", 24);
  EXPECT_EQ(OneRow(), expected);
}

TEST(CoreEntry, RowsComeBackAsTheyWerePut) {
  std::string payload = OneRow();
  AppendRow(payload, 3, "", "");
  RowsPayloadReader reader(payload);
  EXPECT_EQ(reader.primitive(), PrimitiveId(5));
  CopiedRow row;
  ASSERT_TRUE(reader.Next(row));
  EXPECT_EQ(row.table, 2);
  EXPECT_EQ(row.key, "key");
  EXPECT_EQ(row.value, "value");
  ASSERT_TRUE(reader.Next(row));
  EXPECT_EQ(row.table, 3);
  EXPECT_FALSE(reader.Next(row));
  EXPECT_TRUE(reader.status().ok());
}

TEST(CoreEntry, EveryTruncationIsDamageUnlessItEndsBetweenRows) {  // CORE-3
  const std::string whole = OneRow();
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    if (bytes == RowsPayloadLayout::kHeaderBytes) continue;
    const std::string cut = whole.substr(0, bytes);
    RowsPayloadReader reader(cut);
    CopiedRow row;
    EXPECT_FALSE(reader.Next(row)) << bytes;
    EXPECT_TRUE(absl::IsDataLoss(reader.status())) << bytes;
  }
}

TEST(CoreEntry, ReservedBytesThatAreNotZeroAreDamage) {  // CORE-3
  for (const std::size_t at : {1, 7, 9}) {
    std::string payload = OneRow();
    payload[at] = 1;
    RowsPayloadReader reader(payload);
    CopiedRow row;
    EXPECT_FALSE(reader.Next(row)) << at;
    EXPECT_TRUE(absl::IsDataLoss(reader.status())) << at;
  }
}

TEST(CoreEntry, IsDescribedForPeopleWhateverItsBytes) {
  const std::string rows = OneRow();
  EXPECT_EQ(DescribeCoreEntry({.type = kCoreEraseRun}).operation, "erase run");
  EXPECT_EQ(DescribeCoreEntry({.type = kCorePutRows, .payload = rows}).detail, "1 of primitive 5");
  EXPECT_EQ(DescribeCoreEntry({.type = kCorePutRows, .payload = "x"}).detail, "damaged payload");
}

}  // namespace
}  // namespace varve
