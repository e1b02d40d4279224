// What the vector handle takes and gives: plain values, all of them the caller's own.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_TYPES_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/ids.h"
#include "primitives/vector/vector_filter.h"

namespace varve {

inline constexpr std::size_t kVectorDimensionMax = 8192;
inline constexpr std::size_t kVectorMetadataBytesMax = std::size_t{64} << 10;
inline constexpr std::size_t kVectorMetadataDepthMax = 32;  // objects and arrays within each other
inline constexpr std::size_t kVectorSearchResultsMax = 65536;
inline constexpr std::size_t kVectorSearchQueriesMax = 4096;
inline constexpr std::size_t kVectorSearchThreadsMax = 256;

// How alike two vectors are. A score is higher where they are more alike.
enum class VectorMetric : std::uint8_t {
  kCosine = 1,  // -1 to 1; a vector of zeros has no direction and is refused
  kDot = 2,     // the inner product
  kL2 = 3,      // 1 / (1 + Euclidean distance): above 0, 1 for the same vector
};

// "cosine", "dot", "l2".
[[nodiscard]] std::string_view VectorMetricName(VectorMetric metric);
[[nodiscard]] std::optional<VectorMetric> ParseVectorMetric(std::string_view name);

// Fixed when a collection is created.
struct VectorShape {
  std::size_t dimension = 0;  // 1 to kVectorDimensionMax
  VectorMetric metric = VectorMetric::kCosine;
  friend bool operator==(const VectorShape&, const VectorShape&) = default;
};

// Of a store: given when the primitive is registered (VectorPrimitive).
struct VectorOptions {
  // Whether vectors are held in memory once more, a byte a component and 16 bytes a row, which
  // makes a search for one query in a large collection two to three times as fast. The answers are
  // the same, bit for bit.
  bool shadow = true;
  // Collections of fewer rows are searched without it: too many of them are among the best for a
  // while for it to exclude much.
  std::size_t shadow_rows_min = 8192;
};

struct VectorCollection {
  std::string name{};
  VectorShape shape{};
  Lsn created{};  // Lsn() where this transaction created it
  Timestamp created_time{};
};

// One vector of a batch. Borrows from the caller.
struct VectorItem {
  std::string_view key{};
  std::span<const float> vector{};
  std::string_view metadata{};  // a JSON object, or empty for none
};

struct VectorRow {
  std::string key{};
  std::vector<float> vector{};  // as it was written, bit for bit; empty where it was not asked for
  std::string metadata{};       // as it was written; empty where there is none
  Lsn lsn{};                    // of the transaction that wrote it
  Timestamp commit_time{};
};

struct VectorScanOptions {
  std::string_view prefix{};     // only keys that start with it
  std::string_view after{};      // only keys behind this one: the last of the page before
  std::uint64_t limit = 1000;    // at least 1
  bool include_vectors = false;  // costs a copy each
};

struct VectorSearchOptions {
  std::size_t k = 10;                // how many at most; 1 to kVectorSearchResultsMax
  std::optional<float> threshold{};  // only scores of at least this
  VectorFilter filter{};             // only rows whose metadata match; as made: all
  bool include_vectors = false;
  bool include_metadata = true;
  // How many threads work on it, the caller's included; 0: as many as the machine has, one where
  // there is little to do. The answer is the same, bit for bit.
  std::size_t threads = 0;
  // In a transaction: whether Commit answers kAborted where another transaction has changed
  // anything in the collection since. It costs a walk over the collection's rows. Without it only
  // the rows that were found are so guarded.
  bool guard_collection = true;
};

struct VectorHit {
  std::string key{};
  float score = 0;
  std::vector<float> vector{};  // with include_vectors
  std::string metadata{};       // with include_metadata
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_TYPES_H_
