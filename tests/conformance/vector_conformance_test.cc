#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/vector/vector.h"
#include "primitives/vector/vector_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

constexpr VectorShape kShapes[] = {{.dimension = 1, .metric = VectorMetric::kDot},
                                   {.dimension = 4, .metric = VectorMetric::kCosine},
                                   {.dimension = 3, .metric = VectorMetric::kL2}};

std::string AnyKey(std::mt19937_64& random) {
  const std::uint64_t choice = random() % 8;
  if (choice == 0) return std::string(kKeyBytesMax, 'L');
  if (choice == 1) return std::string("\0\xFF\n", 3);
  return "key/" + std::to_string(choice);
}

std::string AnyMetadata(std::mt19937_64& random) {
  if (random() % 2 == 0) return "";
  return R"({"n":)" + std::to_string(random() % 100) + "}";
}

std::vector<float> AnyVector(std::mt19937_64& random, std::size_t dimension) {
  std::vector<float> vector(dimension);
  for (float& component : vector) component = 1.0f + static_cast<float>(random() % 100);
  return vector;
}

// A rule of the primitive's own said no: no fault.
absl::Status OrRefused(const absl::Status& status) {
  if (absl::IsAlreadyExists(status) || absl::IsNotFound(status)) return absl::OkStatus();
  return status;
}

absl::Status Operate(Transaction& transaction, const RunId& run, std::mt19937_64& random) {
  Vectors vectors(transaction, run);
  const std::uint64_t which = random() % std::size(kShapes);
  const std::string collection = "collection " + std::to_string(which);
  const VectorShape& shape = kShapes[which];
  const absl::Status created = OrRefused(vectors.Create(collection, shape));
  if (!created.ok()) return created;
  const std::string key = AnyKey(random);
  const std::vector<float> vector = AnyVector(random, shape.dimension);
  switch (random() % 9) {
    case 0:
      return OrRefused(vectors.Insert(collection, key, vector, AnyMetadata(random)));
    case 1:
      return OrRefused(vectors.Update(collection, key, vector));
    case 2:
      return OrRefused(vectors.SetMetadata(collection, key, AnyMetadata(random)));
    case 3:
      return vectors.Delete(collection, key).status();
    case 4:
      return random() % 4 == 0 ? vectors.Drop(collection) : absl::OkStatus();
    case 5: {
      const std::string other = key + "x";
      const VectorItem items[] = {{.key = "key/2", .vector = vector},
                                  {.key = "key/9", .vector = vector, .metadata = "{}"}};
      return vectors.UpsertMany(collection, items);
    }
    case 6:
      return vectors.Search(collection, vector, {.k = 3}).status();
    default:
      return vectors.Upsert(collection, key, vector, AnyMetadata(random));
  }
}

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
      .operate = Operate,
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
