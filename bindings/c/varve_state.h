// State: cells, each a value with a version that counts its writes; and leases. Part of varve.h:
// include that.
//
// A name is 1 to 1024 bytes, a value up to 16 MiB, any bytes in both. A version is 1 at first and
// one more with each write. A cell that is deleted and made again starts at 1 again; its LSN tells
// the two apart.
#ifndef VARVE_BINDINGS_C_VARVE_STATE_H_
#define VARVE_BINDINGS_C_VARVE_STATE_H_

#include "varve_transaction.h"

#ifdef __cplusplus
extern "C" {
#endif

// One cell, or one version of it. From a reader, the slices borrow from that, also when the result
// is gone. From varve_state_watch they live as long as the result.
typedef struct varve_cell {
  size_t struct_size;
  varve_slice name;  // of a version, and from varve_state_watch: empty
  varve_slice value;
  uint64_t version;
  uint64_t lsn;  // of the transaction that wrote it; 0 for this transaction's own write
  uint64_t commit_time;
  varve_bool deleted;  // of a version: then `value` is empty and `version` 0
} varve_cell;
VARVE_API const varve_cell* varve_result_cell(const varve_result* result, size_t index);

VARVE_API varve_status varve_state_get(varve_reader* reader, const varve_uuid* run,
                                       varve_slice name, varve_cell* cell, varve_bool* found,
                                       varve_error** error);
// By name. `options` may be NULL.
VARVE_API varve_status varve_state_list(varve_reader* reader, const varve_uuid* run,
                                        const varve_name_options* options, varve_result** cells,
                                        varve_error** error);
// The versions that are kept and older than `before` (0: all), newest first, at most `limit` (0:
// 100).
VARVE_API varve_status varve_state_history(varve_reader* reader, const varve_uuid* run,
                                           varve_slice name, uint64_t before, uint64_t limit,
                                           varve_result** versions, varve_error** error);

// Makes the cell, at version 1. `written` false: there is one.
VARVE_API varve_status varve_state_init(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                        varve_slice value, varve_bool* written,
                                        varve_error** error);
// Whatever is there; never conflicts. `version` (which may be NULL) is the one that it has in this
// transaction: others may set it too before the commit, and this write then comes behind theirs.
VARVE_API varve_status varve_state_set(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                       varve_slice value, uint64_t* version, varve_error** error);
// VARVE_OK also where there is no such cell; never conflicts.
VARVE_API varve_status varve_state_delete(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                          varve_error** error);
// Only where the cell has the version `expected`.
VARVE_API varve_status varve_state_compare_and_set(varve_txn* txn, const varve_uuid* run,
                                                   varve_slice name, uint64_t expected,
                                                   varve_slice value, varve_bool* written,
                                                   varve_error** error);
VARVE_API varve_status varve_state_compare_and_delete(varve_txn* txn, const varve_uuid* run,
                                                      varve_slice name, uint64_t expected,
                                                      varve_bool* deleted, varve_error** error);

// What a cell's next value is, made from the one that it has. `*next` must stay valid until
// varve_state_transition returns. Anything but VARVE_OK is answered as it is, with the error put
// into `*error` (handed over; may stay NULL), and nothing is written. Must have no other effects.
typedef varve_status (*varve_transition)(void* user, varve_slice value, varve_slice* next,
                                         varve_error** error);
// `found` false: there is no such cell. `version` (the new one) may be NULL.
VARVE_API varve_status varve_state_transition(varve_txn* txn, const varve_uuid* run,
                                              varve_slice name, varve_transition transition,
                                              void* user, uint64_t* version, varve_bool* found,
                                              varve_error** error);
// Only while the lease of the same run is held under `token`: what a holder that was too slow
// writes is refused (`written` false).
VARVE_API varve_status varve_state_set_with_lease(varve_txn* txn, const varve_uuid* run,
                                                  varve_slice name, varve_slice value,
                                                  varve_slice lease, uint64_t token,
                                                  varve_bool* written, varve_error** error);

// Blocks until the cell is another one than that of `seen` (varve_cell::lsn; 0: there was none), or
// `patience_us` microseconds have passed (`changed` false). `cell` has one item, or none where
// there is no such cell now. Call it without an open transaction or view of one's own.
// VARVE_FAILED_PRECONDITION: the store was closed meanwhile.
VARVE_API varve_status varve_state_watch(varve_store* store, const varve_uuid* run,
                                         varve_slice name, uint64_t seen, uint64_t patience_us,
                                         varve_bool* changed, varve_result** cell,
                                         varve_error** error);

// Leases: one holder at a time, for a while, under a token that is larger than every one before it
// for that name. Names as for cells; an owner is 1 to 256 bytes. Held until the expiry, measured
// against varve_reader_now. Two that acquire at once conflict.
typedef struct varve_lease {
  size_t struct_size;
  varve_slice owner;  // borrows from the reader; from acquire and renew: see there
  uint64_t token;
  uint64_t expires;
} varve_lease;

// `held` false: nobody, or the holder let it run out.
VARVE_API varve_status varve_lease_get(varve_reader* reader, const varve_uuid* run,
                                       varve_slice name, varve_lease* lease, varve_bool* held,
                                       varve_error** error);
// Takes it for `ttl_us` microseconds (above zero) under a new token. `held` false: somebody has it,
// perhaps the same owner (that one renews). `lease->owner` is the argument.
VARVE_API varve_status varve_lease_acquire(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                           varve_slice owner, uint64_t ttl_us, varve_lease* lease,
                                           varve_bool* held, varve_error** error);
// Holds it for `ttl_us` from now on. `held` false: it is not held under `token`. `lease->owner`
// borrows from the transaction.
VARVE_API varve_status varve_lease_renew(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                         uint64_t token, uint64_t ttl_us, varve_lease* lease,
                                         varve_bool* held, varve_error** error);
// Gives it back before its time. `released` false: it is not held under `token`.
VARVE_API varve_status varve_lease_release(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                           uint64_t token, varve_bool* released,
                                           varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_STATE_H_
