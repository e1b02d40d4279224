#include "recovery/base.h"

#include <algorithm>

#include "kernel/base/status.h"
#include "kernel/section.h"

namespace varve::recovery {
namespace {

table::MaterializedOptions MaterializedOptionsOf(const OpenOptions& options) {
  return {.history = options.store.history, .read_only = options.read_only};
}

// kUnimplemented where the rows of a primitive stand there that is neither registered nor carried.
absl::Status CheckRowsKnown(const BaseRequest& request, table::MaterializedReader& reader) {
  const auto cursor = reader.NewCursor(kLsnMax);
  for (const snapshot::ManifestPrimitive& known : request.plan.manifest.primitives) {
    if (request.registry.FindById(known.name.id) != nullptr) continue;
    const std::string begin(1, static_cast<char>(known.name.id.value()));
    cursor->SeekAtOrAfter(begin);
    if (!cursor->valid() || cursor->row_key().front() != begin.front()) continue;
    return Unimplemented(
        "the store holds data of the primitive ", known.name.name, " (id ",
        static_cast<std::uint64_t>(known.name.id.value()), "; a row of LSN ", cursor->version().lsn,
        "), which is not registered: register it, or open with UnknownEntries::kCarry to "
        "keep it as it is");
  }
  return cursor->status();
}

absl::StatusOr<std::shared_ptr<table::MaterializedStore>> OpenStateFile(
    const BaseRequest& request) {
  const std::string path = request.names.state();
  const auto step = [&](std::uint64_t) { return CheckCancelled(request.options); };
  VARVE_ASSIGN_OR_RETURN(const table::GuardVerdict verdict,
                         table::GuardMaterializedFile(*request.options.environment.files, path,
                                                      /*deep=*/!request.plan.clean_close(), step));
  if (!verdict.usable) return absl::DataLossError(ToAbsl(path + ": " + verdict.reason));
  table::MaterializedOptions materialized = MaterializedOptionsOf(request.options);
  materialized.whole = verdict.whole;
  VARVE_ASSIGN_OR_RETURN(auto store, table::OpenLmdbStore(path, materialized));
  return std::shared_ptr<table::MaterializedStore>(std::move(store));
}

absl::StatusOr<std::shared_ptr<table::MaterializedStore>> OpenExisting(const BaseRequest& request) {
  if (!request.options.materialized) return OpenStateFile(request);
  return request.options.materialized(MaterializedOptionsOf(request.options),
                                      {request.plan.manifest.store, Lsn(), Timestamp(), Lsn()});
}

// Why the retained snapshot `lsn` at `path` cannot be the base. kDataLoss, with its place.
absl::Status FaultOfSnapshot(const absl::StatusOr<snapshot::SnapshotInfo>& info,
                             const std::string& path, Lsn lsn) {
  Damage damage;
  damage.file = path;
  damage.lsn = lsn;
  if (info.ok()) {
    damage.kind = Damage::Kind::kForeign;
    damage.lsn = info->lsn;
    damage.found = "a snapshot of another store or moment";
    return damage.ToStatus();
  }
  if (!absl::IsNotFound(info.status())) return info.status();
  damage.kind = Damage::Kind::kMissing;
  damage.found = "the snapshot is missing";
  damage.evidence = "the manifest names it";
  return damage.ToStatus();
}

// The materialized state as base, or nothing (with a warning) where it cannot be.
absl::StatusOr<std::optional<Base>> TryMaterialized(const BaseRequest& request,
                                                    RecoveryReport& report) {
  const auto pass_over = [&](const std::string& why) {
    report.warnings.push_back("state.mdb is rebuilt: " + why);
    return std::optional<Base>();
  };
  auto store = OpenExisting(request);
  if (absl::IsNotFound(store.status())) return pass_over("it is missing");
  if (absl::IsDataLoss(store.status())) {
    return pass_over(std::string(FromAbsl(store.status().message())));
  }
  if (!store.ok()) return store.status();
  VARVE_ASSIGN_OR_RETURN(const auto reader, (*store)->OpenReader());
  const table::AppliedMark& mark = reader->mark();
  if (mark.store != request.plan.manifest.store) return pass_over("it belongs to another store");
  if (mark.applied == Lsn() && FirstLogLsn(request.plan) > Lsn(1)) {
    return pass_over("it is empty and the log begins later");
  }
  if (mark.applied.Next() < FirstLogLsn(request.plan)) {
    return pass_over("it is older than the log that is kept");
  }
  VARVE_RETURN_IF_ERROR(CheckRowsKnown(request, *reader));
  return std::optional<Base>(Base{.kind = RecoveryReport::Base::kMaterialized,
                                  .lsn = mark.applied,
                                  .materialized = *std::move(store),
                                  .snapshot_path = {}});
}

}  // namespace

absl::Status CheckCancelled(const OpenOptions& options) {
  if (!options.cancelled || !options.cancelled()) return absl::OkStatus();
  return absl::CancelledError("opening was cancelled; the store is as it was");
}

Lsn FirstLogLsn(const Plan& plan) {
  for (const wal::SegmentFile& segment : plan.segments) {
    if (!segment.unused) return segment.header.first_lsn;
  }
  return plan.manifest.log_end.last_lsn.Next();
}

absl::StatusOr<Base> ChooseBase(const BaseRequest& request, RecoveryReport& report) {
  if (request.trust_materialized) {
    VARVE_ASSIGN_OR_RETURN(std::optional<Base> base, TryMaterialized(request, report));
    if (base.has_value()) return *std::move(base);
  }
  report.materialized_rebuilt = true;
  absl::Status fault;
  snapshot::SnapshotWriteOptions check;
  check.cancelled = request.options.cancelled;
  const auto& retained = request.plan.manifest.snapshots;
  for (auto snapshot = retained.rbegin(); snapshot != retained.rend(); ++snapshot) {
    const std::string path =
        JoinPath(request.names.snapshot_folder(), snapshot::SnapshotFileName(snapshot->lsn));
    const auto info = snapshot::VerifySnapshot(*request.options.environment.files, path, check);
    if (absl::IsCancelled(info.status())) return info.status();
    if (info.ok() && info->store == request.plan.manifest.store && info->lsn == snapshot->lsn) {
      return Base{RecoveryReport::Base::kSnapshot, snapshot->lsn, nullptr, path};
    }
    // A later version, or a wrong bit where the version stands: an older snapshot and the log do as
    // well, and where they cannot, this is what is said.
    fault = absl::IsUnimplemented(info.status()) ? info.status()
                                                 : FaultOfSnapshot(info, path, snapshot->lsn);
    report.warnings.push_back("snapshot passed over: " + std::string(FromAbsl(fault.message())));
  }
  if (FirstLogLsn(request.plan) == Lsn(1)) {
    return Base{RecoveryReport::Base::kLogStart, Lsn(), nullptr, {}};
  }
  if (!fault.ok())
    return AddContext(fault,
                      "no retained snapshot is whole and the log does not reach back to its start");
  return Damage{
      .kind = Damage::Kind::kMissing,
      .file = request.names.log_folder(),
      .offset = 0,
      .lsn = Lsn(1),
      .found = "the log begins later than LSN 1 and the manifest names no snapshot to start from",
      .evidence = {}}
      .ToStatus();
}

absl::StatusOr<std::shared_ptr<table::MaterializedStore>> CreateMaterialized(
    const OpenOptions& options, const StoreFiles& names, const table::AppliedMark& fresh) {
  table::MaterializedOptions materialized = MaterializedOptionsOf(options);
  materialized.whole = true;
  if (options.materialized) return options.materialized(materialized, fresh);
  if (options.read_only) {
    return std::shared_ptr<table::MaterializedStore>(table::MakeMemoryStore(materialized, fresh));
  }
  FileSystem& files = *options.environment.files;
  VARVE_RETURN_IF_ERROR(table::RemoveLmdbFile(files, names.state()));
  VARVE_RETURN_IF_ERROR(table::CreateLmdbFile(files, names.state(), fresh));
  VARVE_ASSIGN_OR_RETURN(auto store, table::OpenLmdbStore(names.state(), materialized));
  return std::shared_ptr<table::MaterializedStore>(std::move(store));
}

namespace {

class LoaderSink final : public RowSink {
 public:
  LoaderSink(table::MaterializedStore::Loader& loader, const LoadStep& step)
      : loader_(loader), step_(step) {}
  absl::Status Add(std::string_view row_key, const table::RowVersion& version,
                   bool superseded) override {
    constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 20;
    bytes_ += row_key.size() + version.value.size();
    if (step_ && bytes_ - told_ >= kStepBytes) {
      told_ = bytes_;
      VARVE_RETURN_IF_ERROR(step_(bytes_));
    }
    return loader_.Add(row_key, version, superseded);
  }

 private:
  table::MaterializedStore::Loader& loader_;
  const LoadStep& step_;
  std::uint64_t bytes_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<snapshot::CarriedEntry>> LoadBase(
    FileSystem& files, const std::string& snapshot_path, const PrimitiveRegistry& registry,
    const Uuid& store, table::MaterializedStore& materialized, const LoadStep& step) {
  VARVE_ASSIGN_OR_RETURN(const snapshot::SnapshotInfo info,
                         snapshot::ReadSnapshotInfo(files, snapshot_path));
  VARVE_ASSIGN_OR_RETURN(const auto loader, materialized.NewLoader());
  LoaderSink sink(*loader, step);
  VARVE_ASSIGN_OR_RETURN(auto carried,
                         snapshot::LoadSnapshot(files, snapshot_path, registry, sink));
  const Uuid owner = carried.empty() ? store : Uuid();
  VARVE_RETURN_IF_ERROR(loader->Finish({owner, info.lsn, info.commit_time, info.history_from}));
  return carried;
}

}  // namespace varve::recovery
