// The knobs of a store: few, each with a safe default, none ignored.
#ifndef VARVE_KERNEL_OPTIONS_H_
#define VARVE_KERNEL_OPTIONS_H_

#include <chrono>
#include <cstdint>

#include "kernel/table/materialized_store.h"
#include "kernel/wal/writer.h"

namespace varve {

// What a commit's OK promises. docs/what-survives-what.md has the whole table.
enum class Durability {
  kDurable,   // on stable storage: survives a power cut. The default.
  kBuffered,  // logged in memory; written and synced within LogOptions' bounds. A crash may take
              // the newest buffered commits, never one without all that came after it.
};

struct StoreOptions {
  wal::LogOptions log{};
  table::HistoryPolicy history{};
  // A checkpoint starts when the memtable holds this much, or is this old.
  std::uint64_t memtable_bytes = std::uint64_t{64} << 20;
  std::chrono::milliseconds checkpoint_interval{60'000};
  // Writers are slowed down, more the further it goes, when memory held by memtables passes this
  // multiple of memtable_bytes, and wait where it reaches twice that.
  double backpressure_ratio = 2.0;
  // False: no thread is ever started; checkpoints happen inside commits. Set log.background_threads
  // likewise.
  bool background_threads = true;
  // Durations in Store::Stats(): the clock is read twice for a durable commit and twice for a
  // flush. False: it is not, and those histograms stay empty. Counts and sizes are kept either way;
  // they cost nothing that can be measured.
  bool timings = true;
};

}  // namespace varve

#endif  // VARVE_KERNEL_OPTIONS_H_
