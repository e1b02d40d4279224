#include "recovery/rebuild.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernel/base/status.h"
#include "kernel/row_walk.h"
#include "kernel/store_files.h"
#include "recovery/base.h"
#include "recovery/log_scan.h"
#include "recovery/replayer.h"
#include "snapshot/snapshot.h"

namespace varve {
namespace recovery {
namespace {

// Oldest first: the more is replayed, the more is proven.
absl::StatusOr<Base> ChooseOldest(FileSystem& files, const StoreFiles& names, const Plan& plan,
                                  Lsn at, const OpenOptions& options) {
  if (FirstLogLsn(plan) == Lsn(1)) return Base();
  snapshot::SnapshotWriteOptions check;
  check.cancelled = options.cancelled;
  for (const snapshot::RetainedSnapshot& snapshot : plan.manifest.snapshots) {
    if (snapshot.lsn > at || snapshot.lsn.Next() < FirstLogLsn(plan)) continue;
    const std::string path =
        JoinPath(names.snapshot_folder(), snapshot::SnapshotFileName(snapshot.lsn));
    const auto info = snapshot::VerifySnapshot(files, path, check);
    if (info.ok()) return Base{RecoveryReport::Base::kSnapshot, snapshot.lsn, nullptr, path};
    if (absl::IsCancelled(info.status())) return info.status();
  }
  return MakeStatus(absl::StatusCode::kOutOfRange, names.directory(),
                    ": no whole snapshot and not the start of the log lead to LSN ", at);
}

class Rebuilding final {
 public:
  Rebuilding(std::string directory, PrimitiveRegistry registry, const OpenOptions& options)
      : options_(options),
        files_(*options.environment.files),
        names_(std::move(directory)),
        registry_(std::move(registry)) {}

  absl::StatusOr<RebuiltState> Run(Lsn at);

 private:
  absl::Status Step(RecoveryProgress::Stage stage, std::uint64_t done, std::uint64_t total) const;
  absl::Status Replay(const Plan& plan, Lsn at);

  const OpenOptions& options_;
  FileSystem& files_;
  const StoreFiles names_;
  PrimitiveRegistry registry_;
  RebuiltState built_;
  std::vector<snapshot::CarriedEntry> carried_;
};

absl::Status Rebuilding::Step(RecoveryProgress::Stage stage, std::uint64_t done,
                              std::uint64_t total) const {
  if (options_.progress) options_.progress({stage, done, total});
  if (!options_.cancelled || !options_.cancelled()) return absl::OkStatus();
  return absl::CancelledError("the rebuild was cancelled");
}

absl::StatusOr<RebuiltState> Rebuilding::Run(Lsn at) {
  VARVE_ASSIGN_OR_RETURN(Plan plan, ReadPlan(files_, names_));
  VARVE_RETURN_IF_ERROR(
      ReconcileRegistry(options_.unknown_entries, registry_, plan.manifest).status());
  VARVE_ASSIGN_OR_RETURN(const Base base, ChooseOldest(files_, names_, plan, at, options_));
  built_.base_lsn = base.lsn;
  built_.state = table::MakeMemoryStore({.history = {std::chrono::microseconds::max()}},
                                        {plan.manifest.store, Lsn(), Timestamp(), Lsn()});
  if (!base.snapshot_path.empty()) {
    const auto step = [&](std::uint64_t bytes) {
      return Step(RecoveryProgress::Stage::kLoadBase, bytes, 0);
    };
    VARVE_ASSIGN_OR_RETURN(carried_, LoadBase(files_, base.snapshot_path, registry_,
                                              plan.manifest.store, *built_.state, step));
  }
  VARVE_RETURN_IF_ERROR(Replay(plan, at));
  return std::move(built_);
}

absl::Status Rebuilding::Replay(const Plan& plan, Lsn at) {
  const std::uint64_t memtable_bytes = options_.store.memtable_bytes;
  Replayer replayer(registry_, built_.state, memtable_bytes, memtable_bytes);
  VARVE_RETURN_IF_ERROR(replayer.Start(plan.manifest.store, carried_));
  const auto segments = SegmentsFrom(plan.segments, built_.base_lsn);
  constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 20;
  const std::uint64_t total = ScanBytes(segments);
  std::uint64_t done = 0;
  std::uint64_t told = 0;
  bool reached = replayer.last_lsn() >= at;
  const auto visit = [&](const wal::Record& record) -> absl::Status {
    reached = record.header.lsn > at;
    if (reached) return absl::CancelledError("the LSN is reached");
    done += wal::RecordLayout::kBytes + record.body.size();
    if (done - told >= kStepBytes) {
      told = done;
      VARVE_RETURN_IF_ERROR(Step(RecoveryProgress::Stage::kReplay, done, total));
    }
    ++built_.records_replayed;
    return NameUnknown(replayer.Apply(record), registry_, plan.manifest.primitives, record);
  };
  if (!reached) {
    const auto end = ScanLog(files_, segments, built_.base_lsn, {{at, "state.mdb"}}, visit);
    if (!reached) VARVE_RETURN_IF_ERROR(end.status());
  }
  return replayer.Checkpoint();
}

// One key of a state after another, with the versions that a read as of `from` or later can meet:
// every copy of the state has those.
class KeptVersions final {
 public:
  KeptVersions(table::MaterializedReader& state, Lsn from)
      : stream_(state.NewVersionStream("", "")), from_(from) {}

  // False at the end, or on an error.
  bool Next() {
    while (stream_->Next()) {
      versions_.clear();
      Lsn superseded = kLsnMax;
      for (auto version = stream_->NextVersion(); version.has_value();
           version = stream_->NextVersion()) {
        if (superseded > from_) versions_.push_back(*version);
        superseded = version->lsn;
      }
      // Before the oldest version there is nothing, with a deletion or without.
      while (!versions_.empty() && versions_.back().deleted) versions_.pop_back();
      if (!versions_.empty()) return true;
    }
    return false;
  }
  [[nodiscard]] std::string_view key() const { return stream_->row_key(); }
  [[nodiscard]] const std::vector<table::RowVersion>& versions() const { return versions_; }
  [[nodiscard]] absl::Status status() const { return stream_->status(); }

 private:
  std::unique_ptr<table::VersionStream> stream_;
  const Lsn from_;
  std::vector<table::RowVersion> versions_;
};

std::string NameOf(std::string_view row_key, const PrimitiveRegistry& registry) {
  const std::optional<table::RowKeyParts> parts = table::ParseRowKey(row_key);
  if (!parts.has_value()) return "the row key " + Quoted(row_key);
  const Primitive* const primitive = registry.FindById(parts->table.primitive);
  std::string table = "table " + std::to_string(parts->table.number);
  if (primitive != nullptr) {
    for (const TableSpec& spec : primitive->spec().tables) {
      if (spec.number == parts->table.number) table = "table " + spec.name;
    }
  }
  return (primitive != nullptr
              ? primitive->spec().name
              : "primitive " + std::to_string(int{parts->table.primitive.value()})) +
         ", " + table + ", " +
         (parts->run.is_nil() ? "the default run" : "run " + parts->run.ToString()) + ", key " +
         Quoted(parts->key);
}

bool Equal(const table::RowVersion& a, const table::RowVersion& b) {
  return a.lsn == b.lsn && a.commit_time == b.commit_time && a.deleted == b.deleted &&
         a.value == b.value;
}

std::string Describe(const table::RowVersion* version) {
  if (version == nullptr) return "nothing";
  const std::string lsn = " of LSN " + std::to_string(version->lsn.value());
  return version->deleted ? "a deletion" + lsn : Quoted(version->value) + lsn;
}

// Nullopt where the two hold the same.
std::optional<std::string> DifferenceIn(const std::vector<table::RowVersion>& found,
                                        const std::vector<table::RowVersion>& rebuilt) {
  const std::size_t count = std::max(found.size(), rebuilt.size());
  for (std::size_t i = 0; i < count; ++i) {
    const table::RowVersion* const one = i < found.size() ? &found[i] : nullptr;
    const table::RowVersion* const other = i < rebuilt.size() ? &rebuilt[i] : nullptr;
    if (one != nullptr && other != nullptr && Equal(*one, *other)) continue;
    return "it holds " + Describe(one) + ", the rebuild " + Describe(other) +
           (i == 0 ? "" : ", in its history");
  }
  return std::nullopt;
}

}  // namespace
}  // namespace recovery

absl::StatusOr<RebuiltState> RebuildState(std::string_view directory, Lsn at,
                                          PrimitiveRegistry registry, const OpenOptions& options) {
  return recovery::Rebuilding(std::string(directory), std::move(registry), options).Run(at);
}

absl::StatusOr<StateComparison> CompareStates(
    table::MaterializedReader& found, table::MaterializedReader& rebuilt,
    const PrimitiveRegistry& registry,
    const std::function<absl::Status(std::uint64_t rows)>& step) {
  if (found.mark().applied != rebuilt.mark().applied) {
    return FailedPrecondition("states of LSN ", found.mark().applied, " and LSN ",
                              rebuilt.mark().applied, " cannot be compared");
  }
  constexpr std::uint64_t kRowsPerStep = 1024;
  const Lsn from = std::max(found.mark().history_from, rebuilt.mark().history_from);
  recovery::KeptVersions left(found, from);
  recovery::KeptVersions right(rebuilt, from);
  StateComparison result;
  const std::vector<table::RowVersion> none;
  bool left_valid = left.Next();
  bool right_valid = right.Next();
  while (left_valid || right_valid) {
    const bool use_left = left_valid && (!right_valid || left.key() <= right.key());
    const bool use_right = right_valid && (!left_valid || right.key() <= left.key());
    const auto difference = recovery::DifferenceIn(use_left ? left.versions() : none,
                                                   use_right ? right.versions() : none);
    if (difference.has_value()) {
      result.first_difference =
          recovery::NameOf(use_left ? left.key() : right.key(), registry) + ": " + *difference;
      break;
    }
    if (++result.rows % kRowsPerStep == 0) VARVE_RETURN_IF_ERROR(step(result.rows));
    if (use_left) left_valid = left.Next();
    if (use_right) right_valid = right.Next();
  }
  // A stream that broke off says so, and not that the rest is missing.
  VARVE_RETURN_IF_ERROR(left.status());
  VARVE_RETURN_IF_ERROR(right.status());
  return result;
}

}  // namespace varve
