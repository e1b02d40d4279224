#include "recovery/replayer.h"

#include <string>
#include <utility>

#include "kernel/base/hex.h"
#include "kernel/base/status.h"
#include "kernel/internal/apply.h"

namespace varve::recovery {

namespace {

// "the primitive acme.ledger (id 32)", or as much as is known of whose range it is.
std::string OwnerOf(EntryType type, const std::vector<snapshot::ManifestPrimitive>& known) {
  for (const snapshot::ManifestPrimitive& primitive : known) {
    if (primitive.name.entry_range >> 4 != type >> 4) continue;
    return "the primitive " + primitive.name.name + " (id " +
           std::to_string(primitive.name.id.value()) + ")";
  }
  return "a primitive that the manifest does not name";
}

}  // namespace

Replayer::Replayer(const PrimitiveRegistry& registry,
                   std::shared_ptr<table::MaterializedStore> materialized,
                   std::uint64_t memtable_bytes, std::uint64_t checkpoint_bytes)
    : registry_(registry),
      materialized_(std::move(materialized)),
      memtable_bytes_(memtable_bytes),
      checkpoint_bytes_(checkpoint_bytes),
      memtable_(std::make_shared<table::Memtable>(memtable_bytes)) {}

absl::Status Replayer::Start(const Uuid& store, std::span<const snapshot::CarriedEntry> carried) {
  VARVE_RETURN_IF_ERROR(OpenLayers());
  store_ = store;
  last_lsn_ = layers_->mark().applied;
  last_commit_time_ = layers_->mark().commit_time;
  for (const snapshot::CarriedEntry& entry : carried) {
    VARVE_RETURN_IF_ERROR(ApplyAt(entry.bytes, entry.lsn, entry.commit_time, entry.primitive));
  }
  return carried.empty() ? absl::OkStatus() : Checkpoint();
}

absl::Status Replayer::OpenLayers() {
  auto layers = std::make_shared<internal::LayerSet>();
  layers->memtables.push_back(memtable_);
  VARVE_ASSIGN_OR_RETURN(auto reader, materialized_->OpenReader());
  layers_ = std::make_unique<internal::LayeredReader>(std::move(layers), std::move(reader), 0);
  layers_->Reset(kLsnMax, Timestamp());
  return absl::OkStatus();
}

absl::Status Replayer::Apply(const wal::Record& record) {
  VARVE_RETURN_IF_ERROR(ApplyAt(record.body, record.header.lsn, record.header.commit_time));
  last_lsn_ = record.header.lsn;
  last_commit_time_ = record.header.commit_time;
  if (checkpoint_bytes_ == 0 || memtable_->bytes() < checkpoint_bytes_) return absl::OkStatus();
  return Checkpoint();
}

absl::Status Replayer::ApplyAt(std::string_view body, Lsn lsn, Timestamp commit_time,
                               std::optional<PrimitiveId> carried_for) {
  internal::WriteBuffer buffer;
  internal::ApplyTarget target{.reader = layers_.get(),
                               .buffer = &buffer,
                               .lsn = lsn,
                               .commit_time = commit_time,
                               .carried_for = carried_for};
  const absl::Status status = internal::ApplyBody(
      registry_, body, target, [this](const Entry& entry) { ++entries_[entry.type >> 4]; });
  if (!status.ok()) {
    if (absl::IsUnimplemented(status) || absl::IsDataLoss(status)) return status;
    return absl::InternalError(
        ToAbsl("an entry that was accepted when it was written is refused on replay: " +
               status.ToString()));
  }
  for (const auto& [row_key, pending] : buffer.mutations()) {
    memtable_->Put(row_key, table::HashRowKey(row_key),
                   {lsn, commit_time, pending.deleted, pending.value});
  }
  return absl::OkStatus();
}

absl::Status Replayer::Checkpoint() {
  layers_.reset();  // its reader would pin the state that the checkpoint replaces
  const auto rows = memtable_->NewVersionStream();
  VARVE_RETURN_IF_ERROR(
      materialized_->Checkpoint(*rows, {store_, last_lsn_, last_commit_time_, Lsn()}));
  memtable_ = std::make_shared<table::Memtable>(memtable_bytes_);
  return OpenLayers();
}

std::shared_ptr<table::Memtable> Replayer::TakeMemtable() {
  layers_.reset();
  return std::move(memtable_);
}

absl::Status CheckEntriesKnown(const PrimitiveRegistry& registry,
                               const std::vector<snapshot::ManifestPrimitive>& known,
                               const wal::Record& record) {
  EntryReader entries(record.body);
  Entry entry;
  while (entries.Next(entry)) {
    const EntrySpec* spec = registry.FindEntry(entry.type);
    if (spec == nullptr && entry.safe_ignore) continue;
    if (spec == nullptr) {
      return Unimplemented("an entry of type ", HexByte(entry.type), " belongs to ",
                           OwnerOf(entry.type, known),
                           ", which is not registered: register it, or open with "
                           "UnknownEntries::kCarry to keep it as it is");
    }
    if (entry.payload_version > spec->payload_version_max) {
      return Unimplemented("an entry ", spec->name, " has payload version ", entry.payload_version,
                           "; this program reads up to ", spec->payload_version_max,
                           ": use a newer one");
    }
  }
  return entries.status();
}

absl::Status NameUnknown(const absl::Status& applied, const PrimitiveRegistry& registry,
                         const std::vector<snapshot::ManifestPrimitive>& known,
                         const wal::Record& record) {
  if (!absl::IsUnimplemented(applied)) return applied;
  const absl::Status named = CheckEntriesKnown(registry, known, record);
  return named.ok() ? applied : named;
}

}  // namespace varve::recovery
