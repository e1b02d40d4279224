// The change feed: what was committed, transaction by transaction, as the log holds it. Part of
// varve.h: include that.
#ifndef VARVE_BINDINGS_C_VARVE_CHANGES_H_
#define VARVE_BINDINGS_C_VARVE_CHANGES_H_

#include "varve_transaction.h"

#ifdef __cplusplus
extern "C" {
#endif

// Shows durable transactions only: what it has shown, no crash takes back. Each one comes once, in
// LSN order. It does not keep the log from being trimmed: a follower that stays behind for longer
// than two snapshots starts again from a view. One thread at a time; any number may follow a store.
typedef struct varve_changes varve_changes;

typedef struct varve_changes_options {
  size_t struct_size;
  uint64_t after;             // a varve_changes_position of an earlier feed; 0: from the beginning
  const uint8_t* primitives;  // only entries of these (docs/format/registry.md)
  size_t primitive_count;     // 0: of all
  const varve_uuid* run;      // only entries of this run (nil: of the default run); NULL: of all
  varve_bool describe;        // fill in operation, subject and detail, which costs a little
} varve_changes_options;

// `options` may be NULL. VARVE_OUT_OF_RANGE: the log was trimmed beyond `after`, or does not reach
// it. VARVE_FAILED_PRECONDITION: a store in memory, which keeps no log, or a closed one.
VARVE_API varve_status varve_store_changes(varve_store* store, const varve_changes_options* options,
                                           varve_changes** changes, varve_error** error);
VARVE_API void varve_changes_free(varve_changes* changes);

// The next transaction with entries that pass the filter; at least one entry. `count` 0: none
// became durable within `patience_us` microseconds (0: looks and does not wait).
//   VARVE_OUT_OF_RANGE  the log was trimmed beyond the position
//   VARVE_FAILED_PRECONDITION (closed), VARVE_DATA_LOSS, VARVE_UNIMPLEMENTED
// After an error the feed stands where it stood.
VARVE_API varve_status varve_changes_next(varve_changes* changes, uint64_t patience_us,
                                          varve_receipt* transaction, size_t* count,
                                          varve_error** error);

// An entry of the transaction that varve_changes_next gave last. Lives until its next call.
typedef struct varve_change {
  size_t struct_size;
  uint8_t entry_type;  // docs/format/registry.md
  uint8_t payload_version;
  varve_bool safe_ignore;  // a reader without the primitive may skip it
  varve_uuid run;
  varve_slice payload;
  // What its primitive says of it, where the options asked for it and the primitive is known.
  varve_slice operation;  // "put"
  varve_slice subject;    // what it is about: a key, a path, a name
  varve_slice detail;     // the rest, shortened where it is long
} varve_change;
// NULL: not below the count.
VARVE_API const varve_change* varve_changes_entry(const varve_changes* changes, size_t index);

// Everything up to here was shown or did not pass the filter: what to go on from another time.
VARVE_API uint64_t varve_changes_position(const varve_changes* changes);

// Does in this transaction, of another store, what the entry did: for replicas. The LSN and the
// commit time are this store's own. VARVE_UNIMPLEMENTED: the primitive is unknown here.
VARVE_API varve_status varve_txn_repeat(varve_txn* txn, const varve_change* change,
                                        varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_CHANGES_H_
