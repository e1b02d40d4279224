#include "bindings/c/varve_changes.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "kernel/change_feed.h"

struct varve_changes {
  std::shared_ptr<varve_c::Opened> opened;  // outlives `feed`
  varve::ChangeFeed feed;
  bool describes = false;
  std::unique_ptr<varve_c::Listing<varve_change>> entries{};  // of the last transaction
};

namespace varve_c {
namespace {

varve_change ItemOfEntry(const Entry& entry) {
  varve_change item{};
  item.struct_size = sizeof(item);
  item.entry_type = entry.type;
  item.payload_version = entry.payload_version;
  item.safe_ignore = entry.safe_ignore ? 1 : 0;
  item.run = UuidOf(entry.run);
  item.payload = SliceOf(entry.payload);
  return item;
}

std::unique_ptr<Listing<varve_change>> EntriesOf(const varve_changes& changes,
                                                 const CommittedChanges& known) {
  auto listing = std::make_unique<Listing<varve_change>>();
  for (const Entry& entry : known.entries) {
    varve_change& item = listing->Add();
    item = ItemOfEntry(entry);
    if (!changes.describes) continue;
    EntryDescription description = changes.feed.Describe(entry);
    item.operation = listing->Keep(std::move(description.operation));
    item.subject = listing->Keep(std::move(description.subject));
    item.detail = listing->Keep(std::move(description.detail));
  }
  return listing;
}

absl::StatusOr<ChangeFilter> FilterOf(const varve_changes_options& taken) {
  ChangeFilter filter;
  if (taken.primitive_count != 0) {
    VARVE_RETURN_IF_ERROR(Arguments().Given(taken.primitives, "options.primitives").status());
  }
  for (std::size_t i = 0; i < taken.primitive_count; ++i) {
    filter.primitives.emplace_back(taken.primitives[i]);
  }
  if (taken.run != nullptr) filter.run = UuidOf(*taken.run);
  return filter;
}

}  // namespace

extern "C" {

varve_status varve_store_changes(varve_store* store, const varve_changes_options* options,
                                 varve_changes** changes, varve_error** error) {
  if (changes != nullptr) *changes = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").Given(changes, "changes").status());
    VARVE_ASSIGN_OR_RETURN(const varve_changes_options taken, Take(options, "options"));
    VARVE_ASSIGN_OR_RETURN(ChangeFilter filter, FilterOf(taken));
    VARVE_ASSIGN_OR_RETURN(ChangeFeed feed,
                           store->store().Changes(Lsn(taken.after), std::move(filter)));
    *changes = new varve_changes{store->opened, std::move(feed), taken.describe != 0};
    return absl::OkStatus();
  });
}

void varve_changes_free(varve_changes* changes) { delete changes; }

varve_status varve_changes_next(varve_changes* changes, uint64_t patience_us,
                                varve_receipt* transaction, size_t* count, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(changes, "changes")
                              .OutOrNull(transaction, "transaction")
                              .Given(count, "count")
                              .status());
    changes->entries = nullptr;  // they borrow what the feed is about to overwrite
    VARVE_ASSIGN_OR_RETURN(const std::optional<CommittedChanges> known,
                           changes->feed.Next(MicrosecondsOf(patience_us)));
    *count = 0;
    if (!known.has_value()) return absl::OkStatus();
    changes->entries = EntriesOf(*changes, *known);
    *count = changes->entries->count();
    if (transaction == nullptr) return absl::OkStatus();
    varve_receipt receipt{};
    receipt.lsn = known->lsn.value();
    receipt.commit_time = known->commit_time.micros();
    GiveStruct(receipt, transaction);
    return absl::OkStatus();
  });
}

const varve_change* varve_changes_entry(const varve_changes* changes, size_t index) {
  return changes == nullptr ? nullptr : ItemOf<varve_change>(changes->entries.get(), index);
}

uint64_t varve_changes_position(const varve_changes* changes) {
  return changes == nullptr ? 0 : changes->feed.position().value();
}

varve_status varve_txn_repeat(varve_txn* txn, const varve_change* change, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Given(change, "change").status());
    VARVE_ASSIGN_OR_RETURN(const varve_change taken, Take(change, "change"));
    VARVE_RETURN_IF_ERROR(Arguments().Bytes(taken.payload, "change.payload").status());
    Entry entry;
    entry.type = taken.entry_type;
    entry.payload_version = taken.payload_version;
    entry.safe_ignore = taken.safe_ignore != 0;
    entry.run = UuidOf(taken.run);
    entry.payload = TextOf(taken.payload);
    return txn->transaction->Repeat(entry);
  });
}

}  // extern "C"
}  // namespace varve_c
