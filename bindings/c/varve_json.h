// JSON: documents under a name, read and changed in part. Part of varve.h: include that.
//
// Values cross as JSON text (RFC 8259, UTF-8): 64-bit integers exactly, doubles bit for bit,
// members of an object in the byte order of their keys. Text that is none, has a key twice or is
// deeper than 128 answers VARVE_INVALID_ARGUMENT. Pointers are JSON Pointers (RFC 6901): "" is the
// whole document, "/tags/0" the first element of its member "tags", "/tags/-" the place behind the
// last. Names have 1 to 256 bytes, documents at most 16 MiB.
//
// The writes but compare_and_set, pop and increment_and_get read nothing that is validated, so any
// number of them on one document all commit. They are decided when they commit: where a commit in
// between has made one impossible, varve_txn_commit answers that error and nothing is written.
#ifndef VARVE_BINDINGS_C_VARVE_JSON_H_
#define VARVE_BINDINGS_C_VARVE_JSON_H_

#include "varve_transaction.h"

#ifdef __cplusplus
extern "C" {
#endif

// Reads. What they give belongs to the caller.

// `found` false: there is no such document, or nothing at the pointer.
VARVE_API varve_status varve_json_get(varve_reader* reader, const varve_uuid* run, varve_slice name,
                                      varve_slice pointer, varve_bytes* value, varve_bool* found,
                                      varve_error** error);
// One text for each place, in their order; NULL for those that are absent.
VARVE_API varve_status varve_json_get_many(varve_reader* reader, const varve_uuid* run,
                                           const varve_slice* names, const varve_slice* pointers,
                                           size_t count, varve_result** values,
                                           varve_error** error);
VARVE_API varve_status varve_json_exists(varve_reader* reader, const varve_uuid* run,
                                         varve_slice name, varve_slice pointer, varve_bool* exists,
                                         varve_error** error);
// `found` false also where it is no array.
VARVE_API varve_status varve_json_array_length(varve_reader* reader, const varve_uuid* run,
                                               varve_slice name, varve_slice pointer,
                                               uint32_t* length, varve_bool* found,
                                               varve_error** error);

typedef struct varve_json_info {
  size_t struct_size;
  varve_slice name;
  uint64_t bytes;        // of its compact encoding
  uint64_t lsn;          // of the last transaction that changed it: its version; 0: this one
  uint64_t commit_time;  // of that one
} varve_json_info;
VARVE_API const varve_json_info* varve_result_json_info(const varve_result* result, size_t index);
// One item, or none. Conflicts with every change of the document.
VARVE_API varve_status varve_json_describe(varve_reader* reader, const varve_uuid* run,
                                           varve_slice name, varve_result** info,
                                           varve_error** error);

// By name. `options` may be NULL.
VARVE_API varve_status varve_json_list(varve_reader* reader, const varve_uuid* run,
                                       const varve_name_options* options, varve_result** infos,
                                       varve_error** error);

typedef struct varve_json_match {
  size_t struct_size;
  varve_slice pointer;  // where
  varve_slice value;    // JSON text
} varve_json_match;
VARVE_API const varve_json_match* varve_result_json_match(const varve_result* result, size_t index);
// What a JSONPath (RFC 9535) selects in one document, in the order of the RFC; nothing in one that
// is absent. VARVE_INVALID_ARGUMENT: not a query; the message says where.
VARVE_API varve_status varve_json_query(varve_reader* reader, const varve_uuid* run,
                                        varve_slice name, varve_slice json_path,
                                        varve_result** matches, varve_error** error);
// The names of the documents with exactly this value at `pointer`. An index on it answers where
// there is one, and `index` (which may be NULL) is then its name. Of the options only `after` and
// `limit` are looked at; with a prefix the answer is VARVE_INVALID_ARGUMENT.
VARVE_API varve_status varve_json_find(varve_reader* reader, const varve_uuid* run,
                                       varve_slice pointer, varve_slice value,
                                       const varve_name_options* options, varve_result** names,
                                       varve_bytes* index, varve_error** error);

enum { VARVE_JSON_INDEX_NUMBER = 1, VARVE_JSON_INDEX_STRING = 2 };
typedef struct varve_json_index {
  size_t struct_size;
  varve_slice name;
  varve_slice pointer;
  int32_t kind;
} varve_json_index;
VARVE_API const varve_json_index* varve_result_json_index(const varve_result* result, size_t index);
VARVE_API varve_status varve_json_indexes(varve_reader* reader, const varve_uuid* run,
                                          varve_result** indexes, varve_error** error);

// Writes.

// VARVE_ALREADY_EXISTS: there is a document of this name.
VARVE_API varve_status varve_json_create(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                         varve_slice value, varve_error** error);
// Replaces what is at `pointer`, or puts it there. What is missing on the way is created, the
// document too: arrays where the next token is "-", else objects.
//   VARVE_OUT_OF_RANGE         an index beyond the length of its array
//   VARVE_FAILED_PRECONDITION  the path goes through a scalar, or a token is no index of its array
VARVE_API varve_status varve_json_set(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                      varve_slice pointer, varve_slice value, varve_error** error);
// All or none of them, in their order.
VARVE_API varve_status varve_json_set_many(varve_txn* txn, const varve_uuid* run,
                                           const varve_slice* names, const varve_slice* pointers,
                                           const varve_slice* values, size_t count,
                                           varve_error** error);
// VARVE_OK also where there is nothing. VARVE_INVALID_ARGUMENT: the pointer is "".
VARVE_API varve_status varve_json_delete(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                         varve_slice pointer, varve_error** error);
// The whole document; VARVE_OK also where there is none.
VARVE_API varve_status varve_json_destroy(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                          varve_error** error);
// RFC 7396. VARVE_NOT_FOUND: there is no such document.
VARVE_API varve_status varve_json_merge_patch(varve_txn* txn, const varve_uuid* run,
                                              varve_slice name, varve_slice patch,
                                              varve_error** error);
// RFC 6902, all operations or none. VARVE_NOT_FOUND: what an operation names.
// VARVE_FAILED_PRECONDITION: a "test" does not hold. VARVE_OUT_OF_RANGE: beyond an array.
VARVE_API varve_status varve_json_patch(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                        varve_slice patch, varve_error** error);
// A new last element. VARVE_NOT_FOUND, VARVE_FAILED_PRECONDITION: nothing there, or no array.
VARVE_API varve_status varve_json_push(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                       varve_slice pointer, varve_slice value, varve_error** error);
// A new element before that at `index`. VARVE_OUT_OF_RANGE: above the length. As push.
VARVE_API varve_status varve_json_insert(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                         varve_slice pointer, uint32_t index, varve_slice value,
                                         varve_error** error);
// Takes the last element out. `found` false: the array is empty. As push.
VARVE_API varve_status varve_json_pop(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                      varve_slice pointer, varve_bytes* value, varve_bool* found,
                                      varve_error** error);
// Adds to a number; nothing there counts as 0. `amount` is the text of a number. Integers stay
// integers, exactly. VARVE_OUT_OF_RANGE: the sum is beyond 64 bits, or infinite.
// VARVE_FAILED_PRECONDITION: the value is not a number.
VARVE_API varve_status varve_json_increment(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                            varve_slice pointer, varve_slice amount,
                                            varve_error** error);
// The same, and the sum.
VARVE_API varve_status varve_json_increment_and_get(varve_txn* txn, const varve_uuid* run,
                                                    varve_slice name, varve_slice pointer,
                                                    varve_slice amount, varve_bytes* sum,
                                                    varve_error** error);
// Sets only where the document's version (varve_json_info::lsn) is `expected`. `written` false: it
// is another, or there is no document.
VARVE_API varve_status varve_json_compare_and_set(varve_txn* txn, const varve_uuid* run,
                                                  varve_slice name, uint64_t expected,
                                                  varve_slice pointer, varve_slice value,
                                                  varve_bool* written, varve_error** error);
// Looks numbers or strings at `pointer` up by value from now on. Costs a read of every document of
// the run now, and a little at each change. VARVE_ALREADY_EXISTS.
VARVE_API varve_status varve_json_create_index(varve_txn* txn, const varve_uuid* run,
                                               varve_slice index, varve_slice pointer, int32_t kind,
                                               varve_error** error);
// VARVE_OK also where there is none.
VARVE_API varve_status varve_json_drop_index(varve_txn* txn, const varve_uuid* run,
                                             varve_slice index, varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_JSON_H_
