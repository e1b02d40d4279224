// What a store counts while it works. Store::Stats() reads it: store_stats.cc.
#ifndef VARVE_KERNEL_INTERNAL_STORE_METRICS_H_
#define VARVE_KERNEL_INTERNAL_STORE_METRICS_H_

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "kernel/base/counter.h"
#include "kernel/base/histogram.h"

namespace varve::internal {

// How a commit's answer comes about.
enum class CommitKind : std::uint8_t {
  kDurable,   // once it is on stable storage
  kBuffered,  // once it is logged in memory
  kAsync,     // by a ticket, once it is on stable storage
};

// Why a commit did not happen (kNotDurable: may not have).
enum class CommitFailure : std::uint8_t {
  kConflictRow,    // a row that the transaction read was changed
  kConflictRange,  // a row came, changed or went in a range that it read
  kConflictApply,  // its entries could not be applied again on the newest state
  kInvalid,
  kNoRoom,
  kNotWritable,
  kNotDurable,
  kOther,
};

struct StoreMetrics {
  // Under the commit lock.
  std::array<SerialCounter, 3> commits;  // by CommitKind
  SerialCounter reapplied;
  // By any thread.
  std::array<Counter, 8> failures;  // by CommitFailure
  Histogram commit_nanos;
  Histogram backpressure_nanos;
  // Under the checkpoint lock.
  SerialCounter checkpoints;
  SerialCounter checkpoint_failures;
  SerialCounter checkpoint_rows;
  SerialCounter checkpoint_bytes;
  Histogram checkpoint_nanos;
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_STORE_METRICS_H_
