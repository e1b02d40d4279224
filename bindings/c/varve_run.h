// Run: who is active, what became of it, what it was at a step. Part of varve.h: include that.
//
// Every primitive keeps its rows in runs; this one keeps the register of them. A closed run
// (completed, failed, cancelled, archived) refuses entries of every primitive with
// VARVE_FAILED_PRECONDITION. A run that was never created needs no register: it is open, and
// unlisted. Names and tags have at most 256 bytes, at most 64 tags; metadata (the text of a JSON
// object) and outcome at most 64 KiB.
#ifndef VARVE_BINDINGS_C_VARVE_RUN_H_
#define VARVE_BINDINGS_C_VARVE_RUN_H_

#include "varve_transaction.h"

#ifdef __cplusplus
extern "C" {
#endif

// On disk: never renumbered. Active to any other; paused to active, cancelled, archived; completed,
// failed, cancelled to archived; archived is final.
enum {
  VARVE_RUN_ACTIVE = 1,
  VARVE_RUN_PAUSED = 2,
  VARVE_RUN_COMPLETED = 3,
  VARVE_RUN_FAILED = 4,
  VARVE_RUN_CANCELLED = 5,
  VARVE_RUN_ARCHIVED = 6
};

// Lives as long as the result.
typedef struct varve_run_info {
  size_t struct_size;
  varve_uuid id;
  varve_uuid parent;       // nil: none
  varve_uuid forked_from;  // nil: not a fork
  uint64_t forked_at;      // what the fork saw of it: an LSN
  int32_t status;
  varve_slice name;
  size_t tag_count;
  const varve_slice* tags;
  varve_slice metadata;
  varve_slice outcome;
  uint64_t created;
  uint64_t status_since;  // when it became what it is
  uint64_t status_lsn;    // of the transaction that made it so
} varve_run_info;
VARVE_API const varve_run_info* varve_result_run(const varve_result* result, size_t index);

typedef struct varve_run_options {
  size_t struct_size;
  varve_uuid id;  // nil: a new one, whose order is that of time (RFC 9562, version 7)
  varve_uuid parent;
  varve_slice name;
  size_t tag_count;
  const varve_slice* tags;
  varve_slice metadata;
  varve_bool paused;  // not active before varve_run_begin
} varve_run_options;
// `options` may be NULL. VARVE_ALREADY_EXISTS: the id is taken. VARVE_NOT_FOUND: no such parent.
VARVE_API varve_status varve_run_create(varve_txn* txn, const varve_run_options* options,
                                        varve_uuid* id, varve_error** error);
// Paused to active. Of an active run: takes it over, so that it is no orphan any more.
VARVE_API varve_status varve_run_begin(varve_txn* txn, const varve_uuid* run, varve_error** error);
// Any other status than active. VARVE_FAILED_PRECONDITION: not from the present one.
VARVE_API varve_status varve_run_end(varve_txn* txn, const varve_uuid* run, int32_t status,
                                     varve_slice outcome, varve_error** error);

typedef struct varve_run_changes {
  size_t struct_size;
  varve_bool has_name;  // what is not set stays
  varve_bool has_tags;
  varve_bool has_metadata;
  varve_slice name;
  size_t tag_count;
  const varve_slice* tags;
  varve_slice metadata;
} varve_run_changes;
// Also of a closed run.
VARVE_API varve_status varve_run_update(varve_txn* txn, const varve_uuid* run,
                                        const varve_run_changes* changes, varve_error** error);
// The run and every row in it, of every primitive. VARVE_FAILED_PRECONDITION: it is the parent of
// runs, and `with_children` is not set.
VARVE_API varve_status varve_run_delete(varve_txn* txn, const varve_uuid* run,
                                        varve_bool with_children, varve_error** error);

// One item, or none.
VARVE_API varve_status varve_run_get(varve_reader* reader, const varve_uuid* run,
                                     varve_result** info, varve_error** error);
// Runs that meet every condition that is set.
typedef struct varve_run_filter {
  size_t struct_size;
  int32_t status;     // 0: any
  varve_slice tag;    // empty: any
  varve_uuid parent;  // nil: any
  varve_uuid after;   // the last one of the page before
  uint64_t limit;     // 0: 1000
} varve_run_filter;
// In the order of their ids. `filter` may be NULL: all.
VARVE_API varve_status varve_run_list(varve_reader* reader, const varve_run_filter* filter,
                                      varve_result** runs, varve_error** error);
// Active runs that nobody has begun since this store was opened: a crash left them open. At most
// `limit` (0: 1000).
VARVE_API varve_status varve_run_orphans(varve_reader* reader, uint64_t limit, varve_result** runs,
                                         varve_error** error);

// One entry that was written into a run. Lives as long as the result.
typedef struct varve_run_step {
  size_t struct_size;
  uint64_t number;  // from 1, without gaps
  uint64_t lsn;     // of its transaction
  uint64_t commit_time;
  uint8_t entry_type;  // docs/format/registry.md
  uint8_t payload_version;
  uint64_t payload_bytes;
  varve_slice payload;  // whole where it has at most 4096 bytes, else empty
} varve_run_step;
VARVE_API const varve_run_step* varve_result_run_step(const varve_result* result, size_t index);
// What was written into the run, from step `from` on (0: from the first), at most `limit` (0:
// 1000).
VARVE_API varve_status varve_run_steps(varve_reader* reader, const varve_uuid* run, uint64_t from,
                                       uint64_t limit, varve_result** steps, varve_error** error);
VARVE_API varve_status varve_run_step_count(varve_reader* reader, const varve_uuid* run,
                                            uint64_t* count, varve_error** error);

// The past is read from the history that the store keeps (varve_open_options::keep_history_us):
// beyond it the answer is VARVE_OUT_OF_RANGE.

// The whole store as of the transaction that holds the step; steps of one transaction come
// together, and `last` (which may be NULL) has the last of them. VARVE_NOT_FOUND: there is no such
// step.
VARVE_API varve_status varve_run_replay(varve_store* store, const varve_uuid* run, uint64_t step,
                                        varve_view** view, varve_result** last,
                                        varve_error** error);
// Begins a new run with what `run` held after `step` (0: with what it holds now). Tags and metadata
// that `options` leaves empty are those of `run` then. `options` may be NULL.
VARVE_API varve_status varve_run_fork(varve_store* store, const varve_uuid* run, uint64_t step,
                                      const varve_run_options* options, varve_uuid* id,
                                      varve_error** error);

// A row in which two runs differ. The slices live as long as the result.
enum { VARVE_ROW_ADDED = 0, VARVE_ROW_REMOVED = 1, VARVE_ROW_MODIFIED = 2 };
typedef struct varve_row_change {
  size_t struct_size;
  int32_t kind;
  varve_slice primitive;  // "varve.kv"
  varve_slice table;      // "rows"
  varve_slice subject;    // which row, as its primitive names it
  varve_slice before;     // what it held, as its primitive describes it; empty where added
  varve_slice after;      // likewise; empty where removed
  varve_slice key;        // its bytes
} varve_row_change;
VARVE_API const varve_row_change* varve_result_row_change(const varve_result* result, size_t index);
// Every row in which `to_run`, as `to` sees it, differs from `from_run`, as `from` sees it, at most
// `limit` (0: all). `from` NULL: from a run that holds nothing.
VARVE_API varve_status varve_run_diff(varve_reader* from, const varve_uuid* from_run,
                                      varve_reader* to, const varve_uuid* to_run, uint64_t limit,
                                      varve_result** changes, varve_error** error);
// Of everything the run holds: 32 hexadecimal digits, independent of LSNs and times.
VARVE_API varve_status varve_run_digest(varve_reader* reader, const varve_uuid* run,
                                        varve_bytes* digest, varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_RUN_H_
