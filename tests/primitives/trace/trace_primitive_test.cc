// Tests: primitives/trace/trace_apply.cc
// Tests: primitives/trace/trace_describe.cc
// Tests: primitives/trace/trace_index.cc
#include "primitives/trace/trace_primitive.h"

#include <map>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "kernel/table/row.h"
#include "primitives/trace/trace_index.h"
#include "primitives/trace/trace_payload.h"
#include "tests/conformance/model_tables.h"
#include "tests/support/test_seed.h"

namespace varve {
namespace {

using absl::StatusCode;
using conformance::ModelTables;
using trace::RowImage;

// A primitive and tables to apply to; each entry is a transaction of its own.
class TracePrimitiveTest : public testing::Test {
 protected:
  StatusCode Apply(EntryType type, std::string_view payload, std::uint8_t version = 1) {
    const Entry entry{.type = type, .payload_version = version, .run = run_, .payload = payload};
    const absl::Status status = tables_.Apply(primitive_, entry, lsn_, Timestamp(1));
    lsn_ = lsn_.Next();
    return status.code();
  }
  StatusCode Record(std::uint64_t id, const RowImage& image) {
    return Apply(kTraceRecord, trace::EncodeRecord(SpanId(id), image));
  }
  StatusCode Delete(std::uint64_t id) {
    return Apply(kTraceDelete, trace::EncodeDelete(SpanId(id)));
  }
  StatusCode Finish(std::uint64_t id, std::uint64_t end, bool not_before_start = false) {
    return Apply(kTraceFinish, trace::EncodeFinish({.span = SpanId(id),
                                                    .end = Timestamp(end),
                                                    .not_before_start = not_before_start}));
  }

  // The rows of all tables, by table number and key.
  using Content = std::map<std::pair<std::uint8_t, std::string>, std::string>;
  Content Stored() {
    Content content;
    for (const auto& [row_key, versions] : tables_.rows()) {
      if (versions.front().deleted) continue;
      const table::RowKeyParts parts = *table::ParseRowKey(row_key);
      content[{parts.table.number, std::string(parts.key)}] = versions.front().value;
    }
    return content;
  }
  // (I2) (I3): what the tables must hold, derived from the spans alone.
  // TRACE-9
  static Content Derived(const Content& stored) {
    Content content;
    std::map<SpanKind, std::uint64_t> counts;
    for (const auto& [place, value] : stored) {
      if (place.first != kTraceSpans.number) continue;
      content[place] = value;
      const RowImage image = *trace::DecodeRow(value);
      const trace::Position at{.start = image.start, .span = *trace::ParseSpanKey(place.second)};
      const auto line = [&](TableId table, std::string prefix) {
        content[{table.number, trace::WithPosition(std::move(prefix), at)}] = "";
      };
      line(kTraceChildren, trace::ChildrenPrefix(image.parent));
      line(kTraceTimes, "");
      line(kTraceKinds, trace::KindPrefix(image.kind));
      for (const std::string_view tag : image.tags) line(kTraceTags, trace::TagPrefix(tag));
      ++counts[image.kind];
    }
    for (const auto& [kind, count] : counts) {
      content[{kTraceCounts.number, trace::CountKey(kind)}] = trace::EncodeCount(count);
    }
    return content;
  }

  TracePrimitive primitive_;
  ModelTables tables_;
  RunId run_;
  Lsn lsn_{1};
};

RowImage Named(std::string_view name, std::uint64_t parent = 0) {
  return {.kind = SpanKind::kQuery, .parent = SpanId(parent), .start = Timestamp(10), .name = name};
}

// TRACE-10
TEST_F(TracePrimitiveTest, RecordTakesANewIdBelowASpanThatExists) {
  EXPECT_EQ(Record(1, Named("a")), StatusCode::kOk);
  EXPECT_EQ(Record(1, Named("b")), StatusCode::kAlreadyExists);
  EXPECT_EQ(Record(2, Named("b", 3)), StatusCode::kNotFound);
  EXPECT_EQ(Record(2, Named("b", 1)), StatusCode::kOk);
  EXPECT_EQ(Stored(), Derived(Stored()));
  EXPECT_EQ(Stored().size(), 2u * 4 + 1);
}

// TRACE-11
TEST_F(TracePrimitiveTest, FinishEndsASpanOnceAndNotBeforeItsStart) {
  ASSERT_EQ(Record(1, Named("a")), StatusCode::kOk);
  ASSERT_EQ(Record(2, Named("b")), StatusCode::kOk);
  EXPECT_EQ(Finish(3, 11), StatusCode::kNotFound);
  EXPECT_EQ(Finish(1, 9), StatusCode::kInvalidArgument);
  EXPECT_EQ(Finish(1, 10), StatusCode::kOk);
  EXPECT_EQ(Finish(1, 11), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Finish(2, 9, true), StatusCode::kOk);
  const std::string row = Stored()[{kTraceSpans.number, trace::SpanKey(SpanId(2))}];
  EXPECT_EQ(trace::DecodeRow(row)->end, Timestamp(10));
}

// TRACE-12
TEST_F(TracePrimitiveTest, AnnotateMovesTheLinesOfTags) {
  RowImage image = Named("a");
  image.tags = {"a", "b"};
  image.attributes = {{.key = "k", .value = "1"}, {.key = "m", .value = "2"}};
  ASSERT_EQ(Record(1, image), StatusCode::kOk);
  const std::string payload = trace::EncodeAnnotate(
      {.span = SpanId(1),
       .added = {"b", "c"},
       .removed = {"a", "z"},
       .attributes = {{.key = "j", .value = "0"}, {.key = "k", .value = ""}, {"m", "3"}}});
  EXPECT_EQ(Apply(kTraceAnnotate, payload), StatusCode::kOk);
  EXPECT_EQ(Stored(), Derived(Stored()));
  const std::string row = Stored()[{kTraceSpans.number, trace::SpanKey(SpanId(1))}];
  EXPECT_EQ(trace::DecodeRow(row)->tags, (trace::TagList{"b", "c"}));
  EXPECT_EQ(trace::ToJson(trace::DecodeRow(row)->attributes), R"({"j":0,"m":3})");
  EXPECT_EQ(Apply(kTraceAnnotate, trace::EncodeAnnotate({.span = SpanId(2), .added = {"b"}})),
            StatusCode::kNotFound);
}

// TRACE-13
TEST_F(TracePrimitiveTest, DeleteLeavesNothingOfATree) {
  for (std::uint64_t id = 1; id <= 6; ++id) {
    ASSERT_EQ(Record(id, Named("n", id / 2)), StatusCode::kOk);
  }
  EXPECT_EQ(Delete(2), StatusCode::kOk);
  EXPECT_EQ(Delete(2), StatusCode::kOk);
  EXPECT_EQ(Stored(), Derived(Stored()));
  EXPECT_EQ(Stored().size(), 3u * 4 + 1);
  EXPECT_EQ(Delete(1), StatusCode::kOk);
  EXPECT_TRUE(Stored().empty());
}

// TRACE-9 TRACE-10 TRACE-11 TRACE-12 TRACE-13
TEST_F(TracePrimitiveTest, IndexesFollowFromTheSpansAfterAnyHistory) {
  const std::uint64_t seed = testing_support::TestSeed(7);
  SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string_view names[] = {"a", "b", "c", "ab"};
  for (int i = 0; i < 600; ++i) {
    const SpanId span(1 + random() % 20);
    RowImage image = Named("n", random() % 20);
    image.kind = kSpanKinds[random() % 6];
    image.start = Timestamp(random() % 5);
    if (random() % 2 == 0) image.tags = {names[random() % 2], "z"};
    switch (random() % 5) {
      case 0:
        (void)Finish(span.value(), random() % 6, random() % 2 == 0);
        break;
      case 1:
        (void)Apply(kTraceAnnotate, trace::EncodeAnnotate({.span = span,
                                                           .added = {names[random() % 4]},
                                                           .removed = {names[random() % 4]}}));
        break;
      case 2:
        if (random() % 4 == 0) (void)Delete(span.value());
        break;
      default:
        (void)Record(span.value(), image);
    }
    ASSERT_EQ(Stored(), Derived(Stored())) << i;
  }
}

TEST_F(TracePrimitiveTest, WhatItDoesNotKnowIsUnimplemented) {
  EXPECT_EQ(Apply(kTraceDelete, trace::EncodeDelete(SpanId(1)), 2), StatusCode::kUnimplemented);
  EXPECT_EQ(Apply(0x54, ""), StatusCode::kUnimplemented);
}

TEST_F(TracePrimitiveTest, OnlySpansAreShownInDiffs) {
  for (const TableSpec& table : primitive_.spec().tables) {
    EXPECT_EQ(table.derived, table.number != kTraceSpans.number) << table.name;
  }
}

std::string Described(EntryType type, std::string_view payload) {
  const EntryDescription text = TracePrimitive().Describe({.type = type, .payload = payload});
  return text.operation + '|' + text.subject + '|' + text.detail;
}

TEST(TraceDescribe, EntriesReadLikeSentences) {
  RowImage image = Named("find \n", 5);
  image.end = Timestamp(14);
  image.status = SpanStatus::kError;
  image.message = "no";
  image.tags = {"a", "b"};
  EXPECT_EQ(Described(kTraceRecord, trace::EncodeRecord(SpanId(7), image)),
            "record|0000000000000007|query \"find \\n\" 10 us + 4 us below 0000000000000005 error "
            "\"no\" #a #b");
  EXPECT_EQ(Described(kTraceRecord, trace::EncodeRecord(SpanId(7), Named("x"))),
            "record|0000000000000007|query \"x\" 10 us, open");
  EXPECT_EQ(Described(kTraceFinish,
                      trace::EncodeFinish(
                          {.span = SpanId(7), .end = Timestamp(3), .status = SpanStatus::kOk})),
            "finish|0000000000000007|at 3 us ok");
  EXPECT_EQ(Described(kTraceAnnotate, trace::EncodeAnnotate({.span = SpanId(7),
                                                             .added = {"x"},
                                                             .removed = {"y"},
                                                             .attributes = {{"k", "1"}}})),
            "annotate|0000000000000007|1 attributes +x -y");
  EXPECT_EQ(Described(kTraceDelete, trace::EncodeDelete(SpanId(7))),
            "delete|0000000000000007|and everything below it");
  for (const EntryType type : {kTraceRecord, kTraceFinish, kTraceAnnotate, kTraceDelete}) {
    EXPECT_NE(Described(type, "x").find("|?|"), std::string::npos);
  }
}

TEST(TraceDescribe, ARowReadsAsItsSpan) {
  RowImage image = Named("x");
  const std::string long_text = '"' + std::string(500, 'v') + '"';
  image.attributes = {{.key = "k", .value = long_text}};
  const TracePrimitive primitive;
  const std::string key = trace::SpanKey(SpanId(7));
  const RowDescription row = primitive.DescribeRow(0, key, trace::EncodeRow(image));
  EXPECT_EQ(row.subject, "0000000000000007");
  EXPECT_TRUE(row.content.starts_with("query \"x\" 10 us, open {\\\"k\\\":")) << row.content;
  EXPECT_LT(row.content.size(), 200u);
  EXPECT_EQ(primitive.DescribeRow(0, key, "damaged").subject, "0000000000000007");
  EXPECT_FALSE(primitive.DescribeRow(0, "short", trace::EncodeRow(image)).content.empty());
}

// TRACE-9
TEST(TraceIndex, KeysAreInTheOrderOfTime) {
  const auto key = [](std::uint64_t start, std::uint64_t id) {
    return trace::WithPosition(trace::TagPrefix("t"),
                               {.start = Timestamp(start), .span = SpanId(id)});
  };
  EXPECT_LT(key(1, 9), key(2, 1));
  EXPECT_LT(key(255, 1), key(256, 1));
  EXPECT_LT(key(2, 1), key(2, 256));
  const trace::Position at = *trace::PositionAtEnd(key(3, 4));
  EXPECT_EQ(at.start, Timestamp(3));
  EXPECT_EQ(at.span, SpanId(4));
  EXPECT_EQ(key(3, 4),
            std::string("t\0", 2) + std::string(7, '\0') + '\3' + std::string(7, '\0') + '\4');
  EXPECT_FALSE(trace::PositionAtEnd("too short").ok());
  EXPECT_FALSE(trace::ParseSpanKey("nine byte").ok());
  EXPECT_FALSE(trace::DecodeCount(std::string(8, '\0')).ok());
  EXPECT_FALSE(trace::DecodeCount("1").ok());
}

}  // namespace
}  // namespace varve
