// Finding the rows most like a query: over the matrix where it knows the view, over the table where
// it does not, and over what a transaction has written so far.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_SEARCH_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_SEARCH_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "primitives/vector/vector_types.h"

namespace varve::vector {

struct SearchRequest {
  RunId run{};
  std::string_view collection{};
  VectorShape shape{};
  std::span<const float> queries{};  // checked; one after the other
  const VectorSearchOptions* options = nullptr;
};

struct Answer {
  float score = 0;
  std::string key{};
};

// For each query its answers in their order. kDataLoss: a row that had to be read is damaged.
[[nodiscard]] absl::StatusOr<std::vector<std::vector<Answer>>> SearchCollection(
    Reader& reader, const SearchRequest& request);

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_SEARCH_H_
