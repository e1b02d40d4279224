#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "crash/operations/operations.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/vector/vector.h"
#include "primitives/vector/vector_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

Subject VectorSubject() {
  // A call on a collection of dimension 2 that is made for it, so that only the call is refused.
  const auto with = [](std::vector<float> vector, std::string key, std::string metadata) {
    return [vector = std::move(vector), key = std::move(key), metadata = std::move(metadata)](
               Transaction& transaction, const RunId& run) {
      return Vectors(transaction, run).Upsert("collection 2", key, vector, metadata);
    };
  };
  const auto create = [](std::string name, VectorShape shape) {
    return [name = std::move(name), shape](Transaction& transaction, const RunId& run) {
      return Vectors(transaction, run).Create(name, shape);
    };
  };
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  return {
      .make = [] { return std::make_unique<VectorPrimitive>(); },
      .operate = crash::OperateVector,
      .refusals = {
          {"an empty name", create("", {.dimension = 1})},
          {"a name past the limit", create(std::string(kNameBytesMax + 1, 'n'), {.dimension = 1})},
          {"no dimension", create("new", {.dimension = 0})},
          {"a dimension past the limit", create("new", {.dimension = kVectorDimensionMax + 1})},
          {"an empty key", with({1, 2, 3}, "", "")},
          {"a key past the limit", with({1, 2, 3}, std::string(kKeyBytesMax + 1, 'k'), "")},
          {"a component too few", with({1, 2}, "k", "")},
          {"a component that is no number", with({1, 2, kNan}, "k", "")},
          {"metadata that are no object", with({1, 2, 3}, "k", "[]")},
          {"a drop of what is not there",
           [](Transaction& transaction, const RunId& run) {
             return Vectors(transaction, run).Drop("nowhere");
           }},
      }};
}

VARVE_PRIMITIVE_CONFORMANCE(Vector, VectorSubject());

}  // namespace
}  // namespace varve
