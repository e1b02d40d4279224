// Transactions, views, and what both are: readers. Part of varve.h: include that.
#ifndef VARVE_BINDINGS_C_VARVE_TRANSACTION_H_
#define VARVE_BINDINGS_C_VARVE_TRANSACTION_H_

#include "varve_store.h"

#ifdef __cplusplus
extern "C" {
#endif

// One atomic change of a store, through any number of primitives. Reads the store as of its
// beginning plus its own writes. Serializable: a commit answers VARVE_ABORTED where anything it
// read was changed by a transaction that committed since. Writes that read nothing never conflict.
// One thread at a time; may move between threads. After an error of a write the transaction is as
// before the call.
typedef struct varve_txn varve_txn;

// The store at one LSN, for ever the same. Never waits for writers, and they never wait for it.
// While it lives, what it reads stays on disk and in memory: do not keep it for minutes. One thread
// at a time; may move between threads.
typedef struct varve_view varve_view;

// What reads go through: a transaction or a view. Belongs to that and ends with it.
typedef struct varve_reader varve_reader;

// NULL for NULL.
VARVE_API varve_reader* varve_txn_reader(varve_txn* txn);
VARVE_API varve_reader* varve_view_reader(varve_view* view);
// What it sees: every transaction up to this LSN and none later.
VARVE_API uint64_t varve_reader_lsn(const varve_reader* reader);
// "Now", as expiries are measured: when it began. Microseconds since 1970; 0 for a view of the
// past, where what had not been deleted has not expired. All times are such.
VARVE_API uint64_t varve_reader_now(const varve_reader* reader);

// The proof of a commit.
typedef struct varve_receipt {
  size_t struct_size;
  uint64_t lsn;          // 0 where the transaction wrote nothing
  uint64_t commit_time;  // as it stands in the log
} varve_receipt;

// At the newest visible LSN. VARVE_FAILED_PRECONDITION: closed, read-only or poisoned.
VARVE_API varve_status varve_store_begin(varve_store* store, varve_txn** txn, varve_error** error);
// Abandons it where it was not committed, leaving no trace. NULL does nothing.
VARVE_API void varve_txn_free(varve_txn* txn);
// Bytes of log entries so far; 64 MiB at most.
VARVE_API uint64_t varve_txn_bytes(const varve_txn* txn);

// Makes it durable (or buffered) and visible, all of it or nothing. `receipt` may be NULL. After
// it, whatever the answer, every call but varve_txn_free answers VARVE_FAILED_PRECONDITION.
//   VARVE_ABORTED              conflict; absent. Begin again
//   VARVE_RESOURCE_EXHAUSTED   no room on disk, or too large; absent
//   VARVE_FAILED_PRECONDITION  the store is closed, read-only or poisoned; absent
//   VARVE_UNKNOWN              the disk failed while it was being made durable: after a reopen it
//                              is there in whole or not at all. The store is poisoned
VARVE_API varve_status varve_txn_commit(varve_txn* txn, varve_durability durability,
                                        varve_receipt* receipt, varve_error** error);

// A commit on its way to the disk. Any thread. The caller frees it, whether waited for or not.
typedef struct varve_ticket varve_ticket;
// As a durable commit, without waiting for the disk. Visible to readers once durable.
VARVE_API varve_status varve_txn_commit_async(varve_txn* txn, varve_ticket** ticket,
                                              varve_error** error);
// Blocks until it is durable; then as varve_txn_commit would have answered.
VARVE_API varve_status varve_ticket_wait(const varve_ticket* ticket, varve_receipt* receipt,
                                         varve_error** error);
// Calls `done` once with that answer, from a thread of the store or from this call. It must not
// block, and not free a handle. `receipt` and `error` live during the call only; one of them is
// NULL.
VARVE_API varve_status varve_ticket_then(const varve_ticket* ticket,
                                         void (*done)(void* user, const varve_receipt* receipt,
                                                      const varve_error* error),
                                         void* user, varve_error** error);
// What the receipt will be once it is durable.
VARVE_API varve_status varve_ticket_receipt(const varve_ticket* ticket, varve_receipt* receipt,
                                            varve_error** error);
VARVE_API void varve_ticket_free(varve_ticket* ticket);

typedef struct varve_update_options {
  size_t struct_size;
  varve_durability durability;
  int32_t attempts_max;  // how often `body` may run; 0: 64. Conflicts beyond: VARVE_ABORTED
} varve_update_options;

// Runs `body` in a transaction and commits it; on a conflict runs it again on fresh data, so `body`
// must have no other effects. It must neither commit nor free `txn`. Where it answers something
// else than VARVE_OK nothing is committed, and that is the answer, with the error that it put into
// `*error` (which it hands over; it may leave it NULL). `options`, `receipt` may be NULL.
typedef varve_status (*varve_update_body)(void* user, varve_txn* txn, varve_error** error);
VARVE_API varve_status varve_store_update(varve_store* store, varve_update_body body, void* user,
                                          const varve_update_options* options,
                                          varve_receipt* receipt, varve_error** error);

// At the newest visible LSN. VARVE_FAILED_PRECONDITION: closed.
VARVE_API varve_status varve_store_view(varve_store* store, varve_view** view, varve_error** error);
// As of an earlier LSN. VARVE_OUT_OF_RANGE: later than the visible one, or before the history that
// is kept (varve_open_options::keep_history_us).
VARVE_API varve_status varve_store_view_at(varve_store* store, uint64_t lsn, varve_view** view,
                                           varve_error** error);
VARVE_API void varve_view_free(varve_view* view);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_TRANSACTION_H_
