// Cursors: where a page ended, and which question it belongs to. Bytes of one process to the next,
// never stored. They hold nothing of a reader, so they outlive it.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_CURSOR_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_CURSOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "primitives/trace/span_query.h"
#include "primitives/trace/trace_index.h"

namespace varve::trace {

// The direction, then the position of the last span given.
[[nodiscard]] std::string MakeCursor(const SpanQuery& query, const Position& last);
// kInvalidArgument: no cursor, of the other direction, or outside the times of the query.
[[nodiscard]] absl::StatusOr<Position> ParseCursor(const SpanQuery& query);

struct TreePlace {
  SpanId span{};
  std::uint64_t depth = 0;
};
// A mark, the root, then the last span given and its depth.
[[nodiscard]] std::string MakeTreeCursor(const TreeQuery& query, const TreePlace& last);
// kInvalidArgument: no cursor, of another root, or deeper than the query goes.
[[nodiscard]] absl::StatusOr<TreePlace> ParseTreeCursor(const TreeQuery& query);

}  // namespace varve::trace

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_CURSOR_H_
