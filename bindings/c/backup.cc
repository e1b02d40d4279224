// Backups, going back to a moment, salvage. Snapshots: snapshot.cc.
#include "recovery/backup.h"

#include "bindings/c/answer.h"
#include "bindings/c/open_options.h"
#include "bindings/c/varve_backup.h"
#include "recovery/salvage.h"

namespace varve_c {
namespace {

std::unique_ptr<varve_result> ListingOfBackup(const BackupReport& report) {
  auto listing = std::make_unique<Listing<varve_backup_report>>();
  varve_backup_report& item = listing->Add();
  item.store = UuidOf(report.store);
  item.first = report.first ? 1 : 0;
  item.first_lsn = report.first_lsn.value();
  item.last_lsn = report.last_lsn.value();
  item.last_commit_time = report.last_commit_time.micros();
  item.bytes_copied = report.bytes_copied;
  item.bytes_present = report.bytes_present;
  item.snapshots_copied = report.snapshots_copied;
  item.segments_copied = report.segments_copied;
  item.time_us = static_cast<std::uint64_t>(report.time.count());
  item.warning_count = report.warnings.size();
  item.warnings = listing->Keep(listing->KeepSource(report.warnings));
  return listing;
}

std::unique_ptr<varve_result> ListingOfLoss(const SalvageReport& report) {
  auto listing = std::make_unique<Listing<varve_lost>>();
  for (const LostTransactions& lost : report.lost) {
    varve_lost& item = listing->Add();
    item.first = lost.first.value();
    item.last = lost.last.value();
    item.file = listing->Keep(lost.file);
    item.offset = lost.offset;
    item.found = listing->Keep(lost.found);
  }
  for (const RefusedTransaction& refused : report.refused) {
    varve_lost& item = listing->Add();
    item.first = refused.lsn.value();
    item.last = refused.lsn.value();
    item.found = listing->Keep(refused.why);
    item.refused = 1;
  }
  return listing;
}

absl::Status CheckPaths(const varve_slice& source, const varve_slice& target) {
  return Arguments().Bytes(source, "source").Bytes(target, "target").status();
}

}  // namespace

extern "C" {

const varve_backup_report* varve_result_backup(const varve_result* result, size_t index) {
  return ItemOf<varve_backup_report>(result, index);
}

const varve_lost* varve_result_lost(const varve_result* result, size_t index) {
  return ItemOf<varve_lost>(result, index);
}

varve_status varve_backup(varve_slice source, varve_slice target, const varve_control* control,
                          varve_result** report, varve_error** error) {
  if (report != nullptr) *report = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPaths(source, target));
    VARVE_ASSIGN_OR_RETURN(const Control taken, Control::From(control));
    BackupOptions options;
    options.progress = taken.progress(&BackupProgress::bytes_done, &BackupProgress::bytes_total);
    options.cancelled = taken.cancelled();
    VARVE_ASSIGN_OR_RETURN(const BackupReport known,
                           BackupStore(TextOf(source), TextOf(target), options));
    if (report != nullptr) *report = ListingOfBackup(known).release();
    return absl::OkStatus();
  });
}

varve_status varve_restore(varve_slice source, varve_slice target, uint64_t lsn, uint64_t time,
                           const varve_open_options* options, varve_result** recovery,
                           varve_error** error) {
  if (recovery != nullptr) *recovery = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPaths(source, target));
    VARVE_ASSIGN_OR_RETURN(const OpenOptions taken, OpenOptionsOf(options));
    RestorePoint point;
    if (lsn != 0) point.lsn = Lsn(lsn);
    if (time != 0) point.time = Timestamp(time);
    VARVE_ASSIGN_OR_RETURN(
        const RecoveryReport known,
        RestoreStore(TextOf(source), TextOf(target), point, BuiltinRegistry(), taken));
    if (recovery != nullptr) *recovery = ListingOf(known).release();
    return absl::OkStatus();
  });
}

varve_status varve_salvage(varve_slice source, varve_slice target,
                           const varve_open_options* options, varve_result** lost,
                           uint64_t* records_taken, uint64_t* last_lsn, varve_error** error) {
  if (lost != nullptr) *lost = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPaths(source, target));
    VARVE_RETURN_IF_ERROR(Arguments().Given(lost, "lost").status());
    VARVE_ASSIGN_OR_RETURN(const OpenOptions taken, OpenOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(const SalvageReport known,
                           SalvageStore(TextOf(source), TextOf(target), BuiltinRegistry(), taken));
    *lost = ListingOfLoss(known).release();
    GiveTo(records_taken, known.records_taken);
    GiveTo(last_lsn, known.last_lsn.value());
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
