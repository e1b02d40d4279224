// What the handle refuses before anything is logged.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_CHECKS_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_CHECKS_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "primitives/vector/vector_metadata.h"
#include "primitives/vector/vector_search.h"
#include "primitives/vector/vector_types.h"

namespace varve::vector {

[[nodiscard]] absl::Status CheckName(std::string_view collection);
[[nodiscard]] absl::Status CheckKey(std::string_view key);
[[nodiscard]] absl::Status CheckShape(const VectorShape& shape);
// One vector for a collection of this shape.
[[nodiscard]] absl::Status CheckVector(const VectorShape& shape, std::span<const float> vector);
[[nodiscard]] absl::Status CheckSearch(const VectorShape& shape, std::span<const float> queries,
                                       const VectorSearchOptions& options);

// Bytes that users chose, as they can stand in a message.
[[nodiscard]] std::string Shown(std::string_view bytes);

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_CHECKS_H_
