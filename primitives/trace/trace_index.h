// Keys of the tables of Trace. Normative text: docs/format/trace.md, TRACE-9.
//
// Every index of spans ends its keys with the same 16 bytes, a Position: start, then span id, both
// big-endian. So all of them are in the order of time, and intersecting them is merging.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_INDEX_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_INDEX_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "primitives/trace/span.h"

namespace varve::trace {

// Where a span stands in the order of time.
struct Position {
  Timestamp start{};
  SpanId span{};
  friend constexpr auto operator<=>(const Position&, const Position&) = default;
};
inline constexpr std::size_t kPositionBytes = 16;

void AppendPosition(std::string& to, const Position& position);
// The position that ends `key`. kDataLoss: the key is too short to have one.
[[nodiscard]] absl::StatusOr<Position> PositionAtEnd(std::string_view key);

// The key of a span's row.
[[nodiscard]] std::string SpanKey(SpanId span);
[[nodiscard]] absl::StatusOr<SpanId> ParseSpanKey(std::string_view key);

// What stands before the position in each index.
[[nodiscard]] std::string ChildrenPrefix(SpanId parent);  // SpanId(): the roots
[[nodiscard]] std::string KindPrefix(SpanKind kind);
[[nodiscard]] std::string TagPrefix(std::string_view tag);

[[nodiscard]] std::string WithPosition(std::string prefix, const Position& position);

// The key of a count.
[[nodiscard]] std::string CountKey(SpanKind kind);
[[nodiscard]] std::string EncodeCount(std::uint64_t count);
[[nodiscard]] absl::StatusOr<std::uint64_t> DecodeCount(std::string_view value);

}  // namespace varve::trace

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_INDEX_H_
