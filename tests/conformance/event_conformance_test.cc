#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/event/event_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

// Names one of which is the beginning of the other.
std::string AnyStream(std::mt19937_64& random) { return random() % 2 == 0 ? "s" : "s/2"; }
std::string AnyConsumer(std::mt19937_64& random) { return random() % 2 == 0 ? "c" : "cc"; }

absl::Status AppendBatch(Events& events, std::string_view stream, std::mt19937_64& random) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < 1 + random() % 4; ++i) {
    texts.push_back("{\"n\":" + std::to_string(random() % 1000) + "}");
  }
  std::vector<NewEvent> batch;
  for (const std::string& text : texts) {
    batch.push_back({.type = random() % 2 == 0 ? "a" : "ab", .payload = text});
  }
  return events.AppendMany(stream, batch).status();
}

absl::Status Operate(Transaction& transaction, const RunId& run, std::mt19937_64& random) {
  Events events(transaction, run);
  const std::string stream = AnyStream(random);
  switch (random() % 6) {
    case 0: {
      VARVE_ASSIGN_OR_RETURN(const std::uint64_t length, events.Length(stream));
      return events.CommitPosition(stream, AnyConsumer(random), random() % (length + 1));
    }
    case 1: {
      VARVE_ASSIGN_OR_RETURN(const std::uint64_t length, events.Length(stream));
      return events.ResetPosition(stream, AnyConsumer(random), random() % (length + 1));
    }
    case 2:
      return events.ForgetConsumer(stream, AnyConsumer(random));
    default:
      return AppendBatch(events, stream, random);
  }
}

Subject EventSubject() {
  const auto append = [](std::string stream, std::string type, std::string payload) {
    return [=](Transaction& transaction, const RunId& run) {
      return Events(transaction, run).Append(stream, type, payload).status();
    };
  };
  const std::string past(kNameBytesMax + 1, 'n');
  return {.make = [] { return std::make_unique<EventPrimitive>(); },
          .operate = Operate,
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
