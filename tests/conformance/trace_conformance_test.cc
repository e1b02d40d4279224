#include <memory>
#include <string>

#include "crash/operations/operations.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/trace/trace.h"
#include "primitives/trace/trace_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Refusal;
using conformance::Subject;

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
      .operate = crash::OperateTrace,
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
