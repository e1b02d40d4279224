#include "gmock/gmock.h"
#include "primitives/trace/trace.h"
#include "primitives/trace/trace_index.h"
#include "primitives/trace/trace_payload.h"
#include "primitives/trace/trace_primitive.h"
#include "tests/primitives/vandal.h"

namespace varve {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using trace::Position;
using trace::WithPosition;

constexpr RunId kRun({7});
constexpr SpanId kRoot(1);
constexpr SpanId kChild(2);
constexpr SpanId kGone(9);
constexpr Position kAt{.start = Timestamp(100), .span = kChild};

// A root and a child with two tags, in two runs.
class TraceCheckRows : public VandalizedStore<TracePrimitive> {
 protected:
  TraceCheckRows() { Fill(); }

  void Refill() {
    Open();
    Fill();
  }
  void Fill() {
    for (const RunId& run : {RunId(), kRun}) {
      Commit([&](Transaction& to) -> absl::Status {
        Trace trace(to, run);
        VARVE_RETURN_IF_ERROR(
            trace.Record({.id = kRoot, .kind = SpanKind::kDecision, .name = "root"}).status());
        const std::vector<std::string_view> tags = {"red", "tall"};
        return trace
            .Record({.id = kChild,
                     .kind = SpanKind::kQuery,
                     .name = "child",
                     .parent = kRoot,
                     .start = kAt.start,
                     .tags = tags})
            .status();
      });
    }
  }
  // The line is there; without it the check says `missing`, with `extra` beside it `not_its_own`.
  void ExpectBothWays(TableId table, const std::string& line, const std::string& extra) {
    Refill();
    DeleteRow(table, line, kRun);
    EXPECT_THAT(Fault(), HasSubstr("run " + kRun.ToString() + ": span " + kChild.ToString() +
                                   ": it is not found"));
    PutRow(table, line, "", kRun);
    EXPECT_THAT(Fault(), IsEmpty());
    PutRow(table, extra, "", kRun);
    EXPECT_THAT(Fault(), HasSubstr("a line leads to it by what it has not"));
  }
};

TEST_F(TraceCheckRows, FindsNothingInRowsAsTheyAreWritten) { EXPECT_THAT(Fault(), IsEmpty()); }

TEST_F(TraceCheckRows, FindsIndexesThatDisagreeWithTheSpansEitherWay) {
  ExpectBothWays(kTraceChildren, WithPosition(trace::ChildrenPrefix(kRoot), kAt),
                 WithPosition(trace::ChildrenPrefix(SpanId()), kAt));
  ExpectBothWays(kTraceTimes, WithPosition("", kAt),
                 WithPosition("", {.start = Timestamp(101), .span = kChild}));
  ExpectBothWays(kTraceKinds, WithPosition(trace::KindPrefix(SpanKind::kQuery), kAt),
                 WithPosition(trace::KindPrefix(SpanKind::kThought), kAt));
  ExpectBothWays(kTraceTags, WithPosition(trace::TagPrefix("red"), kAt),
                 WithPosition(trace::TagPrefix("blue"), kAt));
}

TEST_F(TraceCheckRows, FindsALineThatLeadsNowhere) {
  PutRow(kTraceTimes, WithPosition("", {.start = Timestamp(1), .span = kGone}), "", kRun);
  EXPECT_THAT(Fault(), HasSubstr("span " + kGone.ToString() + ": a line leads to it, and it does"));
  PutRow(kTraceTimes, "short", "", kRun);
  EXPECT_THAT(Fault(), HasSubstr(kRun.ToString()));
}

TEST_F(TraceCheckRows, FindsASpanWithoutItsParent) {
  DeleteRow(kTraceSpans, trace::SpanKey(kRoot), kRun);
  EXPECT_THAT(Fault(), HasSubstr("its parent " + kRoot.ToString() + " does not exist"));
}

TEST_F(TraceCheckRows, FindsASpanThatDoesNotDecode) {
  PutRow(kTraceSpans, trace::SpanKey(kChild), "x", kRun);
  EXPECT_THAT(Fault(), HasSubstr("span " + kChild.ToString()));
  Refill();
  PutRow(kTraceSpans, trace::SpanKey(SpanId()), "x", kRun);
  EXPECT_THAT(Fault(), HasSubstr("a span has the id 0"));
}

TEST_F(TraceCheckRows, FindsCountsThatAreWrong) {
  PutRow(kTraceCounts, trace::CountKey(SpanKind::kQuery), trace::EncodeCount(2), kRun);
  EXPECT_THAT(Fault(), HasSubstr("the count of kind query is 2, and there are 1"));
  Refill();
  DeleteRow(kTraceCounts, trace::CountKey(SpanKind::kQuery), kRun);
  EXPECT_THAT(Fault(), HasSubstr("the count of kind query is 0, and there are 1"));
  Refill();
  PutRow(kTraceCounts, trace::CountKey(SpanKind::kQuery), trace::EncodeCount(1), RunId({8}));
  EXPECT_THAT(Fault(), HasSubstr("run " + RunId({8}).ToString() + ": spans are counted"));
}

}  // namespace
}  // namespace varve
