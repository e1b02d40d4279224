#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/trace/trace.h"
#include "primitives/trace/trace_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Refusal;
using conformance::Subject;

SpanId AnySpan(std::mt19937_64& random) { return SpanId(1 + random() % 12); }

absl::Status RecordAny(Trace& trace, std::mt19937_64& random) {
  const std::string tag = "tag/" + std::to_string(random() % 3);
  SpanRecord record{.id = AnySpan(random),
                    .kind = kSpanKinds[random() % 6],
                    .name = "step",
                    .parent = SpanId(random() % 13),
                    .tags = {tag}};
  if (random() % 2 == 0) record.start = Timestamp(random() % 100);
  if (random() % 3 == 0) record.attributes = R"({"depth":1,"text":"t","list":[1,2]})";
  return trace.Record(record).status();
}

absl::Status OperateOnce(Trace& trace, std::mt19937_64& random) {
  switch (random() % 8) {
    case 0:
      return trace.Finish(AnySpan(random));
    case 1:
      return trace.Finish(AnySpan(random), {.end = Timestamp(random() % 200),
                                            .status = SpanStatus::kError,
                                            .status_message = "it failed"});
    case 2:
      return trace.Annotate(AnySpan(random), {.add_tags = {"tag/1", "late"},
                                              .remove_tags = {"tag/2"},
                                              .attributes = R"({"text":null,"late":true})"});
    case 3:
      return random() % 3 == 0 ? trace.DeleteTree(AnySpan(random)) : absl::OkStatus();
    default:
      return RecordAny(trace, random);
  }
}

// What the state refuses (a parent that is gone, a second end) is no failure: it logs nothing.
absl::Status Operate(Transaction& transaction, const RunId& run, std::mt19937_64& random) {
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

Refusal RefusedRecord(std::string name, SpanRecord record) {
  return {std::move(name), [record](Transaction& transaction, const RunId& run) {
            return Trace(transaction, run).Record(record).status();
          }};
}

Subject TraceSubject() {
  static const std::string long_name(kNameBytesMax + 1, 'n');
  static const std::string long_message(kSpanMessageBytesMax + 1, 'm');
  static const std::string large = "{\"a\":\"" + std::string(kSpanBytesMax, 'x') + "\"}";
  return {
      .make = [] { return std::make_unique<TracePrimitive>(); },
      .operate = Operate,
      .refusals = {
          RefusedRecord("no name", {}),
          RefusedRecord("a name past the limit", {.name = long_name}),
          RefusedRecord("a tag past the limit", {.name = "n", .tags = {long_name}}),
          RefusedRecord("a message past the limit", {.name = "n", .status_message = long_message}),
          RefusedRecord("attributes that are no object", {.name = "n", .attributes = "[]"}),
          RefusedRecord("a span past the limit", {.name = "n", .attributes = large}),
          RefusedRecord("a parent that is not there", {.name = "n", .parent = SpanId(0xFFFFFFFF)}),
          {"the end of a span that is not there",
           [](Transaction& transaction, const RunId& run) {
             return Trace(transaction, run).Finish(SpanId(0xFFFFFFFF));
           }},
          {"an annotation that changes nothing",
           [](Transaction& transaction, const RunId& run) {
             return Trace(transaction, run).Annotate(SpanId(1), {});
           }},
          {"a tree without a root",
           [](Transaction& transaction, const RunId& run) {
             return Trace(transaction, run).DeleteTree(SpanId());
           }},
      }};
}

VARVE_PRIMITIVE_CONFORMANCE(Trace, TraceSubject());

}  // namespace
}  // namespace varve
