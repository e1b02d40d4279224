#include "primitives/run/run_primitive.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/read_view.h"
#include "primitives/run/run_payload.h"

namespace varve {
namespace {

using run::RunRecord;

constexpr std::size_t kDescribedBytesMax = 64;

std::string Key(std::string prefix, const RunId& id) { return prefix.append(id.view()); }

absl::Status NoSuchRun(const RunId& id) {
  return MakeStatus(absl::StatusCode::kNotFound, "there is no run ", id.ToString(),
                    ": create it first");
}

absl::StatusOr<RunRecord> GetRecord(const RunId& id, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(kRunRecords.number, id.view()));
  if (!row.has_value()) return NoSuchRun(id);
  return run::DecodeRecord(row->value);
}

absl::StatusOr<RunStatus> GetStatus(const RunId& id, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(kRunStatuses.number, id.view()));
  if (!row.has_value()) return NoSuchRun(id);
  VARVE_ASSIGN_OR_RETURN(const run::StatusRow status, run::DecodeStatus(row->value));
  return status.status;
}

absl::Status PutStatus(const RunId& id, std::optional<RunStatus> from, RunStatus to,
                       std::string_view outcome, ApplyContext& context) {
  if (from.has_value()) {
    VARVE_RETURN_IF_ERROR(context.Delete(kRunsByStatus.number, Key(run::StatusPrefix(*from), id)));
  }
  VARVE_RETURN_IF_ERROR(context.Put(kRunsByStatus.number, Key(run::StatusPrefix(to), id), {}));
  return context.Put(kRunStatuses.number, id.view(), run::EncodeStatus(to, outcome));
}

absl::Status PutTags(const RunId& id, const std::vector<std::string>& tags, ApplyContext& context) {
  for (const std::string& tag : tags) {
    VARVE_RETURN_IF_ERROR(context.Put(kRunsByTag.number, Key(run::TagPrefix(tag), id), {}));
  }
  return absl::OkStatus();
}

absl::Status DropTags(const RunId& id, const std::vector<std::string>& tags,
                      ApplyContext& context) {
  for (const std::string& tag : tags) {
    VARVE_RETURN_IF_ERROR(context.Delete(kRunsByTag.number, Key(run::TagPrefix(tag), id)));
  }
  return absl::OkStatus();
}

absl::Status ApplyCreate(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(run::CreatePayload create, run::DecodeCreate(entry.payload));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         context.Get(kRunRecords.number, create.run.view()));
  if (row.has_value()) {
    return MakeStatus(absl::StatusCode::kAlreadyExists, "there is a run ", create.run.ToString(),
                      " already: create one with another id");
  }
  if (!create.parent.is_nil()) {
    VARVE_RETURN_IF_ERROR(GetStatus(create.parent, context).status());
    VARVE_RETURN_IF_ERROR(
        context.Put(kRunsByParent.number, Key(run::ParentPrefix(create.parent), create.run), {}));
  }
  VARVE_RETURN_IF_ERROR(PutTags(create.run, create.tags, context));
  VARVE_RETURN_IF_ERROR(PutStatus(create.run, std::nullopt,
                                  create.paused ? RunStatus::kPaused : RunStatus::kActive, {},
                                  context));
  const RunRecord record{context.commit_time(),     create.parent,          create.forked_from,
                         create.forked_at,          std::move(create.name), std::move(create.tags),
                         std::move(create.metadata)};
  return context.Put(kRunRecords.number, create.run.view(), run::EncodeRecord(record));
}

absl::Status ApplyUpdate(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(run::UpdatePayload update, run::DecodeUpdate(entry.payload));
  VARVE_ASSIGN_OR_RETURN(RunRecord record, GetRecord(update.run, context));
  if (update.tags.has_value()) {
    VARVE_RETURN_IF_ERROR(DropTags(update.run, record.tags, context));
    VARVE_RETURN_IF_ERROR(PutTags(update.run, *update.tags, context));
    record.tags = *std::move(update.tags);
  }
  if (update.name.has_value()) record.name = *std::move(update.name);
  if (update.metadata.has_value()) record.metadata = *std::move(update.metadata);
  return context.Put(kRunRecords.number, update.run.view(), run::EncodeRecord(record));
}

absl::Status ApplyEnd(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const run::EndPayload end, run::DecodeEnd(entry.payload));
  VARVE_ASSIGN_OR_RETURN(const RunStatus from, GetStatus(end.run, context));
  if (end.status == RunStatus::kActive || !MayFollow(from, end.status)) {
    return FailedPrecondition("run ", end.run.ToString(), " is ", RunStatusName(from),
                              " and cannot become ", RunStatusName(end.status));
  }
  return PutStatus(end.run, from, end.status, end.outcome, context);
}

// Also of a run that is active: who begins it takes it over.
absl::Status ApplyBegin(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const RunId id, run::DecodeBegin(entry.payload));
  VARVE_ASSIGN_OR_RETURN(const RunStatus from, GetStatus(id, context));
  if (IsClosed(from)) {
    return FailedPrecondition("run ", id.ToString(), " is ", RunStatusName(from),
                              " and cannot begin again: fork it, or create another");
  }
  return PutStatus(id, from, RunStatus::kActive, {}, context);
}

absl::Status ApplyDelete(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const RunId id, run::DecodeDelete(entry.payload));
  VARVE_ASSIGN_OR_RETURN(const RunRecord record, GetRecord(id, context));
  VARVE_ASSIGN_OR_RETURN(const RunStatus status, GetStatus(id, context));
  VARVE_RETURN_IF_ERROR(DropTags(id, record.tags, context));
  VARVE_RETURN_IF_ERROR(context.Delete(kRunsByStatus.number, Key(run::StatusPrefix(status), id)));
  if (!record.parent.is_nil()) {
    VARVE_RETURN_IF_ERROR(
        context.Delete(kRunsByParent.number, Key(run::ParentPrefix(record.parent), id)));
  }
  VARVE_RETURN_IF_ERROR(context.Delete(kRunStatuses.number, id.view()));
  return context.Delete(kRunRecords.number, id.view());
}

EntryDescription Undecodable(std::string_view operation, const absl::Status& status) {
  return {std::string(operation), "?", std::string(FromAbsl(status.message()))};
}

// What users chose, as one printable line.
std::string ForPeople(std::string_view bytes) {
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kDescribedBytesMax)));
  if (bytes.size() > kDescribedBytesMax) {
    text += "... (" + std::to_string(bytes.size()) + " bytes)";
  }
  return text;
}

EntryDescription DescribeCreate(std::string_view payload) {
  const auto create = run::DecodeCreate(payload);
  if (!create.ok()) return Undecodable("create", create.status());
  return {create->forked_from.is_nil() ? "create" : "fork", create->run.ToString(),
          ForPeople(create->name)};
}

EntryDescription DescribeEnd(std::string_view payload) {
  const auto end = run::DecodeEnd(payload);
  if (!end.ok()) return Undecodable("end", end.status());
  return {std::string(RunStatusName(end->status)), end->run.ToString(), ForPeople(end->outcome)};
}

EntryDescription DescribeUpdate(std::string_view payload) {
  const auto update = run::DecodeUpdate(payload);
  if (!update.ok()) return Undecodable("update", update.status());
  std::string detail;
  if (update->name.has_value()) detail += " name";
  if (update->tags.has_value()) detail += " tags";
  if (update->metadata.has_value()) detail += " metadata";
  return {"update", update->run.ToString(), detail.empty() ? detail : detail.substr(1)};
}

EntryDescription DescribeRun(std::string_view operation, const absl::StatusOr<RunId>& id) {
  if (!id.ok()) return Undecodable(operation, id.status());
  return {std::string(operation), id->ToString(), ""};
}

std::string IdText(std::string_view key) {
  const std::optional<Uuid> id = Uuid::FromBytes(key);
  return id.has_value() ? id->ToString() : std::string(key);
}

}  // namespace

namespace run {

std::string StatusPrefix(RunStatus status) { return std::string(1, static_cast<char>(status)); }

std::string TagPrefix(std::string_view tag) {
  std::string prefix(tag);
  prefix.push_back('\0');
  return prefix;
}

std::string ParentPrefix(const RunId& parent) { return std::string(parent.view()); }

}  // namespace run

RunPrimitive::RunPrimitive() {
  spec_.id = kRunPrimitiveId;
  spec_.name = "varve.run";
  spec_.entry_range = 0x60;
  spec_.entries = {{kRunCreate, "RunCreate"},
                   {kRunUpdate, "RunUpdate"},
                   {kRunEnd, "RunEnd"},
                   {kRunBegin, "RunBegin"},
                   {kRunDelete, "RunDelete"}};
  const auto index = [](TableId table, const char* name) {
    return TableSpec{table.number, name, /*derived=*/true};
  };
  spec_.tables = {{kRunRecords.number, "records"},
                  {kRunStatuses.number, "statuses"},
                  index(kRunsByStatus, "by_status"),
                  index(kRunsByTag, "by_tag"),
                  index(kRunsByParent, "by_parent"),
                  {kRunSteps.number, "steps", /*derived=*/true, /*copied=*/false},
                  {kRunStepCounts.number, "step_counts", /*derived=*/true, /*copied=*/false}};
  spec_.admits_runs = true;
  spec_.observes = true;
}

absl::Status RunPrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  if (entry.payload_version != 1) {
    return Unimplemented("run: payload version ", entry.payload_version, " of entry type ",
                         entry.type, " is newer than this build, which reads 1: open with a newer",
                         " Varve");
  }
  switch (entry.type) {
    case kRunCreate:
      return ApplyCreate(entry, context);
    case kRunUpdate:
      return ApplyUpdate(entry, context);
    case kRunEnd:
      return ApplyEnd(entry, context);
    case kRunBegin:
      return ApplyBegin(entry, context);
    case kRunDelete:
      return ApplyDelete(entry, context);
    default:
      return MakeStatus(absl::StatusCode::kDataLoss, "run: an entry of type ", entry.type);
  }
}

// A run that nobody created is open: runs need no register to be written into.
absl::Status RunPrimitive::AdmitRun(const RunId& run, Reader& reader) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         reader.Get(kRunStatuses, RunId(), run.view()));
  if (!row.has_value()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const run::StatusRow status, run::DecodeStatus(row->value));
  if (!IsClosed(status.status)) return absl::OkStatus();
  return FailedPrecondition("run ", run.ToString(), " is ", RunStatusName(status.status),
                            " and takes no more entries: fork it, or create another");
}

absl::Status RunPrimitive::Observe(const Entry& entry, ApplyContext& context) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(kRunStepCounts.number, {}));
  std::uint64_t count = 0;
  if (row.has_value()) {
    if (row->value.size() != sizeof(count)) {
      return MakeStatus(absl::StatusCode::kDataLoss, "run: a step count of another length");
    }
    count = LoadLittleEndian<std::uint64_t>(row->value.data());
  }
  ++count;
  std::string key;
  AppendBigEndian64(key, count);
  VARVE_RETURN_IF_ERROR(context.Put(kRunSteps.number, key, run::EncodeStep(entry)));
  std::string value;
  AppendLittleEndian(value, count);
  return context.Put(kRunStepCounts.number, {}, value);
}

absl::Status RunPrimitive::RebuildIndexes(ReadView& view) {
  opened_at_.store(view.lsn().value(), std::memory_order_relaxed);
  return absl::OkStatus();
}

EntryDescription RunPrimitive::Describe(const Entry& entry) const {
  switch (entry.type) {
    case kRunCreate:
      return DescribeCreate(entry.payload);
    case kRunUpdate:
      return DescribeUpdate(entry.payload);
    case kRunEnd:
      return DescribeEnd(entry.payload);
    case kRunBegin:
      return DescribeRun("begin", run::DecodeBegin(entry.payload));
    case kRunDelete:
      return DescribeRun("delete", run::DecodeDelete(entry.payload));
    default:
      return {"?", "", ""};
  }
}

RowDescription RunPrimitive::DescribeRow(std::uint8_t table, std::string_view key,
                                         std::string_view value) const {
  if (table == kRunStatuses.number) {
    const auto status = run::DecodeStatus(value);
    return {IdText(key), status.ok() ? std::string(RunStatusName(status->status)) : "damaged"};
  }
  if (table == kRunRecords.number) {
    const auto record = run::DecodeRecord(value);
    return {IdText(key), record.ok() ? record->name : "damaged"};
  }
  return Primitive::DescribeRow(table, key, value);
}

}  // namespace varve
