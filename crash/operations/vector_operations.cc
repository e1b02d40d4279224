// Three collections of different shapes.
#include <string>
#include <vector>

#include "crash/allocations/allocation_fault.h"
#include "crash/operations/operations.h"
#include "kernel/base/limits.h"
#include "primitives/vector/vector.h"
#include "primitives/vector/vector_primitive.h"

namespace varve::crash {
namespace {

constexpr VectorShape kShapes[] = {{.dimension = 1, .metric = VectorMetric::kDot},
                                   {.dimension = 4, .metric = VectorMetric::kCosine},
                                   {.dimension = 3, .metric = VectorMetric::kL2}};

std::string AnyKey(Decisions& random) {
  const std::uint64_t choice = random.Below(8);
  if (choice == 0) return std::string(kKeyBytesMax, 'L');
  if (choice == 1) return std::string("\0\xFF\n", 3);
  return "key/" + std::to_string(choice);
}

std::string AnyMetadata(Decisions& random) {
  if (random.Below(2) == 0) return "";
  return R"({"n":)" + std::to_string(random.Below(100)) + "}";
}

std::vector<float> AnyVector(Decisions& random, std::size_t dimension) {
  std::vector<float> vector(dimension);
  for (float& component : vector) component = 1.0f + static_cast<float>(random.Below(100));
  return vector;
}

// A rule of the primitive's own said no: no fault.
absl::Status OrRefused(const absl::Status& status) {
  if (absl::IsAlreadyExists(status) || absl::IsNotFound(status)) return absl::OkStatus();
  return status;
}

}  // namespace

absl::Status OperateVector(Transaction& transaction, const RunId& run, Decisions& random) {
  const AllocationsSucceed always;  // metadata are read into nlohmann's values (docs/limits.md)
  Vectors vectors(transaction, run);
  const std::uint64_t which = random.Below(std::size(kShapes));
  const std::string collection = "collection " + std::to_string(which);
  const VectorShape& shape = kShapes[which];
  const absl::Status created = OrRefused(vectors.Create(collection, shape));
  if (!created.ok()) return created;
  const std::string key = AnyKey(random);
  const std::vector<float> vector = AnyVector(random, shape.dimension);
  switch (random.Below(9)) {
    case 0:
      return OrRefused(vectors.Insert(collection, key, vector, AnyMetadata(random)));
    case 1:
      return OrRefused(vectors.Update(collection, key, vector));
    case 2:
      return OrRefused(vectors.SetMetadata(collection, key, AnyMetadata(random)));
    case 3:
      return vectors.Delete(collection, key).status();
    case 4:
      return random.Below(4) == 0 ? vectors.Drop(collection) : absl::OkStatus();
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

}  // namespace varve::crash
