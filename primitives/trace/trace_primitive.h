// Trace as the kernel sees it: the state machine behind the typed handle of trace.h.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_PRIMITIVE_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_PRIMITIVE_H_

#include "kernel/primitive.h"

namespace varve {

// On disk: docs/format/registry.md, docs/format/trace.md.
inline constexpr PrimitiveId kTraceId{5};

// TraceRecord: there is a new span.
inline constexpr EntryType kTraceRecord = 0x50;
// TraceFinish: a span has ended.
inline constexpr EntryType kTraceFinish = 0x51;
// TraceAnnotate: a span has other tags and attributes.
inline constexpr EntryType kTraceAnnotate = 0x52;
// TraceDelete: a span and everything below it is gone.
inline constexpr EntryType kTraceDelete = 0x53;

// span id -> the span.
inline constexpr TableId kTraceSpans{kTraceId, 0};
// (parent, start, span id) -> nothing: children in the order of time. Roots have the parent 0.
inline constexpr TableId kTraceChildren{kTraceId, 1};
// (start, span id) -> nothing.
inline constexpr TableId kTraceTimes{kTraceId, 2};
// (kind, start, span id) -> nothing.
inline constexpr TableId kTraceKinds{kTraceId, 3};
// (tag, start, span id) -> nothing.
inline constexpr TableId kTraceTags{kTraceId, 4};
// kind -> how many spans; no row where none.
inline constexpr TableId kTraceCounts{kTraceId, 5};

// Invariants of the tables, after every entry:
//   (I1) a span's parent is a span, or none: spans are a forest (an id is recorded once, after its
//        parent, and a span is deleted with everything below it);
//   (I2) a span has exactly one line in each of children, times and kinds, and one for each tag;
//   (I3) counts are the number of spans.
//
// Whatever depends on state is decided by Apply: whether a parent exists, whether a span has ended.
// So recording below a busy parent never conflicts; where two transactions meet, the kernel applies
// again, and what then no longer holds is refused by Commit with Apply's error
// (docs/decisions/0038).
class TracePrimitive final : public Primitive {
 public:
  TracePrimitive();

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const override;
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override;
  [[nodiscard]] absl::Status CheckRows(ReadView& view,
                                       const CheckProgress& progress) const override;

 private:
  PrimitiveSpec spec_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_PRIMITIVE_H_
