// Searches against the plainest there can be: every row, one float at a time.
#include "primitives/vector/vector_search.h"

#include <bit>
#include <map>
#include <thread>

#include "primitives/vector/vector_metadata.h"
#include "tests/primitives/vector/vector_store_fixture.h"

namespace varve {
namespace {

struct ModelRow {
  std::vector<float> vector;
  std::string metadata;
};
using Model = std::map<std::string, ModelRow>;

std::vector<VectorHit> PlainSearch(const Model& model, const VectorShape& shape,
                                   const std::vector<float>& query,
                                   const VectorSearchOptions& options) {
  std::vector<VectorHit> hits;
  for (const auto& [key, row] : model) {
    if (!options.filter.Matches(vector::MakeMetadataImage(row.metadata))) continue;
    const float score = PlainScore(shape, query, row.vector);
    if (options.threshold.has_value() && score < *options.threshold) continue;
    hits.push_back({.key = key, .score = score, .vector = {}, .metadata = row.metadata});
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const VectorHit& a, const VectorHit& b) { return a.score > b.score; });
  if (hits.size() > options.k) hits.resize(options.k);
  return hits;
}

void ExpectSame(const absl::StatusOr<std::vector<VectorHit>>& found,
                const std::vector<VectorHit>& plain) {
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), plain.size());
  for (std::size_t at = 0; at < plain.size(); ++at) {
    ASSERT_EQ((*found)[at].key, plain[at].key) << "at " << at;
    ASSERT_EQ(std::bit_cast<std::uint32_t>((*found)[at].score),
              std::bit_cast<std::uint32_t>(plain[at].score));
    ASSERT_EQ((*found)[at].metadata, plain[at].metadata);
  }
}

class VectorSearch : public VectorStoreTest {
 protected:
  std::string AnyKey() { return "k" + std::to_string(random_() % 200); }
  std::string AnyMetadata() {
    const std::uint64_t choice = random_() % 4;
    if (choice == 0) return "";
    return R"({"n":)" + std::to_string(random_() % 10) + R"(,"lang":")" +
           (choice == 1 ? "en" : "de") + R"(","tags":["t)" + std::to_string(random_() % 3) +
           R"("]})";
  }
  VectorSearchOptions AnyOptions() {
    VectorSearchOptions options;
    options.k = 1 + random_() % 30;
    if (random_() % 3 == 0) options.threshold = static_cast<float>(random_() % 100) / 100.0f;
    switch (random_() % 4) {
      case 0:
        options.filter = VectorFilter::And(
            {VectorFilter::Eq("lang", "en"), VectorFilter::Not(VectorFilter::Lt("n", 4))});
        break;
      case 1:
        options.filter = VectorFilter::Contains("tags", "t1");
        break;
      default:
        break;
    }
    options.threads = random_() % 4;
    return options;
  }

  // One random change, through the handle and in the model.
  void Change(Vectors& vectors, const VectorShape& shape, Model& model) {
    const std::string key = AnyKey();
    const bool there = model.contains(key);
    switch (random_() % 6) {
      case 0: {
        const absl::StatusOr<bool> deleted = vectors.Delete("c", key);
        ASSERT_TRUE(deleted.ok());
        ASSERT_EQ(*deleted, there);
        model.erase(key);
        return;
      }
      case 1: {
        const std::vector<float> vector = RandomVector(random_, shape.dimension);
        ASSERT_EQ(vectors.Update("c", key, vector).ok(), there);
        if (there) model[key].vector = vector;
        return;
      }
      case 2: {
        const std::string metadata = AnyMetadata();
        ASSERT_EQ(vectors.SetMetadata("c", key, metadata).ok(), there);
        if (there) model[key].metadata = metadata;
        return;
      }
      default: {
        ModelRow row{RandomVector(random_, shape.dimension), AnyMetadata()};
        ASSERT_TRUE(vectors.Upsert("c", key, row.vector, row.metadata).ok());
        model[key] = row;
        return;
      }
    }
  }

  void CheckSearches(Reader& reader, const VectorShape& shape, const Model& model) {
    for (int turn = 0; turn < 3; ++turn) {
      const VectorSearchOptions options = AnyOptions();
      const std::vector<float> query = RandomVector(random_, shape.dimension);
      ExpectSame(Vectors(reader).Search("c", query, options),
                 PlainSearch(model, shape, query, options));
    }
  }

  std::mt19937_64 random_ = SeededRandom();
};

TEST_F(VectorSearch, EveryViewGivesWhatThePlainestSearchGives) {
  for (const VectorMetric metric : {VectorMetric::kCosine, VectorMetric::kDot, VectorMetric::kL2}) {
    SetUp();
    const VectorShape shape{.dimension = 1 + random_() % 9, .metric = metric};
    if (metric != VectorMetric::kCosine) {
      Commit([&](Vectors& vectors) { ASSERT_TRUE(vectors.Drop("c").ok()); });
    }
    Create("c", shape);
    Model model;
    std::map<Lsn, Model> past;
    std::vector<std::pair<ReadView, Model>> open_views;
    for (int turn = 0; turn < 150; ++turn) {
      Transaction transaction = Begin();
      Vectors vectors(transaction);
      const std::size_t changes = 1 + random_() % 12;
      for (std::size_t change = 0; change < changes; ++change) Change(vectors, shape, model);
      if (turn % 7 == 0) CheckSearches(transaction, shape, model);
      const absl::StatusOr<Receipt> receipt = transaction.Commit();
      ASSERT_TRUE(receipt.ok()) << receipt.status();
      if (receipt->lsn != Lsn()) past[receipt->lsn] = model;
      if (turn % 20 == 0) open_views.emplace_back(View(), model);
      if (turn % 5 == 0) {
        ReadView view = View();
        CheckSearches(view, shape, model);
      }
    }
    for (auto& [view, seen] : open_views) CheckSearches(view, shape, seen);
    open_views.clear();
    for (const auto& [lsn, seen] : past) {
      if (random_() % 5 != 0) continue;
      absl::StatusOr<ReadView> view = store_->AsOf(lsn);
      ASSERT_TRUE(view.ok()) << view.status();
      CheckSearches(*view, shape, seen);
    }
    Open();
    {
      ReadView view = View();
      CheckSearches(view, shape, model);
    }
    store_ = nullptr;
  }
}

TEST_F(VectorSearch, ManyRowsManyThreadsAndManyQueriesAgree) {
  const VectorShape shape{.dimension = 33, .metric = VectorMetric::kDot};
  Create("c", shape);
  Model model;
  for (std::size_t batch = 0; batch < 8; ++batch) {
    Commit([&](Vectors& vectors) {
      for (std::size_t at = 0; at < 1500; ++at) {
        ModelRow row{RandomVector(random_, 33), ""};
        const std::string key = "key/" + std::to_string(batch * 1500 + at);
        ASSERT_TRUE(vectors.Insert("c", key, row.vector, row.metadata).ok());
        model[key] = row;
      }
    });
  }
  std::vector<float> queries;
  std::vector<std::vector<VectorHit>> plain;
  for (std::size_t query = 0; query < 131; ++query) {
    const std::vector<float> vector = RandomVector(random_, 33);
    queries.insert(queries.end(), vector.begin(), vector.end());
    plain.push_back(query % 10 == 0 ? PlainSearch(model, shape, vector, {})
                                    : std::vector<VectorHit>());
  }
  ReadView view = View();
  for (const std::size_t threads : {0, 1, 2, 5}) {
    VectorSearchOptions options;
    options.threads = threads;
    const auto found = Vectors(view).SearchMany("c", queries, options);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->size(), plain.size());
    for (std::size_t query = 0; query < plain.size(); query += 10) {
      ExpectSame((*found)[query], plain[query]);
    }
  }
}

TEST_F(VectorSearch, AFilterStillFindsKWhereKMatchHoweverFarDown) {
  Create("c", {.dimension = 1, .metric = VectorMetric::kDot});
  Commit([&](Vectors& vectors) {
    for (int at = 0; at < 500; ++at) {
      const float component = static_cast<float>(at);
      ASSERT_TRUE(
          vectors.Insert("c", std::to_string(at), {&component, 1}, at < 3 ? R"({"rare":true})" : "")
              .ok());
    }
  });
  VectorSearchOptions options;
  options.k = 3;
  options.filter = VectorFilter::Eq("rare", true);
  EXPECT_EQ(Search("c", {1}, options), "2:2 1:1 0:0");
}

// VEC-11
TEST_F(VectorSearch, EqualScoresComeInKeyOrderFromAnywhere) {
  Create("c", {.dimension = 2, .metric = VectorMetric::kDot});
  for (const char* const key : {"e", "a", "d", "b", "c"}) Upsert("c", key, {1, 0});
  VectorSearchOptions options;
  options.k = 3;
  EXPECT_EQ(Search("c", {2, 7}, options), "a:2 b:2 c:2");
  Transaction transaction = Begin();
  Vectors vectors(transaction);
  const std::vector<float> same = {1, 0};
  ASSERT_TRUE(vectors.Upsert("c", "aa", same).ok());
  EXPECT_EQ(Search(transaction, "c", {2, 7}, options), "a:2 aa:2 b:2");
}

TEST_F(VectorSearch, SeesEveryWayInWhichRowsGo) {
  const RunId run = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  const RunId copy = *Uuid::Parse("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
  Create("c", {.dimension = 1, .metric = VectorMetric::kDot}, run);
  Upsert("c", "a", {1}, {}, run);
  EXPECT_EQ(Search("c", {1}, {}, run), "a:1");
  ReadView before = View();
  const auto in_transaction = [&](const std::function<absl::Status(Transaction&)>& body) {
    const absl::StatusOr<Receipt> receipt = store_->Update(body);
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  };
  in_transaction([&](Transaction& txn) { return txn.CopyRun(txn, run, copy); });
  EXPECT_EQ(Search("c", {1}, {}, copy), "a:1");
  in_transaction([&](Transaction& txn) { return txn.EraseRun(run); });
  EXPECT_EQ(Search("c", {1}, {}, run), "!NOT_FOUND");
  EXPECT_EQ(Search("c", {1}, {}, copy), "a:1");
  Commit([](Vectors& vectors) { ASSERT_TRUE(vectors.Drop("c").ok()); }, copy);
  Create("c", {.dimension = 2, .metric = VectorMetric::kCosine}, copy);
  Upsert("c", "b", {1, 1}, {}, copy);
  EXPECT_EQ(Search("c", {1, 1}, {}, copy), "b:0.99999994");
  EXPECT_EQ(Search(before, "c", {1}, {}, run), "a:1");
}

TEST_F(VectorSearch, ATransactionThatSearchedIsAbortedWhereTheCollectionChanged) {
  Create("c", {.dimension = 1, .metric = VectorMetric::kDot});
  Upsert("c", "a", {1});
  for (const bool guard : {true, false}) {
    Transaction transaction = Begin();
    VectorSearchOptions options;
    options.guard_collection = guard;
    options.k = 1;
    Vectors vectors(transaction);
    ASSERT_TRUE(vectors.Search("c", std::vector<float>{1}, options).ok());
    ASSERT_TRUE(vectors.Upsert("c", "mine", std::vector<float>{1}).ok());
    Upsert("c", guard ? "b" : "c", {0});
    EXPECT_EQ(transaction.Commit().ok(), !guard);
  }
  Transaction transaction = Begin();  // what was found is guarded in any case
  VectorSearchOptions options;
  options.guard_collection = false;
  options.k = 1;
  ASSERT_EQ(Text(Vectors(transaction).Search("c", std::vector<float>{1}, options)), "a:1");
  ASSERT_TRUE(Vectors(transaction).Upsert("c", "mine", std::vector<float>{1}).ok());
  Upsert("c", "a", {5});
  EXPECT_FALSE(transaction.Commit().ok());
}

TEST_F(VectorSearch, ReadersAndAWriterWorkAtOnce) {
  Create("c", {.dimension = 4, .metric = VectorMetric::kDot});
  std::atomic<bool> done{false};
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      // Each commit puts one more row of its round's score: a view has all of a commit or nothing.
      while (!done) {
        ReadView view = View();
        VectorSearchOptions options;
        options.k = 100;
        options.threads = 2;
        const auto hits = Vectors(view).Search("c", std::vector<float>{1, 0, 0, 0}, options);
        ASSERT_TRUE(hits.ok()) << hits.status();
        ASSERT_EQ(hits->size() % 10, 0u);
        for (const VectorHit& hit : *hits) ASSERT_EQ(hit.score, hits->front().score);
      }
    });
  }
  for (int round = 1; round <= 150; ++round) {
    Commit([&](Vectors& vectors) {
      const std::vector<float> vector = {static_cast<float>(round), 1, 2, 3};
      for (int at = 0; at < 50; ++at) {
        ASSERT_TRUE(vectors.Upsert("c", std::to_string(at), vector).ok());
      }
    });
  }
  done = true;
}

}  // namespace
}  // namespace varve
