#include <memory>
#include <random>
#include <string>
#include <vector>

#include "crash/operations/operations.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/event/event_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

Subject EventSubject() {
  const auto append = [](std::string stream, std::string type, std::string payload) {
    return [=](Transaction& transaction, const RunId& run) {
      return Events(transaction, run).Append(stream, type, payload).status();
    };
  };
  const std::string past(kNameBytesMax + 1, 'n');
  return {.make = [] { return std::make_unique<EventPrimitive>(); },
          .operate = crash::OperateEvent,
          .refusals =
              {
                  {"an empty stream name", append("", "t", "{}")},
                  {"a stream name past the limit", append(past, "t", "{}")},
                  {"an empty type", append("s", "", "{}")},
                  {"a type past the limit", append("s", past, "{}")},
                  {"a payload that is no object", append("s", "t", "[]")},
                  {"a payload past the limit",
                   append("s", "t", "{" + std::string(kValueBytesMax - 1, ' ') + "}")},
                  {"an empty batch",
                   [](Transaction& transaction, const RunId& run) {
                     return Events(transaction, run).AppendMany("s", {}).status();
                   }},
                  {"a position that the stream has not reached",
                   [](Transaction& transaction, const RunId& run) {
                     return Events(transaction, run).CommitPosition("nobody's", "c", 1);
                   }},
                  {"a reset to one",
                   [](Transaction& transaction, const RunId& run) {
                     return Events(transaction, run).ResetPosition("nobody's", "c", 1);
                   }},
                  {"an empty consumer",
                   [](Transaction& transaction, const RunId& run) {
                     return Events(transaction, run).ForgetConsumer("s", "");
                   }},
              },
          .values_hold_position = true};
}

VARVE_PRIMITIVE_CONFORMANCE(Event, EventSubject());

}  // namespace
}  // namespace varve
