// Vector: collections of vectors, and exact search for those most like a query. Part of varve.h:
// include that.
//
// A search looks at every vector of the collection: what it answers is exact, and the same, bit for
// bit, on every processor and with any number of threads. Higher scores are more alike; the highest
// come first, equal ones in key order.
//
// Names have 1 to 256 bytes, keys 1 to 1024; dimensions 1 to 8192; metadata, the text of a JSON
// object, up to 64 KiB. VARVE_NOT_FOUND: there is no such collection. VARVE_INVALID_ARGUMENT: a
// vector of another dimension than the collection, a component that is NaN or infinite, zeros where
// the metric is cosine.
#ifndef VARVE_BINDINGS_C_VARVE_VECTOR_H_
#define VARVE_BINDINGS_C_VARVE_VECTOR_H_

#include "varve_transaction.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  VARVE_METRIC_COSINE = 1,  // -1 to 1; a vector of zeros is refused
  VARVE_METRIC_DOT = 2,     // the inner product
  VARVE_METRIC_L2 = 3       // 1 / (1 + Euclidean distance)
};

typedef struct varve_collection {
  size_t struct_size;
  varve_slice name;  // lives as long as the result
  size_t dimension;
  int32_t metric;
  uint64_t created;  // LSN; 0 where this transaction created it
  uint64_t created_time;
} varve_collection;
VARVE_API const varve_collection* varve_result_collection(const varve_result* result, size_t index);

// VARVE_ALREADY_EXISTS: there is one of this name. Its shape can never be changed.
VARVE_API varve_status varve_vector_create(varve_txn* txn, const varve_uuid* run,
                                           varve_slice collection, size_t dimension, int32_t metric,
                                           varve_error** error);
// Deletes it and all its vectors: one small log entry.
VARVE_API varve_status varve_vector_drop(varve_txn* txn, const varve_uuid* run,
                                         varve_slice collection, varve_error** error);
// One item, or none.
VARVE_API varve_status varve_vector_describe(varve_reader* reader, const varve_uuid* run,
                                             varve_slice collection, varve_result** info,
                                             varve_error** error);
// By name, behind `after` (empty: from the first), at most `limit` (0: 1000).
VARVE_API varve_status varve_vector_list(varve_reader* reader, const varve_uuid* run,
                                         varve_slice after, uint64_t limit, varve_result** infos,
                                         varve_error** error);

// Writes of `count` vectors, all or none. `vectors` holds count * dimension components, one vector
// after the other; `metadata`, which may be NULL, one text each (empty: none). Each key once.

// New ones. VARVE_ALREADY_EXISTS: a key is taken.
VARVE_API varve_status varve_vector_insert(varve_txn* txn, const varve_uuid* run,
                                           varve_slice collection, const varve_slice* keys,
                                           const float* vectors, size_t dimension,
                                           const varve_slice* metadata, size_t count,
                                           varve_error** error);
// New ones, or in place of those that are there, metadata included. Reads no row.
VARVE_API varve_status varve_vector_upsert(varve_txn* txn, const varve_uuid* run,
                                           varve_slice collection, const varve_slice* keys,
                                           const float* vectors, size_t dimension,
                                           const varve_slice* metadata, size_t count,
                                           varve_error** error);
// Other components, the same metadata. VARVE_NOT_FOUND: there is no such key.
VARVE_API varve_status varve_vector_update(varve_txn* txn, const varve_uuid* run,
                                           varve_slice collection, const varve_slice* keys,
                                           const float* vectors, size_t dimension, size_t count,
                                           varve_error** error);
// Other metadata (empty: none), the same components. VARVE_NOT_FOUND: there is no such key.
VARVE_API varve_status varve_vector_set_metadata(varve_txn* txn, const varve_uuid* run,
                                                 varve_slice collection, varve_slice key,
                                                 varve_slice metadata, varve_error** error);
// How many there were; `deleted` may be NULL.
VARVE_API varve_status varve_vector_delete(varve_txn* txn, const varve_uuid* run,
                                           varve_slice collection, const varve_slice* keys,
                                           size_t count, uint64_t* deleted, varve_error** error);

// A row of a collection, or a hit of a search. Lives as long as the result.
typedef struct varve_vector_row {
  size_t struct_size;
  varve_slice key;
  const float* vector;  // NULL where it was not asked for
  size_t dimension;     // of `vector`; 0 where that is NULL
  varve_slice metadata;
  float score;           // of a hit; else 0
  uint64_t lsn;          // of the transaction that wrote it; of a hit: 0
  uint64_t commit_time;  // of that one; of a hit: 0
} varve_vector_row;
VARVE_API const varve_vector_row* varve_result_vector_row(const varve_result* result, size_t index);

// One item for each key, in their order; NULL for those that are absent.
VARVE_API varve_status varve_vector_get(varve_reader* reader, const varve_uuid* run,
                                        varve_slice collection, const varve_slice* keys,
                                        size_t count, varve_result** rows, varve_error** error);

typedef struct varve_vector_scan_options {
  size_t struct_size;
  varve_slice prefix;  // only keys that start with it
  varve_slice after;   // only keys behind this one: the last of the page before
  uint64_t limit;      // 0: 1000
  varve_bool include_vectors;
} varve_vector_scan_options;
// In key order. `options` may be NULL.
VARVE_API varve_status varve_vector_scan(varve_reader* reader, const varve_uuid* run,
                                         varve_slice collection,
                                         const varve_vector_scan_options* options,
                                         varve_result** rows, varve_error** error);
// Walks over the rows.
VARVE_API varve_status varve_vector_count(varve_reader* reader, const varve_uuid* run,
                                          varve_slice collection, uint64_t* count,
                                          varve_error** error);

typedef struct varve_search_options {
  size_t struct_size;
  size_t k;  // how many at most, up to 65536; 0: 10
  varve_bool has_threshold;
  float threshold;  // only scores of at least this
  // Only rows whose metadata match; empty: all. As JSON: {"and":[{"eq":["lang","en"]},
  // {"ge":["year",2020]}, {"not":{"exists":"hidden"}}]}; primitives/vector/README.md has them all.
  varve_slice filter;
  varve_bool include_vectors;
  varve_bool omit_metadata;
  size_t threads;  // the caller's included; 0: as many as suit
  // In a transaction: a commit otherwise answers VARVE_ABORTED where another has changed anything
  // in the collection since, which costs a walk over its rows. Set: only the hits are so guarded.
  varve_bool unguarded;
} varve_search_options;

// The rows most like `query`, which has `dimension` components. `options` may be NULL.
VARVE_API varve_status varve_vector_search(varve_reader* reader, const varve_uuid* run,
                                           varve_slice collection, const float* query,
                                           size_t dimension, const varve_search_options* options,
                                           varve_result** hits, varve_error** error);
// For `query_count` queries (at most 4096) that stand one after the other: far less than one search
// each. The hits of query i stand in places i * k to i * k + counts[i] - 1 of the caller's arrays:
// `keys` and `scores` have room for query_count * k, `counts` for query_count. Keys live as long as
// `hits`, which has the same rows, one query after the other. `keys`, `scores` may be NULL.
VARVE_API varve_status varve_vector_search_many(varve_reader* reader, const varve_uuid* run,
                                                varve_slice collection, const float* queries,
                                                size_t dimension, size_t query_count,
                                                const varve_search_options* options, size_t* counts,
                                                varve_slice* keys, float* scores,
                                                varve_result** hits, varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_VECTOR_H_
