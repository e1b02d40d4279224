#include "primitives/run/runs.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/registry.h"
#include "kernel/store.h"
#include "primitives/run/run_payload.h"
#include "primitives/run/run_primitive.h"

namespace varve {
namespace {

// RFC 9562, section 5.7: 48 bits of milliseconds, then random bits around version and variant.
RunId NewRunId(Timestamp now) {
  std::random_device device;
  std::array<std::uint8_t, 16> bytes{};
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(device());
  const std::uint64_t milliseconds = now.micros() / 1000;
  for (int i = 0; i < 6; ++i) {
    bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x70);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  return RunId(bytes);
}

absl::Status CheckBytes(std::string_view what, std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return absl::OkStatus();
  return ResourceExhausted("the ", what, " of a run has ", text.size(), " bytes; the limit is ",
                           limit);
}

absl::Status CheckMetadata(const std::string& metadata) {
  VARVE_RETURN_IF_ERROR(CheckBytes("metadata", metadata, kRunTextBytesMax));
  if (metadata.empty()) return absl::OkStatus();
  const auto parsed = nlohmann::json::parse(metadata, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_object()) return absl::OkStatus();
  return InvalidArgument("the metadata of a run must be a JSON object, such as {\"user\":7}");
}

// Sorted, none twice.
absl::StatusOr<std::vector<std::string>> CheckTags(std::vector<std::string> tags) {
  std::ranges::sort(tags);
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  if (tags.size() > kRunTagsMax) {
    return ResourceExhausted("a run with ", tags.size(), " tags; the limit is ", kRunTagsMax);
  }
  for (const std::string& tag : tags) {
    VARVE_RETURN_IF_ERROR(CheckBytes("tag", tag, kNameBytesMax));
    if (tag.empty() || tag.find('\0') != std::string::npos) {
      return InvalidArgument("a tag of a run must not be empty nor hold a zero byte");
    }
  }
  return tags;
}

// Where the runs that a filter can mean are found: the narrowest table.
struct Source {
  TableId table;
  std::string prefix;
};

Source SourceOf(const RunFilter& filter) {
  if (filter.parent.has_value()) return {kRunsByParent, run::ParentPrefix(*filter.parent)};
  if (filter.tag.has_value()) return {kRunsByTag, run::TagPrefix(*filter.tag)};
  if (filter.status.has_value()) return {kRunsByStatus, run::StatusPrefix(*filter.status)};
  return {kRunRecords, ""};
}

bool Meets(const RunInfo& info, const RunFilter& filter) {
  if (filter.status.has_value() && info.status != *filter.status) return false;
  if (filter.parent.has_value() && info.parent != *filter.parent) return false;
  return !filter.tag.has_value() || std::ranges::binary_search(info.tags, *filter.tag);
}

}  // namespace

absl::Status Runs::Write(EntryType type, std::string_view payload) {
  if (transaction_ == nullptr) {
    return FailedPrecondition("this view only reads: write runs in a transaction");
  }
  return transaction_->Write({.type = type, .payload = payload});
}

absl::StatusOr<RunId> Runs::Create(const RunOptions& options) {
  const RunId id = options.id.has_value() ? *options.id : NewRunId(reader_->now());
  if (id.is_nil()) return InvalidArgument("the default run needs no creation: take another id");
  VARVE_RETURN_IF_ERROR(CheckBytes("name", options.name, kNameBytesMax));
  VARVE_RETURN_IF_ERROR(CheckMetadata(options.metadata));
  run::CreatePayload create{
      id, options.parent,   options.forked_from, options.forked_at, options.name,
      {}, options.metadata, options.paused};
  VARVE_ASSIGN_OR_RETURN(create.tags, CheckTags(options.tags));
  VARVE_RETURN_IF_ERROR(Write(kRunCreate, run::EncodeCreate(create)));
  return id;
}

absl::Status Runs::Begin(const RunId& run) { return Write(kRunBegin, run::EncodeBegin(run)); }

absl::Status Runs::End(const RunId& run, RunStatus status, std::string_view outcome) {
  if (status == RunStatus::kActive) {
    return InvalidArgument("a run does not end as active: Begin makes it so");
  }
  VARVE_RETURN_IF_ERROR(CheckBytes("outcome", outcome, kRunTextBytesMax));
  return Write(kRunEnd, run::EncodeEnd({run, status, std::string(outcome)}));
}

absl::Status Runs::Update(const RunId& run, const RunChanges& changes) {
  run::UpdatePayload update{run, changes.name, changes.tags, changes.metadata};
  if (update.name.has_value()) {
    VARVE_RETURN_IF_ERROR(CheckBytes("name", *update.name, kNameBytesMax));
  }
  if (update.metadata.has_value()) VARVE_RETURN_IF_ERROR(CheckMetadata(*update.metadata));
  if (update.tags.has_value()) {
    VARVE_ASSIGN_OR_RETURN(update.tags, CheckTags(*std::move(update.tags)));
  }
  return Write(kRunUpdate, run::EncodeUpdate(update));
}

absl::Status Runs::DeleteOne(const RunId& run) {
  VARVE_RETURN_IF_ERROR(Write(kRunDelete, run::EncodeDelete(run)));
  return transaction_->EraseRun(run);
}

// Children first, level by level: a tree of any depth takes no recursion.
absl::Status Runs::Delete(const RunId& run, bool with_children) {
  std::vector<RunId> doomed = {run};
  for (std::size_t next = 0; next < doomed.size(); ++next) {
    RunFilter children;
    children.parent = doomed[next];
    children.limit = ~std::uint64_t{0};
    VARVE_ASSIGN_OR_RETURN(const std::vector<RunInfo> found, List(children));
    if (!found.empty() && !with_children) {
      return FailedPrecondition("run ", run.ToString(), " is the parent of ", found.size(),
                                " others: delete them too, or first");
    }
    for (const RunInfo& child : found) doomed.push_back(child.id);
  }
  for (auto at = doomed.rbegin(); at != doomed.rend(); ++at) {
    VARVE_RETURN_IF_ERROR(DeleteOne(*at));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RunInfo>> Runs::Get(const RunId& run) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         reader_->Get(kRunRecords, RunId(), run.view()));
  if (!row.has_value()) return std::optional<RunInfo>();
  VARVE_ASSIGN_OR_RETURN(run::RunRecord record, run::DecodeRecord(row->value));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> status_row,
                         reader_->Get(kRunStatuses, RunId(), run.view()));
  if (!status_row.has_value()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "run ", run.ToString(), " has no status");
  }
  VARVE_ASSIGN_OR_RETURN(const run::StatusRow status, run::DecodeStatus(status_row->value));
  RunInfo info;
  info.id = run;
  info.status = status.status;
  info.outcome = std::string(status.outcome);
  info.status_since = status_row->commit_time;
  info.status_lsn = status_row->lsn;
  info.name = std::move(record.name);
  info.parent = record.parent;
  info.forked_from = record.forked_from;
  info.forked_at = record.forked_at;
  info.tags = std::move(record.tags);
  info.metadata = std::move(record.metadata);
  info.created = record.created;
  return info;
}

absl::StatusOr<std::vector<RunInfo>> Runs::List(const RunFilter& filter) const {
  const Source source = SourceOf(filter);
  KeyRange range = KeyRange::Prefix(source.prefix);
  if (!filter.after.is_nil()) range.begin = source.prefix + std::string(filter.after.view()) + '\0';
  std::vector<RunInfo> runs;
  const auto scan = reader_->Scan(source.table, RunId(), range);
  for (; scan->valid() && runs.size() < filter.limit; scan->Next()) {
    const std::string_view key = scan->row().key;
    const auto id = Uuid::FromBytes(key.substr(std::min(source.prefix.size(), key.size())));
    if (!id.has_value()) return MakeStatus(absl::StatusCode::kDataLoss, "a run key is malformed");
    VARVE_ASSIGN_OR_RETURN(std::optional<RunInfo> info, Get(*id));
    if (info.has_value() && Meets(*info, filter)) runs.push_back(*std::move(info));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return runs;
}

absl::StatusOr<std::vector<RunInfo>> Runs::Orphans(std::uint64_t limit) const {
  const auto* primitive =
      dynamic_cast<const RunPrimitive*>(reader_->registry().FindById(kRunPrimitiveId));
  if (primitive == nullptr) return FailedPrecondition("the Run primitive is not registered");
  RunFilter active;
  active.status = RunStatus::kActive;
  active.limit = ~std::uint64_t{0};
  VARVE_ASSIGN_OR_RETURN(std::vector<RunInfo> runs, List(active));
  // A status of this very transaction has no LSN yet; it is no orphan.
  std::erase_if(runs, [&](const RunInfo& info) {
    return info.status_lsn == Lsn() || info.status_lsn > primitive->opened_at();
  });
  if (runs.size() > limit) runs.resize(limit);
  return runs;
}

absl::StatusOr<std::vector<RunStep>> Runs::Steps(const RunId& run, std::uint64_t from,
                                                 std::uint64_t limit) const {
  std::string begin;
  AppendBigEndian64(begin, from);
  std::vector<RunStep> steps;
  const auto scan = reader_->Scan(kRunSteps, run, {begin, ""});
  for (; scan->valid() && steps.size() < limit; scan->Next()) {
    VARVE_ASSIGN_OR_RETURN(RunStep step, run::DecodeStep(scan->row().key, scan->row().value));
    step.lsn = scan->row().lsn;
    step.commit_time = scan->row().commit_time;
    steps.push_back(std::move(step));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return steps;
}

absl::StatusOr<std::uint64_t> Runs::StepCount(const RunId& run) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader_->Get(kRunStepCounts, run, {}));
  if (!row.has_value()) return 0;
  if (row->value.size() != sizeof(std::uint64_t)) {
    return MakeStatus(absl::StatusCode::kDataLoss, "a step count is malformed");
  }
  return LoadLittleEndian<std::uint64_t>(row->value.data());
}

absl::StatusOr<RunId> CreateRun(Store& store, const RunOptions& options) {
  RunId id;
  const auto receipt = store.Update([&](Transaction& transaction) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(id, Runs(transaction).Create(options));
    return absl::OkStatus();
  });
  if (!receipt.ok()) return receipt.status();
  return id;
}

}  // namespace varve
