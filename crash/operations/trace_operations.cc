// A few spans, begun, ended, annotated and deleted in any order, refused moves included.
#include <string>

#include "crash/allocations/allocation_fault.h"
#include "crash/operations/operations.h"
#include "primitives/trace/trace.h"
#include "primitives/trace/trace_primitive.h"

namespace varve::crash {
namespace {

SpanId AnySpan(Decisions& random) { return SpanId(1 + random.Below(12)); }

absl::Status RecordAny(Trace& trace, Decisions& random) {
  const std::string tag = "tag/" + std::to_string(random.Below(3));
  SpanRecord record{.id = AnySpan(random),
                    .kind = kSpanKinds[random.Below(6)],
                    .name = "step",
                    .parent = random.Below(2) == 0 ? SpanId() : AnySpan(random),
                    .tags = {tag}};
  if (random.Below(2) == 0) record.start = Timestamp(random.Below(100));
  if (random.Below(3) == 0) record.attributes = R"({"depth":1,"text":"t","list":[1,2]})";
  return trace.Record(record).status();
}

absl::Status OperateOnce(Trace& trace, Decisions& random) {
  switch (random.Below(8)) {
    case 0:
      return trace.Finish(AnySpan(random));
    case 1:
      return trace.Finish(AnySpan(random), {.end = Timestamp(random.Below(200)),
                                            .status = SpanStatus::kError,
                                            .status_message = "it failed"});
    case 2:
      return trace.Annotate(AnySpan(random), {.add_tags = {"tag/1", "late"},
                                              .remove_tags = {"tag/2"},
                                              .attributes = R"({"text":null,"late":true})"});
    case 3:
      return random.Below(3) == 0 ? trace.DeleteTree(AnySpan(random)) : absl::OkStatus();
    default:
      return RecordAny(trace, random);
  }
}

// What the state refuses (a parent that is gone, a second end) is no failure: it logs nothing.

}  // namespace

absl::Status OperateTrace(Transaction& transaction, const RunId& run, Decisions& random) {
  const AllocationsSucceed always;  // attributes are read into nlohmann's values (docs/limits.md)
  Trace trace(transaction, run);
  const absl::Status status = OperateOnce(trace, random);
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
      return absl::OkStatus();
    default:
      return status;
  }
}

}  // namespace varve::crash
