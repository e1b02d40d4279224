// What calls answer that give several things, or things that outlive what they were read from. Part
// of varve.h: include that.
#ifndef VARVE_BINDINGS_C_VARVE_RESULT_H_
#define VARVE_BINDINGS_C_VARVE_RESULT_H_

#include "varve_types.h"

#ifdef __cplusplus
extern "C" {
#endif

// A list of items of one kind, in the order that the call says. Immutable; any thread. The caller
// frees it, and with it everything that was taken from it, unless an item's comment says that it
// borrows from the reader.
//
//   varve_result* runs = NULL;
//   if (varve_run_list(reader, NULL, &runs, &error) != VARVE_OK) ...
//   for (size_t i = 0; i < varve_result_count(runs); ++i) Use(varve_result_run(runs, i));
//   varve_result_free(runs);
//
// For each kind there is one call that gives an item: varve_result_text here, the others beside
// their structs. They answer NULL where `index` is not below the count, where the result is of
// another kind or NULL, and where the item is absent (varve_kv_get_many, say).
typedef struct varve_result varve_result;

VARVE_API void varve_result_free(varve_result* result);
VARVE_API size_t varve_result_count(const varve_result* result);
// Whether the limit came before the end, and with what to ask for the next page: the last item's
// name where the call has a parameter `after`, else bytes for its parameter `cursor`. Empty where
// there is no more.
VARVE_API varve_bool varve_result_more(const varve_result* result);
VARVE_API varve_slice varve_result_cursor(const varve_result* result);

// Of results that are texts (JSON values, names).
VARVE_API const varve_slice* varve_result_text(const varve_result* result, size_t index);

// Which names a list holds; everything given must hold.
typedef struct varve_name_options {
  size_t struct_size;
  varve_slice prefix;  // names that begin with it
  varve_slice after;   // names behind this one; empty: from the first
  uint64_t limit;      // 0: 1000
} varve_name_options;

// Items that are read one by one, as far as one wants: varve_kv_scan, varve_event_scan. Belongs to
// one reader and ends before it does. One thread at a time. The caller frees it.
//
//   while ((row = varve_cursor_kv_row(cursor)) != NULL) { Use(row); varve_cursor_next(cursor); }
//   if (varve_cursor_status(cursor, &error) != VARVE_OK) ...
typedef struct varve_cursor varve_cursor;

VARVE_API void varve_cursor_free(varve_cursor* cursor);
// To the next item. At the end it does nothing.
VARVE_API void varve_cursor_next(varve_cursor* cursor);
// Once there is no item: VARVE_OK at the end, or why it came early (VARVE_DATA_LOSS, or the
// argument that was none).
VARVE_API varve_status varve_cursor_status(const varve_cursor* cursor, varve_error** error);
// Once the limit ended it: with what to go on. Empty where nothing is left. Of varve_kv_scan: the
// `cursor` of the next scan; of varve_event_scan: empty, see varve_cursor_position.
VARVE_API varve_slice varve_cursor_token(const varve_cursor* cursor);
// Of varve_event_scan: whether the limit ended it while there was another event, and with which
// `from` (where it is reversed: `to`) to go on.
VARVE_API varve_bool varve_cursor_position(const varve_cursor* cursor, uint64_t* next);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_RESULT_H_
