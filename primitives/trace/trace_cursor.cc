#include "primitives/trace/trace_cursor.h"

#include "kernel/base/codec.h"
#include "kernel/base/status.h"

namespace varve::trace {

namespace {

constexpr char kForwardMark = 'F';
constexpr char kReverseMark = 'R';
constexpr char kTreeMark = 'T';
constexpr std::size_t kTreeCursorBytes = 1 + 3 * sizeof(std::uint64_t);

char MarkOf(const SpanQuery& query) { return query.reverse ? kReverseMark : kForwardMark; }

absl::Status ForeignCursor() {
  return InvalidArgument("the cursor belongs to another query: give it to the one whose page it",
                         " came with");
}

}  // namespace

std::string MakeCursor(const SpanQuery& query, const Position& last) {
  return WithPosition(std::string(1, MarkOf(query)), last);
}

absl::StatusOr<Position> ParseCursor(const SpanQuery& query) {
  if (query.cursor.size() != 1 + kPositionBytes || query.cursor.front() != MarkOf(query)) {
    return ForeignCursor();
  }
  VARVE_ASSIGN_OR_RETURN(const Position last, PositionAtEnd(query.cursor));
  if (last.span.is_none() || last.start < query.from) return ForeignCursor();
  if (query.until.has_value() && last.start >= *query.until) return ForeignCursor();
  return last;
}

std::string MakeTreeCursor(const TreeQuery& query, const TreePlace& last) {
  std::string cursor(1, kTreeMark);
  AppendBigEndian64(cursor, query.root.value());
  AppendBigEndian64(cursor, last.span.value());
  AppendBigEndian64(cursor, last.depth);
  return cursor;
}

absl::StatusOr<TreePlace> ParseTreeCursor(const TreeQuery& query) {
  const std::string& cursor = query.cursor;
  if (cursor.size() != kTreeCursorBytes || cursor.front() != kTreeMark) return ForeignCursor();
  const char* const fields = cursor.data() + 1;
  if (SpanId(LoadBigEndian64(fields)) != query.root) return ForeignCursor();
  const TreePlace last{.span = SpanId(LoadBigEndian64(fields + 8)),
                       .depth = LoadBigEndian64(fields + 16)};
  if (last.span.is_none() || last.depth > query.depth_max) return ForeignCursor();
  return last;
}

}  // namespace varve::trace
