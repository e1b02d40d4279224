// Tests: primitives/event/event_chunks.cc
#include "primitives/event/event_scan.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/primitives/event/event_store_fixture.h"
#include "tests/support/test_seed.h"

namespace varve {
namespace {

class EventScanTest : public EventStoreTest {};

TEST_F(EventScanTest, ARangeIsReadEitherWay) {
  for (int i = 0; i < 6; ++i) Append("s", i % 2 == 0 ? "even" : "odd", i);
  Append("sx", "even", 0);
  EXPECT_EQ(Sequences("s"), "0 1 2 3 4 5");
  EXPECT_EQ(Sequences("s", {.reverse = true}), "5 4 3 2 1 0");
  EXPECT_EQ(Sequences("s", {.from = 2, .to = 5}), "2 3 4");
  EXPECT_EQ(Sequences("s", {.from = 2, .to = 5, .reverse = true}), "4 3 2");
  EXPECT_EQ(Sequences("s", {.from = 6}), "");
  EXPECT_EQ(Sequences("s", {.from = 4, .to = 4}), "");
  EXPECT_EQ(Sequences("s", {.from = 5, .to = 2}), "");
  EXPECT_EQ(Sequences("s", {.type = "odd"}), "1 3 5");
  EXPECT_EQ(Sequences("s", {.from = 2, .type = "odd", .reverse = true}), "5 3");
  EXPECT_EQ(Sequences("s", {.type = "od"}), "");
  EXPECT_EQ(Sequences("none"), "");
}

TEST_F(EventScanTest, ALimitSaysWhereToGoOn) {
  for (int i = 0; i < 5; ++i) Append("s", "t", i);
  ReadView view = View();
  Events events(view);
  EventScan scan = events.Scan("s", {.limit = 2});
  for (; scan.valid(); scan.Next()) continue;
  ASSERT_TRUE(scan.more());
  EXPECT_EQ(Text(events.Scan("s", {.from = scan.next(), .limit = 3})),
            "2:t{\"n\":2} 3:t{\"n\":3} 4:t{\"n\":4}");
  EventScan back = events.Scan("s", {.reverse = true, .limit = 2});
  for (; back.valid(); back.Next()) continue;
  ASSERT_TRUE(back.more());
  EXPECT_EQ(Text(events.Scan("s", {.to = back.next(), .reverse = true, .limit = 1})),
            "2:t{\"n\":2}");
  EventScan whole = events.Scan("s", {.limit = 5});
  for (; whole.valid(); whole.Next()) continue;
  EXPECT_FALSE(whole.more());
}

TEST_F(EventScanTest, BadOptionsEndTheScanAtOnce) {
  ReadView view = View();
  Events events(view);
  EXPECT_EQ(Text(events.Scan("s", {.limit = 0})), "!INVALID_ARGUMENT");
  EXPECT_EQ(Text(events.Scan("")), "!INVALID_ARGUMENT");
  EXPECT_EQ(Text(events.Scan("s", {.type = ""})), "!INVALID_ARGUMENT");
  EXPECT_EQ(Text(events.Scan(std::string(257, 's'))), "!RESOURCE_EXHAUSTED");
}

TEST_F(EventScanTest, MomentsBoundAScan) {
  for (std::uint64_t i = 0; i < 5; ++i) {
    world_.clock.Set(Timestamp(1'800'000'000'000'000 + i * 1'000'000));
    Append("s", "t", 0);
  }
  const auto at = [](std::uint64_t seconds) {
    return Timestamp(1'800'000'000'000'000 + seconds * 1'000'000);
  };
  EXPECT_EQ(Sequences("s", {.since = at(2)}), "2 3 4");
  EXPECT_EQ(Sequences("s", {.until = at(2)}), "0 1");
  EXPECT_EQ(Sequences("s", {.since = at(1), .until = at(4)}), "1 2 3");
  EXPECT_EQ(Sequences("s", {.from = 2, .since = at(1), .until = at(4), .reverse = true}), "3 2");
  EXPECT_EQ(Sequences("s", {.since = at(9)}), "");
  EXPECT_EQ(Sequences("s", {.until = Timestamp()}), "");
  ReadView view = View();
  EXPECT_EQ(*Events(view).FirstSince("s", at(3)), 3u);
  EXPECT_EQ(*Events(view).FirstSince("s", at(9)), 5u);
  EXPECT_EQ(*Events(view).FirstSince("none", at(0)), 0u);
}

// What a scan should give, from a plain list of what was appended.
struct ModelEvent {
  std::uint64_t sequence;
  std::string type;
};

std::string Expected(std::vector<ModelEvent> events, const EventScanOptions& options) {
  if (options.reverse) std::reverse(events.begin(), events.end());
  std::string text;
  std::uint64_t given = 0;
  for (const ModelEvent& event : events) {
    if (event.sequence < options.from || event.sequence >= options.to) continue;
    if (options.type.has_value() && event.type != *options.type) continue;
    if (given++ == options.limit) break;
    text += (text.empty() ? "" : " ") + std::to_string(event.sequence);
  }
  return text;
}

TEST_F(EventScanTest, RandomScansAgreeWithAList) {
  std::mt19937_64 random(testing_support::TestSeed(21));
  const std::string types[] = {"a", "b", "rare"};
  std::vector<ModelEvent> model;
  for (int commit = 0; commit < 60; ++commit) {
    std::vector<NewEvent> batch;
    for (std::uint64_t i = 0; i < 1 + random() % 6; ++i) {
      const std::string& type = types[random() % 20 == 0 ? 2 : random() % 2];
      batch.push_back({.type = type, .payload = "{}"});
      model.push_back({model.size(), type});
    }
    Commit([&](Events& events) { EXPECT_TRUE(events.AppendMany("s", batch).ok()); });
  }
  for (int round = 0; round < 400; ++round) {
    EventScanOptions options{.from = random() % (model.size() + 5),
                             .to = random() % (model.size() + 5),
                             .reverse = random() % 2 == 0,
                             .limit = 1 + random() % 30};
    if (random() % 2 == 0) options.type = types[random() % 3];
    EXPECT_EQ(Sequences("s", options), Expected(model, options)) << "round " << round;
  }
}

}  // namespace
}  // namespace varve
