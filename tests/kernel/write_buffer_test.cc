// Tests: kernel/internal/write_buffer.cc
// Tests: kernel/internal/read_set.cc
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernel/internal/read_set.h"
#include "kernel/internal/write_buffer.h"

namespace varve::internal {
namespace {

std::vector<std::string> KeysForward(const WriteBuffer& buffer) {
  std::vector<std::string> keys;
  const auto cursor = buffer.NewCursor();
  for (cursor->SeekAtOrAfter(""); cursor->valid(); cursor->Next()) {
    keys.emplace_back(cursor->row_key());
  }
  return keys;
}

TEST(WriteBuffer, KeepsTheLastMutationOfEachKeyInKeyOrder) {
  WriteBuffer buffer;
  buffer.Put("b", "1");
  buffer.Put("a", "2");
  buffer.Put("b", "3");
  buffer.Delete("c");
  EXPECT_EQ(KeysForward(buffer), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(buffer.Find("b")->value, "3");
  EXPECT_TRUE(buffer.Find("c")->deleted);
  EXPECT_EQ(buffer.Find("d"), nullptr);
}

TEST(WriteBuffer, RollBackRestoresOverwrittenDeletedAndAbsentKeys) {
  WriteBuffer buffer;
  buffer.Put("kept", "old");
  buffer.Put("removed", "old");
  buffer.BeginUndo();
  buffer.Put("kept", "new");
  buffer.Put("kept", "newer");
  buffer.Delete("removed");
  buffer.Put("added", "new");
  buffer.RollBack();
  EXPECT_EQ(KeysForward(buffer), (std::vector<std::string>{"kept", "removed"}));
  EXPECT_EQ(buffer.Find("kept")->value, "old");
  EXPECT_FALSE(buffer.Find("removed")->deleted);
}

TEST(WriteBuffer, CursorStaysRightWhileTheBufferChangesUnderIt) {
  WriteBuffer buffer;
  buffer.Put("a", "1");
  buffer.Put("c", "3");
  const auto cursor = buffer.NewCursor();
  cursor->SeekAtOrAfter("a");
  buffer.Put("b", "2");
  buffer.Put("aa", "0");
  cursor->Next();
  EXPECT_EQ(cursor->row_key(), "aa");
  cursor->Next();
  EXPECT_EQ(cursor->row_key(), "b");
  cursor->Previous();
  EXPECT_EQ(cursor->row_key(), "aa");
  cursor->SeekBefore("");
  EXPECT_EQ(cursor->row_key(), "c");
}

class ReadSetTest : public testing::Test {
 protected:
  ReadSetTest() : memtable_(1 << 20) {}
  void Commit(std::uint64_t lsn, std::string_view key) {
    memtable_.Put(key, table::HashRowKey(key), {Lsn(lsn), Timestamp(lsn), false, "v"});
  }
  bool ChangedSince(std::uint64_t lsn) { return reads_.ChangedSince({&memtable_}, Lsn(lsn)); }
  table::Memtable memtable_;
  ReadSet reads_;
};

TEST_F(ReadSetTest, PointConflictsOnlyWithLaterVersionsOfItsKey) {
  reads_.AddPoint("k");
  Commit(5, "k");
  Commit(6, "other");
  EXPECT_TRUE(ChangedSince(4));
  EXPECT_FALSE(ChangedSince(5));
}

TEST_F(ReadSetTest, ForwardScanConflictsOnlyAsFarAsItLooked) {
  const std::size_t range = reads_.AddRange("b", "y", Order::kForward);
  reads_.ExtendRange(range, "m");
  Commit(5, "a");
  Commit(6, "n");
  EXPECT_FALSE(ChangedSince(4));
  Commit(7, "m");
  EXPECT_TRUE(ChangedSince(4));
}

TEST_F(ReadSetTest, CompletedForwardScanConflictsUpToItsBound) {
  const std::size_t range = reads_.AddRange("b", "y", Order::kForward);
  reads_.CompleteRange(range);
  Commit(5, "y");
  EXPECT_FALSE(ChangedSince(4));
  Commit(6, "x");
  EXPECT_TRUE(ChangedSince(4));
}

TEST_F(ReadSetTest, ReverseScanConflictsOnlyAsFarAsItLooked) {
  const std::size_t range = reads_.AddRange("b", "y", Order::kReverse);
  reads_.ExtendRange(range, "m");
  Commit(5, "l");
  Commit(6, "y");
  EXPECT_FALSE(ChangedSince(4));
  Commit(7, "n");
  EXPECT_TRUE(ChangedSince(4));
  reads_.CompleteRange(range);
  EXPECT_FALSE(ChangedSince(7));
  Commit(8, "b");
  EXPECT_TRUE(ChangedSince(7));
}

TEST_F(ReadSetTest, ScanThatFoundNothingStillConflictsWithWhatAppearsThere) {
  const std::size_t range = reads_.AddRange("b", "", Order::kForward);
  reads_.CompleteRange(range);
  Commit(5, "zzz");
  EXPECT_TRUE(ChangedSince(4));
}

}  // namespace
}  // namespace varve::internal
