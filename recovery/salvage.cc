#include "recovery/salvage.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/store_files.h"
#include "recovery/base.h"
#include "recovery/new_store.h"
#include "recovery/remains.h"

namespace varve {
namespace recovery {
namespace {

// Where records are missing, until the next one says which.
struct Place {
  std::string file;
  std::uint64_t offset = 0;
  std::string found;
  // Where a segment ends that no other says the end of: perhaps as it should.
  bool doubtful = false;
};

// Takes the log of the remains over, and keeps the account.
class Salvager final {
 public:
  Salvager(const OpenOptions& options, const StoreFiles& names, const Remains& remains,
           NewStore& made, SalvageReport& report)
      : options_(options),
        names_(names),
        remains_(remains),
        made_(made),
        report_(report),
        expected_(report.base_lsn.Next()),
        proven_(remains.manifest.durable_lsn) {}

  absl::Status TakeLog();

 private:
  absl::Status FindProof();
  [[nodiscard]] absl::Status CheckCancelled() const;
  absl::Status TakeSegment(std::size_t index);
  absl::Status TakeRecord(const wal::Record& record);
  // What the segment behind number `index` says of that one's end; null where it cannot.
  [[nodiscard]] const wal::SegmentEnd* StatedEnd(std::size_t index) const;
  [[nodiscard]] std::uint64_t EndOf(std::size_t index) const;
  void NoteSegmentBefore(std::size_t index);
  void NotePlace(Place place);
  void NoteLost(Lsn last);

  const OpenOptions& options_;
  const StoreFiles& names_;
  const Remains& remains_;
  NewStore& made_;
  SalvageReport& report_;
  Lsn expected_;  // of the next record
  Lsn proven_;    // everything up to it was durable
  std::optional<Place> place_;
};

absl::Status Salvager::TakeLog() {
  VARVE_RETURN_IF_ERROR(FindProof());
  for (std::size_t i = 0; i < remains_.segments.size(); ++i) {
    const RemainingSegment& segment = remains_.segments[i];
    NoteSegmentBefore(i);
    if (segment.header.has_value()) {
      VARVE_RETURN_IF_ERROR(TakeSegment(i));
    } else {
      NotePlace({segment.path, 0, segment.fault});
    }
  }
  if (proven_ >= expected_) NoteLost(proven_);
  return absl::OkStatus();
}

// How far the log was durable, by the word of anything that can be read: what is missing before is
// lost, and behind it lies a torn tail (WAL-T7).
absl::Status Salvager::FindProof() {
  for (std::size_t i = 0; i < remains_.segments.size(); ++i) {
    const RemainingSegment& segment = remains_.segments[i];
    if (!segment.header.has_value()) continue;
    proven_ = std::max(proven_, segment.header->predecessor.last_lsn);
    const auto take_proof = [&](const wal::Record& record, const RecordFault*) {
      proven_ = std::max(proven_, record.header.durable_lsn);
      return CheckCancelled();
    };
    VARVE_RETURN_IF_ERROR(
        ScanRemains(*options_.environment.files, segment, EndOf(i), take_proof).status());
  }
  return absl::OkStatus();
}

absl::Status Salvager::CheckCancelled() const {
  if (options_.cancelled && options_.cancelled()) return absl::CancelledError("cancelled");
  return absl::OkStatus();
}

const wal::SegmentEnd* Salvager::StatedEnd(std::size_t index) const {
  if (index + 1 == remains_.segments.size()) return nullptr;
  const RemainingSegment& next = remains_.segments[index + 1];
  if (!next.header.has_value()) return nullptr;
  const wal::SegmentEnd& end = next.header->predecessor;
  return end.number == remains_.segments[index].number ? &end : nullptr;
}

std::uint64_t Salvager::EndOf(std::size_t index) const {
  const wal::SegmentEnd* const stated = StatedEnd(index);
  return stated != nullptr ? stated->end_offset : remains_.segments[index].file_bytes;
}

// What is missing in front of segment number `index` as a whole.
void Salvager::NoteSegmentBefore(std::size_t index) {
  const RemainingSegment& segment = remains_.segments[index];
  const bool first = index == 0;
  if (!first && remains_.segments[index - 1].number + 1 == segment.number) return;
  if (first && (!segment.header.has_value() || segment.header->first_lsn <= expected_)) return;
  const std::string missing =
      JoinPath(names_.log_folder(), wal::SegmentFileName(segment.number - 1));
  NotePlace({missing, 0, first ? "the log begins behind it" : "the segment is missing"});
}

// The first one counts until a record is taken.
void Salvager::NotePlace(Place place) {
  if (!place_.has_value() || place_->doubtful) place_ = std::move(place);
}

absl::Status Salvager::TakeSegment(std::size_t index) {
  const RemainingSegment& segment = remains_.segments[index];
  const wal::SegmentEnd* const stated = StatedEnd(index);
  if (stated != nullptr && stated->last_lsn < expected_) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const RecordFault behind,
                         ScanRemains(*options_.environment.files, segment, EndOf(index),
                                     [&](const wal::Record& record, const RecordFault* fault) {
                                       if (fault != nullptr)
                                         NotePlace({segment.path, fault->offset, fault->found});
                                       return TakeRecord(record);
                                     }));
  const bool as_stated = stated != nullptr && behind.offset == stated->end_offset;
  if (!as_stated) NotePlace({segment.path, behind.offset, behind.found, stated == nullptr});
  return absl::OkStatus();
}

absl::Status Salvager::TakeRecord(const wal::Record& record) {
  VARVE_RETURN_IF_ERROR(CheckCancelled());
  const Lsn lsn = record.header.lsn;
  if (lsn < expected_) {  // the snapshot has it, and what was missing before it
    place_.reset();
    return absl::OkStatus();
  }
  if (lsn > expected_) {
    if (proven_ < expected_) return absl::OkStatus();  // a torn tail; nothing of it was promised
    NoteLost(Lsn(lsn.value() - 1));
  }
  expected_ = lsn.Next();
  place_.reset();
  const absl::Status status = made_.Apply(record);
  if (status.ok()) {
    ++report_.records_taken;
  } else if (DamageOf(status).has_value() || made_.last_lsn() == lsn) {
    return status;  // of the new store's own files: nothing is wrong with the record
  } else if (absl::IsDataLoss(status) || absl::IsInternal(status)) {
    report_.refused.push_back({lsn, std::string(FromAbsl(status.message()))});
  } else {
    return AddContext(status, "LSN " + std::to_string(lsn.value()));
  }
  return absl::OkStatus();
}

void Salvager::NoteLost(Lsn last) {
  LostTransactions lost{.first = expected_, .last = last, .file = {}, .offset = 0, .found = {}};
  if (place_.has_value()) {
    lost.file = place_->file;
    lost.offset = place_->offset;
    lost.found = place_->found;
  }
  report_.lost.push_back(std::move(lost));
}

// Nobody may write to what is read; that there is no LOCK is one of the things that can have
// happened.
absl::StatusOr<std::unique_ptr<FileLock>> LockSource(FileSystem& files, const StoreFiles& names) {
  absl::StatusOr<std::unique_ptr<FileLock>> lock = files.Lock(names.lock(), LockMode::kShared);
  if (absl::IsNotFound(lock.status())) return nullptr;
  return lock;
}

absl::StatusOr<SalvageReport> Salvage(std::string_view source, std::string_view target,
                                      PrimitiveRegistry& registry, const OpenOptions& options) {
  FileSystem& files = *options.environment.files;
  const StoreFiles names{std::string(source)};
  VARVE_ASSIGN_OR_RETURN(const auto lock, LockSource(files, names));
  VARVE_ASSIGN_OR_RETURN(Remains remains, FindRemains(files, names));
  VARVE_RETURN_IF_ERROR(
      ReconcileRegistry(options.unknown_entries, registry, remains.manifest).status());
  SalvageReport report;
  report.warnings = remains.warnings;
  NewStore made(std::string(target), registry, options);
  VARVE_RETURN_IF_ERROR(made.Create());
  if (remains.newest.has_value()) {
    report.base = RecoveryReport::Base::kSnapshot;
    report.base_lsn = remains.newest->lsn;
    VARVE_RETURN_IF_ERROR(made.LoadSnapshotFile(remains.newest->path));
  }
  VARVE_RETURN_IF_ERROR(made.StartReplay());
  Salvager salvager(options, names, remains, made, report);
  VARVE_RETURN_IF_ERROR(salvager.TakeLog());
  report.last_lsn = made.last_lsn();
  VARVE_RETURN_IF_ERROR(made.Finish());
  return report;
}

}  // namespace
}  // namespace recovery

absl::StatusOr<SalvageReport> SalvageStore(std::string_view source, std::string_view target,
                                           PrimitiveRegistry registry, const OpenOptions& options) {
  return CatchOutOfMemory([&] { return recovery::Salvage(source, target, registry, options); },
                          "no store was made, and the source is as it was");
}

}  // namespace varve
