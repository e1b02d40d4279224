#include "primitives/state/lease.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/varve_state.h"

namespace varve_c {
namespace {

absl::Status CheckLease(const void* handle, const char* handle_name, const varve_slice& name,
                        const varve_lease* lease, const varve_bool* held) {
  return Arguments()
      .Given(handle, handle_name)
      .Bytes(name, "name")
      .Out(lease, "lease")
      .Given(held, "held")
      .status();
}

void GiveLease(const std::optional<Lease>& known, varve_lease* lease, varve_bool* held) {
  *held = known.has_value() ? 1 : 0;
  if (!known.has_value()) return;
  varve_lease answer{};
  answer.owner = SliceOf(known->owner);
  answer.token = known->token;
  answer.expires = known->expires.micros();
  GiveStruct(answer, lease);
}

}  // namespace

extern "C" {

varve_status varve_lease_get(varve_reader* reader, const varve_uuid* run, varve_slice name,
                             varve_lease* lease, varve_bool* held, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckLease(reader, "reader", name, lease, held));
    VARVE_ASSIGN_OR_RETURN(const std::optional<Lease> known,
                           Leases(*reader->reader, RunOf(run)).Get(TextOf(name)));
    GiveLease(known, lease, held);
    return absl::OkStatus();
  });
}

varve_status varve_lease_acquire(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                 varve_slice owner, uint64_t ttl_us, varve_lease* lease,
                                 varve_bool* held, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckLease(txn, "txn", name, lease, held));
    VARVE_RETURN_IF_ERROR(Arguments().Bytes(owner, "owner").status());
    VARVE_ASSIGN_OR_RETURN(const std::optional<Lease> known,
                           Leases(*txn->transaction, RunOf(run))
                               .Acquire(TextOf(name), TextOf(owner), MicrosecondsOf(ttl_us)));
    GiveLease(known, lease, held);
    return absl::OkStatus();
  });
}

varve_status varve_lease_renew(varve_txn* txn, const varve_uuid* run, varve_slice name,
                               uint64_t token, uint64_t ttl_us, varve_lease* lease,
                               varve_bool* held, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckLease(txn, "txn", name, lease, held));
    VARVE_ASSIGN_OR_RETURN(
        const std::optional<Lease> known,
        Leases(*txn->transaction, RunOf(run)).Renew(TextOf(name), token, MicrosecondsOf(ttl_us)));
    GiveLease(known, lease, held);
    return absl::OkStatus();
  });
}

varve_status varve_lease_release(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                 uint64_t token, varve_bool* released, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(txn, "txn").Bytes(name, "name").Given(released, "released").status());
    VARVE_ASSIGN_OR_RETURN(const bool known,
                           Leases(*txn->transaction, RunOf(run)).Release(TextOf(name), token));
    *released = known ? 1 : 0;
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
