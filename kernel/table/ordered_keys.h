// The keys of a memtable in order, made when somebody asks, and a position in them.
#ifndef VARVE_KERNEL_TABLE_ORDERED_KEYS_H_
#define VARVE_KERNEL_TABLE_ORDERED_KEYS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "kernel/table/mutation_log.h"
#include "kernel/table/sorted_run.h"

namespace varve::table {

// Runs without a common key; together they are all keys of one moment.
using SortedRuns = std::vector<std::shared_ptr<const SortedRun>>;

// Keeps the keys of a log sorted, as far as readers have asked for it. Thread-safe; beside the
// log's writer too, who never waits for it.
class KeyOrder final {
 public:
  explicit KeyOrder(const MutationLog& log) : log_(log) {}

  // All keys that the log held when the call began. Sorts those that are new since the last call
  // (about 50 ns each), and merges runs of similar size so that each is less than half the
  // one before it: never more than log2(keys) runs, and a key is merged O(log(keys)) times however
  // often readers ask.
  [[nodiscard]] std::shared_ptr<const SortedRuns> Current();

  // Any thread: memory held by the runs.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void SortNewKeys();
  void AddRun(std::vector<const KeyNode*>& nodes);

  const MutationLog& log_;
  std::mutex mutex_;                         // over all below
  std::uint64_t sorted_mutations_ = 0;       // how much of the log is in runs_
  std::shared_ptr<const SortedRuns> runs_ =  // larger first
      std::make_shared<const SortedRuns>();
  std::atomic<std::uint64_t> bytes_{0};
};

// A position among the keys of some runs. Not thread-safe.
class OrderedKeys final {
 public:
  explicit OrderedKeys(std::shared_ptr<const SortedRuns> runs);

  void SeekAtOrAfter(std::string_view key);
  void SeekBefore(std::string_view key);  // empty: the very last
  // Require node().
  void Next();
  void Previous();

  // The key stood on; nullptr: none.
  [[nodiscard]] const KeyNode* node() const { return node_; }

 private:
  // `position` counts the keys of the run below the one stood on, so that it serves both
  // directions: run->node(position) comes after (or is stood on), run->node(position - 1) before.
  struct Head {
    const SortedRun* run;
    std::size_t position;
    [[nodiscard]] const KeyNode* after() const {
      return position < run->size() ? run->node(position) : nullptr;
    }
    [[nodiscard]] const KeyNode* before() const {
      return position > 0 ? run->node(position - 1) : nullptr;
    }
  };

  void TakeSmallest();
  void TakeLargest();

  std::shared_ptr<const SortedRuns> runs_;
  std::vector<Head> heads_;
  std::size_t current_ = 0;  // the head whose run node_ is in
  const KeyNode* node_ = nullptr;
  // The nearest key of the other runs in the direction of travel: up to it, steps stay in one run.
  const KeyNode* fence_ = nullptr;
  bool forward_ = true;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_ORDERED_KEYS_H_
