#include "kernel/table/mutation_log.h"

#include <string>

#include "gtest/gtest.h"

namespace varve::table {
namespace {

class Log final {
 public:
  const KeyNode* Append(std::uint64_t lsn, bool new_key = true) {
    const KeyNode* const node =
        NewKeyNode(arena, std::to_string(log.size()), 0, {Lsn(lsn), Timestamp(), false, {}});
    log.Append(arena, Lsn(lsn), node, new_key);
    return node;
  }

  Arena arena;
  MutationLog log;
};

TEST(MutationLog, VisitsNewestFirstAcrossBlocks) {
  Log log;
  constexpr std::uint64_t kMutations = 20'000;
  for (std::uint64_t i = 0; i < kMutations; ++i) log.Append(i / 3 + 1);
  ASSERT_EQ(log.log.size(), kMutations);
  for (const std::uint64_t after :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{6000}, kMutations / 3, kMutations}) {
    std::uint64_t number = kMutations;
    EXPECT_TRUE(log.log.VisitSince(Lsn(after), [&number](std::string_view key) {
      --number;
      return key == std::to_string(number);
    }));
    EXPECT_EQ(number, std::min(after * 3, kMutations));
  }
}

TEST(MutationLog, StopsWhenTold) {
  Log log;
  for (std::uint64_t i = 0; i < 10; ++i) log.Append(i + 1);
  int visits = 0;
  EXPECT_FALSE(log.log.VisitSince(Lsn(), [&visits](std::string_view) { return ++visits < 4; }));
  EXPECT_EQ(visits, 4);
}

TEST(MutationLog, CollectsEachNewKeyOnce) {
  Log log;
  std::vector<const KeyNode*> expected;
  std::vector<const KeyNode*> collected;
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < 9000; ++i) {
    const bool new_key = i % 3 != 0;
    const KeyNode* const node = log.Append(i + 1, new_key);
    if (new_key) expected.push_back(node);
    if (i % 701 == 0) next = log.log.CollectNewKeys(next, collected);
  }
  next = log.log.CollectNewKeys(next, collected);
  EXPECT_EQ(next, log.log.size());
  EXPECT_EQ(log.log.CollectNewKeys(next, collected), next);
  std::sort(expected.begin(), expected.end());
  std::sort(collected.begin(), collected.end());
  EXPECT_EQ(collected, expected);
}

}  // namespace
}  // namespace varve::table
