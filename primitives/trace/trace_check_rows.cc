// TracePrimitive::CheckRows: I1 to I3 of trace_primitive.h. A circle of parents, which no entry can
// make, is not looked for: it would take the memory of all spans.
#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "kernel/row_walk.h"
#include "primitives/trace/trace_index.h"
#include "primitives/trace/trace_payload.h"
#include "primitives/trace/trace_primitive.h"

namespace varve {

namespace {

using trace::Position;
using trace::RowImage;

absl::Status Bad(SpanId span, std::string_view fault) {
  return Broken("span ", span.ToString(), ": ", fault);
}

// Every span: what it says, its parent, its lines; and how many of each kind its run has.
class SpansCheck final {
 public:
  explicit SpansCheck(RowWalk& walk) : walk_(walk) {}

  absl::Status Add(const RunId& run, const Row& row) {
    if (!begun_ || run != run_) {
      VARVE_RETURN_IF_ERROR(Finish());
      begun_ = true;
      run_ = run;
      counts_.fill(0);
    }
    return InRun(CheckSpan(row), run_);
  }

  // The run that was looked at last has no more spans.
  absl::Status Finish() {
    if (!begun_) return absl::OkStatus();
    for (const SpanKind kind : kSpanKinds) {
      VARVE_RETURN_IF_ERROR(InRun(CheckCount(kind), run_));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status CheckSpan(const Row& row) {
    VARVE_ASSIGN_OR_RETURN(const SpanId span, trace::ParseSpanKey(row.key));
    if (span.is_none()) return Broken("a span has the id 0");
    const absl::StatusOr<RowImage> image = trace::DecodeRow(row.value);
    if (!image.ok()) return Bad(span, FromAbsl(image.status().message()));
    ++counts_[static_cast<std::size_t>(image->kind)];
    if (!image->parent.is_none()) {
      VARVE_ASSIGN_OR_RETURN(const bool there,
                             walk_.Has(kTraceSpans, run_, trace::SpanKey(image->parent)));
      if (!there) return Bad(span, "its parent " + image->parent.ToString() + " does not exist");
    }
    return CheckLines(span, *image);
  }

  absl::Status CheckLines(SpanId span, const RowImage& image) {
    const Position at{.start = image.start, .span = span};
    VARVE_RETURN_IF_ERROR(
        CheckLine(kTraceChildren, trace::ChildrenPrefix(image.parent), at, "below its parent"));
    VARVE_RETURN_IF_ERROR(CheckLine(kTraceTimes, "", at, "by time"));
    VARVE_RETURN_IF_ERROR(CheckLine(kTraceKinds, trace::KindPrefix(image.kind), at, "by its kind"));
    for (const std::string_view tag : image.tags) {
      VARVE_RETURN_IF_ERROR(CheckLine(kTraceTags, trace::TagPrefix(tag), at, "by a tag"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckLine(TableId table, std::string prefix, const Position& at,
                         std::string_view how) {
    VARVE_ASSIGN_OR_RETURN(const bool there,
                           walk_.Has(table, run_, trace::WithPosition(std::move(prefix), at)));
    return there ? absl::OkStatus() : Bad(at.span, "it is not found " + std::string(how));
  }

  absl::Status CheckCount(SpanKind kind) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                           walk_.view().Get(kTraceCounts, run_, trace::CountKey(kind)));
    std::uint64_t count = 0;
    if (row.has_value()) {
      VARVE_ASSIGN_OR_RETURN(count, trace::DecodeCount(row->value));
    }
    const std::uint64_t seen = counts_[static_cast<std::size_t>(kind)];
    if (count == seen) return absl::OkStatus();
    return Broken("the count of kind ", NameOf(kind), " is ", count, ", and there are ", seen);
  }

  RowWalk& walk_;
  bool begun_ = false;
  RunId run_;
  std::array<std::uint64_t, std::size(kSpanKinds) + 1> counts_{};  // by kind, from 1
};

absl::Status CheckSpans(RowWalk& walk) {
  SpansCheck spans(walk);
  VARVE_RETURN_IF_ERROR(walk.Visit(
      kTraceSpans, [&](const RunId& run, const Row& row) { return spans.Add(run, row); }));
  return spans.Finish();
}

// Whether a line that begins with `prefix` is one that the span has.
using IsLineOf = std::function<bool(std::string_view prefix, const RowImage& image)>;

// No line of `table` but those that spans have.
absl::Status CheckLinesOf(RowWalk& walk, TableId table, const IsLineOf& is_line_of) {
  return walk.Check(table, [&](const RunId& run, const Row& row) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const Position at, trace::PositionAtEnd(row.key));
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> span,
                           walk.view().Get(kTraceSpans, run, trace::SpanKey(at.span)));
    if (!span.has_value()) return Bad(at.span, "a line leads to it, and it does not exist");
    VARVE_ASSIGN_OR_RETURN(const RowImage image, trace::DecodeRow(span->value));
    const std::string_view prefix = row.key.substr(0, row.key.size() - trace::kPositionBytes);
    if (image.start == at.start && is_line_of(prefix, image)) return absl::OkStatus();
    return Bad(at.span, "a line leads to it by what it has not");
  });
}

// A count in a run without a span of the kind: the others have been compared.
absl::Status CheckCounts(RowWalk& walk) {
  return walk.Check(kTraceCounts, [&](const RunId& run, const Row& row) -> absl::Status {
    VARVE_RETURN_IF_ERROR(trace::DecodeCount(row.value).status());
    const auto scan = walk.view().Scan(kTraceKinds, run, KeyRange::Prefix(row.key));
    VARVE_RETURN_IF_ERROR(scan->status());
    if (row.key.size() == 1 && scan->valid()) return absl::OkStatus();
    return Broken("spans are counted of a kind that none has");
  });
}

}  // namespace

absl::Status TracePrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
  RowWalk walk(view, progress);
  VARVE_RETURN_IF_ERROR(CheckSpans(walk));
  VARVE_RETURN_IF_ERROR(
      CheckLinesOf(walk, kTraceChildren, [](std::string_view prefix, const RowImage& image) {
        return prefix == trace::ChildrenPrefix(image.parent);
      }));
  VARVE_RETURN_IF_ERROR(CheckLinesOf(
      walk, kTraceTimes,
      [](std::string_view prefix, const RowImage& /*image*/) { return prefix.empty(); }));
  VARVE_RETURN_IF_ERROR(
      CheckLinesOf(walk, kTraceKinds, [](std::string_view prefix, const RowImage& image) {
        return prefix == trace::KindPrefix(image.kind);
      }));
  VARVE_RETURN_IF_ERROR(
      CheckLinesOf(walk, kTraceTags, [](std::string_view prefix, const RowImage& image) {
        return std::any_of(image.tags.begin(), image.tags.end(), [prefix](std::string_view tag) {
          return prefix == trace::TagPrefix(tag);
        });
      }));
  return CheckCounts(walk);
}

}  // namespace varve
