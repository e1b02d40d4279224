#include "primitives/run/run_replay.h"

#include <xxhash.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/registry.h"
#include "primitives/run/run_payload.h"
#include "primitives/run/run_primitive.h"

namespace varve {
namespace {

// Every table whose rows are a run's own, with the primitive that describes them.
absl::Status ForEachTable(
    const PrimitiveRegistry& registry,
    const std::function<absl::Status(const Primitive&, const TableSpec&)>& visit) {
  for (const std::unique_ptr<Primitive>& primitive : registry.primitives()) {
    for (const TableSpec& table : primitive->spec().tables) {
      if (!table.derived) VARVE_RETURN_IF_ERROR(visit(*primitive, table));
    }
  }
  return absl::OkStatus();
}

// The table of a run that holds nothing.
class NoRows final : public RowScan {
 public:
  [[nodiscard]] bool valid() const override { return false; }
  void Next() override {}
  [[nodiscard]] const Row& row() const override { return row_; }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

 private:
  Row row_;
};

// One table of two runs, row by row.
class TableDiff final {
 public:
  TableDiff(const Primitive& primitive, const TableSpec& table,
            const std::function<bool(const RowChange&)>& visit)
      : primitive_(primitive), table_(table), visit_(visit) {}

  // False: `visit` has had enough.
  absl::StatusOr<bool> Run(RowScan& from, RowScan& to) {
    while (from.valid() || to.valid()) {
      const int order = !to.valid() ? -1 : !from.valid() ? 1 : from.row().key.compare(to.row().key);
      if (!Report(from, to, order)) return false;
      if (order <= 0) from.Next();
      if (order >= 0) to.Next();
    }
    VARVE_RETURN_IF_ERROR(from.status());
    VARVE_RETURN_IF_ERROR(to.status());
    return true;
  }

 private:
  bool Report(const RowScan& from, const RowScan& to, int order) {
    if (order == 0 && from.row().value == to.row().value) return true;
    RowChange change;
    change.kind = order < 0   ? RowChange::Kind::kRemoved
                  : order > 0 ? RowChange::Kind::kAdded
                              : RowChange::Kind::kModified;
    change.primitive = primitive_.spec().name;
    change.table = table_.name;
    if (order <= 0) Describe(from.row(), change, change.before);
    if (order >= 0) Describe(to.row(), change, change.after);
    return visit_(change);
  }

  void Describe(const Row& row, RowChange& change, std::string& content) const {
    RowDescription description = primitive_.DescribeRow(table_.number, row.key, row.value);
    change.key = std::string(row.key);
    change.subject = std::move(description.subject);
    content = std::move(description.content);
  }

  const Primitive& primitive_;
  const TableSpec& table_;
  const std::function<bool(const RowChange&)>& visit_;
};

// What the register of runs, which is in the default run, says of one run, for people. Nullopt:
// nothing. Of two runs it leaves out what makes them two: name, parent, origin, creation.
using Saying = absl::StatusOr<std::optional<std::string>>;

Saying SayRecord(Reader& reader, const RunId& run, bool with_name) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         reader.Get(kRunRecords, RunId(), run.view()));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const run::RunRecord record, run::DecodeRecord(row->value));
  std::string text;
  const auto add = [&text](std::string_view title, std::string_view content) {
    if (content.empty()) return;
    text.append(text.empty() ? "" : ", ").append(title).append(" ").append(content);
  };
  if (with_name) add("name", record.name);
  for (const std::string& tag : record.tags) add("tag", tag);
  add("metadata", record.metadata);
  return text;
}

Saying SayStatus(Reader& reader, const RunId& run) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         reader.Get(kRunStatuses, RunId(), run.view()));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const run::StatusRow status, run::DecodeStatus(row->value));
  std::string text(RunStatusName(status.status));
  if (!status.outcome.empty()) text.append(": ").append(status.outcome);
  return text;
}

// One side of a diff.
struct Side {
  Reader& reader;
  const RunId& run;
};

// As TableDiff, of what the register says of the two runs. False: `visit` has had enough.
absl::StatusOr<bool> DiffRegister(const Side& from, const Side& to,
                                  const std::function<bool(const RowChange&)>& visit) {
  const bool with_name = from.run == to.run;
  for (const TableId table : {kRunRecords, kRunStatuses}) {
    const auto say = [&](const Side& side) {
      return table == kRunRecords ? SayRecord(side.reader, side.run, with_name)
                                  : SayStatus(side.reader, side.run);
    };
    VARVE_ASSIGN_OR_RETURN(const std::optional<std::string> before, say(from));
    VARVE_ASSIGN_OR_RETURN(const std::optional<std::string> after, say(to));
    if (before == after) continue;
    const RunId& run = after.has_value() ? to.run : from.run;
    RowChange change;
    change.kind = !before.has_value()  ? RowChange::Kind::kAdded
                  : !after.has_value() ? RowChange::Kind::kRemoved
                                       : RowChange::Kind::kModified;
    change.primitive = "varve.run";
    change.table = table == kRunRecords ? "records" : "statuses";
    change.subject = run.ToString();
    change.before = before.value_or("");
    change.after = after.value_or("");
    change.key = std::string(run.view());
    if (!visit(change)) return false;
  }
  return true;
}

void AddToDigest(XXH3_state_t& state, std::string_view bytes) {
  std::string length;
  AppendLittleEndian(length, static_cast<std::uint64_t>(bytes.size()));
  static_cast<void>(XXH3_128bits_update(&state, length.data(), length.size()));
  static_cast<void>(XXH3_128bits_update(&state, bytes.data(), bytes.size()));
}

std::string Hex(const XXH128_canonical_t& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest.digest) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

absl::StatusOr<ReadView> ViewForFork(Store& store, const RunId& run, std::uint64_t step) {
  if (step == 0) return store.View();
  VARVE_ASSIGN_OR_RETURN(RunReplay replay, ReplayRun(store, run, step));
  return std::move(replay.view);
}

}  // namespace

absl::StatusOr<RunReplay> ReplayRun(Store& store, const RunId& run, std::uint64_t step) {
  VARVE_ASSIGN_OR_RETURN(ReadView now, store.View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunStep> found, Runs(now).Steps(run, step, 1));
  if (step == 0 || found.empty() || found[0].number != step) {
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, Runs(now).StepCount(run));
    const std::string steps = count == 0 ? "none" : "steps 1 to " + std::to_string(count);
    return MakeStatus(absl::StatusCode::kNotFound, "run ", run.ToString(), " has no step ", step,
                      ": it has ", steps);
  }
  VARVE_ASSIGN_OR_RETURN(ReadView then, store.AsOf(found[0].lsn));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t last, Runs(then).StepCount(run));
  VARVE_ASSIGN_OR_RETURN(std::vector<RunStep> steps, Runs(then).Steps(run, last, 1));
  if (steps.empty()) return MakeStatus(absl::StatusCode::kDataLoss, "a step of a run is missing");
  return RunReplay{std::move(then), run, std::move(steps[0])};
}

absl::Status DiffRuns(Reader& from, const RunId& from_run, Reader& to, const RunId& to_run,
                      const std::function<bool(const RowChange&)>& visit) {
  bool more = true;
  return ForEachTable(
      to.registry(), [&](const Primitive& primitive, const TableSpec& table) -> absl::Status {
        if (!more) return absl::OkStatus();
        const TableId id{primitive.spec().id, table.number};
        if (id == kRunRecords && !from_run.is_nil() && !to_run.is_nil()) {
          VARVE_ASSIGN_OR_RETURN(more, DiffRegister({from, from_run}, {to, to_run}, visit));
          return absl::OkStatus();
        }
        const auto before = from.Scan(id, from_run, KeyRange::All());
        const auto after = to.Scan(id, to_run, KeyRange::All());
        VARVE_ASSIGN_OR_RETURN(more, TableDiff(primitive, table, visit).Run(*before, *after));
        return absl::OkStatus();
      });
}

absl::Status VisitRun(Reader& reader, const RunId& run,
                      const std::function<bool(const RowChange&)>& visit) {
  bool more = true;
  return ForEachTable(
      reader.registry(), [&](const Primitive& primitive, const TableSpec& table) -> absl::Status {
        if (!more) return absl::OkStatus();
        NoRows nothing;
        const auto rows = reader.Scan({primitive.spec().id, table.number}, run, KeyRange::All());
        VARVE_ASSIGN_OR_RETURN(more, TableDiff(primitive, table, visit).Run(nothing, *rows));
        return absl::OkStatus();
      });
}

absl::StatusOr<std::string> RunDigest(Reader& reader, const RunId& run) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(
      MadeOrThrow(XXH3_createState()), &XXH3_freeState);
  static_cast<void>(XXH3_128bits_reset(state.get()));
  const absl::Status added = ForEachTable(
      reader.registry(), [&](const Primitive& primitive, const TableSpec& table) -> absl::Status {
        const TableId id{primitive.spec().id, table.number};
        const std::array<char, 2> name = {static_cast<char>(id.primitive.value()),
                                          static_cast<char>(id.number)};
        const auto scan = reader.Scan(id, run, KeyRange::All());
        for (; scan->valid(); scan->Next()) {
          AddToDigest(*state, {name.data(), name.size()});
          AddToDigest(*state, scan->row().key);
          AddToDigest(*state, scan->row().value);
        }
        return scan->status();
      });
  if (!added.ok()) return added;
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state.get()));
  return Hex(canonical);
}

absl::StatusOr<RunId> ForkRun(Store& store, const RunId& run, std::uint64_t step,
                              RunOptions options) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewForFork(store, run, step));
  options.forked_from = run;
  options.forked_at = view.lsn();
  VARVE_ASSIGN_OR_RETURN(const std::optional<RunInfo> source, Runs(view).Get(run));
  if (source.has_value() && options.tags.empty()) options.tags = source->tags;
  if (source.has_value() && options.metadata.empty()) options.metadata = source->metadata;
  RunId fork;
  const auto receipt = store.Update([&](Transaction& transaction) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(fork, Runs(transaction).Create(options));
    return transaction.CopyRun(view, run, fork);
  });
  if (!receipt.ok()) return receipt.status();
  return fork;
}

}  // namespace varve
