// KV: bytes under a key. Every row knows its version, its commit time and when it expires.
//
//   store.Update([](varve::Transaction& txn) -> absl::Status {
//     varve::Kv kv(txn);
//     VARVE_RETURN_IF_ERROR(kv.Put("user/7/name", "Ada"));
//     VARVE_RETURN_IF_ERROR(kv.Put("session/9", "token", {.ttl = std::chrono::minutes(30)}));
//     return kv.Increment("visits").status();
//   });
//
//   store.Read([](varve::ReadView& view) -> absl::Status {
//     varve::Kv kv(view);
//     VARVE_ASSIGN_OR_RETURN(std::optional<varve::KvRow> name, kv.Get("user/7/name"));
//     if (name.has_value()) std::cout << name->value << " since " << name->lsn.value() << "\n";
//
//     varve::KvScan users = kv.Scan({.prefix = "user/", .limit = 100});
//     for (const varve::KvRow& row : users) std::cout << row.key << " = " << row.value << "\n";
//     return users.status();
//   });
//
// Limits: keys of 1 to 1024 bytes, values of up to 16 MiB, any bytes in both. Past a limit the
// answer is kResourceExhausted and nothing is written; an empty key is kInvalidArgument.
//
// Expiry: a row reads as absent from its expiry on, measured against Reader::now(), the moment the
// view or transaction began (a view of the past has none: there, nothing has expired). Replaying
// the log compares no time with any clock. SweepExpired gives the space back.
//
// Every read can also answer kDataLoss: a stored row failed its checksum.
#ifndef VARVE_PRIMITIVES_KV_KV_H_
#define VARVE_PRIMITIVES_KV_KV_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"
#include "primitives/kv/kv_scan.h"

namespace varve {

class Store;

// When a put expires; never, unless one of the two is set (both: kInvalidArgument).
struct KvPutOptions {
  std::optional<Timestamp> expires{};              // a moment; in the past: absent from the start
  std::optional<std::chrono::microseconds> ttl{};  // from the transaction's beginning; above zero
};

// One put of PutMany.
struct KvPair {
  std::string_view key{};
  std::string_view value{};
};

// One version of a key, of those that the store still keeps. Borrows from the reader.
struct KvVersion {
  bool deleted = false;      // by a delete or a sweep; `value` is empty
  std::string_view value{};  // as it was, also where it has expired since
  Lsn lsn{};
  Timestamp commit_time{};
  std::optional<Timestamp> expires{};
};

struct KvHistoryOptions {
  std::uint64_t limit = 100;  // at least 1
  Lsn before = kLsnMax;       // only versions older than this: the last one of the page before
};

// A value that outlives its reader.
struct KvCopy {
  std::string value{};
  Lsn lsn{};
  Timestamp commit_time{};
  std::optional<Timestamp> expires{};
};

struct KvSweep {
  std::uint64_t deleted = 0;  // keys that had expired
  bool more = false;          // the limit came first: sweep again, in another transaction
};

// The keys of one run. A thin, copyable handle; the transaction or reader must outlive it and
// everything it returns. One thread at a time, as its reader.
class Kv final {
 public:
  // Reads and writes. `run`: whose keys; nil is the default run.
  explicit Kv(Transaction& transaction, const RunId& run = {});
  // Reads. Every writing call answers kFailedPrecondition.
  explicit Kv(Reader& reader, const RunId& run = {});

  // The row, or nullopt where there is none (or it has expired).
  [[nodiscard]] absl::StatusOr<std::optional<KvRow>> Get(std::string_view key) const;
  // In the order of `keys`.
  [[nodiscard]] absl::StatusOr<std::vector<std::optional<KvRow>>> GetMany(
      std::span<const std::string_view> keys) const;
  [[nodiscard]] absl::StatusOr<bool> Exists(std::string_view key) const;

  // Rows in key order, either way, within a prefix or a range: see KvScanOptions.
  [[nodiscard]] KvScan Scan(const KvScanOptions& options = {}) const;
  // How many rows Scan would give. Reads them all: O(rows).
  [[nodiscard]] absl::StatusOr<std::uint64_t> Count(const KvScanOptions& options = {}) const;

  // The versions of `key` that are kept (StoreOptions::history), newest first.
  [[nodiscard]] absl::StatusOr<std::vector<KvVersion>> History(
      std::string_view key, const KvHistoryOptions& options = {}) const;
  // The value as of `at`. kOutOfRange: `at` is in the future, or before the history that is kept.
  // For several keys of one moment, read a Kv on store.AsOf(at) instead.
  [[nodiscard]] static absl::StatusOr<std::optional<KvCopy>> GetAt(Store& store,
                                                                   std::string_view key, Lsn at,
                                                                   const RunId& run = {});

  // Writes. Each can also answer kResourceExhausted (the transaction is full) and
  // kFailedPrecondition (a read-only handle, an ended transaction); after an error the transaction
  // is as before the call. Put, PutMany and Delete read nothing, so they never conflict.

  // Sets the value. Without an expiry in `options` the key has none from now on.
  [[nodiscard]] absl::Status Put(std::string_view key, std::string_view value,
                                 const KvPutOptions& options = {});
  // All or none of them; of two pairs with the same key the later one holds.
  [[nodiscard]] absl::Status PutMany(std::span<const KvPair> pairs,
                                     const KvPutOptions& options = {});
  // OK also where there is no such key.
  [[nodiscard]] absl::Status Delete(std::string_view key);

  // Conditional writes: true where written, false where the condition did not hold.

  [[nodiscard]] absl::StatusOr<bool> PutIfAbsent(std::string_view key, std::string_view value,
                                                 const KvPutOptions& options = {});
  // Only where the row's version is `expected`, the KvRow::lsn that a read gave. A row written by
  // this very transaction has the version Lsn() until the commit, and matches only that.
  [[nodiscard]] absl::StatusOr<bool> CompareAndSet(std::string_view key, Lsn expected,
                                                   std::string_view value,
                                                   const KvPutOptions& options = {});
  // Only where there is a row with exactly the value `expected`.
  [[nodiscard]] absl::StatusOr<bool> CompareAndSet(std::string_view key, std::string_view expected,
                                                   std::string_view value,
                                                   const KvPutOptions& options = {});

  // Adds to a number kept as decimal text ("-12"; absent counts as 0), keeps the expiry, returns
  // the sum. kOutOfRange: it would leave the 64-bit signed range. kFailedPrecondition: the value is
  // not such a number.
  [[nodiscard]] absl::StatusOr<std::int64_t> Increment(std::string_view key,
                                                       std::int64_t amount = 1);

  // Deletes keys of this run that have expired, the oldest first, looking at no more than `limit`
  // (at least 1). Needed only to give their space back: they read as absent before.
  [[nodiscard]] absl::StatusOr<KvSweep> SweepExpired(std::uint64_t limit = 1000);

 private:
  [[nodiscard]] absl::Status CheckWritable() const;
  [[nodiscard]] absl::StatusOr<std::optional<Timestamp>> ExpiryOf(
      const KvPutOptions& options) const;
  [[nodiscard]] absl::Status CheckPut(std::string_view key, std::string_view value) const;
  [[nodiscard]] absl::Status WritePut(std::string_view key, std::string_view value,
                                      std::optional<Timestamp> expires);
  [[nodiscard]] absl::StatusOr<bool> PutWhere(
      std::string_view key, std::string_view value, const KvPutOptions& options,
      absl::FunctionRef<bool(const std::optional<KvRow>&)> holds);

  Reader* reader_;
  Transaction* transaction_;  // null: read-only
  RunId run_;
  std::string payload_;  // reused by every put
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_KV_KV_H_
