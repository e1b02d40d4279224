#include "kernel/table/sorted_run.h"

#include <algorithm>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

class Nodes final {
 public:
  template <typename Keys>
  std::vector<const KeyNode*> Make(const Keys& keys) {
    std::vector<const KeyNode*> nodes;
    for (const std::string& key : keys) {
      nodes.push_back(NewKeyNode(arena_, key, 0, {Lsn(1), Timestamp(), false, {}}));
    }
    std::shuffle(nodes.begin(), nodes.end(), random_);
    return nodes;
  }

 private:
  Arena arena_;
  std::mt19937_64 random_{1};
};

std::vector<std::string> KeysOf(const SortedRun& run) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < run.size(); ++i) keys.emplace_back(run.node(i)->key());
  return keys;
}

void CheckRun(const SortedRun& run, const std::set<std::string>& keys) {
  const std::vector<std::string> expected(keys.begin(), keys.end());
  ASSERT_EQ(KeysOf(run), expected);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(run.LowerBound(expected[i]), i);
    ASSERT_EQ(run.LowerBound(expected[i] + '\0'), i + 1);
  }
  ASSERT_EQ(run.LowerBound(""), 0u);
  ASSERT_EQ(run.LowerBound(std::string(3000, '\xFF')), expected.size());
}

void CheckLowerBounds(const SortedRun& run, const std::set<std::string>& keys, HardKeys& random) {
  for (int i = 0; i < 50; ++i) {
    const std::string sought = random();
    const auto bound =
        static_cast<std::size_t>(std::distance(keys.begin(), keys.lower_bound(sought)));
    ASSERT_EQ(run.LowerBound(sought), bound);
  }
}

TEST(SortedRun, EmptyOneHasNothing) {
  const SortedRun run = SortedRun::Sort({});
  EXPECT_EQ(run.size(), 0u);
  EXPECT_EQ(run.LowerBound("a"), 0u);
  EXPECT_EQ(SortedRun::Merge(run, run).size(), 0u);
}

TEST(SortedRun, SortsHardKeysOfAnyNumber) {
  HardKeys random(TestSeed());
  // Around the sizes at which the way of sorting changes, too.
  for (const std::size_t count : {1u, 2u, 15u, 16u, 17u, 100u, 1000u, 1023u, 1025u, 5000u}) {
    std::set<std::string> keys;
    for (std::size_t i = 0; i < count; ++i) keys.insert(random());
    Nodes nodes;
    const SortedRun run = SortedRun::Sort(nodes.Make(keys));
    ASSERT_NO_FATAL_FAILURE(CheckRun(run, keys));
    ASSERT_NO_FATAL_FAILURE(CheckLowerBounds(run, keys, random));
  }
}

TEST(SortedRun, SortsKeysThatDifferOnlyFarBehindInLongTies) {
  std::set<std::string> keys;
  for (int front = 0; front < 3; ++front) {
    for (int i = 0; i < 2000; ++i) {
      keys.insert(std::string(static_cast<std::size_t>(front) * 40, 'x') + "shared by many" +
                  std::to_string(i));
    }
  }
  // Zeros that look like padding: only the length tells these apart.
  for (std::size_t i = 1; i < 60; ++i) keys.insert(std::string(i, '\0'));
  Nodes nodes;
  ASSERT_NO_FATAL_FAILURE(CheckRun(SortedRun::Sort(nodes.Make(keys)), keys));
}

TEST(SortedRun, MergesRunsThatShareBeginningsOfDifferentLengths) {
  HardKeys random(TestSeed());
  const std::string fronts[] = {"", "t", "table", "table and run id", "table and other run"};
  for (int round = 0; round < 200; ++round) {
    const std::string& front_a = fronts[random.Below(5)];
    const std::string& front_b = fronts[random.Below(5)];
    std::set<std::string> a;
    std::set<std::string> b;
    for (std::size_t i = random.Below(40); i > 0; --i) a.insert(front_a + random());
    for (std::size_t i = random.Below(40); i > 0; --i) b.insert(front_b + random());
    for (const std::string& key : a) b.erase(key);
    Nodes nodes;
    const SortedRun merged =
        SortedRun::Merge(SortedRun::Sort(nodes.Make(a)), SortedRun::Sort(nodes.Make(b)));
    a.merge(b);
    ASSERT_NO_FATAL_FAILURE(CheckRun(merged, a));
    ASSERT_NO_FATAL_FAILURE(CheckLowerBounds(merged, a, random));
  }
}

}  // namespace
}  // namespace varve::table
