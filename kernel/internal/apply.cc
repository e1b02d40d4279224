#include "kernel/internal/apply.h"

#include <utility>

#include "kernel/base/hex.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/core_entry.h"
#include "kernel/table/merged_cursor.h"

namespace varve::internal {
namespace {

// A primitive's own tables, in the entry's run, and nothing else.
class TargetContext final : public ApplyContext {
 public:
  TargetContext(const PrimitiveSpec& spec, const RunId& run, ApplyTarget& target)
      : spec_(spec), run_(run), target_(target) {}

  absl::StatusOr<std::optional<Row>> Get(std::uint8_t table, std::string_view key) override;
  std::unique_ptr<RowScan> Scan(std::uint8_t table, const KeyRange& range, Order order) override;
  absl::Status Put(std::uint8_t table, std::string_view key, std::string_view value) override;
  absl::Status Delete(std::uint8_t table, std::string_view key) override;
  Lsn lsn() override {
    target_.asked_for_position = true;
    return target_.lsn;
  }
  Timestamp commit_time() override {
    target_.asked_for_position = true;
    return target_.commit_time;
  }

 private:
  absl::Status CheckTable(std::uint8_t table) const;
  absl::Status CheckKey(std::uint8_t table, std::string_view key) const;
  const std::string& RowKey(std::uint8_t table, std::string_view key);

  const PrimitiveSpec& spec_;
  const RunId& run_;
  ApplyTarget& target_;
  std::string row_key_;
};

absl::Status TargetContext::CheckTable(std::uint8_t table) const {
  for (const TableSpec& declared : spec_.tables) {
    if (declared.number == table) return absl::OkStatus();
  }
  return MakeStatus(absl::StatusCode::kInternal, "primitive ", spec_.name, " uses table ", table,
                    ", which its spec does not declare");
}

absl::Status TargetContext::CheckKey(std::uint8_t table, std::string_view key) const {
  VARVE_RETURN_IF_ERROR(CheckTable(table));
  if (key.size() <= kTableKeyBytesMax) return absl::OkStatus();
  return InvalidArgument("primitive ", spec_.name, ", table ", table, ": a key of ", key.size(),
                         " bytes; the limit is ", kTableKeyBytesMax);
}

const std::string& TargetContext::RowKey(std::uint8_t table, std::string_view key) {
  row_key_.clear();
  table::AppendRowKeyPrefix(row_key_, {spec_.id, table}, run_);
  row_key_.append(key);
  return row_key_;
}

absl::StatusOr<std::optional<Row>> TargetContext::Get(std::uint8_t table, std::string_view key) {
  VARVE_RETURN_IF_ERROR(CheckTable(table));
  const std::string& row_key = RowKey(table, key);
  if (const WriteBuffer::Pending* pending = target_.buffer->Find(row_key)) {
    if (pending->deleted) return std::optional<Row>();
    return std::optional<Row>(Row{key, pending->value, Lsn(), Timestamp()});
  }
  if (target_.reads != nullptr) target_.reads->AddPoint(row_key);
  VARVE_ASSIGN_OR_RETURN(const std::optional<table::RowVersion> version,
                         target_.reader->Get(row_key));
  if (!version.has_value()) return std::optional<Row>();
  return std::optional<Row>(Row{key, version->value, version->lsn, version->commit_time});
}

std::unique_ptr<RowScan> TargetContext::Scan(std::uint8_t table, const KeyRange& range,
                                             Order order) {
  if (absl::Status status = CheckTable(table); !status.ok()) return FailedScan(std::move(status));
  return ScanTarget(target_, {spec_.id, table}, run_, range, order);
}

absl::Status TargetContext::Put(std::uint8_t table, std::string_view key, std::string_view value) {
  VARVE_RETURN_IF_ERROR(CheckKey(table, key));
  if (value.size() > kTableValueBytesMax) {
    return InvalidArgument("primitive ", spec_.name, ", table ", table, ": a value of ",
                           value.size(), " bytes; the limit is ", kTableValueBytesMax);
  }
  target_.buffer->Put(RowKey(table, key), value);
  return absl::OkStatus();
}

absl::Status TargetContext::Delete(std::uint8_t table, std::string_view key) {
  VARVE_RETURN_IF_ERROR(CheckKey(table, key));
  target_.buffer->Delete(RowKey(table, key));
  return absl::OkStatus();
}

absl::Status ObserveEntry(const PrimitiveRegistry& registry, const Primitive& owner,
                          const Entry& entry, ApplyTarget& target) {
  if (entry.run.is_nil() || target.carried_for.has_value()) return absl::OkStatus();
  for (const Primitive* observer : registry.observing()) {
    if (observer == &owner) continue;
    TargetContext context(observer->spec(), entry.run, target);
    VARVE_RETURN_IF_ERROR(observer->Observe(entry, context));
  }
  return absl::OkStatus();
}

absl::Status EraseTable(std::uint8_t table, ApplyContext& context) {
  std::vector<std::string> keys;
  const std::unique_ptr<RowScan> scan = context.Scan(table, KeyRange::All());
  for (; scan->valid(); scan->Next()) keys.emplace_back(scan->row().key);
  VARVE_RETURN_IF_ERROR(scan->status());
  for (const std::string& key : keys) VARVE_RETURN_IF_ERROR(context.Delete(table, key));
  return absl::OkStatus();
}

// A placeholder forgets what it carries for the run, and carries the erasure itself: its section
// may hold rows that only its primitive can find.
absl::Status EraseRunRows(const PrimitiveRegistry& registry, const Entry& entry,
                          ApplyTarget& target) {
  if (entry.run.is_nil()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "an entry erases the default run");
  }
  for (const std::unique_ptr<Primitive>& primitive : registry.primitives()) {
    const PrimitiveSpec& spec = primitive->spec();
    if (target.carried_for.has_value() && *target.carried_for != spec.id) continue;
    TargetContext context(spec, entry.run, target);
    for (const TableSpec& table : spec.tables) {
      VARVE_RETURN_IF_ERROR(EraseTable(table.number, context));
    }
    if (spec.carried) VARVE_RETURN_IF_ERROR(primitive->Apply(entry, context));
  }
  return absl::OkStatus();
}

absl::Status PutCopiedRows(const PrimitiveRegistry& registry, const Entry& entry,
                           ApplyTarget& target) {
  RowsPayloadReader rows(entry.payload);
  VARVE_RETURN_IF_ERROR(rows.status());
  Primitive* primitive = registry.FindById(rows.primitive());
  if (primitive == nullptr) {
    return Unimplemented("copied rows belong to primitive ", rows.primitive().value(),
                         ", which is not registered: register it");
  }
  TargetContext context(primitive->spec(), entry.run, target);
  if (primitive->spec().carried) return primitive->Apply(entry, context);
  for (CopiedRow row; rows.Next(row);) {
    VARVE_RETURN_IF_ERROR(context.Put(row.table, row.key, row.value));
  }
  return rows.status();
}

}  // namespace

std::unique_ptr<RowScan> ScanTarget(ApplyTarget& target, TableId table, const RunId& run,
                                    const KeyRange& range, Order order) {
  RowKeyBounds bounds(table, run, range);
  std::vector<std::unique_ptr<table::Cursor>> layers = target.reader->LayerCursors();
  layers.insert(layers.begin(), target.buffer->NewCursor());
  BoundedScan::NoteExtent note_extent;
  if (ReadSet* reads = target.reads) {
    const std::size_t number = reads->AddRange(bounds.begin, bounds.end, order);
    note_extent = [reads, number](std::optional<std::string_view> reached) {
      if (reached.has_value()) {
        reads->ExtendRange(number, *reached);
      } else {
        reads->CompleteRange(number);
      }
    };
  }
  return std::make_unique<BoundedScan>(table::NewMergedCursor(std::move(layers)), std::move(bounds),
                                       order, std::move(note_extent));
}

absl::Status ApplyEntry(const PrimitiveRegistry& registry, const Entry& entry,
                        ApplyTarget& target) {
  const EntrySpec* spec = registry.FindEntry(entry.type);
  Primitive* primitive = registry.FindByEntryType(entry.type);
  if (spec == nullptr || (primitive == nullptr && !IsCoreEntry(entry.type))) {
    return Unimplemented("entry type ", HexByte(entry.type),
                         " belongs to no registered primitive: register the one that wrote it");
  }
  if (entry.payload_version == 0 || entry.payload_version > spec->payload_version_max) {
    return Unimplemented("entry ", spec->name, " has payload version ", entry.payload_version,
                         "; this build reads up to ", spec->payload_version_max,
                         ": use a newer one");
  }
  if (entry.type == kCoreEraseRun) return EraseRunRows(registry, entry, target);
  if (entry.type == kCorePutRows) return PutCopiedRows(registry, entry, target);
  TargetContext context(primitive->spec(), entry.run, target);
  VARVE_RETURN_IF_ERROR(primitive->Apply(entry, context));
  return ObserveEntry(registry, *primitive, entry, target);
}

absl::Status ApplyBody(const PrimitiveRegistry& registry, std::string_view body,
                       ApplyTarget& target, const std::function<void(const Entry&)>& applied) {
  EntryReader entries(body);
  Entry entry;
  while (entries.Next(entry)) {
    if (entry.safe_ignore && registry.FindEntry(entry.type) == nullptr) continue;
    VARVE_RETURN_IF_ERROR(ApplyEntry(registry, entry, target));
    if (applied) applied(entry);
  }
  return entries.status();
}

}  // namespace varve::internal
