// What can be asked of the spans of a run, and the pages that answer. Part of trace.h: include
// that.
#ifndef VARVE_PRIMITIVES_TRACE_SPAN_QUERY_H_
#define VARVE_PRIMITIVES_TRACE_SPAN_QUERY_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "primitives/trace/span.h"

namespace varve {

// Which spans; everything that is set must hold. Parent, kind, tags and times are looked up in
// indexes and intersected there; name and finished are then asked of each span that is left.
struct SpanQuery {
  std::optional<SpanId> parent{};  // its children; SpanId(): the roots
  std::optional<SpanKind> kind{};
  std::vector<std::string> tags{};   // spans that have every one of them
  Timestamp from{};                  // started at this moment or later
  std::optional<Timestamp> until{};  // started before this moment
  std::optional<std::string> name{};
  std::optional<bool> finished{};  // true: has an end; false: has none yet

  bool reverse = false;        // the latest start first, instead of the earliest
  std::uint64_t limit = 1000;  // spans of one page; at least 1
  // SpanPage::cursor of an earlier page of the same query: goes on behind it, also in another
  // transaction or view. Anything else: kInvalidArgument.
  std::string cursor{};
};

// Spans in the order of their starts, those that start together in the order of their ids.
struct SpanPage {
  std::vector<Span> spans{};
  std::string cursor{};  // to go on with: opaque bytes; empty where nothing is left
};

struct TreeQuery {
  SpanId root{};  // whose tree; SpanId(): those of all roots, one after the other
  std::uint64_t depth_max = std::numeric_limits<std::uint64_t>::max();  // the root has depth 0
  std::uint64_t limit = 1000;  // spans of one page; at least 1
  // TreePage::cursor of an earlier page of the same query. Anything else: kInvalidArgument. Where
  // the span that ended that page has been deleted since: kFailedPrecondition, begin again.
  std::string cursor{};
};

struct TreeSpan {
  Span span{};
  std::uint64_t depth = 0;
};

// Each span before its children, children in the order of their starts.
struct TreePage {
  std::vector<TreeSpan> spans{};
  std::string cursor{};
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_TRACE_SPAN_QUERY_H_
