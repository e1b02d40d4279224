// Tests: primitives/event/event_json.cc
#include "primitives/event/event.h"

#include <string>
#include <vector>

#include "kernel/base/limits.h"
#include "primitives/event/event_json.h"
#include "primitives/event/event_payload.h"
#include "tests/primitives/event/event_store_fixture.h"

namespace varve {
namespace {

class EventTest : public EventStoreTest {};

// EVENT-10
TEST_F(EventTest, SequencesCountFromZeroInEachStream) {
  Commit([](Events& events) {
    EXPECT_EQ(*events.Append("a", "t", "{}"), 0u);
    EXPECT_EQ(*events.Append("a", "t", "{}"), 1u);
    EXPECT_EQ(*events.Append("ab", "t", "{}"), 0u);
  });
  Commit([](Events& events) { EXPECT_EQ(*events.Append("a", "t", "{}"), 2u); });
  ReadView view = View();
  EXPECT_EQ(*Events(view).Length("a"), 3u);
  EXPECT_EQ(*Events(view).Length("ab"), 1u);
  EXPECT_EQ(*Events(view).Length("b"), 0u);
}

TEST_F(EventTest, AnEventReadsBackWithItsTimeAndLsn) {
  world_.clock.Set(Timestamp(1'700'000'000'000'500));
  const Lsn lsn = Commit(
      [](Events& events) { EXPECT_TRUE(events.Append("s", "call", "{ \"q\" : [1, 2] }").ok()); });
  ReadView view = View();
  const std::optional<Event> event = *Events(view).Get("s", 0);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->sequence, 0u);
  EXPECT_EQ(event->type, "call");
  EXPECT_EQ(event->payload, "{ \"q\" : [1, 2] }");
  EXPECT_GE(event->time, Timestamp(1'700'000'000'000'500));
  EXPECT_LT(event->time, Timestamp(1'700'000'000'000'600));
  EXPECT_EQ(event->lsn, lsn);
  EXPECT_FALSE(Events(view).Get("s", 1)->has_value());
  EXPECT_FALSE(Events(view).Get("other", 0)->has_value());
  EXPECT_EQ(CopyOf(*event).payload, event->payload);
}

TEST_F(EventTest, ATransactionReadsItsOwnEvents) {
  Append("s", "before", 0);
  Transaction transaction = Begin();
  Events events(transaction);
  ASSERT_TRUE(events.Append("s", "own", "{}").ok());
  EXPECT_EQ((*events.Last("s"))->type, "own");
  EXPECT_EQ((*events.Last("s"))->lsn, Lsn());
  EXPECT_EQ(Text(events.Scan("s")), "0:before{\"n\":0} 1:own{}");
}

TEST_F(EventTest, ABatchIsSplitOverRowsAndReadsAsOne) {
  const std::size_t count = 2 * event::kBatchEventsMax + 10;
  const std::vector<NewEvent> batch(count, NewEvent{.type = "t", .payload = "{}"});
  Commit([&](Events& events) {
    const EventSpan span = *events.AppendMany("s", batch);
    EXPECT_EQ(span.first, 0u);
    EXPECT_EQ(span.count, count);
  });
  ReadView view = View();
  Events events(view);
  for (const std::uint64_t sequence :
       {std::size_t{0}, event::kBatchEventsMax - 1, event::kBatchEventsMax, count - 1}) {
    EXPECT_EQ((*events.Get("s", sequence))->sequence, sequence);
  }
  std::uint64_t expected = 0;
  for (const Event& event : events.Scan("s")) EXPECT_EQ(event.sequence, expected++);
  EXPECT_EQ(expected, count);
  EXPECT_EQ(events.VerifyChain("s")->verified, count);
}

TEST_F(EventTest, AppendedFindsWhatACommitAppended) {
  const std::vector<NewEvent> three(3, NewEvent{.type = "t", .payload = "{}"});
  const Lsn first = Append("s", "t", 0);
  const Lsn second = Commit([&](Events& events) {
    EXPECT_TRUE(events.AppendMany("s", three).ok());
    EXPECT_TRUE(events.AppendMany("s", three).ok());
  });
  const Lsn elsewhere = Append("other", "t", 0);
  const Lsn last = Append("s", "t", 0);
  ReadView view = View();
  Events events(view);
  const auto text = [&](Lsn lsn) {
    const EventSpan span = *events.Appended("s", lsn);
    return span.count == 0 ? "-" : std::to_string(span.first) + "+" + std::to_string(span.count);
  };
  EXPECT_EQ(text(first), "0+1");
  EXPECT_EQ(text(second), "1+6");
  EXPECT_EQ(text(elsewhere), "-");
  EXPECT_EQ(text(last), "7+1");
  EXPECT_EQ(text(Lsn()), "-");
  EXPECT_EQ(text(kLsnMax), "-");
  EXPECT_EQ(events.Appended("none", first)->count, 0u);
}

TEST_F(EventTest, InfoTellsAStreamInOneRow) {
  ReadView before = View();
  EXPECT_FALSE(Events(before).Info("s")->has_value());
  Append("s", "t", 1);
  Append("s", "t", 22);
  ReadView view = View();
  Events events(view);
  const absl::StatusOr<std::optional<StreamInfo>> found = events.Info("s");
  ASSERT_TRUE(found.ok() && found->has_value());
  const StreamInfo& info = **found;
  EXPECT_EQ(info.name, "s");
  EXPECT_EQ(info.length, 2u);
  EXPECT_EQ(info.payload_bytes, 7u + 8u);
  EXPECT_EQ(info.first_time, (*events.Get("s", 0))->time);
  EXPECT_EQ(info.last_time, (*events.Get("s", 1))->time);
  EXPECT_EQ(info.head, (*events.Get("s", 1))->hash);
}

TEST_F(EventTest, StreamsAreListedByNameWithPrefixAndCursor) {
  for (const char* name : {"b/2", "a", "b/1", "c", "b/3"}) Append(name, "t", 0);
  ReadView view = View();
  const auto names = [&](const EventListOptions& options) {
    std::string text;
    const std::vector<StreamInfo> streams = *Events(view).ListStreams(options);
    for (const StreamInfo& info : streams) text += info.name + " ";
    return text;
  };
  EXPECT_EQ(names({}), "a b/1 b/2 b/3 c ");
  EXPECT_EQ(names({.prefix = "b/"}), "b/1 b/2 b/3 ");
  EXPECT_EQ(names({.prefix = "b/", .limit = 2}), "b/1 b/2 ");
  EXPECT_EQ(names({.prefix = "b/", .after = "b/2", .limit = 2}), "b/3 ");
  EXPECT_EQ(names({.prefix = "b/", .after = "b/3"}), "");
  EXPECT_EQ(names({.prefix = "b/", .after = "a"}), "b/1 b/2 b/3 ");
  EXPECT_EQ(names({.prefix = "b/", .after = "z"}), "");
  EXPECT_EQ(Events(view).ListStreams({.limit = 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(EventTest, RunsHaveStreamsOfTheirOwn) {
  const RunId run = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  Append("s", "t", 0);
  Commit([](Events& events) { EXPECT_EQ(*events.Append("s", "t", "{}"), 0u); }, run);
  ReadView view = View();
  EXPECT_EQ(*Events(view, run).Length("s"), 1u);
}

TEST_F(EventTest, ACopiedRunVerifiesAndGoesOn) {
  const RunId from = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  const RunId to = *Uuid::Parse("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
  Commit([](Events& events) { EXPECT_TRUE(events.Append("s", "t", "{}").ok()); }, from);
  {
    Transaction transaction = Begin();
    ASSERT_TRUE(transaction.CopyRun(transaction, from, to).ok());
    ASSERT_TRUE(transaction.Commit().ok());
  }
  Commit([](Events& events) { EXPECT_EQ(*events.Append("s", "t", "{}"), 1u); }, to);
  ReadView view = View();
  EXPECT_EQ(Events(view, to).VerifyChain("s")->verified, 2u);
  EXPECT_EQ((*Events(view, to).Get("s", 0))->hash, (*Events(view, from).Get("s", 0))->hash);
}

// EVENT-10
TEST_F(EventTest, TimesNeverGoBackAlongAStream) {
  Append("s", "t", 0);
  world_.clock.Set(Timestamp(5));
  Append("s", "t", 1);
  ReadView view = View();
  EXPECT_GE((*Events(view).Get("s", 1))->time, (*Events(view).Get("s", 0))->time);
}

TEST_F(EventTest, EverythingIsThereAfterAReopen) {
  Append("s", "t", 0);
  Append("s", "u", 1);
  Commit([](Events& events) { EXPECT_TRUE(events.CommitPosition("s", "c", 1).ok()); });
  std::string before;
  {
    ReadView view = View();
    before = event::HashText((*Events(view).Info("s"))->head);
  }
  Open();
  ReadView view = View();
  EXPECT_EQ(event::HashText((*Events(view).Info("s"))->head), before);
  EXPECT_EQ(Text(Events(view).Scan("s")), "0:t{\"n\":0} 1:u{\"n\":1}");
  EXPECT_EQ(*Events(view).Position("s", "c"), 1u);
}

TEST_F(EventTest, AViewOfThePastShowsTheStreamAsItWas) {
  const Lsn first = Append("s", "t", 0);
  Append("s", "t", 1);
  ReadView past = *store_->AsOf(first);
  EXPECT_EQ(Text(Events(past).Scan("s")), "0:t{\"n\":0}");
  EXPECT_EQ(Events(past).VerifyChain("s")->verified, 1u);
}

TEST_F(EventTest, AWriteOnAViewIsRefused) {
  ReadView view = View();
  Events events(view);
  EXPECT_EQ(events.Append("s", "t", "{}").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(events.ResetPosition("s", "c").code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(EventTest, NamesAndPayloadsAreTakenUpToTheirLimits) {
  const std::string longest(kNameBytesMax, 'n');
  const std::string padding(kValueBytesMax - 2, ' ');
  Transaction transaction = Begin();
  Events events(transaction);
  EXPECT_TRUE(events.Append(longest, longest, "{" + padding + "}").ok());
  EXPECT_TRUE(events.CommitPosition(longest, longest, 1).ok());
  const auto code = [&](std::string_view stream, std::string_view type, std::string_view text) {
    return events.Append(stream, type, text).status().code();
  };
  EXPECT_EQ(code(longest + "n", "t", "{}"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code("s", longest + "n", "{}"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code("s", "t", "{" + padding + " }"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code("", "t", "{}"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("s", "", "{}"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(events.CommitPosition("s", longest + "n", 0).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(transaction.Commit().ok());
  ReadView view = View();
  EXPECT_EQ((*Events(view).Get(longest, 0))->payload.size(), kValueBytesMax);
}

TEST_F(EventTest, ABatchIsAppendedWholeOrNotAtAll) {
  Transaction transaction = Begin();
  Events events(transaction);
  const NewEvent bad[] = {{.type = "t", .payload = "{}"}, {.type = "t", .payload = "[]"}};
  EXPECT_EQ(events.AppendMany("s", bad).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(events.AppendMany("s", {}).status().code(), absl::StatusCode::kInvalidArgument);
  const std::string large = "{" + std::string(kValueBytesMax - 2, ' ') + "}";
  const std::vector<NewEvent> too_many(5, NewEvent{.type = "t", .payload = large});
  EXPECT_EQ(events.AppendMany("s", too_many).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(*events.Length("s"), 0u);
  EXPECT_EQ(transaction.bytes(), 0u);
}

// EVENT-11
TEST_F(EventTest, APositionGoesForwardUnlessItIsReset) {
  for (int i = 0; i < 5; ++i) Append("s", "t", i);
  Commit([](Events& events) {
    EXPECT_FALSE(events.Position("s", "c")->has_value());
    EXPECT_TRUE(events.CommitPosition("s", "c", 3).ok());
    EXPECT_TRUE(events.CommitPosition("s", "c", 2).ok());
    EXPECT_EQ(*events.Position("s", "c"), 3u);
    EXPECT_TRUE(events.CommitPosition("s", "c", 5).ok());
    EXPECT_EQ(events.CommitPosition("s", "c", 6).code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(events.ResetPosition("s", "c", 6).code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(*events.Position("s", "c"), 5u);
    EXPECT_TRUE(events.ResetPosition("s", "c", 1).ok());
    EXPECT_EQ(*events.Position("s", "c"), 1u);
    EXPECT_TRUE(events.CommitPosition("s", "other", 0).ok());
  });
  ReadView view = View();
  const std::vector<ConsumerPosition> consumers = *Events(view).ListConsumers("s");
  ASSERT_EQ(consumers.size(), 2u);
  EXPECT_EQ(consumers[0].consumer, "c");
  EXPECT_EQ(consumers[0].position, 1u);
  EXPECT_EQ(Events(view).ListConsumers("s", {.after = "c"})->size(), 1u);
  EXPECT_EQ(Events(view).ListConsumers("s", {.limit = 1})->size(), 1u);
  EXPECT_EQ(Events(view).ListConsumers("s", {.prefix = "ot"})->front().consumer, "other");
  Commit([](Events& events) { EXPECT_TRUE(events.ForgetConsumer("s", "c").ok()); });
  ReadView after = View();
  EXPECT_FALSE(Events(after).Position("s", "c")->has_value());
}

TEST_F(EventTest, TwoConsumersThatCommitAtOnceDoNotConflict) {
  for (int i = 0; i < 5; ++i) Append("s", "t", i);
  Transaction one = Begin();
  Transaction two = Begin();
  ASSERT_TRUE(Events(one).CommitPosition("s", "c", 4).ok());
  ASSERT_TRUE(Events(two).CommitPosition("s", "c", 2).ok());
  Append("s", "t", 5);
  EXPECT_TRUE(one.Commit().ok());
  EXPECT_TRUE(two.Commit().ok());
  ReadView view = View();
  EXPECT_EQ(*Events(view).Position("s", "c"), 4u);
}

TEST(EventJsonTest, AnObjectIsTakenAndAllElseRefused) {
  for (const char* good : {"{}", " {\"a\":[1,2.5e3,null,true]} ", "{\"\\u00e9\":\"\xc3\xa9\"}",
                           "{\"n\":18446744073709551615}"}) {
    EXPECT_TRUE(event::CheckJsonObject(good).ok()) << good;
  }
  for (const char* bad : {"", " ", "[]", "1", "\"{}\"", "null", "{", "}", "{}{}", "{} x", "{'a':1}",
                          "{\"a\":}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":NaN}", "{\"\xff\":1}",
                          "{\"a\":\"\t\"}", "{\"n\":18446744073709551616}"}) {
    EXPECT_EQ(event::CheckJsonObject(bad).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(EventJsonTest, NestingIsTakenUpToItsLimit) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 1; i < depth; ++i) text += "{\"a\":";
    text += "{\"a\":1}";
    return text + std::string(static_cast<std::size_t>(depth - 1), '}');
  };
  EXPECT_TRUE(event::CheckJsonObject(nested(event::kPayloadDepthMax)).ok());
  EXPECT_EQ(event::CheckJsonObject(nested(event::kPayloadDepthMax + 1)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(EventJsonTest, ALargePayloadLeavesTheLimitsAsTheyWere) {
  const std::string large = "{" + std::string(1'000'000, ' ') + "}";
  EXPECT_TRUE(event::CheckJsonObject(large).ok());
  EXPECT_TRUE(event::CheckJsonObject("{}").ok());
  EXPECT_FALSE(event::CheckJsonObject("[]").ok());
}

}  // namespace
}  // namespace varve
