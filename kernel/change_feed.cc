#include "kernel/change_feed.h"

#include <algorithm>
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/core_entry.h"
#include "kernel/internal/store_core.h"
#include "kernel/wal/log_follower.h"

namespace varve {

ChangeFeed::ChangeFeed(internal::StoreCore& store, std::unique_ptr<wal::LogFollower> log, Lsn after,
                       ChangeFilter filter)
    : store_(&store), log_(std::move(log)), position_(after), filter_(std::move(filter)) {}
ChangeFeed::ChangeFeed(ChangeFeed&&) noexcept = default;
ChangeFeed& ChangeFeed::operator=(ChangeFeed&&) noexcept = default;
ChangeFeed::~ChangeFeed() = default;

absl::StatusOr<std::optional<CommittedChanges>> ChangeFeed::Next(
    std::chrono::nanoseconds patience) {
  using Steady = std::chrono::steady_clock;
  const Steady::time_point begun = Steady::now();
  while (true) {
    // At the first look without waiting, then for what is left.
    const std::chrono::nanoseconds left = patience - (Steady::now() - begun);
    VARVE_ASSIGN_OR_RETURN(
        const Lsn settled,
        store_->WaitSettled(position_, std::max(left, std::chrono::nanoseconds::zero())));
    if (settled <= position_) return std::optional<CommittedChanges>();
    VARVE_ASSIGN_OR_RETURN(std::optional<CommittedChanges> changes, ReadUpTo(settled));
    if (changes.has_value()) return changes;
  }
}

absl::StatusOr<std::optional<CommittedChanges>> ChangeFeed::ReadUpTo(Lsn settled) {
  while (position_ < settled) {
    VARVE_ASSIGN_OR_RETURN(const wal::Record record, log_->Read());
    if (record.header.lsn <= position_) {  // buffered when the feed began behind it
      log_->Accept(record.header);
      continue;
    }
    CommittedChanges changes{record.header.lsn, record.header.commit_time, {}};
    EntryReader reader(record.body);
    Entry entry;
    while (reader.Next(entry)) {
      if (Passes(entry)) changes.entries.push_back(entry);
    }
    VARVE_RETURN_IF_ERROR(
        AddContext(reader.status(), "LSN " + std::to_string(changes.lsn.value())));
    log_->Accept(record.header);
    position_ = changes.lsn;
    if (!changes.entries.empty()) return std::optional(std::move(changes));
  }
  return std::optional<CommittedChanges>();
}

bool ChangeFeed::Passes(const Entry& entry) const {
  if (filter_.run.has_value() && entry.run != *filter_.run) return false;
  if (filter_.primitives.empty() || entry.type == kCoreEraseRun) return true;
  const auto wanted = [&](PrimitiveId id) {
    return std::find(filter_.primitives.begin(), filter_.primitives.end(), id) !=
           filter_.primitives.end();
  };
  if (entry.type == kCorePutRows) return wanted(RowsPayloadReader(entry.payload).primitive());
  const Primitive* const primitive = store_->registry().FindByEntryType(entry.type);
  return primitive != nullptr && wanted(primitive->spec().id);
}

EntryDescription ChangeFeed::Describe(const Entry& entry) const {
  return store_->registry().Describe(entry);
}

}  // namespace varve
