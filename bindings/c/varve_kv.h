// KV: bytes under a key, with a version, a commit time and perhaps an expiry. Part of varve.h:
// include that.
//
// Keys of 1 to 1024 bytes, values of up to 16 MiB, any bytes in both. Past a limit the answer is
// VARVE_RESOURCE_EXHAUSTED and nothing is written; an empty key is VARVE_INVALID_ARGUMENT. A row
// reads as absent from its expiry on, measured against varve_reader_now. Every read can also answer
// VARVE_DATA_LOSS: a stored row failed its checksum.
//
// To read several keys of one past moment: varve_store_view_at.
#ifndef VARVE_BINDINGS_C_VARVE_KV_H_
#define VARVE_BINDINGS_C_VARVE_KV_H_

#include "varve_transaction.h"

#ifdef __cplusplus
extern "C" {
#endif

// One row, or one version of it. The slices borrow from the reader: they are valid until that ends,
// also when the result or cursor is gone.
typedef struct varve_kv_row {
  size_t struct_size;
  // From varve_kv_get: the argument itself. From varve_kv_get_many: lives as long as the result. Of
  // a version: empty.
  varve_slice key;
  varve_slice value;
  uint64_t lsn;          // its version; 0 for this transaction's own write
  uint64_t commit_time;  // of the transaction that wrote it
  uint64_t expires;      // when it will read as absent; 0: never
  varve_bool deleted;    // of a version: by a delete or a sweep; `value` is empty
} varve_kv_row;
VARVE_API const varve_kv_row* varve_result_kv_row(const varve_result* result, size_t index);
// NULL at the end, and where the cursor is of another kind. The struct lives until the next step.
VARVE_API const varve_kv_row* varve_cursor_kv_row(const varve_cursor* cursor);

// `found` false: there is none (or it has expired), and `row` is as it was.
VARVE_API varve_status varve_kv_get(varve_reader* reader, const varve_uuid* run, varve_slice key,
                                    varve_kv_row* row, varve_bool* found, varve_error** error);
// One item for each key, in their order; NULL for those that are absent.
VARVE_API varve_status varve_kv_get_many(varve_reader* reader, const varve_uuid* run,
                                         const varve_slice* keys, size_t count, varve_result** rows,
                                         varve_error** error);
VARVE_API varve_status varve_kv_exists(varve_reader* reader, const varve_uuid* run, varve_slice key,
                                       varve_bool* exists, varve_error** error);

// What a scan covers; everything given must hold.
typedef struct varve_kv_scan_options {
  size_t struct_size;
  varve_slice prefix;  // keys that start with it
  varve_slice begin;   // the first key
  varve_slice end;     // the key behind the last; empty: to the last
  varve_bool reverse;  // from the last key to the first
  uint64_t limit;      // rows; 0: all
  // varve_cursor_token of an earlier scan with the same options: goes on behind it, also in another
  // transaction or view.
  varve_slice cursor;
} varve_kv_scan_options;

// Rows in key order. `options` may be NULL: all. Wrong options show in varve_cursor_status.
VARVE_API varve_status varve_kv_scan(varve_reader* reader, const varve_uuid* run,
                                     const varve_kv_scan_options* options, varve_cursor** cursor,
                                     varve_error** error);
// How many rows the scan would give. Reads them all.
VARVE_API varve_status varve_kv_count(varve_reader* reader, const varve_uuid* run,
                                      const varve_kv_scan_options* options, uint64_t* count,
                                      varve_error** error);
// The versions of `key` that are kept and older than `before` (0: all), newest first, at most
// `limit` (0: 100).
VARVE_API varve_status varve_kv_history(varve_reader* reader, const varve_uuid* run,
                                        varve_slice key, uint64_t before, uint64_t limit,
                                        varve_result** versions, varve_error** error);

// When a put expires: never, unless one of the two is set (both: VARVE_INVALID_ARGUMENT).
typedef struct varve_kv_put_options {
  size_t struct_size;
  uint64_t expires;  // a moment; in the past: absent from the start
  uint64_t ttl_us;   // from the transaction's beginning
} varve_kv_put_options;

// Writes. Put, put_many and delete read nothing, so they never conflict. `options` may be NULL:
// the key then has no expiry from now on.

VARVE_API varve_status varve_kv_put(varve_txn* txn, const varve_uuid* run, varve_slice key,
                                    varve_slice value, const varve_kv_put_options* options,
                                    varve_error** error);
// All or none; of two with the same key the later one holds.
VARVE_API varve_status varve_kv_put_many(varve_txn* txn, const varve_uuid* run,
                                         const varve_slice* keys, const varve_slice* values,
                                         size_t count, const varve_kv_put_options* options,
                                         varve_error** error);
// VARVE_OK also where there is no such key.
VARVE_API varve_status varve_kv_delete(varve_txn* txn, const varve_uuid* run, varve_slice key,
                                       varve_error** error);

// Conditional writes. `written` false: the condition did not hold.

VARVE_API varve_status varve_kv_put_if_absent(varve_txn* txn, const varve_uuid* run,
                                              varve_slice key, varve_slice value,
                                              const varve_kv_put_options* options,
                                              varve_bool* written, varve_error** error);
// Only where the row's version (varve_kv_row::lsn) is `expected`. A row written by this very
// transaction has the version 0 until the commit.
VARVE_API varve_status varve_kv_compare_and_set(varve_txn* txn, const varve_uuid* run,
                                                varve_slice key, uint64_t expected,
                                                varve_slice value,
                                                const varve_kv_put_options* options,
                                                varve_bool* written, varve_error** error);
// Only where there is a row with exactly the value `expected`.
VARVE_API varve_status varve_kv_compare_value_and_set(varve_txn* txn, const varve_uuid* run,
                                                      varve_slice key, varve_slice expected,
                                                      varve_slice value,
                                                      const varve_kv_put_options* options,
                                                      varve_bool* written, varve_error** error);

// Adds to a number kept as decimal text ("-12"; absent counts as 0), keeps the expiry. `sum` may be
// NULL. VARVE_OUT_OF_RANGE: the sum would leave the 64-bit signed range.
// VARVE_FAILED_PRECONDITION: the value is no such number.
VARVE_API varve_status varve_kv_increment(varve_txn* txn, const varve_uuid* run, varve_slice key,
                                          int64_t amount, int64_t* sum, varve_error** error);
// Deletes keys of the run that have expired, the oldest first, looking at no more than `limit`
// (0: 1000). Needed only to give their space back. `more`: the limit came first; sweep again, in
// another transaction. `deleted` and `more` may be NULL.
VARVE_API varve_status varve_kv_sweep_expired(varve_txn* txn, const varve_uuid* run, uint64_t limit,
                                              uint64_t* deleted, varve_bool* more,
                                              varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_KV_H_
