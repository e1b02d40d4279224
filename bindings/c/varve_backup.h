// Snapshots, backups, going back to a moment, and saving what is left. Part of varve.h: include
// that. docs/backup.md is the guide.
#ifndef VARVE_BINDINGS_C_VARVE_BACKUP_H_
#define VARVE_BINDINGS_C_VARVE_BACKUP_H_

#include "varve_store.h"

#ifdef __cplusplus
extern "C" {
#endif

// One snapshot file. Lives as long as the result.
typedef struct varve_snapshot {
  size_t struct_size;
  varve_slice path;
  uint64_t file_bytes;
  varve_uuid store;
  uint64_t lsn;          // the state is that after this transaction
  uint64_t commit_time;  // of that transaction
  uint64_t history_from;
  uint64_t created;
  varve_slice digest;  // 32 hexadecimal digits
} varve_snapshot;
VARVE_API const varve_snapshot* varve_result_snapshot(const varve_result* result, size_t index);

// Checkpoints, writes a snapshot, reads it back and verifies it, drops what retention lets go,
// trims the log. Never blocks writers. Where nothing was committed since the last one, verifies
// that one. `control` may be NULL. VARVE_FAILED_PRECONDITION: a store in memory, or read-only.
VARVE_API varve_status varve_store_snapshot(varve_store* store, const varve_control* control,
                                            varve_result** snapshot, varve_error** error);
// Those that the store keeps, oldest first.
VARVE_API varve_status varve_store_snapshots(varve_store* store, varve_result** snapshots,
                                             varve_error** error);
// Every checksum and the digest of one file, of whatever store. VARVE_DATA_LOSS, VARVE_CANCELLED.
VARVE_API varve_status varve_snapshot_verify(varve_slice path, const varve_control* control,
                                             varve_result** snapshot, varve_error** error);
// Makes a new store in `target` (which must not exist or be empty) from one snapshot file. Of
// `options`, which may be NULL, as varve_store_open. `recovery` may be NULL.
VARVE_API varve_status varve_snapshot_restore(varve_slice path, varve_slice target,
                                              const varve_open_options* options,
                                              varve_result** recovery, varve_error** error);

typedef struct varve_backup_report {
  size_t struct_size;
  varve_uuid store;
  varve_bool first;           // the target held no backup before
  uint64_t first_lsn;         // the oldest moment that can be restored; 0: the empty store
  uint64_t last_lsn;          // the newest
  uint64_t last_commit_time;  // of that one; 0 where nothing was ever committed
  uint64_t bytes_copied;
  uint64_t bytes_present;  // of the store's files now, and already there
  uint64_t snapshots_copied;
  uint64_t segments_copied;
  uint64_t time_us;
  size_t warning_count;
  const varve_slice* warnings;
} varve_backup_report;
VARVE_API const varve_backup_report* varve_result_backup(const varve_result* result, size_t index);

// Brings the backup in the folder `target` up to the newest whole record of the store in the folder
// `source`, beside whoever writes to it; no byte of `source` changes. Whenever this stops, the
// backup that was there before is whole. `control`, `report` may be NULL. Any thread.
//   VARVE_FAILED_PRECONDITION  the backup of another store, or of another history
//   VARVE_ALREADY_EXISTS       `target` holds something that is no backup
//   VARVE_OUT_OF_RANGE         the store has trimmed log that the backup lacks: start a new one
//   VARVE_UNAVAILABLE, VARVE_DATA_LOSS, VARVE_CANCELLED, VARVE_RESOURCE_EXHAUSTED, VARVE_NOT_FOUND
VARVE_API varve_status varve_backup(varve_slice source, varve_slice target,
                                    const varve_control* control, varve_result** report,
                                    varve_error** error);

// Makes a new store in `target` with the state that the store or backup in `source` had at `lsn`
// and at `time`, both as upper bounds (0: none). `source` is not changed. VARVE_OUT_OF_RANGE: the
// log that leads there is trimmed. `options`, `recovery` may be NULL.
VARVE_API varve_status varve_restore(varve_slice source, varve_slice target, uint64_t lsn,
                                     uint64_t time, const varve_open_options* options,
                                     varve_result** recovery, varve_error** error);

// What was saved of a damaged store, and what was not. Lives as long as the result.
typedef struct varve_lost {
  size_t struct_size;
  uint64_t first;     // the LSNs of transactions that are not to be had any more
  uint64_t last;      //
  varve_slice file;   // where they stood; empty where nothing tells
  uint64_t offset;    // of the first byte there that is wrong
  varve_slice found;  // what is wrong with it
  // False: lost. True: whole, but left out, since it rests on what is lost; `found` says why.
  varve_bool refused;
} varve_lost;
VARVE_API const varve_lost* varve_result_lost(const varve_result* result, size_t index);

// Makes a new store in `target` from everything whole in `source`, whose log is damaged: passes
// over damage, and says so. `lost` has the account, first what is lost, then what was refused; no
// item: nothing was. `records_taken` and `last_lsn` (of the new store) may be NULL.
VARVE_API varve_status varve_salvage(varve_slice source, varve_slice target,
                                     const varve_open_options* options, varve_result** lost,
                                     uint64_t* records_taken, uint64_t* last_lsn,
                                     varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_BACKUP_H_
