// A few cells, and leases on them.
#include <chrono>
#include <string>

#include "crash/operations/operations.h"
#include "primitives/state/lease.h"
#include "primitives/state/state.h"
#include "primitives/state/state_primitive.h"

namespace varve::crash {
namespace {

absl::Status OperateOnLease(Transaction& transaction, const RunId& run, Decisions& random) {
  Leases leases(transaction, run);
  const std::string name = "lease/" + std::to_string(random.Below(3));
  const std::uint64_t token = 1 + random.Below(5);
  // From a moment to a while: some are found expired, as the clock goes on with every look.
  const std::chrono::microseconds ttl(1 + random.Below(50));
  switch (random.Below(4)) {
    case 0:
      return leases.Renew(name, token, ttl).status();
    case 1:
      return leases.Release(name, token).status();
    case 2:
      return Cells(transaction, run).SetWithLease("guarded", "value", name, token).status();
    default:
      return leases.Acquire(name, "owner", ttl).status();
  }
}

}  // namespace

absl::Status OperateState(Transaction& transaction, const RunId& run, Decisions& random) {
  Cells cells(transaction, run);
  const std::string name = "cell/" + std::to_string(random.Below(4));
  const std::string value = std::to_string(random.Below(1000));
  const std::uint64_t version = 1 + random.Below(4);
  switch (random.Below(9)) {
    case 0:
      return cells.Init(name, value).status();
    case 1:
      return cells.CompareAndSet(name, version, value).status();
    case 2:
      return cells.CompareAndDelete(name, version).status();
    case 3:
      return cells.Delete(name);
    case 4: {
      const auto next = [](std::string_view old) -> absl::StatusOr<std::string> {
        return std::string(old) + "+";
      };
      return cells.Transition(name, next).status();
    }
    case 5:
    case 6:
    case 7:
      return OperateOnLease(transaction, run, random);
    default:
      return cells.Set(name, value).status();
  }
}

}  // namespace varve::crash
