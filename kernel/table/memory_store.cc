#include "kernel/table/memory_store.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/history_reader.h"
#include "kernel/table/history_writer.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/stored_row.h"

namespace varve::table {
namespace {

MemoryArray::const_iterator LowerBound(const MemoryArray& array, std::string_view map_key) {
  return std::lower_bound(array.begin(), array.end(), map_key,
                          [](const std::shared_ptr<const MemoryEntry>& entry,
                             std::string_view key) { return std::string_view(entry->key) < key; });
}

absl::Status DamageInMemory(std::string_view what) {
  return MakeStatus(absl::StatusCode::kDataLoss, "materialized store in memory: ", what,
                    "; the memory of this process was overwritten or is faulty. Reopen the store");
}

// A published state: the array and the mark that belongs to it.
struct MemoryState {
  MemoryArray entries;
  StoredMark mark;
};

class MemoryCursor final : public EntryCursor {
 public:
  MemoryCursor(const MemoryArray& array, Space space)
      : array_(array),
        begin_(LowerBound(array, MapKey(space, {}))),
        end_(LowerBound(array, std::string(1, static_cast<char>(static_cast<char>(space) + 1)))),
        at_(end_) {}
  void SeekAtOrAfter(std::string_view map_key) override {
    at_ = std::clamp(LowerBound(array_, map_key), begin_, end_);
  }
  void SeekBefore(std::string_view map_key) override {
    SeekAtOrAfter(map_key);
    StepBack();
  }
  void SeekToLast() override {
    at_ = end_;
    StepBack();
  }
  void Next() override { ++at_; }
  void Previous() override { StepBack(); }
  bool valid() const override { return at_ != end_; }
  std::string_view key() const override { return (*at_)->key; }
  std::string_view value() const override { return (*at_)->value; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  void StepBack() { at_ = at_ == begin_ ? end_ : at_ - 1; }

  const MemoryArray& array_;
  const MemoryArray::const_iterator begin_;
  const MemoryArray::const_iterator end_;
  MemoryArray::const_iterator at_;  // end_: invalid
};

class MemoryReader final : public MaterializedReader, private EntryReader {
 public:
  explicit MemoryReader(std::shared_ptr<const MemoryState> state) : state_(std::move(state)) {}

  const AppliedMark& mark() const override { return state_->mark.mark; }
  absl::StatusOr<std::optional<RowVersion>> Get(std::string_view row_key, Lsn at) override {
    if (at >= mark().applied) return GetCurrent(*this, row_key);
    return GetAsOf(*this, mark(), row_key, at);
  }
  std::unique_ptr<Cursor> NewCursor(Lsn at) override {
    if (at >= mark().applied) return NewCurrentCursor(*this);
    return NewAsOfCursor(*this, mark(), at);
  }
  absl::Status VisitVersions(std::string_view row_key, Lsn at,
                             const std::function<bool(const RowVersion&)>& visit) override {
    return VisitVersionsAsOf(*this, mark(), row_key, at, visit);
  }
  std::unique_ptr<VersionStream> NewVersionStream(std::string_view begin,
                                                  std::string_view end) override {
    return NewEntryVersionStream(*this, mark(), begin, end);
  }

 private:
  absl::StatusOr<std::optional<std::string_view>> Get(std::string_view map_key) override {
    const auto found = LowerBound(state_->entries, map_key);
    if (found == state_->entries.end() || (*found)->key != map_key) {
      return std::optional<std::string_view>();
    }
    return std::optional<std::string_view>((*found)->value);
  }
  std::unique_ptr<EntryCursor> NewCursor(Space space) override {
    return std::make_unique<MemoryCursor>(state_->entries, space);
  }
  std::string_view Keep(std::string bytes) override { return kept_.emplace_back(std::move(bytes)); }
  absl::Status ReportDamage(std::string_view what) override { return DamageInMemory(what); }

  const std::shared_ptr<const MemoryState> state_;
  std::deque<std::string> kept_;
};

class MemoryStore final : public MaterializedStore {
 public:
  MemoryStore(const MaterializedOptions& options, const AppliedMark& mark) : options_(options) {
    auto state = std::make_shared<MemoryState>();
    state->mark.mark = mark;
    Publish(std::move(state));
  }

  absl::StatusOr<std::unique_ptr<MaterializedReader>> OpenReader() override {
    return std::make_unique<MemoryReader>(State());
  }

  absl::Status Checkpoint(VersionStream& rows, const AppliedMark& mark) override;
  absl::StatusOr<std::unique_ptr<Loader>> NewLoader() override;

  absl::StatusOr<MaterializedFootprint> Footprint() override {
    const std::shared_ptr<const MemoryState> state = State();
    MaterializedFootprint footprint;
    footprint.rows = state->entries.size() - state->mark.history_entries;
    for (const auto& entry : state->entries) {
      footprint.live_bytes += entry->key.size() + entry->value.size();
    }
    return footprint;
  }

  absl::Status Verify(const WorkStep& step) override;

 private:
  class MemoryLoader;

  std::shared_ptr<const MemoryState> State() {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  void Publish(std::shared_ptr<const MemoryState> state) {
    const std::lock_guard lock(mutex_);
    state_.swap(state);  // the old one is freed outside of the lock
  }

  const MaterializedOptions options_;
  SweepPosition sweep_;
  std::mutex mutex_;
  std::shared_ptr<const MemoryState> state_;  // guarded by mutex_
};

absl::Status MemoryStore::Checkpoint(VersionStream& rows, const AppliedMark& mark) {
  const std::shared_ptr<const MemoryState> base = State();
  MemoryWriter map(base->entries);
  auto next = std::make_shared<MemoryState>();
  next->mark = base->mark;
  HistoryWriter writer(map, options_.history, next->mark);
  VARVE_RETURN_IF_ERROR(writer.WriteRows(rows));
  if (options_.history.keep.count() == 0) next->mark.mark.history_from = mark.applied;
  VARVE_RETURN_IF_ERROR(writer.Sweep(mark.commit_time, sweep_));
  const Lsn history_from = next->mark.mark.history_from;
  next->mark.mark = mark;
  next->mark.mark.history_from = history_from;
  next->entries = map.Merge();
  Publish(std::move(next));
  return absl::OkStatus();
}

class MemoryStore::MemoryLoader final : public Loader {
 public:
  explicit MemoryLoader(MemoryStore& store)
      : store_(store),
        map_(nothing_),
        writer_(map_, store.options_.history, mark_),
        rows_(store.options_.history.keep.count() > 0) {}

  absl::Status Add(std::string_view row_key, const RowVersion& version, bool superseded) override {
    return rows_.Add(writer_, row_key, version, superseded);
  }

  absl::Status Finish(const AppliedMark& mark) override {
    auto state = std::make_shared<MemoryState>();
    state->mark = mark_;
    state->mark.mark = mark;
    if (store_.options_.history.keep.count() == 0) state->mark.mark.history_from = mark.applied;
    state->entries = map_.Merge();
    store_.Publish(std::move(state));
    return absl::OkStatus();
  }

 private:
  MemoryStore& store_;
  const MemoryArray nothing_;
  StoredMark mark_;
  MemoryWriter map_;
  HistoryWriter writer_;
  HistoryLoader rows_;
};

absl::StatusOr<std::unique_ptr<MaterializedStore::Loader>> MemoryStore::NewLoader() {
  if (!State()->entries.empty()) return FailedPrecondition("a load needs an empty store");
  return std::make_unique<MemoryLoader>(*this);
}

absl::Status MemoryStore::Verify(const WorkStep& step) {
  const std::shared_ptr<const MemoryState> state = State();
  const MemoryArray& entries = state->entries;
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i - 1]->key >= entries[i]->key) return DamageInMemory("a key is out of order");
  }
  return step ? step(entries.size()) : absl::OkStatus();
}

}  // namespace

std::optional<std::string_view> MemoryWriter::Find(std::string_view map_key) const {
  if (const auto change = changes_.find(map_key); change != changes_.end()) {
    if (change->second == nullptr) return std::nullopt;
    return change->second->value;
  }
  const auto found = LowerBound(base_, map_key);
  if (found == base_.end() || (*found)->key != map_key) return std::nullopt;
  return (*found)->value;
}

absl::StatusOr<std::optional<std::string_view>> MemoryWriter::Get(std::string_view map_key) {
  return Find(map_key);
}

absl::StatusOr<std::optional<EntryWriter::Entry>> MemoryWriter::AtOrAfter(
    std::string_view map_key) {
  auto base = LowerBound(base_, map_key);
  auto change = changes_.lower_bound(map_key);
  while (base != base_.end() || change != changes_.end()) {
    const bool from_base =
        change == changes_.end() || (base != base_.end() && (*base)->key < change->first);
    const MemoryEntry* entry = from_base ? base->get() : change->second.get();
    if (!from_base && base != base_.end() && (*base)->key == change->first) ++base;
    from_base ? static_cast<void>(++base) : static_cast<void>(++change);
    if (entry == nullptr) continue;
    if (entry->key[0] != map_key[0]) break;
    return std::optional<Entry>(Entry{entry->key, entry->value});
  }
  return std::optional<Entry>();
}

absl::Status MemoryWriter::Put(std::string_view map_key, std::string_view head,
                               std::string_view rest) {
  auto entry = std::make_shared<MemoryEntry>();
  entry->key.assign(map_key);
  entry->value.reserve(head.size() + rest.size());
  entry->value.append(head).append(rest);
  const auto hint = changes_.lower_bound(map_key);
  if (hint != changes_.end() && hint->first == map_key) {
    hint->second = std::move(entry);
  } else {
    changes_.emplace_hint(hint, map_key, std::move(entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> MemoryWriter::Delete(std::string_view map_key) {
  if (!Find(map_key).has_value()) return false;
  changes_.insert_or_assign(std::string(map_key), nullptr);
  return true;
}

absl::Status MemoryWriter::ReportDamage(std::string_view what) { return DamageInMemory(what); }

MemoryArray MemoryWriter::Merge() {
  MemoryArray merged;
  merged.reserve(base_.size() + changes_.size());
  auto base = base_.begin();
  for (auto& [key, entry] : changes_) {
    while (base != base_.end() && (*base)->key < key) merged.push_back(*base++);
    if (base != base_.end() && (*base)->key == key) ++base;
    if (entry != nullptr) merged.push_back(std::move(entry));
  }
  merged.insert(merged.end(), base, base_.end());
  return merged;
}

std::unique_ptr<MaterializedStore> MakeMemoryStore(const MaterializedOptions& options,
                                                   const AppliedMark& mark) {
  return std::make_unique<MemoryStore>(options, mark);
}

}  // namespace varve::table
