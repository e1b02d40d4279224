// A store with Event in it, in a simulated world whose clock the test sets.
#ifndef VARVE_TESTS_PRIMITIVES_EVENT_EVENT_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_EVENT_EVENT_STORE_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "primitives/event/event.h"
#include "primitives/event/event_primitive.h"
#include "tests/primitives/primitive_store_fixture.h"

namespace varve {

class EventStoreTest : public PrimitiveStoreTest {
 protected:
  void Register(PrimitiveRegistry& registry) override {
    ASSERT_TRUE(registry.Register(std::make_unique<EventPrimitive>()).ok());
  }

  // Runs `body` on a handle in a transaction of its own and commits.
  Lsn Commit(const std::function<void(Events&)>& body, const RunId& run = {}) {
    return CommitThrough<Events>(body, run);
  }
  // Appends one event {"n":number} to the stream.
  Lsn Append(std::string_view stream, std::string_view type, int number) {
    return Commit([&](Events& events) {
      const std::string payload = "{\"n\":" + std::to_string(number) + "}";
      EXPECT_TRUE(events.Append(stream, type, payload).ok());
    });
  }

  // "0:a{"n":1} 1:b{"n":2}", in the order of the scan; then "!" and the code of an error.
  static std::string Text(EventScan scan) {
    std::string text;
    for (const Event& event : scan) {
      if (!text.empty()) text += ' ';
      text += std::to_string(event.sequence) + ':' + std::string(event.type) +
              std::string(event.payload);
    }
    if (!scan.status().ok()) text += '!' + absl::StatusCodeToString(scan.status().code());
    return text;
  }
  // The sequences alone: "0 1 2".
  std::string Sequences(std::string_view stream, const EventScanOptions& options = {}) {
    ReadView view = View();
    std::string text;
    EventScan scan = Events(view).Scan(stream, options);
    for (const Event& event : scan) {
      if (!text.empty()) text += ' ';
      text += std::to_string(event.sequence);
    }
    EXPECT_TRUE(scan.status().ok()) << scan.status();
    return text;
  }
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_EVENT_EVENT_STORE_FIXTURE_H_
