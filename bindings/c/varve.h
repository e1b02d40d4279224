// Varve for C, and for every language that can call C.
//
//   #include <varve/varve.h>
//
//   varve_store* store = NULL;
//   varve_error* error = NULL;
//   if (varve_store_open(varve_text("agent.varve"), NULL, &store, &error) != VARVE_OK) {
//     fprintf(stderr, "%s\n", varve_error_message(error));
//     varve_error_free(error);
//     return 1;
//   }
//   varve_txn* txn = NULL;
//   varve_store_begin(store, &txn, NULL);
//   varve_kv_put(txn, NULL, varve_text("greeting"), varve_text("hello"), NULL, NULL);
//   varve_status committed = varve_txn_commit(txn, VARVE_DURABLE, NULL, &error);
//   varve_txn_free(txn);
//   varve_store_free(store);
//
// A store is opened (varve_store.h). Everything is written in transactions and read through
// readers, which transactions and views both are (varve_transaction.h). The primitives are
// varve_kv.h, varve_json.h, varve_event.h, varve_state.h, varve_trace.h, varve_run.h and
// varve_vector.h; what reads give is in varve_result.h. varve_changes.h follows what is committed,
// varve_backup.h copies stores, varve_stats.h has what a store counts and measures. docs/c-api.md
// is the guide.
//
// The rules, which hold for every call:
//
// - Names begin with varve_ or VARVE_. Handles are pointers to types without a definition. What a
//   call gives as a handle, a varve_bytes or a varve_error belongs to the caller, who frees it with
//   the call named after it; freeing NULL does nothing. All else is borrowed, and the comment says
//   from what.
// - Calls that can fail answer a varve_status and take a varve_error** last (varve_types.h). That
//   something is not there is no failure: an output says so.
// - A handle or an output that is NULL where none may be, a slice that is NULL but not empty, a
//   struct of a wrong size: VARVE_INVALID_ARGUMENT, and nothing happens. A handle that was freed is
//   not detected.
// - Calls that cannot fail answer NULL, 0 or nothing for a handle that is NULL.
// - No memory: VARVE_RESOURCE_EXHAUSTED. No exception of C++ ever leaves a call, and none may come
//   out of a callback.
// - Each type says which threads may use it. Different handles never need a lock between them.
// - A write is durable once its commit answered VARVE_OK (varve_durability), not before.
//
// The interface is stable: within one VARVE_ABI_VERSION calls and fields are added, never changed
// or removed.
#ifndef VARVE_BINDINGS_C_VARVE_H_
#define VARVE_BINDINGS_C_VARVE_H_

#include "varve_backup.h"
#include "varve_changes.h"
#include "varve_event.h"
#include "varve_json.h"
#include "varve_kv.h"
#include "varve_result.h"
#include "varve_run.h"
#include "varve_state.h"
#include "varve_stats.h"
#include "varve_store.h"
#include "varve_trace.h"
#include "varve_transaction.h"
#include "varve_types.h"
#include "varve_vector.h"

#endif  // VARVE_BINDINGS_C_VARVE_H_
