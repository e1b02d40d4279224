#include "kernel/table/ordered_keys.h"

#include <cmath>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

class Keys final {
 public:
  void Add(std::string_view key) {
    const KeyNode* const node = NewKeyNode(arena_, key, 0, {Lsn(1), Timestamp(), false, {}});
    log_.Append(arena_, Lsn(1), node, true);
  }
  std::shared_ptr<const SortedRuns> Runs() { return order_.Current(); }
  KeyOrder& order() { return order_; }

 private:
  Arena arena_;
  MutationLog log_;
  KeyOrder order_{log_};
};

TEST(KeyOrder, HasEveryKeyAddedSoFarAndKeepsWhatItGaveOut) {
  Keys keys;
  EXPECT_TRUE(keys.Runs()->empty());
  keys.Add("b");
  const auto one = keys.Runs();
  keys.Add("a");
  keys.Add("c");
  const auto three = keys.Runs();
  OrderedKeys before(one);
  before.SeekAtOrAfter("");
  EXPECT_EQ(before.node()->key(), "b");
  before.Next();
  EXPECT_EQ(before.node(), nullptr);
  OrderedKeys after(three);
  after.SeekAtOrAfter("");
  EXPECT_EQ(after.node()->key(), "a");
}

TEST(KeyOrder, GivesTheSameRunsUntilAKeyIsAdded) {
  Keys keys;
  keys.Add("a");
  EXPECT_EQ(keys.Runs(), keys.Runs());
  EXPECT_GT(keys.order().bytes(), 0u);
}

// Asking after every single key is the worst that readers can do.
TEST(KeyOrder, RunsStayFewHoweverOftenReadersAsk) {
  Keys keys;
  std::size_t most_runs = 0;
  for (int i = 0; i < 30'000; ++i) {
    keys.Add(std::to_string(i));
    const auto runs = keys.Runs();
    most_runs = std::max(most_runs, runs->size());
    if (i % 1000 != 0) continue;
    std::size_t total = 0;
    for (const auto& run : *runs) total += run->size();
    ASSERT_EQ(total, static_cast<std::size_t>(i) + 1);
  }
  EXPECT_LE(most_runs, static_cast<std::size_t>(std::log2(30'000 + 1)));
}

TEST(OrderedKeys, WalksBothWaysOverAnyRunsAsOverOneSet) {
  HardKeys random(TestSeed());
  for (int round = 0; round < 100; ++round) {
    Keys keys;
    std::set<std::string> model;
    for (std::size_t i = random.Below(200); i > 0; --i) {
      const std::string key = random();
      if (model.insert(key).second) keys.Add(key);
      if (random.Below(10) == 0) (void)keys.Runs();
    }
    OrderedKeys walk(keys.Runs());
    auto place = model.end();
    for (int step = 0; step < 200; ++step) {
      const std::size_t action = random.Below(12);
      if (place == model.end() || action < 2) {
        const std::string key = random.Below(5) == 0 ? "" : random();
        if (action == 0) {
          place = key.empty() ? model.end() : model.lower_bound(key);
          place = place == model.begin() ? model.end() : std::prev(place);
          walk.SeekBefore(key);
        } else {
          place = model.lower_bound(key);
          walk.SeekAtOrAfter(key);
        }
      } else if (action < 7) {
        ++place;
        walk.Next();
      } else {
        place = place == model.begin() ? model.end() : std::prev(place);
        walk.Previous();
      }
      ASSERT_EQ(walk.node() == nullptr, place == model.end());
      if (place != model.end()) {
        ASSERT_EQ(walk.node()->key(), *place);
      }
    }
  }
}

}  // namespace
}  // namespace varve::table
