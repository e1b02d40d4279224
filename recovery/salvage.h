// What is whole of a damaged store, in a new one, and an exact account of what is not.
//
// An open refuses a damaged log, because it may not pass over a transaction that was acknowledged.
// Salvaging passes over it, and says so. The store that is read is not changed by one byte.
#ifndef VARVE_RECOVERY_SALVAGE_H_
#define VARVE_RECOVERY_SALVAGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/registry.h"
#include "recovery/open.h"

namespace varve {

// Transactions that were durable and are not to be had any more.
struct LostTransactions {
  Lsn first;
  Lsn last;
  std::string file;          // where they stood; empty where nothing tells
  std::uint64_t offset = 0;  // of the first byte there that is wrong
  std::string found;         // what is wrong with it
};

// A transaction that is whole and was left out: it rests on what is lost, and its primitive refuses
// it without.
struct RefusedTransaction {
  Lsn lsn;
  std::string why;
};

struct SalvageReport {
  RecoveryReport::Base base = RecoveryReport::Base::kLogStart;
  Lsn base_lsn;                        // of the snapshot that was taken over whole
  std::uint64_t records_taken = 0;     // of the log, behind it
  Lsn last_lsn;                        // of the new store
  std::vector<LostTransactions> lost;  // in the order of their LSNs
  std::vector<RefusedTransaction> refused;
  // What was passed over that costs nothing, or whose cost nobody can tell: damaged snapshots, a
  // manifest that cannot be read.
  std::vector<std::string> warnings;

  [[nodiscard]] bool complete() const { return lost.empty() && refused.empty(); }
};

// Makes a new store in `target` (which must not exist or be empty) from the newest whole snapshot
// of the store in `source` and every whole record of its log behind it. What stands behind a
// damaged record is found again by its checksum, at the next multiple of eight bytes where one
// holds (docs/format/wal.md). A transaction is taken whole or not at all, and in the order of the
// LSNs.
//
//   kUnavailable         a process has `source` open: close it first
//   kNotFound            there is no store in `source`, and no part of one
//   kUnimplemented       an entry of a primitive that is not registered, or a newer format
//   kAlreadyExists, kResourceExhausted, kPermissionDenied   of `target`, as OpenStore
//   kCancelled           OpenOptions::cancelled said so
// After an error there is no store in `target`.
[[nodiscard]] absl::StatusOr<SalvageReport> SalvageStore(std::string_view source,
                                                         std::string_view target,
                                                         PrimitiveRegistry registry,
                                                         const OpenOptions& options = {});

}  // namespace varve

#endif  // VARVE_RECOVERY_SALVAGE_H_
