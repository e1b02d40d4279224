#include <memory>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "primitives/state/lease.h"
#include "primitives/state/state.h"
#include "primitives/state/state_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

absl::Status OperateOnLease(Transaction& transaction, const RunId& run, std::mt19937_64& random) {
  Leases leases(transaction, run);
  const std::string name = "lease/" + std::to_string(random() % 3);
  const std::uint64_t token = 1 + random() % 5;
  // From a moment to a while: some are found expired, as the clock goes on with every look.
  const std::chrono::microseconds ttl(1 + random() % 50);
  switch (random() % 4) {
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

absl::Status Operate(Transaction& transaction, const RunId& run, std::mt19937_64& random) {
  Cells cells(transaction, run);
  const std::string name = "cell/" + std::to_string(random() % 4);
  const std::string value = std::to_string(random() % 1000);
  const std::uint64_t version = 1 + random() % 4;
  switch (random() % 9) {
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

Subject StateSubject() {
  const auto set = [](std::size_t name_bytes, std::size_t value_bytes) {
    return [=](Transaction& transaction, const RunId& run) {
      return Cells(transaction, run)
          .Set(std::string(name_bytes, 'n'), std::string(value_bytes, 'v'))
          .status();
    };
  };
  const auto acquire = [](std::size_t name_bytes, std::size_t owner_bytes, int micros) {
    return [=](Transaction& transaction, const RunId& run) {
      return Leases(transaction, run)
          .Acquire(std::string(name_bytes, 'n'), std::string(owner_bytes, 'o'),
                   std::chrono::microseconds(micros))
          .status();
    };
  };
  return {.make = [] { return std::make_unique<StatePrimitive>(); },
          .operate = Operate,
          .refusals = {
              {"an empty name", set(0, 1)},
              {"a name past the limit", set(kKeyBytesMax + 1, 1)},
              {"a value past the limit", set(1, kValueBytesMax + 1)},
              {"a delete of an empty name",
               [](Transaction& transaction, const RunId& run) {
                 return Cells(transaction, run).Delete("");
               }},
              {"a lease without a name", acquire(0, 1, 1)},
              {"a lease name past the limit", acquire(kKeyBytesMax + 1, 1, 1)},
              {"a lease without an owner", acquire(1, 0, 1)},
              {"an owner past the limit", acquire(1, kNameBytesMax + 1, 1)},
              {"a lease for no time", acquire(1, 1, 0)},
          }};
}

VARVE_PRIMITIVE_CONFORMANCE(State, StateSubject());

}  // namespace
}  // namespace varve
