// Leases: one holder at a time, for a while, with a token that tells a late one from the current
// one.
//
//   std::uint64_t token = 0;
//   store.Update([&](varve::Transaction& txn) -> absl::Status {
//     varve::Leases leases(txn);
//     VARVE_ASSIGN_OR_RETURN(std::optional<varve::Lease> mine,
//                            leases.Acquire("leader", "worker-7", std::chrono::seconds(30)));
//     token = mine.has_value() ? mine->token : 0;          // 0: somebody else holds it
//     return absl::OkStatus();
//   });
//   ...
//   store.Update([&](varve::Transaction& txn) -> absl::Status {
//     // Refused where the lease has run out or passed on meanwhile, however late this runs:
//     return varve::Cells(txn).SetWithLease("plan", plan, "leader", token).status();
//   });
//
// A token is given with each acquisition and is larger than every one before it for that name, also
// after releases and expiries. Hand it to whatever must not obey a former holder.
//
// A lease is held until its expiry, measured against Reader::now(), the moment the view or
// transaction began (a view of the past has none: there, what was not released is held). What is
// logged is the moment itself, so replaying compares no time with any clock. Two that acquire at
// once conflict, and one of them finds the other when Store::Update runs it again.
//
// Names as for cells; an owner is 1 to 256 bytes.
#ifndef VARVE_PRIMITIVES_STATE_LEASE_H_
#define VARVE_PRIMITIVES_STATE_LEASE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"

namespace varve {

// A lease that is held. `owner` borrows from the reader, or is the caller's own.
struct Lease {
  std::string_view owner{};
  std::uint64_t token = 0;
  Timestamp expires{};
};

// The leases of one run. A thin, copyable handle; the transaction or reader must outlive it. One
// thread at a time, as its reader.
class Leases final {
 public:
  // Reads and writes. `run`: whose leases; nil is the default run.
  explicit Leases(Transaction& transaction, const RunId& run = {});
  // Reads. Every writing call answers kFailedPrecondition.
  explicit Leases(Reader& reader, const RunId& run = {});

  // Who holds it; nullopt: nobody, or the holder let it run out.
  [[nodiscard]] absl::StatusOr<std::optional<Lease>> Get(std::string_view name) const;

  // Takes it for `ttl` (above zero, else kInvalidArgument) under a new token; nullopt where it is
  // held, by the same owner too (that one renews). `owner` is for people and Get.
  [[nodiscard]] absl::StatusOr<std::optional<Lease>> Acquire(std::string_view name,
                                                             std::string_view owner,
                                                             std::chrono::microseconds ttl);
  // Holds it for `ttl` from now on, under the same token. nullopt where it is not held under
  // `token`: run out, released or somebody else's. Then acquire it again.
  [[nodiscard]] absl::StatusOr<std::optional<Lease>> Renew(std::string_view name,
                                                           std::uint64_t token,
                                                           std::chrono::microseconds ttl);
  // Gives it back before its time. False, and nothing written, where it is not held under `token`.
  [[nodiscard]] absl::StatusOr<bool> Release(std::string_view name, std::uint64_t token);

 private:
  [[nodiscard]] absl::Status CheckWritable() const;
  [[nodiscard]] absl::StatusOr<Timestamp> ExpiryOf(std::chrono::microseconds ttl) const;

  Reader* reader_;
  Transaction* transaction_;  // null: read-only
  RunId run_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_STATE_LEASE_H_
