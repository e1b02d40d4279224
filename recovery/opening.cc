#include "recovery/opening.h"

#include <thread>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/io/stopwatch.h"
#include "kernel/io/tracer.h"
#include "kernel/store_parts.h"
#include "recovery/create.h"
#include "recovery/messages.h"
#include "recovery/metrics.h"
#include "snapshot/retention.h"

namespace varve::recovery {
namespace {

// A log up to this size is replayed in one pass, wholly in memory. A larger one, and one that must
// build its base first, is read twice: once to see that nothing is wrong with it, once to apply it.
constexpr std::uint64_t kOnePassBytesMax = std::uint64_t{1} << 30;

// One stage of the opening: its time in the report, its span for the tracer.
class Stage final {
 public:
  Stage(const Environment& environment, std::string_view name, std::chrono::microseconds& to)
      : to_(to), stopwatch_(environment.clock), span_(environment.tracer, name) {}
  ~Stage() {
    to_ += std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::nanoseconds(stopwatch_.nanos()));
  }

 private:
  std::chrono::microseconds& to_;
  const Stopwatch stopwatch_;
  const TracedSpan span_;
};

}  // namespace

Opening::Opening(std::string directory, PrimitiveRegistry registry, const OpenOptions& options)
    : options_(options),
      names_(std::move(directory)),
      files_(*options.environment.files),
      registry_(std::move(registry)) {}

absl::StatusOr<OpenedStore> Opening::Run() {
  TracedSpan span(options_.environment.tracer, "varve.open");
  absl::StatusOr<OpenedStore> opened = Open();
  span.Note(opened.status());
  span.Set("lsn", report_.last_lsn.value());
  span.Set("records", report_.records_replayed);
  if (opened.ok()) {
    TellOpened(options_.environment.log_sink, opened->report);
  } else {
    TellRefused(options_.environment.log_sink, names_.directory(), opened.status());
  }
  return opened;
}

absl::StatusOr<OpenedStore> Opening::Open() {
  {
    const Stage stage(options_.environment, "varve.open.plan", report_.plan_time);
    ReportProgress(RecoveryProgress::Stage::kPlan, 0, 0);
    VARVE_RETURN_IF_ERROR(CheckVolume());
    VARVE_RETURN_IF_ERROR(LockOrCreate());
    VARVE_ASSIGN_OR_RETURN(plan_, ReadPlan(files_, names_));
    VARVE_ASSIGN_OR_RETURN(change_,
                           ReconcileRegistry(options_.unknown_entries, registry_, plan_.manifest));
    report_.clean_close = plan_.clean_close();
    report_.warnings = plan_.warnings;
  }
  absl::Status status = Recover(/*trust_materialized=*/!change_.carried_changed);
  const std::optional<Damage> damage = DamageOf(status);
  const bool state_is_damaged = absl::IsDataLoss(status) &&
                                base_.kind == RecoveryReport::Base::kMaterialized &&
                                (!damage.has_value() || damage->file == names_.state());
  if (state_is_damaged) {
    report_.warnings.push_back("state.mdb is rebuilt: " + std::string(FromAbsl(status.message())));
    status = Recover(/*trust_materialized=*/false);
  }
  VARVE_RETURN_IF_ERROR(status);
  if (!options_.read_only) VARVE_RETURN_IF_ERROR(UpdateManifestIfChanged());
  return Serve();
}

absl::Status Opening::CheckVolume() {
  auto volume = files_.Volume(names_.directory());
  if (absl::IsNotFound(volume.status())) return absl::OkStatus();  // about to be created
  VARVE_RETURN_IF_ERROR(volume.status());
  if (volume->kind != VolumeInfo::Kind::kNetwork || options_.allow_network_file_system) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      names_.directory(),
      ": a network file system; its locks and flushes cannot be relied on. Use a "
      "local disk, or set allow_network_file_system");
}

absl::Status Opening::LockOrCreate() {
  VARVE_ASSIGN_OR_RETURN(DirectoryState state, InspectDirectory(files_, names_));
  if (state == DirectoryState::kForeign) {
    return FailedPrecondition(
        names_.directory(),
        ": not a Varve store: it is not empty and has no MANIFEST. Name an empty or a new "
        "directory to make one");
  }
  if (state == DirectoryState::kUnfinished) {
    return FailedPrecondition(names_.directory(),
                              ": a store was being made here of another one, which was cut short: "
                              "restore or salvage into it once more, or remove it");
  }
  if (state == DirectoryState::kAbsent && (options_.read_only || !options_.create_if_missing)) {
    return absl::NotFoundError(ToAbsl(names_.directory() + ": no store here; create it first"));
  }
  if (state == DirectoryState::kAbsent) VARVE_RETURN_IF_ERROR(CreateStoreDirectory(files_, names_));
  VARVE_RETURN_IF_ERROR(TakeLock());
  if (options_.read_only) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(state,
                         InspectDirectory(files_, names_));  // again, now that nobody else can act
  if (state == DirectoryState::kStore && options_.error_if_exists) {
    return absl::AlreadyExistsError(ToAbsl(names_.directory() + ": there is a store already"));
  }
  // The names that are seen here may be those of a process that was killed before it synced them.
  if (state != DirectoryState::kAbsent) return SyncStoreNames(files_, names_);
  created_ = true;
  VARVE_RETURN_IF_ERROR(CreateStoreFolders(files_, names_));
  return CreateStoreManifest(files_, names_,
                             FreshManifest(*options_.environment.entropy, registry_));
}

// A reader takes the lock too where it can, and with it may use state.mdb. Beside a writing process
// it goes without both: snapshots and log are enough.
absl::Status Opening::TakeLock() {
  const LockMode mode = options_.read_only ? LockMode::kShared : LockMode::kExclusive;
  const auto deadline = std::chrono::steady_clock::now() + options_.lock_timeout;
  while (true) {
    absl::StatusOr<std::unique_ptr<FileLock>> lock = files_.Lock(names_.lock(), mode);
    if (lock.ok()) {
      lock_ = *std::move(lock);
      return absl::OkStatus();
    }
    if (options_.read_only) return absl::OkStatus();
    if (!absl::IsUnavailable(lock.status()) || std::chrono::steady_clock::now() >= deadline) {
      return lock.status();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

absl::Status Opening::Recover(bool trust_materialized) {
  const bool may_use_state = trust_materialized && (lock_ != nullptr || options_.materialized);
  const BaseRequest request{options_, names_, plan_, registry_, may_use_state};
  {
    const Stage stage(options_.environment, "varve.open.load_base", report_.load_base_time);
    base_ = Base();
    if (!created_) {
      VARVE_ASSIGN_OR_RETURN(base_, ChooseBase(request, report_));
    }
  }
  std::vector<LogEvidence> evidence{{plan_.manifest.durable_lsn, "MANIFEST"}};
  if (base_.lsn != Lsn()) {
    const bool state = base_.kind == RecoveryReport::Base::kMaterialized;
    evidence.push_back({base_.lsn, state ? "state.mdb" : base_.snapshot_path});
  }
  log_end_.end = plan_.manifest.log_end;
  const bool nothing_to_read = plan_.clean_close() && base_.lsn == log_end_.end.last_lsn;
  std::vector<wal::SegmentFile> segments;
  VARVE_RETURN_IF_ERROR(
      CheckLogIsThere(plan_.segments, plan_.manifest.log_end, names_.log_folder()));
  if (!nothing_to_read) {
    VARVE_ASSIGN_OR_RETURN(segments, SegmentsAbove(plan_.segments, base_.lsn));
  }

  const bool one_pass = base_.kind == RecoveryReport::Base::kMaterialized &&
                        (options_.read_only || ScanBytes(segments) <= kOnePassBytesMax);
  if (!one_pass) return ReplayInPlace(segments, evidence);
  replayer_ = std::make_unique<Replayer>(registry_, base_.materialized,
                                         options_.store.memtable_bytes, /*checkpoint_bytes=*/0);
  VARVE_RETURN_IF_ERROR(replayer_->Start(plan_.manifest.store, /*carried=*/{}));
  if (nothing_to_read) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(log_end_, ReadLog(segments, evidence, replayer_.get()));
  return options_.read_only ? absl::OkStatus() : SyncLogTail(segments);
}

absl::Status Opening::ReplayInPlace(const std::vector<wal::SegmentFile>& segments,
                                    const std::vector<LogEvidence>& evidence) {
  VARVE_ASSIGN_OR_RETURN(log_end_, ReadLog(segments, evidence, /*replayer=*/nullptr));
  if (!options_.read_only) VARVE_RETURN_IF_ERROR(SyncLogTail(segments));
  if (base_.kind == RecoveryReport::Base::kSnapshot) {
    VARVE_RETURN_IF_ERROR(snapshot::CheckSectionsKnown(files_, base_.snapshot_path, registry_));
  }
  // Up to here nothing was written that was not there: from here on nothing is refused.
  if (change_.carried_changed) VARVE_RETURN_IF_ERROR(EnterCarried());
  std::vector<snapshot::CarriedEntry> carried;
  if (base_.materialized == nullptr) {
    const Stage stage(options_.environment, "varve.open.load_base", report_.load_base_time);
    ReportProgress(RecoveryProgress::Stage::kLoadBase, 0, 0);
    const Uuid& store = plan_.manifest.store;
    VARVE_ASSIGN_OR_RETURN(
        base_.materialized,
        CreateMaterialized(options_, names_, {store, Lsn(), Timestamp(), Lsn()}));
    if (base_.kind == RecoveryReport::Base::kSnapshot) {
      VARVE_ASSIGN_OR_RETURN(
          carried, LoadBase(files_, base_.snapshot_path, registry_, store, *base_.materialized));
    }
  }
  replayer_ =
      std::make_unique<Replayer>(registry_, base_.materialized, options_.store.memtable_bytes,
                                 options_.read_only ? 0 : options_.store.memtable_bytes);
  VARVE_RETURN_IF_ERROR(replayer_->Start(plan_.manifest.store, carried));
  VARVE_ASSIGN_OR_RETURN(log_end_, ReadLog(segments, evidence, replayer_.get()));
  return absl::OkStatus();
}

absl::StatusOr<LogEnd> Opening::ReadLog(const std::vector<wal::SegmentFile>& segments,
                                        const std::vector<LogEvidence>& evidence,
                                        Replayer* replayer) {
  const Stage stage(options_.environment, "varve.open.replay", report_.replay_time);
  const std::uint64_t total = ScanBytes(segments);
  std::uint64_t done = 0;
  std::uint64_t told = 0;
  const auto visit = [&](const wal::Record& record) -> absl::Status {
    done += wal::RecordLayout::kBytes + record.body.size();
    if (done - told > (std::uint64_t{4} << 20)) {
      told = done;
      ReportProgress(RecoveryProgress::Stage::kReplay, done, total);
      VARVE_RETURN_IF_ERROR(CheckCancelled(options_));
    }
    const auto& known = plan_.manifest.primitives;
    if (replayer == nullptr) return CheckEntriesKnown(registry_, known, record);
    return NameUnknown(replayer->Apply(record), registry_, known, record);
  };
  VARVE_ASSIGN_OR_RETURN(LogEnd end, ScanLog(files_, segments, base_.lsn, evidence, visit));
  if (segments.empty()) end.end = plan_.manifest.log_end;
  return end;
}

// What was read may still be only in the page cache, of a process that was killed or whose sync
// failed: it is made durable before anyone is served from it, and before a checkpoint may contain
// it.
absl::Status Opening::SyncLogTail(const std::vector<wal::SegmentFile>& segments) {
  if (segments.empty()) return absl::OkStatus();
  return wal::SettleSegment(files_, segments.back().path, log_end_.unproven_offset,
                            log_end_.end.end_offset);
}

absl::Status Opening::UpdateManifestIfChanged() {
  if (!change_.manifest_changed) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(snapshot::UpdateManifest(files_, names_.manifest(), plan_.manifest));
  change_.manifest_changed = false;
  return absl::OkStatus();
}

// The manifest says whose rows stand in state.mdb, a primitive's or its placeholder's. The two
// cannot change in one step: so the file goes first, and while there is none every manifest is
// right.
absl::Status Opening::EnterCarried() {
  if (options_.read_only) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(table::RemoveLmdbFile(files_, names_.state()));
  VARVE_RETURN_IF_ERROR(files_.SyncDirectory(names_.directory()));
  return UpdateManifestIfChanged();
}

void Opening::FillEntryCounts() {
  const auto& counts = replayer_->entries_by_range();
  for (const auto& primitive : registry_.primitives()) {
    const std::uint64_t count = counts[primitive->spec().entry_range >> 4];
    if (count == 0) continue;
    report_.primitives.push_back({primitive->spec().id, primitive->spec().name, count});
  }
}

absl::StatusOr<OpenedStore> Opening::Serve() {
  report_.base = created_ ? RecoveryReport::Base::kCreated : base_.kind;
  report_.base_lsn = base_.lsn;
  report_.last_lsn = std::max(replayer_->last_lsn(), log_end_.end.last_lsn);
  report_.records_replayed = log_end_.record_count;
  report_.bytes_replayed = log_end_.record_bytes;
  report_.torn_tail_bytes = log_end_.torn_bytes;
  FillEntryCounts();

  StoreParts parts;
  parts.environment = options_.environment;
  parts.directory = names_.directory();
  parts.uuid = plan_.manifest.store;
  parts.options = options_.store;
  parts.read_only = options_.read_only;
  parts.lock = std::move(lock_);
  parts.materialized = base_.materialized;
  parts.memtable = replayer_->TakeMemtable();
  parts.last_lsn = report_.last_lsn;
  parts.last_commit_time = std::max(replayer_->last_commit_time(), log_end_.last_commit_time);
  parts.registry = std::move(registry_);
  OpenedStore opened;
  if (!options_.read_only) {
    const wal::LogPosition position{parts.uuid, log_end_.end, parts.last_lsn,
                                    parts.last_commit_time};
    parts.start_log = [environment = options_.environment, folder = names_.log_folder(), position,
                       log_options = options_.store.log](wal::LogHooks hooks) {
      return wal::StartLog(environment, folder, position, log_options, std::move(hooks));
    };
    auto snapshotter = std::make_unique<snapshot::Snapshotter>(
        options_.environment, names_.directory(), plan_.manifest, options_.snapshots);
    opened.snapshotter = snapshotter.get();
    parts.maintenance = std::move(snapshotter);
  }
  auto metrics = std::make_unique<RecoveryMetrics>();
  RecoveryMetrics& figures = *metrics;
  parts.more_metrics = std::move(metrics);
  VARVE_ASSIGN_OR_RETURN(opened.store, Store::Start(std::move(parts)));
  VARVE_RETURN_IF_ERROR(RebuildIndexes(*opened.store));
  if (!options_.read_only) RemoveLeftovers();
  figures.Set(report_);
  opened.report = report_;
  return opened;
}

absl::Status Opening::RebuildIndexes(Store& store) {
  const Stage stage(options_.environment, "varve.open.rebuild_indexes",
                    report_.rebuild_indexes_time);
  ReportProgress(RecoveryProgress::Stage::kRebuildIndexes, 0, 0);
  for (const auto& primitive : store.registry().primitives()) {
    VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
    VARVE_RETURN_IF_ERROR(primitive->RebuildIndexes(view));
  }
  return absl::OkStatus();
}

// What a crash while a snapshot was taken left of it: as large as the state, and of no use; and the
// mark of a store that is finished. Only
// now, when the store serves without it.
void Opening::RemoveLeftovers() {
  const absl::Status removed = snapshot::RemoveDroppedSnapshots(
      *options_.environment.files, names_.snapshot_folder(), plan_.manifest.snapshots);
  if (!removed.ok()) report_.warnings.push_back(std::string(FromAbsl(removed.message())));
  files_.Remove(UnfinishedMark(names_)).IgnoreError();  // without meaning beside a manifest
}

void Opening::ReportProgress(RecoveryProgress::Stage stage, std::uint64_t done,
                             std::uint64_t total) const {
  if (options_.progress) options_.progress({stage, done, total});
}

}  // namespace varve::recovery
