// docs/limits.md: what is as large as a limit is taken, one more is refused and leaves the
// transaction as it was.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "kernel/base/limits.h"
#include "primitives/builtin.h"
#include "primitives/event/event.h"
#include "primitives/json/json.h"
#include "primitives/json/json_limits.h"
#include "primitives/kv/kv.h"
#include "primitives/run/runs.h"
#include "primitives/state/lease.h"
#include "primitives/state/state.h"
#include "primitives/trace/trace.h"
#include "primitives/vector/vector.h"
#include "recovery/open.h"

namespace varve {
namespace {

std::string Bytes(std::size_t count) { return std::string(count, 'x'); }

// {"a":{"a":...}}, so many objects within one another.
JsonValue Nested(std::size_t depth) {
  JsonValue value = JsonValue::object();
  for (std::size_t i = 1; i < depth; ++i) value = {{"a", value}};
  return value;
}

// An object of text, as long as that.
std::string ObjectText(std::size_t bytes) { return R"({"a":")" + Bytes(bytes - 8) + R"("})"; }

std::vector<std::string> Tags(std::size_t count) {
  std::vector<std::string> tags;
  for (std::size_t i = 0; i < count; ++i) tags.push_back("t" + std::to_string(i));
  return tags;
}

// A limit, and something of a given size that is done in a transaction.
struct Limited {
  const char* name;
  std::size_t limit;
  std::function<absl::Status(Transaction&, std::size_t size)> make;
  absl::StatusCode refusal = absl::StatusCode::kResourceExhausted;
};

class LimitsTest : public testing::Test {
 protected:
  LimitsTest() {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    store_ = *OpenInMemory(std::move(registry));
  }

  void Check(const std::vector<Limited>& all) {
    for (const Limited& one : all) {
      SCOPED_TRACE(one.name);
      Transaction transaction = *store_->Begin();
      const std::uint64_t before = transaction.bytes();
      const absl::Status above = one.make(transaction, one.limit + 1);
      EXPECT_EQ(above.code(), one.refusal) << above;
      EXPECT_EQ(transaction.bytes(), before) << "refused, and written all the same";
      const absl::Status at = one.make(transaction, one.limit);
      EXPECT_TRUE(at.ok()) << at;
      ExpectNotLogged(one);
    }
  }

  // A transaction in which only that was refused is an empty one.
  void ExpectNotLogged(const Limited& refused) {
    Transaction transaction = *store_->Begin();
    EXPECT_FALSE(refused.make(transaction, refused.limit + 1).ok());
    const auto receipt = transaction.Commit();
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    EXPECT_EQ(receipt->lsn, Lsn());
  }

  std::unique_ptr<Store> store_;
};

TEST_F(LimitsTest, OfKeysNamesAndValues) {
  Check({{"key", kKeyBytesMax,
          [](Transaction& t, std::size_t n) { return Kv(t).Put(Bytes(n), "v"); }},
         {"value", kValueBytesMax,
          [](Transaction& t, std::size_t n) { return Kv(t).Put("k", Bytes(n)); }},
         {"cell", kKeyBytesMax,
          [](Transaction& t, std::size_t n) { return Cells(t).Set(Bytes(n), "v").status(); }},
         {"cell's value", kValueBytesMax,
          [](Transaction& t, std::size_t n) { return Cells(t).Set("c", Bytes(n)).status(); }},
         {"lease", kKeyBytesMax,
          [](Transaction& t, std::size_t n) {
            return Leases(t).Acquire(Bytes(n), "me", std::chrono::seconds(1)).status();
          }},
         {"owner", kNameBytesMax,
          [](Transaction& t, std::size_t n) {
            return Leases(t).Acquire("l", Bytes(n), std::chrono::seconds(1)).status();
          }},
         {"stream", kNameBytesMax,
          [](Transaction& t, std::size_t n) {
            return Events(t).Append(Bytes(n), "type", "{}").status();
          }},
         {"type", kNameBytesMax,
          [](Transaction& t, std::size_t n) {
            return Events(t).Append("s", Bytes(n), "{}").status();
          }},
         {"payload", kValueBytesMax, [](Transaction& t, std::size_t n) {
            return Events(t).Append("s", "type", ObjectText(n)).status();
          }}});
  Transaction transaction = *store_->Begin();
  EXPECT_TRUE(absl::IsInvalidArgument(Kv(transaction).Put(Bytes(kKeyBytesMin - 1), "v")));
}

TEST_F(LimitsTest, OfDocuments) {
  Check({{"name", kJsonNameBytesMax,
          [](Transaction& t, std::size_t n) { return Json(t).Create(Bytes(n), 1); }},
         {"bytes", kJsonDocumentBytesMax,
          [](Transaction& t, std::size_t n) { return Json(t).Create("b", Bytes(n - 5)); }},
         {"bytes of a path", kJsonPathBytesMax,
          [](Transaction& t, std::size_t n) {
            return Json(t).Create("p", {{Bytes(n - 2), 1}});
          }},
         {"depth", kJsonDepthMax,
          [](Transaction& t, std::size_t n) { return Json(t).Create("d", Nested(n)); },
          absl::StatusCode::kInvalidArgument},
         {"segments", kJsonPathSegmentsMax,
          [](Transaction& t, std::size_t n) {
            std::string pointer;
            for (std::size_t i = 0; i < n; ++i) pointer += "/a";
            // Beyond what a document can be deep, so only a read can have so many.
            return Json(t).Get("d", pointer).status();
          }},
         {"pointer", kJsonPathTextBytesMax,
          [](Transaction& t, std::size_t n) {
            return Json(t).Get("d", "/" + Bytes(n - 1)).status();
          }},
         {"JSONPath", kJsonPathTextBytesMax, [](Transaction& t, std::size_t n) {
            return Json(t).Query("d", "$['" + Bytes(n - 5) + "']").status();
          }}});
}

TEST_F(LimitsTest, OfRuns) {
  Check(
      {{"name", kNameBytesMax,
        [](Transaction& t, std::size_t n) { return Runs(t).Create({.name = Bytes(n)}).status(); }},
       {"tag", kNameBytesMax,
        [](Transaction& t, std::size_t n) {
          return Runs(t).Create({.tags = {Bytes(n)}}).status();
        }},
       {"tags", kRunTagsMax,
        [](Transaction& t, std::size_t n) { return Runs(t).Create({.tags = Tags(n)}).status(); }},
       {"metadata", kRunTextBytesMax, [](Transaction& t, std::size_t n) {
          return Runs(t).Create({.metadata = ObjectText(n)}).status();
        }}});
  const RunId run = *CreateRun(*store_);
  Check({{"outcome", kRunTextBytesMax, [&](Transaction& t, std::size_t n) {
            return Runs(t).End(run, RunStatus::kCompleted, Bytes(n));
          }}});
}

TEST_F(LimitsTest, OfSpans) {
  const auto record = [](Transaction& t, const SpanRecord& span) {
    return Trace(t).Record(span).status();
  };
  Check({{"name", kNameBytesMax,
          [&](Transaction& t, std::size_t n) {
            const std::string name = Bytes(n);
            return record(t, {.name = name});
          },
          absl::StatusCode::kInvalidArgument},
         {"tags", kSpanTagsMax,
          [&](Transaction& t, std::size_t n) {
            const std::vector<std::string> tags = Tags(n);
            return record(t, {.name = "s", .tags = {tags.begin(), tags.end()}});
          }},
         {"message", kSpanMessageBytesMax,
          [&](Transaction& t, std::size_t n) {
            const std::string message = Bytes(n);
            return record(t, {.name = "s", .status = SpanStatus::kOk, .status_message = message});
          }},
         {"attributes", kSpanAttributesMax,
          [&](Transaction& t, std::size_t n) {
            JsonValue all;
            for (std::size_t i = 0; i < n; ++i) all[std::to_string(i)] = 1;
            const std::string attributes = all.dump();
            return record(t, {.name = "s", .attributes = attributes});
          }},
         {"depth of an attribute", kSpanAttributeDepthMax,
          [&](Transaction& t, std::size_t n) {
            const std::string attributes =
                R"({"a":)" + std::string(n, '[') + std::string(n, ']') + "}";
            return record(t, {.name = "s", .attributes = attributes});
          }},
         {"bytes", kSpanBytesMax,
          [&](Transaction& t, std::size_t n) {
            constexpr std::size_t kFraming = 40 + 1 + 6 + 1;  // the row, name and key
            const std::string attributes = R"({"a":")" + Bytes(n - kFraming - 2) + R"("})";
            return record(t, {.name = "s", .attributes = attributes});
          }},
         {"time", kSpanTimeMax.micros(),
          [&](Transaction& t, std::size_t n) {
            return record(t, {.name = "s", .start = Timestamp(n)});
          },
          absl::StatusCode::kInvalidArgument}});
}

TEST_F(LimitsTest, OfVectors) {
  Transaction made = *store_->Begin();
  ASSERT_TRUE(Vectors(made).Create("c", {.dimension = 1, .metric = VectorMetric::kDot}).ok());
  ASSERT_TRUE(made.Commit().ok());
  const std::vector<float> one = {1};
  const auto search = [&](Transaction& t, const VectorSearchOptions& options) {
    return Vectors(t).Search("c", one, options).status();
  };
  Check({{"collection", kNameBytesMax,
          [](Transaction& t, std::size_t n) {
            return Vectors(t).Create(Bytes(n), {.dimension = 1});
          }},
         {"dimension", kVectorDimensionMax,
          [](Transaction& t, std::size_t n) { return Vectors(t).Create("d", {.dimension = n}); }},
         {"key", kKeyBytesMax,
          [&](Transaction& t, std::size_t n) { return Vectors(t).Upsert("c", Bytes(n), one); }},
         {"metadata", kVectorMetadataBytesMax,
          [&](Transaction& t, std::size_t n) {
            return Vectors(t).Upsert("c", "k", one, ObjectText(n));
          }},
         {"depth of metadata", kVectorMetadataDepthMax,
          [&](Transaction& t, std::size_t n) {
            return Vectors(t).Upsert("c", "k", one, Nested(n).dump());
          }},
         {"results", kVectorSearchResultsMax,
          [&](Transaction& t, std::size_t n) { return search(t, {.k = n}); }},
         {"threads", kVectorSearchThreadsMax,
          [&](Transaction& t, std::size_t n) { return search(t, {.threads = n}); }},
         {"nodes of a filter", kVectorFilterNodesMax,
          [&](Transaction& t, std::size_t n) {
            const std::vector<VectorValue> listed(n - 1, VectorValue(1));
            return search(t, {.filter = VectorFilter::In("a", listed)});
          }},
         {"depth of a filter", kVectorFilterDepthMax,
          [&](Transaction& t, std::size_t n) {
            VectorFilter filter = VectorFilter::Exists("a");
            for (std::size_t i = 1; i < n; ++i) filter = VectorFilter::Not(filter);
            return search(t, {.filter = filter});
          }},
         {"queries", kVectorSearchQueriesMax, [&](Transaction& t, std::size_t n) {
            return Vectors(t).SearchMany("c", std::vector<float>(n, 1), {.k = 1}).status();
          }}});
}

TEST_F(LimitsTest, OfFiltersAsText) {
  // Blanks count: it is the text that is bounded before it is read.
  const auto filter = [](std::size_t bytes) {
    const std::string short_one = R"({"exists":"a"})";
    return short_one + std::string(bytes - short_one.size(), ' ');
  };
  EXPECT_TRUE(VectorFilter::Parse(filter(kVectorFilterBytesMax)).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(VectorFilter::Parse(filter(kVectorFilterBytesMax + 1)).status()));
}

}  // namespace
}  // namespace varve
