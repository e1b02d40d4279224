// What was committed, transaction by transaction, as the log holds it: for followers of a store, be
// they indexes, caches, replicas or people.
//
//   absl::StatusOr<varve::ChangeFeed> feed = store.Changes(token);
//   while (true) {
//     auto next = feed->Next(std::chrono::seconds(1));
//     if (!next.ok()) return next.status();
//     if (!next->has_value()) continue;  // nothing new within a second
//     for (const varve::Entry& entry : (*next)->entries) Handle(feed->Describe(entry));
//     token = feed->position();  // keep it with what was made of the entries
//   }
//
// A feed shows durable transactions only: what it has shown, no crash takes back. Each one comes
// once, in LSN order. Transaction::Repeat does the same to another store, at that store's own LSN
// and commit time.
#ifndef VARVE_KERNEL_CHANGE_FEED_H_
#define VARVE_KERNEL_CHANGE_FEED_H_

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/entry.h"
#include "kernel/primitive.h"

namespace varve {
namespace wal {
class LogFollower;
}  // namespace wal
namespace internal {
class StoreCore;
}  // namespace internal

// Which entries are wanted: those that pass both tests. The kernel's own entries
// (docs/format/core.md) pass for each primitive whose rows they touch.
struct ChangeFilter {
  std::vector<PrimitiveId> primitives{};  // empty: of all
  std::optional<RunId> run{};             // absent: in all; nil: in none
};

// What one transaction did, as far as the filter lets it through: at least one entry, in order.
struct CommittedChanges {
  Lsn lsn;
  Timestamp commit_time;
  std::vector<Entry> entries;  // payloads borrow the feed's buffer until its next call
};

// From Store::Changes, which it must not outlive. Not thread-safe; any number may follow one store,
// and none slows its writers. It does not keep the log from being trimmed: a follower that stays
// behind for longer than two snapshots starts again from a view.
class ChangeFeed final {
 public:
  ChangeFeed(ChangeFeed&&) noexcept;
  ChangeFeed& operator=(ChangeFeed&&) noexcept;
  ~ChangeFeed();

  // The next transaction with entries that pass the filter. nullopt: none became durable within
  // `patience` (zero: looks and does not wait).
  // kOutOfRange: the log was trimmed beyond position(). kFailedPrecondition: the store was closed.
  // kDataLoss (Damage): the log is damaged there. kUnimplemented: a record of a newer version.
  // After an error the feed stands where it stood.
  [[nodiscard]] absl::StatusOr<std::optional<CommittedChanges>> Next(
      std::chrono::nanoseconds patience = std::chrono::nanoseconds::zero());

  // Everything up to here was shown or did not pass the filter: what to go on from another time,
  // with Store::Changes, in this process or a later one.
  [[nodiscard]] Lsn position() const { return position_; }

  // What the entry's primitive says of it; empty where it is not registered.
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const;

 private:
  friend class Store;
  ChangeFeed(internal::StoreCore& store, std::unique_ptr<wal::LogFollower> log, Lsn after,
             ChangeFilter filter);
  [[nodiscard]] bool Passes(const Entry& entry) const;
  // nullopt: nothing up to `settled` passes.
  [[nodiscard]] absl::StatusOr<std::optional<CommittedChanges>> ReadUpTo(Lsn settled);

  internal::StoreCore* store_;
  std::unique_ptr<wal::LogFollower> log_;
  Lsn position_;
  ChangeFilter filter_;
};

}  // namespace varve

#endif  // VARVE_KERNEL_CHANGE_FEED_H_
