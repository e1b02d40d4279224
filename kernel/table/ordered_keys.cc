#include "kernel/table/ordered_keys.h"

#include <algorithm>
#include <utility>

namespace varve::table {
namespace {

// Keys in order lie anywhere in the arena; a step fetches the one that will be stood on this many
// steps later.
constexpr std::size_t kPrefetchKeys = 8;
constexpr std::size_t kCacheLineBytes = 64;

void Prefetch(const KeyNode* node) {
  const auto* bytes = reinterpret_cast<const char*>(node);
  __builtin_prefetch(bytes);
  __builtin_prefetch(bytes + kCacheLineBytes);
}

bool Before(const KeyNode* a, const KeyNode* b) { return a->key() < b->key(); }

}  // namespace

std::shared_ptr<const SortedRuns> KeyOrder::Current() {
  const std::lock_guard lock(mutex_);
  if (log_.size() > sorted_mutations_) SortNewKeys();
  return runs_;
}

void KeyOrder::SortNewKeys() {
  std::vector<const KeyNode*> nodes;
  const auto sorted = log_.CollectNewKeys(sorted_mutations_, nodes);
  if (!nodes.empty()) AddRun(nodes);
  sorted_mutations_ = sorted;  // only now: what runs out of memory before is sorted another time
}

void KeyOrder::AddRun(std::vector<const KeyNode*>& nodes) {
  SortedRuns runs = *runs_;
  auto newest = std::make_shared<const SortedRun>(SortedRun::Sort(nodes));
  while (!runs.empty() && runs.back()->size() <= newest->size() * 2) {
    newest = std::make_shared<const SortedRun>(SortedRun::Merge(*runs.back(), *newest));
    runs.pop_back();
  }
  runs.push_back(std::move(newest));
  std::uint64_t bytes = 0;
  for (const auto& run : runs) bytes += run->bytes();
  bytes_.store(bytes, std::memory_order_relaxed);
  runs_ = std::make_shared<const SortedRuns>(std::move(runs));
}

OrderedKeys::OrderedKeys(std::shared_ptr<const SortedRuns> runs) : runs_(std::move(runs)) {
  heads_.reserve(runs_->size());
  for (const auto& run : *runs_) heads_.push_back({run.get(), 0});
}

void OrderedKeys::SeekAtOrAfter(std::string_view key) {
  for (Head& head : heads_) head.position = head.run->LowerBound(key);
  TakeSmallest();
}

void OrderedKeys::SeekBefore(std::string_view key) {
  for (Head& head : heads_) {
    head.position = key.empty() ? head.run->size() : head.run->LowerBound(key);
  }
  TakeLargest();
}

void OrderedKeys::Next() {
  Head& head = heads_[current_];
  ++head.position;
  const KeyNode* const next = head.after();
  const bool in_run = forward_ && next != nullptr && (fence_ == nullptr || Before(next, fence_));
  if (!in_run) return TakeSmallest();
  node_ = next;
  if (head.position + kPrefetchKeys < head.run->size()) {
    Prefetch(head.run->node(head.position + kPrefetchKeys));
  }
}

void OrderedKeys::Previous() {
  Head& head = heads_[current_];
  const KeyNode* const next = head.before();
  const bool in_run = !forward_ && next != nullptr && (fence_ == nullptr || Before(fence_, next));
  if (!in_run) return TakeLargest();
  node_ = next;
  --head.position;
  if (head.position > kPrefetchKeys) Prefetch(head.run->node(head.position - kPrefetchKeys));
}

void OrderedKeys::TakeSmallest() {
  forward_ = true;
  node_ = nullptr;
  fence_ = nullptr;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const KeyNode* const node = heads_[i].after();
    if (node == nullptr) continue;
    if (node_ == nullptr || Before(node, node_)) {
      fence_ = std::exchange(node_, node);
      current_ = i;
    } else if (fence_ == nullptr || Before(node, fence_)) {
      fence_ = node;
    }
  }
}

void OrderedKeys::TakeLargest() {
  forward_ = false;
  node_ = nullptr;
  fence_ = nullptr;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const KeyNode* const node = heads_[i].before();
    if (node == nullptr) continue;
    if (node_ == nullptr || Before(node_, node)) {
      fence_ = std::exchange(node_, node);
      current_ = i;
    } else if (fence_ == nullptr || Before(fence_, node)) {
      fence_ = node;
    }
  }
  if (node_ != nullptr) --heads_[current_].position;
}

}  // namespace varve::table
