#include "primitives/state/lease.h"

#include "kernel/base/status.h"
#include "primitives/state/state_payload.h"
#include "primitives/state/state_primitive.h"

namespace varve {

namespace {

constexpr std::string_view kLeaseName = "lease name";

absl::StatusOr<std::optional<state::LeaseImage>> ReadLease(Reader& reader, const RunId& run,
                                                           std::string_view name) {
  VARVE_RETURN_IF_ERROR(state::CheckName(kLeaseName, name));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader.Get(kStateLeases, run, name));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const state::LeaseImage image, state::DecodeLease(row->value));
  return std::optional<state::LeaseImage>(image);
}

}  // namespace

Leases::Leases(Transaction& transaction, const RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Leases::Leases(Reader& reader, const RunId& run)
    : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::Status Leases::CheckWritable() const {
  if (transaction_ == nullptr) {
    return FailedPrecondition("this Leases is on a read-only view: write through one on a",
                              " Transaction");
  }
  return absl::OkStatus();
}

absl::StatusOr<Timestamp> Leases::ExpiryOf(std::chrono::microseconds ttl) const {
  if (ttl.count() <= 0) {
    return InvalidArgument("the time of a lease is not above zero: release it instead");
  }
  return Timestamp(reader_->now().micros() + static_cast<std::uint64_t>(ttl.count()));
}

absl::StatusOr<std::optional<Lease>> Leases::Get(std::string_view name) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<state::LeaseImage> lease,
                         ReadLease(*reader_, run_, name));
  if (!lease.has_value() || !lease->HeldAt(reader_->now())) return std::nullopt;
  return Lease{.owner = lease->owner, .token = lease->token, .expires = lease->expires};
}

absl::StatusOr<std::optional<Lease>> Leases::Acquire(std::string_view name, std::string_view owner,
                                                     std::chrono::microseconds ttl) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(state::CheckOwner(owner));
  VARVE_ASSIGN_OR_RETURN(const Timestamp expires, ExpiryOf(ttl));
  VARVE_ASSIGN_OR_RETURN(const std::optional<state::LeaseImage> lease,
                         ReadLease(*reader_, run_, name));
  if (lease.has_value() && lease->HeldAt(reader_->now())) return std::nullopt;
  const std::uint64_t token = lease.has_value() ? lease->token + 1 : 1;
  const std::string payload = state::EncodeAcquire(token, expires, name, owner);
  VARVE_RETURN_IF_ERROR(
      transaction_->Write({.type = kStateLeaseAcquire, .run = run_, .payload = payload}));
  return Lease{.owner = owner, .token = token, .expires = expires};
}

absl::StatusOr<std::optional<Lease>> Leases::Renew(std::string_view name, std::uint64_t token,
                                                   std::chrono::microseconds ttl) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_ASSIGN_OR_RETURN(const Timestamp expires, ExpiryOf(ttl));
  VARVE_ASSIGN_OR_RETURN(std::optional<Lease> lease, Get(name));
  if (!lease.has_value() || lease->token != token) return std::nullopt;
  const std::string payload = state::EncodeRenew(token, expires, name);
  VARVE_RETURN_IF_ERROR(
      transaction_->Write({.type = kStateLeaseRenew, .run = run_, .payload = payload}));
  return Get(name);
}

absl::StatusOr<bool> Leases::Release(std::string_view name, std::uint64_t token) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_ASSIGN_OR_RETURN(const std::optional<Lease> lease, Get(name));
  if (!lease.has_value() || lease->token != token) return false;
  const std::string payload = state::EncodeRelease(token, name);
  VARVE_RETURN_IF_ERROR(
      transaction_->Write({.type = kStateLeaseRelease, .run = run_, .payload = payload}));
  return true;
}

}  // namespace varve
