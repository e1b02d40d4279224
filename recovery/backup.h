// Copying a store into a backup folder, beside whoever writes to it.
//
//   BackupOptions options;
//   options.cancelled = [&] { return stop.load(); };
//   absl::StatusOr<BackupReport> report =
//       BackupStore("/srv/agent.varve", "/backup/agent", options);
//   ...
//   // Any moment from report->first_lsn to report->last_lsn:
//   RestoreStore("/backup/agent", "/srv/again.varve", {.lsn = Lsn(41)}, std::move(registry));
#ifndef VARVE_RECOVERY_BACKUP_H_
#define VARVE_RECOVERY_BACKUP_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/io/environment.h"

namespace varve {

struct BackupProgress {
  std::uint64_t bytes_done = 0;   // copied
  std::uint64_t bytes_total = 0;  // to copy; grows where the store does meanwhile
};

struct BackupOptions {
  std::function<void(const BackupProgress&)> progress;  // may be empty
  // Asked now and then; true stops with kCancelled. What is whole stays and is not copied again.
  std::function<bool()> cancelled;
  Environment environment;
};

struct BackupReport {
  Uuid store;
  bool first = false;          // the target held no backup before
  Lsn first_lsn;               // the oldest moment that can be restored; Lsn(): the empty store
  Lsn last_lsn;                // the newest
  Timestamp last_commit_time;  // of that one; Timestamp() where nothing was ever committed
  std::uint64_t bytes_copied = 0;
  std::uint64_t bytes_present = 0;  // of the store's files now, and already there
  std::uint64_t snapshots_copied = 0;
  std::uint64_t segments_copied = 0;
  std::chrono::microseconds time{0};
  std::vector<std::string> warnings;  // snapshots of the source that are damaged, say
};

// Brings the backup in the folder `target` (made where it is absent; its parent must exist) up to
// the newest whole record of the store in `source`, and keeps every moment that could be restored
// from it before. The result is a folder that RestoreStore and `varve check` read like a store.
// docs/backup.md says what is in it.
//
// No byte of `source` changes and no lock of it is taken: call it beside a writing process, or from
// within one. The newest segment of the source is synced, so that the backup never holds what the
// source can still lose; commits that are only buffered are in it where they have been written.
//
// What is copied is synced, read back and verified before it gets its name, and named before
// anything refers to it: whenever this stops (an error, a cancellation, a power cut), the backup
// that was there before is whole, and the next call goes on.
//   kFailedPrecondition  `target` is the backup of another store, was opened for writing, or the
//                        store's history is another one than the backup's
//   kAlreadyExists       `target` holds something that is no backup
//   kOutOfRange          the store has trimmed log that the backup lacks: start a new one
//   kUnavailable         another backup into `target` is under way
//   kDataLoss            damage in `source` (DamageOf), or the target's disk gave back other bytes
//                        than it was given
//   kCancelled, kResourceExhausted, kNotFound (no store in `source`)
// Thread-safe.
[[nodiscard]] absl::StatusOr<BackupReport> BackupStore(std::string_view source,
                                                       std::string_view target,
                                                       const BackupOptions& options = {});

}  // namespace varve

#endif  // VARVE_RECOVERY_BACKUP_H_
