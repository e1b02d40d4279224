// Two streams and their consumers.
#include <string>
#include <vector>

#include "crash/operations/operations.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/event/event_primitive.h"

namespace varve::crash {
namespace {

// Names one of which is the beginning of the other.
std::string AnyStream(Decisions& random) { return random.Below(2) == 0 ? "s" : "s/2"; }
std::string AnyConsumer(Decisions& random) { return random.Below(2) == 0 ? "c" : "cc"; }

absl::Status AppendBatch(Events& events, std::string_view stream, Decisions& random) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < 1 + random.Below(4); ++i) {
    texts.push_back("{\"n\":" + std::to_string(random.Below(1000)) + "}");
  }
  std::vector<NewEvent> batch;
  for (const std::string& text : texts) {
    batch.push_back({.type = random.Below(2) == 0 ? "a" : "ab", .payload = text});
  }
  return events.AppendMany(stream, batch).status();
}

}  // namespace

absl::Status OperateEvent(Transaction& transaction, const RunId& run, Decisions& random) {
  Events events(transaction, run);
  const std::string stream = AnyStream(random);
  switch (random.Below(6)) {
    case 0: {
      VARVE_ASSIGN_OR_RETURN(const std::uint64_t length, events.Length(stream));
      return events.CommitPosition(stream, AnyConsumer(random), random.Below((length + 1)));
    }
    case 1: {
      VARVE_ASSIGN_OR_RETURN(const std::uint64_t length, events.Length(stream));
      return events.ResetPosition(stream, AnyConsumer(random), random.Below((length + 1)));
    }
    case 2:
      return events.ForgetConsumer(stream, AnyConsumer(random));
    default:
      return AppendBatch(events, stream, random);
  }
}

}  // namespace varve::crash
