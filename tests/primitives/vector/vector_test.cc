// Tests: primitives/vector/vector_checks.cc
#include "primitives/vector/vector.h"

#include <cmath>
#include <limits>

#include "kernel/base/limits.h"
#include "tests/primitives/vector/vector_store_fixture.h"

namespace varve {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

class VectorsTest : public VectorStoreTest {
 protected:
  // "docs" and "flat": two dimensions each.
  void SetUp() override {
    VectorStoreTest::SetUp();
    Create("docs", {.dimension = 2, .metric = VectorMetric::kDot});
    Create("flat", {.dimension = 2, .metric = VectorMetric::kCosine});
  }

  // "a=1,2{} b=..." of a page.
  std::string Rows(const VectorScanOptions& options = {}) {
    ReadView view = View();
    const absl::StatusOr<std::vector<VectorRow>> rows = Vectors(view).Scan("docs", options);
    if (!rows.ok()) return "!" + absl::StatusCodeToString(rows.status().code());
    std::string text;
    for (const VectorRow& row : *rows) {
      text += (text.empty() ? "" : " ") + row.key + "=";
      for (const float component : row.vector) text += std::to_string(static_cast<int>(component));
      text += row.metadata;
    }
    return text;
  }

  const std::vector<float> one_ = {1, 1};
  const std::vector<float> two_ = {2, 2};
};

TEST_F(VectorsTest, CollectionsAreCreatedOnceListedAndDropped) {
  const Lsn created = Commit([](Vectors& vectors) {
    EXPECT_TRUE(vectors.Create("books", {.dimension = 8, .metric = VectorMetric::kL2}).ok());
    EXPECT_TRUE(absl::IsAlreadyExists(vectors.Create("books", {.dimension = 8})));
  });
  ReadView view = View();
  const auto info = Vectors(view).Info("books");
  ASSERT_TRUE(info.ok() && info->has_value());
  EXPECT_EQ((*info)->shape, (VectorShape{.dimension = 8, .metric = VectorMetric::kL2}));
  EXPECT_EQ((*info)->created, created);
  const auto names = [](Reader& reader, std::string_view after, std::uint64_t limit) {
    std::string text;
    const std::vector<VectorCollection> listed = *Vectors(reader).List(after, limit);
    for (const VectorCollection& collection : listed) {
      text += collection.name + " ";
    }
    return text;
  };
  EXPECT_EQ(names(view, "", 1000), "books docs flat ");
  EXPECT_EQ(names(view, "books", 1), "docs ");
  Commit([](Vectors& vectors) { EXPECT_TRUE(vectors.Drop("books").ok()); });
  ReadView later = View();
  EXPECT_EQ(names(later, "", 1000), "docs flat ");
  EXPECT_EQ(names(view, "", 1000), "books docs flat ");
  EXPECT_FALSE(Vectors(later).Info("books")->has_value());
}

TEST_F(VectorsTest, ADropTakesItsOwnVectorsAndNoOthers) {
  Create("doc", {.dimension = 2, .metric = VectorMetric::kDot});
  Create("docsx", {.dimension = 2, .metric = VectorMetric::kDot});
  for (const char* const name : {"doc", "docs", "docsx"}) Upsert(name, "a", {1, 1});
  Commit([](Vectors& vectors) { EXPECT_TRUE(vectors.Drop("docs").ok()); });
  EXPECT_EQ(Search("doc", {1, 1}), "a:2");
  EXPECT_EQ(Search("docs", {1, 1}), "!NOT_FOUND");
  EXPECT_EQ(Search("docsx", {1, 1}), "a:2");
  Create("docs", {.dimension = 2, .metric = VectorMetric::kDot});
  EXPECT_EQ(Search("docs", {1, 1}), "");
}

TEST_F(VectorsTest, WritesDoWhatTheirNamesSay) {
  Commit([&](Vectors& vectors) {
    EXPECT_TRUE(vectors.Insert("docs", "a", one_, R"({"n":1})").ok());
    EXPECT_TRUE(absl::IsAlreadyExists(vectors.Insert("docs", "a", two_)));
    EXPECT_TRUE(absl::IsNotFound(vectors.Update("docs", "b", one_)));
    EXPECT_TRUE(absl::IsNotFound(vectors.SetMetadata("docs", "b", "{}")));
    EXPECT_FALSE(*vectors.Delete("docs", "b"));
    EXPECT_TRUE(vectors.Upsert("docs", "b", one_, "{}").ok());
  });
  EXPECT_EQ(Rows({.include_vectors = true}), R"(a=11{"n":1} b=11{})");
  Commit([&](Vectors& vectors) {
    EXPECT_TRUE(vectors.Update("docs", "a", two_).ok());
    EXPECT_TRUE(vectors.SetMetadata("docs", "b", R"({"m":2})").ok());
  });
  EXPECT_EQ(Rows({.include_vectors = true}), R"(a=22{"n":1} b=11{"m":2})");
  Commit([&](Vectors& vectors) {
    EXPECT_TRUE(vectors.Upsert("docs", "a", one_).ok());
    EXPECT_TRUE(*vectors.Delete("docs", "b"));
  });
  EXPECT_EQ(Rows({.include_vectors = true}), "a=11");
}

TEST_F(VectorsTest, BatchesAreWrittenWholeOrNotAtAll) {
  Upsert("docs", "b", {1, 1});
  Transaction transaction = Begin();
  Vectors vectors(transaction);
  const VectorItem fresh[] = {{.key = "a", .vector = two_}, {.key = "c", .vector = two_}};
  const VectorItem taken[] = {{.key = "a", .vector = two_}, {.key = "b", .vector = two_}};
  const VectorItem twice[] = {{.key = "a", .vector = two_}, {.key = "a", .vector = two_}};
  const std::uint64_t before = transaction.bytes();
  EXPECT_TRUE(absl::IsAlreadyExists(vectors.InsertMany("docs", taken)));
  EXPECT_TRUE(absl::IsInvalidArgument(vectors.UpsertMany("docs", twice)));
  EXPECT_TRUE(absl::IsNotFound(vectors.UpdateMany("docs", taken)));
  EXPECT_EQ(transaction.bytes(), before);
  EXPECT_TRUE(vectors.InsertMany("docs", fresh).ok());
  EXPECT_TRUE(vectors.UpdateMany("docs", taken).ok());
  EXPECT_TRUE(vectors.UpsertMany("docs", taken).ok());
  const std::string_view keys[] = {"a", "c", "nobody", "a"};
  EXPECT_EQ(*vectors.DeleteMany("docs", keys), 2u);
  EXPECT_EQ(*vectors.Count("docs"), 1u);
}

TEST_F(VectorsTest, ABatchThatDoesNotFitIsRefusedBeforeItsFirstItem) {
  Create("large", {.dimension = kVectorDimensionMax, .metric = VectorMetric::kDot});
  const std::vector<float> vector(kVectorDimensionMax, 1);
  std::vector<std::string> keys;
  for (int at = 0; at < 2048; ++at) keys.push_back(std::to_string(at));
  std::vector<VectorItem> items;
  for (const std::string& key : keys) items.push_back({.key = key, .vector = vector});
  Transaction transaction = Begin();
  Vectors vectors(transaction);
  EXPECT_TRUE(absl::IsResourceExhausted(vectors.InsertMany("large", items)));
  EXPECT_EQ(transaction.bytes(), 0u);
  items.resize(64);
  EXPECT_TRUE(vectors.InsertMany("large", items).ok());
}

TEST_F(VectorsTest, GetAndScanGiveWhatWasWritten) {
  const std::vector<float> exact = {0.1f, -0.0f};
  const Lsn lsn = Upsert("docs", "a", exact, R"({"n": 1})");
  for (const char* const key : {"b/1", "b/2", "c"}) Upsert("docs", key, {1, 2});
  ReadView view = View();
  const Vectors vectors(view);
  const auto row = vectors.Get("docs", "a");
  ASSERT_TRUE(row.ok() && row->has_value());
  EXPECT_EQ((*row)->vector, exact);
  EXPECT_TRUE(std::signbit((*row)->vector[1]));
  EXPECT_EQ((*row)->metadata, R"({"n": 1})");
  EXPECT_EQ((*row)->lsn, lsn);
  const std::string_view keys[] = {"c", "nobody"};
  const auto rows = vectors.GetMany("docs", keys);
  EXPECT_TRUE((*rows)[0].has_value());
  EXPECT_FALSE((*rows)[1].has_value());
  EXPECT_EQ(*vectors.Count("docs"), 4u);
  EXPECT_EQ(*vectors.Count("flat"), 0u);
  EXPECT_EQ(Rows({.prefix = "b/"}), "b/1= b/2=");
  EXPECT_EQ(Rows({.after = "a", .limit = 2}), "b/1= b/2=");
  EXPECT_EQ(Rows({.prefix = "b/", .after = "b/1"}), "b/2=");
  EXPECT_EQ(Rows({.prefix = "b/", .after = "z"}), "");
  EXPECT_EQ(Rows({.limit = 0}), "!INVALID_ARGUMENT");
}

TEST_F(VectorsTest, HitsHoldWhatWasAskedFor) {
  Upsert("docs", "a", {3, 4}, R"({"n":1})");
  ReadView view = View();
  const Vectors vectors(view);
  auto hits = vectors.Search("docs", one_, {.include_vectors = true});
  ASSERT_TRUE(hits.ok());
  EXPECT_EQ((*hits)[0].vector, (std::vector<float>{3, 4}));
  EXPECT_EQ((*hits)[0].metadata, R"({"n":1})");
  hits = vectors.Search("docs", one_, {.include_metadata = false});
  EXPECT_TRUE((*hits)[0].vector.empty());
  EXPECT_TRUE((*hits)[0].metadata.empty());
  EXPECT_EQ((*hits)[0].score, 7.0f);
}

TEST_F(VectorsTest, MetricsScoreHigherWhatIsMoreAlike) {
  Create("l2", {.dimension = 2, .metric = VectorMetric::kL2});
  for (const char* const name : {"docs", "flat", "l2"}) {
    Upsert(name, "near", {1, 0});
    Upsert(name, "long", {8, 8});
    Upsert(name, "back", {-3, 0});
  }
  EXPECT_EQ(Search("docs", {2, 0}), "long:16 near:2 back:-6");
  EXPECT_EQ(Search("flat", {2, 0}), "near:1 long:0.707106769 back:-1");
  EXPECT_EQ(Search("l2", {2, 0}), "near:0.5 back:0.166666672 long:0.0909090936");
  VectorSearchOptions options;
  options.threshold = 0.5f;
  EXPECT_EQ(Search("l2", {2, 0}, options), "near:0.5");
}

TEST_F(VectorsTest, NumbersThatAreNoneAreRefusedEverywhere) {
  Transaction transaction = Begin();
  Vectors vectors(transaction);
  for (const std::vector<float>& bad :
       {std::vector<float>{1, kNan}, {kInfinity, 1}, {1, -kInfinity}, {1}, {1, 2, 3}, {}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(vectors.Insert("docs", "a", bad)));
    EXPECT_TRUE(absl::IsInvalidArgument(vectors.Upsert("docs", "a", bad)));
    EXPECT_TRUE(absl::IsInvalidArgument(vectors.Update("docs", "a", bad)));
    EXPECT_TRUE(absl::IsInvalidArgument(vectors.Search("docs", bad).status()));
  }
  const std::vector<float> zeros = {0, -0.0f};
  EXPECT_TRUE(absl::IsInvalidArgument(vectors.Insert("flat", "a", zeros)));
  EXPECT_TRUE(absl::IsInvalidArgument(vectors.Search("flat", zeros).status()));
  EXPECT_TRUE(vectors.Insert("docs", "a", zeros).ok());
  EXPECT_TRUE(
      absl::IsInvalidArgument(vectors.SearchMany("docs", std::vector<float>(3, 1)).status()));
  EXPECT_TRUE(vectors.SearchMany("docs", {})->empty());
}

TEST_F(VectorsTest, LimitsHoldAtThemAndOnePast) {
  Transaction transaction = Begin();
  Vectors vectors(transaction);
  const std::string name(kNameBytesMax, 'n');
  EXPECT_TRUE(vectors.Create(name, {.dimension = kVectorDimensionMax}).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(vectors.Create("more", {.dimension = kVectorDimensionMax + 1})));
  EXPECT_TRUE(absl::IsInvalidArgument(vectors.Create("less", {.dimension = 0})));
  EXPECT_TRUE(absl::IsInvalidArgument(vectors.Create("", {.dimension = 1})));
  EXPECT_TRUE(absl::IsInvalidArgument(
      vectors.Create("odd", {.dimension = 1, .metric = static_cast<VectorMetric>(4)})));
  EXPECT_TRUE(absl::IsResourceExhausted(vectors.Create(name + "n", {.dimension = 1})));
  const std::string key(kKeyBytesMax, 'k');
  EXPECT_TRUE(vectors.Insert(name, key, std::vector<float>(kVectorDimensionMax, 1)).ok());
  EXPECT_TRUE(vectors.Insert("docs", key, one_).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(vectors.Insert("docs", key + "k", one_)));
  EXPECT_TRUE(absl::IsInvalidArgument(vectors.Insert("docs", "", one_)));
  EXPECT_TRUE(vectors.Search("docs", one_, {.k = kVectorSearchResultsMax}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(
      vectors.Search("docs", one_, {.k = kVectorSearchResultsMax + 1}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(vectors.Search("docs", one_, {.k = 0}).status()));
  EXPECT_TRUE(vectors.Search("docs", one_, {.threads = kVectorSearchThreadsMax}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(
      vectors.Search("docs", one_, {.threads = kVectorSearchThreadsMax + 1}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(vectors.Search("docs", one_, {.threshold = kNan}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      vectors.Search("docs", one_, {.filter = VectorFilter::Exists("/~")}).status()));
  const std::vector<float> queries(2 * kVectorSearchQueriesMax, 1);
  EXPECT_EQ(vectors.SearchMany("docs", queries)->size(), kVectorSearchQueriesMax);
  std::vector<float> more(2 * kVectorSearchQueriesMax + 2, 1);
  EXPECT_TRUE(absl::IsResourceExhausted(vectors.SearchMany("docs", more).status()));
}

TEST_F(VectorsTest, AReadOnlyHandleWritesNothing) {
  ReadView view = View();
  Vectors vectors(view);
  EXPECT_TRUE(absl::IsFailedPrecondition(vectors.Create("x", {.dimension = 1})));
  EXPECT_TRUE(absl::IsFailedPrecondition(vectors.Drop("docs")));
  EXPECT_TRUE(absl::IsFailedPrecondition(vectors.Upsert("docs", "a", one_)));
  EXPECT_TRUE(absl::IsFailedPrecondition(vectors.SetMetadata("docs", "a", "")));
  EXPECT_TRUE(absl::IsFailedPrecondition(vectors.Delete("docs", "a").status()));
}

TEST_F(VectorsTest, ConflictsAreThoseOfWhatWasRead) {
  const auto conflict = [&](const std::function<void(Vectors&)>& mine,
                            const std::function<void(Vectors&)>& theirs) {
    Transaction transaction = Begin();
    Vectors vectors(transaction);
    mine(vectors);
    Commit(theirs);
    return absl::IsAborted(transaction.Commit().status());
  };
  const auto upsert = [&](Vectors& vectors) {
    EXPECT_TRUE(vectors.Upsert("docs", "k", one_).ok());
  };
  const auto insert = [&](Vectors& vectors) {
    EXPECT_TRUE(vectors.Insert("docs", "n", one_).ok());
  };
  EXPECT_FALSE(conflict(upsert, upsert));
  EXPECT_TRUE(conflict(insert, insert));
  EXPECT_TRUE(conflict(upsert, [](Vectors& vectors) { EXPECT_TRUE(vectors.Drop("docs").ok()); }));
  Create("docs", {.dimension = 2, .metric = VectorMetric::kDot});
  // A drop takes what came in meanwhile, too: it is applied again at commit.
  EXPECT_FALSE(conflict([](Vectors& vectors) { EXPECT_TRUE(vectors.Drop("docs").ok()); }, upsert));
  Create("docs", {.dimension = 2, .metric = VectorMetric::kDot});
  EXPECT_EQ(Search("docs", {1, 1}), "");
}

}  // namespace
}  // namespace varve
