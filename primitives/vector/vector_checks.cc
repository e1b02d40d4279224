#include "primitives/vector/vector_checks.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/escaping.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve {

std::string_view VectorMetricName(VectorMetric metric) {
  switch (metric) {
    case VectorMetric::kCosine:
      return "cosine";
    case VectorMetric::kDot:
      return "dot";
    case VectorMetric::kL2:
      return "l2";
  }
  return "?";
}

std::optional<VectorMetric> ParseVectorMetric(std::string_view name) {
  for (const VectorMetric metric : {VectorMetric::kCosine, VectorMetric::kDot, VectorMetric::kL2}) {
    if (VectorMetricName(metric) == name) return metric;
  }
  return std::nullopt;
}

namespace vector {

namespace {

absl::Status CheckLength(std::string_view what, std::size_t bytes, std::size_t most) {
  if (bytes == 0) {
    return InvalidArgument("the ", what, " is empty: it has 1 to ", most, " bytes");
  }
  if (bytes > most) {
    return ResourceExhausted("the ", what, " has ", bytes, " bytes, more than the limit of ", most);
  }
  return absl::OkStatus();
}

}  // namespace

std::string Shown(std::string_view bytes) {
  constexpr std::size_t kBytesMax = 64;
  std::string shown = absl::CHexEscape(ToAbsl(bytes.substr(0, kBytesMax)));
  return bytes.size() > kBytesMax ? shown + "..." : shown;
}

absl::Status CheckName(std::string_view collection) {
  return CheckLength("name of the vector collection", collection.size(), kNameBytesMax);
}

absl::Status CheckKey(std::string_view key) {
  return CheckLength("key of the vector", key.size(), kKeyBytesMax);
}

absl::Status CheckShape(const VectorShape& shape) {
  if (shape.dimension == 0) {
    return InvalidArgument("a vector collection needs a dimension of 1 to ", kVectorDimensionMax);
  }
  if (shape.dimension > kVectorDimensionMax) {
    return ResourceExhausted("the dimension ", shape.dimension, " is more than the limit of ",
                             kVectorDimensionMax);
  }
  const auto metric = static_cast<std::uint8_t>(shape.metric);
  if (metric < 1 || metric > 3) return InvalidArgument("there is no vector metric ", metric);
  return absl::OkStatus();
}

absl::Status CheckVector(const VectorShape& shape, std::span<const float> vector) {
  if (vector.size() != shape.dimension) {
    return InvalidArgument("the vector has ", vector.size(), " components, the collection has ",
                           shape.dimension);
  }
  bool only_zeros = true;
  for (std::size_t at = 0; at < vector.size(); ++at) {
    if (!std::isfinite(vector[at])) {
      return InvalidArgument("component ", at, " of the vector is not a finite number");
    }
    only_zeros = only_zeros && vector[at] == 0;
  }
  if (only_zeros && shape.metric == VectorMetric::kCosine) {
    return InvalidArgument("the vector is all zeros and has no direction, which the metric cosine",
                           " compares");
  }
  return absl::OkStatus();
}

absl::Status CheckSearch(const VectorShape& shape, std::span<const float> queries,
                         const VectorSearchOptions& options) {
  const std::size_t count = queries.size() / shape.dimension;
  if (queries.size() % shape.dimension != 0) {
    return InvalidArgument(queries.size(), " components are no whole number of queries of ",
                           shape.dimension);
  }
  if (count > kVectorSearchQueriesMax) {
    return ResourceExhausted(count, " queries at once are more than the limit of ",
                             kVectorSearchQueriesMax);
  }
  if (options.k == 0)
    return InvalidArgument("a search for the best 0 finds nothing: k is 1 or more");
  if (options.k > kVectorSearchResultsMax) {
    return ResourceExhausted("k is ", options.k, ", more than the limit of ",
                             kVectorSearchResultsMax);
  }
  if (options.threads > kVectorSearchThreadsMax) {
    return ResourceExhausted(options.threads, " threads are more than the limit of ",
                             kVectorSearchThreadsMax);
  }
  if (options.threshold.has_value() && std::isnan(*options.threshold)) {
    return InvalidArgument("the threshold is not a number");
  }
  VARVE_RETURN_IF_ERROR(options.filter.Check());
  for (std::size_t query = 0; query < count; ++query) {
    VARVE_RETURN_IF_ERROR(
        CheckVector(shape, queries.subspan(query * shape.dimension, shape.dimension)));
  }
  return absl::OkStatus();
}

}  // namespace vector
}  // namespace varve
