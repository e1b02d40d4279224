// Tests: primitives/trace/trace_read.cc
// Tests: primitives/trace/trace_cursor.cc
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/primitives/trace/trace_store_fixture.h"
#include "tests/support/test_seed.h"

namespace varve {
namespace {

class TraceFindTest : public TraceStoreTest {
 protected:
  // Ids 1 to 6, started at ten times their id: kinds alternate between tool call and thought, tags
  // are "odd" or "even" and "three" for multiples of it; 2 and 3 lie below 1.
  void RecordSix() {
    for (std::uint64_t id = 1; id <= 6; ++id) {
      SpanRecord record{.id = SpanId(id),
                        .kind = id % 2 == 1 ? SpanKind::kToolCall : SpanKind::kThought,
                        .name = id <= 3 ? "low" : "high",
                        .parent = id == 2 || id == 3 ? SpanId(1) : SpanId(),
                        .start = Timestamp(10 * id),
                        .tags = {id % 2 == 1 ? "odd" : "even"}};
      if (id % 3 == 0) record.tags.push_back("three");
      if (id == 4) record.end = Timestamp(100);
      Record(record);
    }
  }
};

TEST_F(TraceFindTest, EachConditionNarrows) {
  RecordSix();
  EXPECT_EQ(Find({}), "1 2 3 4 5 6");
  EXPECT_EQ(Find({.reverse = true}), "6 5 4 3 2 1");
  EXPECT_EQ(Find({.kind = SpanKind::kThought}), "2 4 6");
  EXPECT_EQ(Find({.kind = SpanKind::kQuery}), "");
  EXPECT_EQ(Find({.tags = {"three"}}), "3 6");
  EXPECT_EQ(Find({.tags = {"thre"}}), "");
  EXPECT_EQ(Find({.from = Timestamp(20)}), "2 3 4 5 6");
  EXPECT_EQ(Find({.until = Timestamp(20)}), "1");
  EXPECT_EQ(Find({.from = Timestamp(20), .until = Timestamp(20)}), "");
  EXPECT_EQ(Find({.from = Timestamp(21), .until = Timestamp(51)}), "3 4 5");
  EXPECT_EQ(Find({.name = "high"}), "4 5 6");
  EXPECT_EQ(Find({.finished = true}), "4");
  EXPECT_EQ(Find({.finished = false}), "1 2 3 5 6");
  EXPECT_EQ(Find({.parent = SpanId(1)}), "2 3");
  EXPECT_EQ(Find({.parent = SpanId()}), "1 4 5 6");
}

TEST_F(TraceFindTest, ConditionsHoldTogether) {
  RecordSix();
  EXPECT_EQ(Find({.tags = {"three", "even"}}), "6");
  EXPECT_EQ(Find({.tags = {"odd", "even"}}), "");
  EXPECT_EQ(Find({.kind = SpanKind::kToolCall, .tags = {"three"}}), "3");
  EXPECT_EQ(Find({.kind = SpanKind::kToolCall, .from = Timestamp(11), .reverse = true}), "5 3");
  EXPECT_EQ(Find({.parent = SpanId(1), .kind = SpanKind::kThought}), "2");
  EXPECT_EQ(Find({.parent = SpanId(), .tags = {"even"}, .until = Timestamp(60)}), "4");
  EXPECT_EQ(Find({.kind = SpanKind::kThought, .name = "high", .finished = false}), "6");
}

TEST_F(TraceFindTest, ChildrenAndRootsAreQueriesToo) {
  RecordSix();
  ReadView view = View();
  const Trace trace(view);
  EXPECT_EQ(Text(trace.Children(SpanId(1))), "2 3");
  EXPECT_EQ(Text(trace.Children(SpanId(1), {.reverse = true, .limit = 1})), "3+");
  EXPECT_EQ(Text(trace.Children(SpanId(9))), "");
  EXPECT_EQ(Text(trace.Roots({.kind = SpanKind::kToolCall})), "1 5");
  EXPECT_EQ(Text(trace.Children(SpanId(1), {.parent = SpanId(2)})), "!INVALID_ARGUMENT");
  EXPECT_EQ(Text(trace.Children(SpanId())), "!INVALID_ARGUMENT");
  EXPECT_EQ(Text(trace.Roots({.parent = SpanId(2)})), "!INVALID_ARGUMENT");
}

TEST_F(TraceFindTest, ACursorGoesOnAndBelongsToItsQuery) {
  RecordSix();
  SpanQuery query{.kind = SpanKind::kThought, .limit = 2};
  ReadView view = View();
  const Trace trace(view);
  const SpanPage first = *trace.Find(query);
  EXPECT_EQ(Text(first), "2 4+");
  query.cursor = first.cursor;
  EXPECT_EQ(Text(trace.Find(query)), "6");
  query.reverse = true;
  EXPECT_EQ(Text(trace.Find(query)), "!INVALID_ARGUMENT");
  query = {.from = Timestamp(50), .cursor = first.cursor};
  EXPECT_EQ(Text(trace.Find(query)), "!INVALID_ARGUMENT");
  query = {.until = Timestamp(40), .cursor = first.cursor};
  EXPECT_EQ(Text(trace.Find(query)), "!INVALID_ARGUMENT");
  for (const std::string& bad : {std::string("x"), std::string(17, 'F'), std::string(18, 'F'),
                                 'F' + std::string(16, '\0')}) {
    const bool is_place = bad.size() == 17 && bad[1] == 'F';
    EXPECT_EQ(Text(trace.Find({.cursor = bad})), is_place ? "" : "!INVALID_ARGUMENT");
  }
  EXPECT_EQ(Find({.limit = 6}), "1 2 3 4 5 6");  // nothing left, so no cursor
}

TEST_F(TraceFindTest, SpansThatStartTogetherAreInTheOrderOfTheirIds) {
  for (const std::uint64_t id : {3, 1, 2}) Record(id, 7);
  EXPECT_EQ(Find({}), "1 2 3");
  EXPECT_EQ(Find({.reverse = true}), "3 2 1");
}

TEST_F(TraceFindTest, ATransactionFindsItsOwnSpans) {
  Record(1, 10);
  Transaction transaction = Begin();
  Trace trace(transaction);
  ASSERT_TRUE(trace.Record({.id = SpanId(2), .name = "n", .start = Timestamp(5)}).ok());
  ASSERT_TRUE(trace.DeleteTree(SpanId(1)).ok());
  EXPECT_EQ(Text(trace.Find({})), "2");
  EXPECT_EQ(Text(trace.Tree()), "2");
  EXPECT_EQ(Find({}), "1");
}

struct ModelSpan {
  std::uint64_t parent;
  SpanKind kind;
  std::uint64_t start;
  std::vector<std::string> tags;
  bool finished;
};
using Model = std::map<std::uint64_t, ModelSpan>;

bool Matches(const ModelSpan& span, const SpanQuery& query) {
  if (query.parent.has_value() && query.parent->value() != span.parent) return false;
  if (query.kind.has_value() && *query.kind != span.kind) return false;
  if (span.start < query.from.micros()) return false;
  if (query.until.has_value() && span.start >= query.until->micros()) return false;
  if (query.finished.has_value() && *query.finished != span.finished) return false;
  return std::all_of(query.tags.begin(), query.tags.end(), [&](const std::string& tag) {
    return std::find(span.tags.begin(), span.tags.end(), tag) != span.tags.end();
  });
}

std::string Expected(const Model& model, const SpanQuery& query) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
  for (const auto& [id, span] : model) {
    if (Matches(span, query)) found.emplace_back(span.start, id);
  }
  std::sort(found.begin(), found.end());
  if (query.reverse) std::reverse(found.begin(), found.end());
  std::string text;
  for (const auto& [start, id] : found) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

SpanQuery AnyQuery(std::mt19937_64& random) {
  SpanQuery query;
  if (random() % 4 == 0) query.parent = SpanId(random() % 8);
  if (random() % 3 == 0) query.kind = kSpanKinds[random() % 6];
  for (const char* tag : {"a", "b", "common"}) {
    if (random() % 4 == 0) query.tags.emplace_back(tag);
  }
  if (random() % 3 == 0) query.from = Timestamp(random() % 300);
  if (random() % 3 == 0) query.until = Timestamp(random() % 300);
  if (random() % 4 == 0) query.finished = random() % 2 == 0;
  query.reverse = random() % 2 == 0;
  query.limit = 1 + random() % 60;
  return query;
}

class RandomTrace : public TraceFindTest {
 protected:
  void RecordMany(std::uint64_t count, std::mt19937_64& random) {
    Commit([&](Trace& trace) {
      for (std::uint64_t id = 1; id <= count; ++id) RecordOne(id, trace, random);
    });
  }
  void RecordOne(std::uint64_t id, Trace& trace, std::mt19937_64& random) {
    ModelSpan span{.parent = random() % 4 == 0 ? 0 : random() % std::min<std::uint64_t>(id, 8),
                   .kind = kSpanKinds[random() % 6],
                   .start = random() % 300,
                   .tags = {},
                   .finished = random() % 2 == 0};
    if (random() % 16 == 0) span.tags.emplace_back("a");
    if (random() % 3 == 0) span.tags.emplace_back("b");
    if (random() % 8 != 0) span.tags.emplace_back("common");
    SpanRecord record{.id = SpanId(id),
                      .kind = span.kind,
                      .name = "n",
                      .parent = SpanId(span.parent),
                      .start = Timestamp(span.start),
                      .tags = {span.tags.begin(), span.tags.end()}};
    if (span.finished) record.end = Timestamp(300);
    ASSERT_TRUE(trace.Record(record).ok());
    model_[id] = span;
  }
  // Every page of a query, in one.
  std::string AllPages(SpanQuery query) {
    ReadView view = View();
    SpanPage all;
    do {
      const absl::StatusOr<SpanPage> page = Trace(view).Find(query);
      if (!page.ok()) return Text(page);
      EXPECT_LE(page->spans.size(), query.limit);
      all.spans.insert(all.spans.end(), page->spans.begin(), page->spans.end());
      query.cursor = page->cursor;
    } while (!query.cursor.empty());
    return Text(all);
  }

  Model model_;
};

TEST_F(RandomTrace, FindAgreesWithAModelForEveryQueryAndPageSize) {
  const std::uint64_t seed = testing_support::TestSeed(20261121);
  SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  RecordMany(400, random);
  for (int i = 0; i < 400; ++i) {
    const SpanQuery query = AnyQuery(random);
    const std::string expected = Expected(model_, query);
    ASSERT_EQ(AllPages(query), expected) << i;
    ReadView view = View();
    const std::uint64_t count = *Trace(view).Count(query);
    EXPECT_EQ(count, expected.empty() ? 0u
                                      : 1 + static_cast<std::uint64_t>(
                                                std::count(expected.begin(), expected.end(), ' ')));
  }
}

TEST_F(RandomTrace, TreeAgreesWithAModelForEveryPageSizeAndDepth) {
  const std::uint64_t seed = testing_support::TestSeed(20261122);
  SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  RecordMany(150, random);
  std::map<std::uint64_t, std::vector<std::pair<std::uint64_t, std::uint64_t>>> below;
  for (const auto& [id, span] : model_) below[span.parent].emplace_back(span.start, id);
  for (auto& [parent, children] : below) std::sort(children.begin(), children.end());
  ReadView view = View();
  for (int i = 0; i < 100; ++i) {
    TreeQuery query{.root = SpanId(random() % 10),
                    .depth_max = random() % 2 == 0 ? random() % 4 : ~0ull,
                    .limit = 1 + random() % 40};
    std::string expected;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> pending;  // id, depth
    const auto push_children = [&](std::uint64_t parent, std::uint64_t depth) {
      const auto& children = below[parent];
      for (auto child = children.rbegin(); child != children.rend(); ++child) {
        pending.emplace_back(child->second, depth);
      }
    };
    if (query.root.is_none()) {
      push_children(0, 0);
    } else if (model_.contains(query.root.value())) {
      pending.emplace_back(query.root.value(), 0);
    }
    while (!pending.empty()) {
      const auto [id, depth] = pending.back();
      pending.pop_back();
      expected += (expected.empty() ? "" : " ") + std::to_string(id) + std::string(depth, '.');
      if (depth < query.depth_max) push_children(id, depth + 1);
    }
    TreePage all;
    do {
      const absl::StatusOr<TreePage> page = Trace(view).Tree(query);
      ASSERT_TRUE(page.ok()) << page.status();
      all.spans.insert(all.spans.end(), page->spans.begin(), page->spans.end());
      query.cursor = page->cursor;
    } while (!query.cursor.empty());
    ASSERT_EQ(Text(all), expected) << i;
  }
}

TEST_F(TraceFindTest, TreeCursorsBelongToTheirRootAndSpan) {
  RecordSix();
  ReadView view = View();
  const TreePage page = *Trace(view).Tree({.root = SpanId(1), .limit = 2});
  EXPECT_EQ(Text(page), "1 2.+");
  EXPECT_EQ(Tree({.root = SpanId(1), .cursor = page.cursor}), "3.");
  EXPECT_EQ(Tree({.root = SpanId(2), .cursor = page.cursor}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Tree({.root = SpanId(1), .depth_max = 0, .cursor = page.cursor}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Tree({.root = SpanId(1), .cursor = "T"}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Tree({.root = SpanId(77)}), "");
  Commit([](Trace& trace) { EXPECT_TRUE(trace.DeleteTree(SpanId(2)).ok()); });
  EXPECT_EQ(Tree({.root = SpanId(1), .cursor = page.cursor}), "!FAILED_PRECONDITION");
}

// What recursion would not survive: 100,000 spans one below the other.
TEST_F(TraceFindTest, ATraceMayBeAsDeepAsItIsLong) {
  constexpr std::uint64_t kSpans = 100'000;
  Commit([](Trace& trace) {
    for (std::uint64_t id = 1; id <= kSpans; ++id) {
      ASSERT_TRUE(trace.Record({.id = SpanId(id), .name = "n", .parent = SpanId(id - 1)}).ok());
    }
  });
  ReadView view = View();
  std::uint64_t visited = 0;
  TreeQuery query{.limit = 30'000};
  do {
    const TreePage page = *Trace(view).Tree(query);
    for (const TreeSpan& at : page.spans) {
      ASSERT_EQ(at.span.id, SpanId(visited + 1));
      ASSERT_EQ(at.depth, visited);
      ++visited;
    }
    query.cursor = page.cursor;
  } while (!query.cursor.empty());
  EXPECT_EQ(visited, kSpans);
  Commit([](Trace& trace) { EXPECT_TRUE(trace.DeleteTree(SpanId(2)).ok()); });
  EXPECT_EQ(Find({}), "1");
  EXPECT_EQ(Count(), 1u);
}

TEST_F(TraceFindTest, ATraceMayBeAsWideAsItIsLong) {
  constexpr std::uint64_t kSpans = 100'000;
  Record(1, 0);
  Commit([](Trace& trace) {
    for (std::uint64_t id = 2; id <= kSpans; ++id) {
      ASSERT_TRUE(
          trace.Record({.id = SpanId(id), .name = "n", .parent = SpanId(1), .start = Timestamp(id)})
              .ok());
    }
  });
  ReadView view = View();
  const TreePage page = *Trace(view).Tree({.limit = kSpans});
  ASSERT_EQ(page.spans.size(), kSpans);
  EXPECT_TRUE(page.cursor.empty());
  EXPECT_EQ(page.spans.back().span.id, SpanId(kSpans));
  EXPECT_EQ(page.spans.back().depth, 1u);
  Commit([](Trace& trace) { EXPECT_TRUE(trace.DeleteTree(SpanId(1)).ok()); });
  EXPECT_EQ(Tree(), "");
  EXPECT_EQ(Count(), 0u);
}

}  // namespace
}  // namespace varve
