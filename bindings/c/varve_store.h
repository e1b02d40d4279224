// An open store. Part of varve.h: include that.
#ifndef VARVE_BINDINGS_C_VARVE_STORE_H_
#define VARVE_BINDINGS_C_VARVE_STORE_H_

#include "varve_result.h"

#ifdef __cplusplus
extern "C" {
#endif

// Any thread, all of it, but varve_store_free. Transactions, views, change feeds and tickets keep
// their store alive: it may be freed before them, and ends with the last of them.
//
// After fork() the child must not use it: every call there answers VARVE_FAILED_PRECONDITION.
typedef struct varve_store varve_store;

enum { VARVE_DURABLE = 0, VARVE_BUFFERED = 1 };
typedef int32_t varve_durability;
// VARVE_DURABLE: an OK means on stable storage, it survives a power cut. VARVE_BUFFERED: logged in
// memory, written and synced within the bounds of the options below; a crash may take the newest
// ones, never one without all that came after it.

#define VARVE_KEEP_FOREVER UINT64_MAX

typedef struct varve_open_options {
  size_t struct_size;
  varve_bool must_exist;      // VARVE_NOT_FOUND where there is none, instead of making it
  varve_bool must_not_exist;  // VARVE_ALREADY_EXISTS where there is one
  // Writes nothing, not one byte; works on read-only media and beside a writing process. Sees the
  // state of the moment of opening.
  varve_bool read_only;
  // Keep entries of primitives that this library does not know, unchanged, instead of
  // VARVE_UNIMPLEMENTED.
  varve_bool carry_unknown;
  varve_bool allow_network_file_system;  // they lie about locks and flushes: refused unless set
  varve_bool no_background_threads;      // checkpoints and flushes happen inside of calls
  uint64_t lock_timeout_ms;              // how long to wait for another holder of the store
  uint64_t keep_history_us;              // versions superseded; VARVE_KEEP_FOREVER. 0: none
  uint64_t memtable_bytes;               // a checkpoint starts there; 0: 64 MiB
  uint64_t checkpoint_interval_ms;       // or at this age; 0: a minute
  uint64_t unsynced_bytes_max;           // of buffered commits; 0: 1 MiB
  uint64_t unsynced_ms_max;              // 0: 100 ms
  uint64_t segment_bytes_min;            // of the log; 0: 1 MiB
  uint64_t segment_bytes_max;            // 0: 64 MiB
  uint64_t snapshot_log_bytes_min;       // a snapshot is due behind that much log; 0: 64 MiB
  double snapshot_log_to_state_ratio;    // and this part of the state; 0: 1.0
  int32_t snapshots_retained;            // at least 1; 0: 2
  const varve_control* control;          // of the recovery; may be NULL. During the call only
} varve_open_options;

// What opening did. Lives as long as what it was asked of.
enum {
  VARVE_BASE_CREATED = 0,
  VARVE_BASE_MATERIALIZED = 1,
  VARVE_BASE_SNAPSHOT = 2,
  VARVE_BASE_LOG_START = 3
};
typedef struct varve_recovery {
  size_t struct_size;
  int32_t base;  // VARVE_BASE_...
  varve_bool clean_close;
  varve_bool materialized_rebuilt;  // state.mdb was missing, damaged or foreign
  uint64_t base_lsn;                // state taken over from the base
  uint64_t last_lsn;                // state served
  uint64_t records_replayed;
  uint64_t bytes_replayed;
  uint64_t torn_tail_bytes;  // discarded behind the last intact record
  uint64_t plan_us;
  uint64_t load_base_us;
  uint64_t replay_us;
  uint64_t rebuild_indexes_us;
  size_t primitive_count;              // those with entries, ascending by id
  const varve_slice* primitive_names;  // "varve.kv"
  const uint64_t* primitive_entries;   // replayed
  size_t warning_count;
  const varve_slice* warnings;
  varve_slice text;  // all of it, several lines, for people
} varve_recovery;
VARVE_API const varve_recovery* varve_result_recovery(const varve_result* result, size_t index);

// Opens the store in the folder `directory`, making it where there is none. `options` may be NULL.
//   VARVE_UNAVAILABLE          another process (or this one) has it open
//   VARVE_DATA_LOSS            damage: varve_error_damage says where, what, and why it is no torn
//                              tail. Nothing was written
//   VARVE_UNIMPLEMENTED        a newer format, or entries of an unknown primitive
//   VARVE_FAILED_PRECONDITION  not a store; a network file system
//   VARVE_NOT_FOUND, VARVE_ALREADY_EXISTS, VARVE_PERMISSION_DENIED, VARVE_RESOURCE_EXHAUSTED
VARVE_API varve_status varve_store_open(varve_slice directory, const varve_open_options* options,
                                        varve_store** store, varve_error** error);
// A store without files, gone when closed. Of the options only no_background_threads,
// keep_history_us, memtable_bytes and checkpoint_interval_ms may be set.
VARVE_API varve_status varve_store_open_in_memory(const varve_open_options* options,
                                                  varve_store** store, varve_error** error);
// Finishes commits, makes everything durable, checkpoints, snapshots where the policy says, marks
// the store cleanly closed. Later calls answer VARVE_FAILED_PRECONDITION. The first error, but
// everything is attempted. The folder stays held until this and all that was made of it are freed.
VARVE_API varve_status varve_store_close(varve_store* store, varve_error** error);
// Ends the caller's hold on it; closes it where that was not done. NULL does nothing.
VARVE_API void varve_store_free(varve_store* store);

// NULL for a store in memory.
VARVE_API const varve_recovery* varve_store_recovery(const varve_store* store);
// The folder as it was given; empty for a store in memory.
VARVE_API varve_slice varve_store_directory(const varve_store* store);
VARVE_API varve_bool varve_store_read_only(const varve_store* store);
VARVE_API void varve_store_uuid(const varve_store* store, varve_uuid* uuid);

// The newest LSN that a new view sees, that is on stable storage, that is in the materialized
// store. A transaction's LSN is its place in the order of all of them, from 1.
VARVE_API uint64_t varve_store_visible_lsn(const varve_store* store);
VARVE_API uint64_t varve_store_durable_lsn(const varve_store* store);
VARVE_API uint64_t varve_store_applied_lsn(const varve_store* store);

// VARVE_OK, or why the store refuses writes (the error that poisoned it).
VARVE_API varve_status varve_store_status(const varve_store* store, varve_error** error);
// The last error of background checkpoints and snapshots; VARVE_OK once they succeed again.
VARVE_API varve_status varve_store_maintenance_status(const varve_store* store,
                                                      varve_error** error);

// Where the data is. Bytes.
typedef struct varve_footprint {
  size_t struct_size;
  uint64_t log_bytes;
  uint64_t snapshot_bytes;
  uint64_t materialized_file_bytes;
  uint64_t materialized_live_bytes;
  uint64_t materialized_free_bytes;  // which the next checkpoints will use again
  uint64_t rows;                     // of the last checkpoint, history not counted
  uint64_t memtable_bytes;           // memory, not disk
} varve_footprint;
VARVE_API varve_status varve_store_footprint(varve_store* store, varve_footprint* footprint,
                                             varve_error** error);

// Makes every earlier commit durable. VARVE_UNKNOWN, VARVE_FAILED_PRECONDITION: as a commit.
VARVE_API varve_status varve_store_sync(varve_store* store, varve_error** error);
// Moves everything committed into the materialized store; happens by itself in the background.
// VARVE_RESOURCE_EXHAUSTED: disk full; the store goes on.
VARVE_API varve_status varve_store_checkpoint(varve_store* store, varve_error** error);
// Blocks until something later than `after` is visible, or `patience_us` microseconds have passed;
// gives the newest visible LSN either way. VARVE_FAILED_PRECONDITION: closed meanwhile.
VARVE_API varve_status varve_store_wait_visible(varve_store* store, uint64_t after,
                                                uint64_t patience_us, uint64_t* visible,
                                                varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_STORE_H_
