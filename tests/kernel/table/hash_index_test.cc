#include "kernel/table/hash_index.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/io/page_memory.h"

namespace varve::table {
namespace {

class Keys final {
 public:
  explicit Keys(std::uint64_t slots_expected) : index(slots_expected) {}

  KeyNode* Add(std::string_view key, std::uint64_t hash) {
    KeyNode* const node = NewKeyNode(arena, key, hash, {Lsn(1), Timestamp(), false, "v"});
    index.Insert(node);
    return node;
  }

  Arena arena;
  HashIndex index;
};

// A hash of which every bit varies, but the same in every run.
std::uint64_t HashOf(std::uint64_t number) {
  number = (number + 1) * 0x9E3779B97F4A7C15u;
  return number ^ number >> 29;
}

TEST(HashIndex, FindsWhatWasAddedAndNothingElse) {
  Keys keys(0);
  EXPECT_EQ(keys.index.Find("a", 1), nullptr);
  KeyNode* const a = keys.Add("a", 1);
  EXPECT_EQ(keys.index.Find("a", 1), a);
  EXPECT_EQ(keys.index.Find("b", 1), nullptr) << "the same hash, another key";
  EXPECT_EQ(keys.index.Find("a", 2), nullptr);
}

TEST(HashIndex, TellsKeysOfEqualHashesApart) {
  Keys keys(0);
  for (const std::uint64_t hash :
       {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{0xFFFF}, std::uint64_t{0xABCD} << 48}) {
    std::vector<KeyNode*> nodes;
    // More than a group holds, so that they spill over, at the last group to the first.
    for (int i = 0; i < 20; ++i) nodes.push_back(keys.Add(std::to_string(i), hash));
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(keys.index.Find(std::to_string(i), hash), nodes[static_cast<std::size_t>(i)]);
    }
    EXPECT_EQ(keys.index.Find("20", hash), nullptr);
  }
}

TEST(HashIndex, KeepsEveryKeyWhileItGrows) {
  Keys keys(0);
  const std::uint64_t slots = keys.index.slots();
  std::vector<KeyNode*> nodes;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    nodes.push_back(keys.Add(std::to_string(i), HashOf(i)));
    if (i % 97 != 0) continue;
    for (std::uint64_t k = 0; k <= i; k += 53) {
      ASSERT_EQ(keys.index.Find(std::to_string(k), HashOf(k)), nodes[k]);
    }
  }
  EXPECT_GT(keys.index.slots(), slots * 256);
  EXPECT_EQ(keys.index.Find("20000", HashOf(20'000)), nullptr);
}

TEST(HashIndex, DoesNotGrowBeforeItIsAsFullAsExpected) {
  constexpr std::uint64_t kSlots = 4096;
  Keys keys(kSlots);
  EXPECT_EQ(keys.index.slots(), kSlots);
  for (std::uint64_t i = 0; i < kSlots / 8 * 5; ++i) keys.Add(std::to_string(i), HashOf(i));
  EXPECT_EQ(keys.index.slots(), kSlots);
  keys.Add("one more", HashOf(kSlots));
  EXPECT_EQ(keys.index.slots(), 2 * kSlots);
}

TEST(HashIndex, UntouchedSlotsCountNothing) {
  Keys small(std::uint64_t{1} << 17);
  EXPECT_EQ(small.index.bytes(), 0u);
  small.Add("a", 1);
  EXPECT_LE(small.index.bytes(), 4096u);
  Keys large(std::uint64_t{1} << 24);
  EXPECT_EQ(large.index.bytes(), 0u);
  large.Add("a", 1);
  EXPECT_LE(large.index.bytes(), kLargePageBytes) << "it may be in large pages";
}

TEST(HashIndex, KeepsEveryKeyWhileItGrowsIntoLargePages) {
  constexpr std::uint64_t kSlots = kLargePageBytes / sizeof(std::uint64_t) / 2;
  constexpr std::uint64_t kKeys = kSlots / 8 * 5 * 2 + 1;
  Keys keys(kSlots);
  std::vector<KeyNode*> nodes;
  for (std::uint64_t i = 0; i < kKeys; ++i) nodes.push_back(keys.Add("k", HashOf(i)));
  EXPECT_EQ(keys.index.slots(), 4 * kSlots);
  for (std::uint64_t i = 0; i < kKeys; ++i) ASSERT_EQ(keys.index.Find("k", HashOf(i)), nodes[i]);
  EXPECT_EQ(keys.index.Find("k", HashOf(kKeys)), nullptr);
}

}  // namespace
}  // namespace varve::table
