// What a store counts and measures about itself. Part of varve.h: include that. docs/metrics.md is
// the list.
#ifndef VARVE_BINDINGS_C_VARVE_STATS_H_
#define VARVE_BINDINGS_C_VARVE_STATS_H_

#include "varve_store.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  VARVE_STAT_COUNTER = 0,   // only grows while the store is open; begins at 0 with each open
  VARVE_STAT_GAUGE = 1,     // goes up and down
  VARVE_STAT_HISTOGRAM = 2  // how values are distributed
};
enum {
  VARVE_UNIT_COUNT = 0,
  VARVE_UNIT_BYTES = 1,
  VARVE_UNIT_NANOSECONDS = 2,
  VARVE_UNIT_LSN = 3,
  VARVE_UNIT_FLAG = 4  // 1 or 0
};

// One metric as it was when it was asked for. Lives as long as the result.
typedef struct varve_stat {
  size_t struct_size;
  varve_slice name;         // "varve_log_bytes_total"; it never changes
  varve_slice help;         // one sentence
  varve_slice label_key;    // "durability" where several have one name; else empty
  varve_slice label_value;  // what tells them apart: "buffered"
  int32_t kind;             // VARVE_STAT_...
  int32_t unit;             // VARVE_UNIT_...
  uint64_t value;           // of a histogram: how many values it holds
  // The rest is 0 where this is no histogram, or holds no values.
  uint64_t sum;  // of all values
  double p50;    // half of all values lie at or below; off by less than a quarter
  double p90;    // likewise nine of ten
  double p99;    // 99 of 100
  double p999;   // 999 of 1000
} varve_stat;
VARVE_API const varve_stat* varve_result_stat(const varve_result* result, size_t index);

// All of them, in the order of docs/metrics.md; those of one name stand together. Holds nobody up,
// but asks the file system for sizes: for a scrape every few seconds. Answers after
// varve_store_close too, without the sizes.
VARVE_API varve_status varve_store_stats(varve_store* store, varve_result** stats,
                                         varve_error** error);

// The same as Prometheus reads it: the text exposition format, version 0.0.4, durations in seconds.
// Every line gets the labels, as {"store", "orders"}: what tells several stores of one process
// apart. VARVE_INVALID_ARGUMENT: a label's name is no [a-zA-Z_][a-zA-Z0-9_]*, begins with "__",
// comes twice or is one that metrics use themselves.
VARVE_API varve_status varve_store_metrics_text(varve_store* store, const varve_slice* label_names,
                                                const varve_slice* label_values, size_t label_count,
                                                varve_bytes* text, varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_STATS_H_
