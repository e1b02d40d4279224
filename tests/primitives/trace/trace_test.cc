// Tests: primitives/trace/span.cc
// Tests: primitives/trace/trace_attributes.cc
#include "primitives/trace/trace.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "tests/primitives/trace/trace_store_fixture.h"

namespace varve {
namespace {

using absl::StatusCode;

class TraceTest : public TraceStoreTest {};

TEST_F(TraceTest, ARecordedSpanIsReadBackWhole) {
  Record({.id = SpanId(1), .kind = SpanKind::kDecision, .name = "plan", .start = Timestamp(5)});
  Record({.id = SpanId(2),
          .kind = SpanKind::kToolCall,
          .name = "search",
          .parent = SpanId(1),
          .start = Timestamp(10),
          .end = Timestamp(30),
          .status = SpanStatus::kOk,
          .status_message = "fine",
          .tags = {"web", "flights", "web"},
          .attributes = R"({"to":"LIS", "from":"VIE", "legs":[{"b":1,"a":-9223372036854775808}],
                            "gone":null})"});
  const Span span = Get(2);
  EXPECT_EQ(span.parent, SpanId(1));
  EXPECT_EQ(span.kind, SpanKind::kToolCall);
  EXPECT_EQ(span.name, "search");
  EXPECT_EQ(span.start, Timestamp(10));
  EXPECT_EQ(span.end, Timestamp(30));
  EXPECT_EQ(span.status, SpanStatus::kOk);
  EXPECT_EQ(span.status_message, "fine");
  EXPECT_EQ(span.tags, (std::vector<std::string>{"flights", "web"}));
  EXPECT_EQ(span.attributes,
            R"({"from":"VIE","legs":[{"a":-9223372036854775808,"b":1}],"to":"LIS"})");
  EXPECT_EQ(span.lsn, store_->visible_lsn());
  EXPECT_GT(span.commit_time, Timestamp());
  EXPECT_EQ(Get(1).attributes, "{}");
  EXPECT_FALSE(Get(1).end.has_value());
}

TEST_F(TraceTest, DefaultsAreNowADrawnIdAndTheStatusOfTheKind) {
  Transaction transaction = Begin();
  Trace trace(transaction);
  const SpanId first = *trace.Record({.name = "a"});
  const SpanId second = *trace.Record({.kind = SpanKind::kError, .name = "b"});
  EXPECT_NE(first, second);
  EXPECT_FALSE(first.is_none());
  const Span span = **trace.Get(first);
  EXPECT_EQ(span.start, transaction.now());
  EXPECT_EQ(span.kind, SpanKind::kCustom);
  EXPECT_EQ(span.status, SpanStatus::kUnset);
  EXPECT_EQ(span.lsn, Lsn());
  EXPECT_EQ((*trace.Get(second))->status, SpanStatus::kError);
}

TEST_F(TraceTest, AParentMustExistAndAnIdBeNew) {
  Record(1);
  Commit([](Trace& trace) {
    EXPECT_EQ(trace.RecordChild(SpanId(9), {.name = "n"}).status().code(), StatusCode::kNotFound);
    EXPECT_EQ(trace.Record({.id = SpanId(2), .name = "n", .parent = SpanId(2)}).status().code(),
              StatusCode::kNotFound);
    EXPECT_EQ(trace.Record({.id = SpanId(1), .name = "n"}).status().code(),
              StatusCode::kAlreadyExists);
    EXPECT_EQ(trace.RecordChild(SpanId(), {.name = "n"}).status().code(),
              StatusCode::kInvalidArgument);
    EXPECT_TRUE(trace.RecordChild(SpanId(1), {.id = SpanId(2), .name = "n"}).ok());
    EXPECT_TRUE(trace.RecordChild(SpanId(2), {.id = SpanId(3), .name = "n"}).ok());
  });
  EXPECT_EQ(Count(), 3u);
  EXPECT_EQ(Get(3).parent, SpanId(2));
}

TEST_F(TraceTest, FinishEndsOnceAndNotBeforeTheStart) {
  Record(1, 100);
  Record(2, 100);
  Commit([](Trace& trace) {
    EXPECT_EQ(trace.Finish(SpanId(1), {.end = Timestamp(99)}).code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(trace.Finish(SpanId(7)).code(), StatusCode::kNotFound);
    EXPECT_TRUE(trace.Finish(SpanId(1), {.end = Timestamp(100)}).ok());
    EXPECT_EQ(trace.Finish(SpanId(1)).code(), StatusCode::kFailedPrecondition);
    EXPECT_TRUE(
        trace.Finish(SpanId(2), {.status = SpanStatus::kError, .status_message = "x"}).ok());
    EXPECT_EQ(trace.Finish(SpanId(2), {.status_message = "x"}).code(),
              StatusCode::kInvalidArgument);
  });
  EXPECT_EQ(Get(1).end, Timestamp(100));
  EXPECT_EQ(Get(1).status, SpanStatus::kUnset);
  EXPECT_EQ(Get(2).status, SpanStatus::kError);
  EXPECT_EQ(Get(2).status_message, "x");
  EXPECT_GT(*Get(2).end, Timestamp(100));
}

// A clock that was set back between start and end must not lose the end.
TEST_F(TraceTest, FinishingNowASpanThatStartsLaterEndsItAtItsStart) {
  Record(1, kSpanTimeMax.micros());
  Commit([](Trace& trace) { EXPECT_TRUE(trace.Finish(SpanId(1)).ok()); });
  EXPECT_EQ(Get(1).end, kSpanTimeMax);
}

TEST_F(TraceTest, AnnotateSetsReplacesAndRemoves) {
  Record({.id = SpanId(1),
          .name = "n",
          .start = Timestamp(1),
          .end = Timestamp(2),
          .tags = {"a", "b"},
          .attributes = R"({"k":1,"m":2,"o":{"x":1}})"});
  Commit([](Trace& trace) {
    EXPECT_TRUE(
        trace
            .Annotate(SpanId(1), {.add_tags = {"c", "b"},
                                  .remove_tags = {"a", "never"},
                                  .attributes = R"({"m":null,"l":[],"o":{"y":2},"z":null})"})
            .ok());
    EXPECT_EQ(trace.Annotate(SpanId(1), {}).code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(trace.Annotate(SpanId(1), {.attributes = "{}"}).code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(trace.Annotate(SpanId(1), {.add_tags = {"t"}, .remove_tags = {"t"}}).code(),
              StatusCode::kInvalidArgument);
    EXPECT_EQ(trace.Annotate(SpanId(2), {.add_tags = {"t"}}).code(), StatusCode::kNotFound);
  });
  EXPECT_EQ(Get(1).tags, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(Get(1).attributes, R"({"k":1,"l":[],"o":{"y":2}})");
  EXPECT_EQ(Find({.tags = {"a"}}), "");
  EXPECT_EQ(Find({.tags = {"c"}}), "1");
}

TEST_F(TraceTest, DeleteTreeTakesEverythingBelowAndNothingElse) {
  for (const auto& [id, parent] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {1, 0}, {2, 1}, {3, 1}, {4, 2}, {5, 4}, {6, 0}}) {
    Record(id, id, parent);
  }
  Commit([](Trace& trace) {
    EXPECT_TRUE(trace.DeleteTree(SpanId(2)).ok());
    EXPECT_TRUE(trace.DeleteTree(SpanId(2)).ok());
    EXPECT_TRUE(trace.DeleteTree(SpanId(99)).ok());
    EXPECT_EQ(trace.DeleteTree(SpanId()).code(), StatusCode::kInvalidArgument);
  });
  EXPECT_EQ(Tree(), "1 3. 6");
  EXPECT_EQ(Count(), 3u);
  EXPECT_EQ(Find({}), "1 3 6");
  Record(2, 2, 3);  // the id is free again
  EXPECT_EQ(Tree(), "1 3. 2.. 6");
}

TEST_F(TraceTest, CountsAreOfAllAndOfEachKind) {
  Record({.id = SpanId(1), .kind = SpanKind::kQuery, .name = "n"});
  Record({.id = SpanId(2), .kind = SpanKind::kQuery, .name = "n", .parent = SpanId(1)});
  Record({.id = SpanId(3), .kind = SpanKind::kThought, .name = "n"});
  ReadView view = View();
  const Trace trace(view);
  EXPECT_EQ(*trace.Count(), 3u);
  EXPECT_EQ(*trace.Count(SpanKind::kQuery), 2u);
  EXPECT_EQ(*trace.Count(SpanKind::kError), 0u);
  EXPECT_EQ(*trace.Count({.kind = SpanKind::kQuery, .limit = 1}), 2u);
  EXPECT_EQ(*trace.Count({.parent = SpanId(1), .finished = false}), 1u);
  EXPECT_EQ(*trace.Count({.finished = true}), 0u);
}

TEST_F(TraceTest, RunsHaveSpansOfTheirOwn) {
  const RunId run = *RunId::FromBytes(std::string(16, 'r'));
  Record(1);
  Record({.id = SpanId(1), .name = "of the run"}, run);
  EXPECT_EQ(Get(1, run).name, "of the run");
  EXPECT_EQ(Get(1).name, "n");
  Transaction transaction = Begin();
  ASSERT_TRUE(transaction.EraseRun(run).ok());
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_FALSE(Exists(1, run));
  EXPECT_EQ(Count(), 1u);
}

TEST_F(TraceTest, WritersBelowOneParentDoNotConflict) {
  Record(1);
  Transaction first = Begin();
  Transaction second = Begin();
  ASSERT_TRUE(Trace(first).RecordChild(SpanId(1), {.id = SpanId(2), .name = "n"}).ok());
  ASSERT_TRUE(Trace(second).RecordChild(SpanId(1), {.id = SpanId(3), .name = "n"}).ok());
  ASSERT_TRUE(Trace(second).Finish(SpanId(1)).ok());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_TRUE(second.Commit().ok());
  EXPECT_EQ(Count(), 3u);
}

// One attempt each: nobody is ever sent away to try again.
TEST_F(TraceTest, ManyThreadsRecordBelowOneParentAtTheFirstAttempt) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kSpansEach = 100;
  Record(1);
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> refused{0};
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < kSpansEach; ++i) {
        const SpanId id(100 + thread * kSpansEach + i);
        const auto record = [id](Transaction& txn) -> absl::Status {
          Trace trace(txn);
          const SpanRecord child{.id = id, .name = "n", .tags = {"shared"}};
          VARVE_RETURN_IF_ERROR(trace.RecordChild(SpanId(1), child).status());
          return trace.Annotate(SpanId(1), {.attributes = R"({"busy":true})"});
        };
        if (!store_->Update(record, {.attempts_max = 1}).ok()) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 0u);
  EXPECT_EQ(Count(), 1 + kThreads * kSpansEach);
  ReadView view = View();
  EXPECT_EQ(*Trace(view).Count({.parent = SpanId(1), .tags = {"shared"}}), kThreads * kSpansEach);
}

TEST_F(TraceTest, CommitAnswersWhatNoLongerHolds) {
  Record(1);
  Transaction late = Begin();
  ASSERT_TRUE(Trace(late).RecordChild(SpanId(1), {.id = SpanId(2), .name = "n"}).ok());
  Commit([](Trace& trace) { EXPECT_TRUE(trace.DeleteTree(SpanId(1)).ok()); });
  EXPECT_EQ(late.Commit().status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Count(), 0u);
}

TEST_F(TraceTest, AViewOfThePastShowsTheTraceAsItWas) {
  StoreOptions options;
  options.history.keep = std::chrono::hours(1);
  PrimitiveRegistry registry;
  ASSERT_TRUE(registry.Register(std::make_unique<TracePrimitive>()).ok());
  store_ = *OpenInMemory(std::move(registry), options);
  Record(1);
  Record(2, 2, 1);
  const Lsn before = store_->visible_lsn();
  Commit([](Trace& trace) { EXPECT_TRUE(trace.DeleteTree(SpanId(1)).ok()); });
  ReadView past = *store_->AsOf(before);
  EXPECT_EQ(Text(Trace(past).Tree()), "1 2.");
  EXPECT_EQ(Tree(), "");
}

TEST_F(TraceTest, AReadOnlyHandleRefusesToWrite) {
  ReadView view = View();
  Trace trace(view);
  EXPECT_EQ(trace.Record({.name = "n"}).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(trace.Finish(SpanId(1)).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(trace.Annotate(SpanId(1), {.add_tags = {"t"}}).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(trace.DeleteTree(SpanId(1)).code(), StatusCode::kFailedPrecondition);
}

// Record's answer to one span, which leaves no trace either way.
StatusCode Try(Store& store, const SpanRecord& record) {
  Transaction transaction = *store.Begin();
  return Trace(transaction).Record(record).status().code();
}

TEST_F(TraceTest, TextIsCheckedAtItsLimits) {
  const std::string longest(kNameBytesMax, 'n');
  const std::string longer(kNameBytesMax + 1, 'n');
  const std::string message(kSpanMessageBytesMax, 'm');
  EXPECT_EQ(Try(*store_, {.name = longest, .status_message = message, .tags = {longest}}),
            StatusCode::kOk);
  EXPECT_EQ(Try(*store_, {.name = ""}), StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.name = longer}), StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.name = std::string_view("\0", 1)}), StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.name = "n", .tags = {""}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.name = "n", .tags = {longer}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.name = "n", .status_message = message + "m"}),
            StatusCode::kResourceExhausted);
  for (const char* bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_EQ(Try(*store_, {.name = bad}), StatusCode::kInvalidArgument);
    EXPECT_EQ(Try(*store_, {.name = "n", .status_message = bad}), StatusCode::kInvalidArgument);
  }
  for (const char* good : {"\xC2\x80", "\xE2\x82\xAC", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBF"}) {
    EXPECT_EQ(Try(*store_, {.name = good}), StatusCode::kOk);
  }
}

TEST_F(TraceTest, TimesKindsAndStatusesAreChecked) {
  const Timestamp beyond(kSpanTimeMax.micros() + 1);
  EXPECT_EQ(Try(*store_, {.name = "n", .start = kSpanTimeMax, .end = kSpanTimeMax}),
            StatusCode::kOk);
  EXPECT_EQ(Try(*store_, {.name = "n", .start = beyond}), StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.name = "n", .end = beyond}), StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.name = "n", .start = Timestamp(2), .end = Timestamp(1)}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.kind = static_cast<SpanKind>(0), .name = "n"}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Try(*store_, {.name = "n", .status = static_cast<SpanStatus>(3)}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Find({.kind = static_cast<SpanKind>(7)}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Find({.limit = 0}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Find({.tags = {""}}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Tree({.limit = 0}), "!INVALID_ARGUMENT");
}

TEST_F(TraceTest, ASpanHasSoManyTagsAndNoMore) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= kSpanTagsMax; ++i) names.push_back("t" + std::to_string(i));
  const std::vector<std::string_view> all(names.begin(), names.end());
  EXPECT_EQ(Try(*store_, {.name = "n", .tags = all}), StatusCode::kResourceExhausted);
  const std::vector<std::string_view> most(names.begin(), names.end() - 1);
  Record({.id = SpanId(1), .name = "n", .tags = most});
  Commit([&](Trace& trace) {
    EXPECT_EQ(trace.Annotate(SpanId(1), {.add_tags = {names.back()}}).code(),
              StatusCode::kResourceExhausted);
    EXPECT_TRUE(
        trace.Annotate(SpanId(1), {.add_tags = {names.back()}, .remove_tags = {"t0"}}).ok());
  });
  EXPECT_EQ(Get(1).tags.size(), kSpanTagsMax);
}

std::string ManyAttributes(std::size_t count) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) {
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  }
  return text + '}';
}

TEST_F(TraceTest, ASpanHasSoManyAttributesAndNoMore) {
  EXPECT_EQ(Try(*store_, {.name = "n", .attributes = ManyAttributes(kSpanAttributesMax + 1)}),
            StatusCode::kResourceExhausted);
  const std::string most = ManyAttributes(kSpanAttributesMax);
  Record({.id = SpanId(1), .name = "n", .attributes = most});
  Commit([](Trace& trace) {
    EXPECT_EQ(trace.Annotate(SpanId(1), {.attributes = R"({"one":1})"}).code(),
              StatusCode::kResourceExhausted);
    EXPECT_TRUE(trace.Annotate(SpanId(1), {.attributes = R"({"one":1,"k0":null})"}).ok());
  });
}

TEST_F(TraceTest, ASpanHasSoManyBytesAndNoMore) {
  // Name, quotes and framing beside the text itself.
  const std::size_t room = kSpanBytesMax - 40 - 1 - 6 - 1 - 2;
  const std::string largest = "{\"a\":\"" + std::string(room, 'x') + "\"}";
  const std::string larger = "{\"a\":\"" + std::string(room + 1, 'x') + "\"}";
  EXPECT_EQ(Try(*store_, {.name = "n", .attributes = larger}), StatusCode::kResourceExhausted);
  Record({.id = SpanId(1), .name = "n", .attributes = largest});
  EXPECT_EQ(Get(1).attributes, largest);
  Commit([](Trace& trace) {
    EXPECT_EQ(trace.Annotate(SpanId(1), {.add_tags = {"t"}}).code(),
              StatusCode::kResourceExhausted);
    EXPECT_EQ(trace.Finish(SpanId(1), {.status = SpanStatus::kOk, .status_message = "m"}).code(),
              StatusCode::kResourceExhausted);
    EXPECT_TRUE(trace.Finish(SpanId(1)).ok());
  });
}

TEST_F(TraceTest, AttributesMustBeAJsonObjectThatSaysEachThingOnce) {
  for (const char* bad :
       {"[]", "1", "null", "{", "{\"a\":}", "{\"a\":1}x", "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":[{\"b\":1,\"b\":1}]}", "{\"\":1}", "{\"a\":1e999}",
        "{\"a\":NaN}", "{\"a\":\"\xFF\"}", "{'a':1}", "{\"a\":\"\\ud800\"}"}) {
    EXPECT_EQ(Try(*store_, {.name = "n", .attributes = bad}), StatusCode::kInvalidArgument) << bad;
  }
  const std::string longer = "{\"" + std::string(kNameBytesMax + 1, 'k') + "\":1}";
  EXPECT_EQ(Try(*store_, {.name = "n", .attributes = longer}), StatusCode::kInvalidArgument);
  const std::string longest = "{\"" + std::string(kNameBytesMax, 'k') + "\":1}";
  EXPECT_EQ(Try(*store_, {.name = "n", .attributes = longest}), StatusCode::kOk);
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + '}';
  };
  EXPECT_EQ(Try(*store_, {.name = "n", .attributes = nested(kSpanAttributeDepthMax)}),
            StatusCode::kOk);
  EXPECT_EQ(Try(*store_, {.name = "n", .attributes = nested(kSpanAttributeDepthMax + 1)}),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(Try(*store_, {.name = "n", .attributes = nested(1'000'000)}),
            StatusCode::kResourceExhausted);
}

TEST_F(TraceTest, AttributesKeepWhatJsonCanHold) {
  const std::string text =
      R"({"\"\\\n":"\u0000\u20ac","big":18446744073709551615,"f":false,"min":-9223372036854775808,"pi":3.25})";
  Record({.id = SpanId(1), .name = "n", .attributes = text});
  EXPECT_EQ(Get(1).attributes,
            "{\"\\\"\\\\\\n\":\"\\u0000\xE2\x82\xAC\",\"big\":18446744073709551615,\"f\":false,"
            "\"min\":-9223372036854775808,\"pi\":3.25}");
}

TEST(SpanIdTest, TextIsSixteenHexadecimalDigits) {
  EXPECT_EQ(SpanId(0xAB).ToString(), "00000000000000ab");
  EXPECT_EQ(SpanId::Parse("00000000000000aB"), SpanId(0xAB));
  EXPECT_EQ(SpanId::Parse("ffffffffffffffff"), SpanId(~0ull));
  for (const char* bad : {"", "ab", "0000000000000000", "00000000000000ag", "00000000000000ab0"}) {
    EXPECT_EQ(SpanId::Parse(bad), std::nullopt) << bad;
  }
  std::set<SpanId> drawn;
  for (int i = 0; i < 1000; ++i) drawn.insert(SpanId::Draw());
  EXPECT_EQ(drawn.size(), 1000u);
  EXPECT_FALSE(drawn.contains(SpanId()));
}

TEST(SpanNames, GoBothWays) {
  for (const SpanKind kind : kSpanKinds) EXPECT_EQ(ParseSpanKind(NameOf(kind)), kind);
  for (const SpanStatus status : {SpanStatus::kUnset, SpanStatus::kOk, SpanStatus::kError}) {
    EXPECT_EQ(ParseSpanStatus(NameOf(status)), status);
  }
  EXPECT_EQ(ParseSpanKind("tool"), std::nullopt);
  EXPECT_EQ(ParseSpanStatus(""), std::nullopt);
}

}  // namespace
}  // namespace varve
