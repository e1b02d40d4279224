#include <memory>
#include <random>
#include <string>

#include "crash/operations/operations.h"
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
          .operate = crash::OperateState,
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
