// The shadow against the exact kernels: it may exclude no row that has the score, and no answer
// may differ by a bit.
//
// Tests: primitives/vector/vector_shadow_kernels.cc
// Tests: primitives/vector/vector_sieve.cc
#include "primitives/vector/vector_shadow.h"

#include <bit>
#include <cmath>
#include <map>
#include <thread>

#include "primitives/vector/vector_index.h"
#include "primitives/vector/vector_kernels.h"
#include "tests/primitives/vector/vector_store_fixture.h"

namespace varve {
namespace {

using vector::kLanes;

constexpr VectorMetric kMetrics[] = {VectorMetric::kCosine, VectorMetric::kDot, VectorMetric::kL2};

// Vectors of many sorts, neighbours among them: one center for a number of them.
class Sorts final {
 public:
  Sorts(std::mt19937_64& random, std::size_t dimension) : random_(random), center_(dimension) {
    for (float& component : center_) component = Normal();
  }

  static constexpr std::size_t kCount = 14;
  std::vector<float> Make(std::size_t sort) {
    std::vector<float> made(center_.size());
    switch (sort % kCount) {
      case 0:
      case 1:
        return Filled(1);
      case 2:  // a cluster
        return Near(0.1f);
      case 3:  // nearer than a code can say
        return Near(1e-4f);
      case 4:  // nearer than most floats can say
        return Near(1e-7f);
      case 5:
        return center_;
      case 6:  // a length that codes of a row can just not say
        made = Filled(1);
        made[random_() % made.size()] = 1e6f;
        return made;
      case 7:
        made[random_() % made.size()] = Normal() + 10;
        return made;
      case 8:
        std::fill(made.begin(), made.end(), Normal() + 10);
        return made;
      case 9:  // all positive, many zeros
        for (float& component : made) component = std::max(0.0f, Normal());
        made[0] += 1;
        return made;
      case 10:
        return Filled(1e-22f);
      case 11:
        return Filled(1e-43f);  // not normal
      case 12:
        return Filled(1e18f);
      default:
        return Filled(1e37f);
    }
  }
  std::vector<float> Near(float distance) {
    std::vector<float> made = center_;
    for (float& component : made) component += distance * Normal();
    return made;
  }

 private:
  float Normal() { return normal_(random_); }
  std::vector<float> Filled(float size) {
    std::vector<float> made(center_.size());
    for (float& component : made) component = size * Normal();
    made[0] = made[0] == 0 ? size : made[0];
    return made;
  }

  std::mt19937_64& random_;
  std::normal_distribution<float> normal_;
  std::vector<float> center_;
};

// Blocks with their shadows and what the exact kernels say.
class Shadowed final {
 public:
  Shadowed(const VectorShape& shape, const std::vector<std::vector<float>>& rows)
      : shape_(shape),
        blocks_((rows.size() + kLanes - 1) / kLanes),
        floats_(vector::MakeFloats(blocks_ * vector::BlockFloats(shape.dimension))),
        shadows_(vector::MakeFloats(blocks_ * ShadowBytes() / sizeof(float))) {
    std::vector<float> prepared(shape.dimension);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      vector::PrepareVector(shape.metric, rows[row], prepared);
      vector::StoreLane(prepared, row % kLanes, Block(row / kLanes));
    }
    for (std::size_t block = 0; block < blocks_; ++block) {
      vector::EncodeShadow(shape, Block(block), Shadow(block));
    }
  }

  float* Block(std::size_t block) {
    return floats_.get() + block * vector::BlockFloats(shape_.dimension);
  }
  std::byte* Shadow(std::size_t block) {
    return reinterpret_cast<std::byte*>(shadows_.get()) + block * ShadowBytes();
  }
  float Head(std::size_t row, vector::ShadowHead which) {
    const auto* const head = reinterpret_cast<const float*>(Shadow(row / kLanes));
    return head[static_cast<std::size_t>(which) * kLanes + row % kLanes];
  }
  // x - e
  double About(std::size_t row, std::size_t dimension) {
    const auto* const codes =
        reinterpret_cast<const std::int8_t*>(Shadow(row / kLanes)) + vector::kShadowHeadBytes;
    const std::int8_t code = codes[dimension / 2 * kLanes * 2 + row % kLanes * 2 + dimension % 2];
    return static_cast<double>(Head(row, vector::ShadowHead::kScale)) * code +
           static_cast<double>(Head(row, vector::ShadowHead::kOffset));
  }
  double Component(std::size_t row, std::size_t dimension) {
    return static_cast<double>(Block(row / kLanes)[dimension * kLanes + row % kLanes]);
  }

  std::vector<float> Scores(const std::vector<float>& query) {
    const vector::QueryPack pack(shape_, query, 1);
    const vector::Floats scores = vector::MakeFloats(blocks_ * kLanes);
    std::vector<std::uint16_t> hits(blocks_);
    const float least = -std::numeric_limits<float>::infinity();
    vector::ScoreBlocks(pack, floats_.get(), blocks_, &least, scores.get(), hits.data());
    return {scores.get(), scores.get() + blocks_ * kLanes};
  }

  // Whether the shadow leaves the row in play for that score.
  bool Leaves(const vector::ShadowQuery& query, std::size_t row, float score) {
    std::uint16_t hits = 0;
    const vector::ShadowQuery::Factors factors = query.FactorsFor(score);
    vector::SiftShadow({&query, 1}, &factors, Shadow(row / kLanes), 1, &hits);
    return (hits >> (row % kLanes) & 1) != 0;
  }

 private:
  [[nodiscard]] std::size_t ShadowBytes() const {
    return vector::ShadowBlockBytes(shape_.dimension);
  }

  VectorShape shape_;
  std::size_t blocks_;
  vector::Floats floats_;
  vector::Floats shadows_;
};

TEST(VectorShadow, NoRowIsExcludedFromItsOwnScore) {
  std::mt19937_64 random = SeededRandom();
  std::size_t used = 0;
  for (const VectorMetric metric : kMetrics) {
    for (const std::size_t dimension : {1, 32, 33, 128, 131, 700}) {
      const VectorShape shape{.dimension = dimension, .metric = metric};
      Sorts sorts(random, dimension);
      std::vector<std::vector<float>> rows;
      for (std::size_t row = 0; row < 10 * Sorts::kCount; ++row)
        rows.push_back(sorts.Make(random()));
      Shadowed shadowed(shape, rows);
      for (std::size_t sort = 0; sort < Sorts::kCount; ++sort) {
        const std::vector<float> given = sorts.Make(sort);
        const vector::ShadowQuery query(shape, given);
        if (!query.usable()) continue;
        ++used;
        const std::vector<float> scores = shadowed.Scores(given);
        ForEachTarget([&] {
          for (std::size_t row = 0; row < rows.size(); ++row) {
            ASSERT_TRUE(shadowed.Leaves(query, row, scores[row]))
                << "metric " << VectorMetricName(metric) << " dimension " << dimension << " query "
                << sort << " row " << row << " score " << scores[row];
          }
        });
      }
    }
  }
  EXPECT_GT(used, std::size(kMetrics) * 6 * (Sorts::kCount - 4));
}

TEST(VectorShadow, MostRowsAreExcludedFromAScoreALittleAboveTheirs) {
  std::mt19937_64 random = SeededRandom();
  for (const VectorMetric metric : kMetrics) {
    const VectorShape shape{.dimension = 128, .metric = metric};
    Sorts sorts(random, 128);
    std::vector<std::vector<float>> rows;
    for (std::size_t row = 0; row < 160; ++row) rows.push_back(sorts.Make(0));
    Shadowed shadowed(shape, rows);
    const std::vector<float> given = sorts.Make(0);
    const vector::ShadowQuery query(shape, given);
    const std::vector<float> scores = shadowed.Scores(given);
    const float more = metric == VectorMetric::kDot  ? 1.5f
                       : metric == VectorMetric::kL2 ? 0.001f
                                                     : 0.015f;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      EXPECT_FALSE(shadowed.Leaves(query, row, scores[row] + more));
    }
  }
}

TEST(VectorShadow, EveryTargetExcludesTheSameRowsForEachQueryOfAGroup) {
  std::mt19937_64 random = SeededRandom();
  for (const VectorMetric metric : kMetrics) {
    const VectorShape shape{.dimension = 131, .metric = metric};
    Sorts sorts(random, shape.dimension);
    std::vector<std::vector<float>> rows;
    for (std::size_t row = 0; row < 5 * kLanes; ++row) rows.push_back(sorts.Make(random()));
    Shadowed shadowed(shape, rows);
    std::vector<vector::ShadowQuery> queries;
    std::vector<vector::ShadowQuery::Factors> factors;
    for (std::size_t query = 0; query < 15; ++query) {
      const std::vector<float> given = sorts.Make(random() % 6);
      queries.emplace_back(shape, given);
      factors.push_back(queries.back().FactorsFor(shadowed.Scores(given)[query]));
    }
    std::vector<std::uint16_t> first;
    ForEachTarget([&] {
      for (std::size_t count = 1; count <= queries.size(); ++count) {
        std::vector<std::uint16_t> hits(count * 5);
        vector::SiftShadow({queries.data(), count}, factors.data(), shadowed.Shadow(0), 5,
                           hits.data());
        if (first.empty() && count == queries.size()) first = hits;
        if (first.empty()) continue;
        ASSERT_TRUE(std::equal(hits.begin(), hits.end(), first.begin())) << count;
      }
    });
    EXPECT_EQ(first.size(), queries.size() * 5);
  }
}

// Queries along what the codes of a row leave out: Cauchy and Schwarz then say not more than is so,
// and half of the error would exclude the row.
TEST(VectorShadow, TheBoundHoldsWhereItIsTight) {
  std::mt19937_64 random = SeededRandom();
  for (const VectorMetric metric : {VectorMetric::kDot, VectorMetric::kL2}) {
    const VectorShape shape{.dimension = 96, .metric = metric};
    Sorts sorts(random, 96);
    std::vector<std::vector<float>> rows;
    for (std::size_t row = 0; row < 64; ++row) rows.push_back(sorts.Make(row % 2 == 0 ? 0 : 9));
    Shadowed shadowed(shape, rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      std::vector<float> given(96);
      double rest_square = 0;
      for (std::size_t dim = 0; dim < 96; ++dim) {
        const double about = shadowed.About(row, dim);
        const double rest = shadowed.Component(row, dim) - about;
        rest_square += rest * rest;
        given[dim] =
            static_cast<float>(metric == VectorMetric::kDot ? 64 * rest : about + 10 * rest);
      }
      const double rest = std::sqrt(rest_square);
      const vector::ShadowQuery query(shape, given);
      ASSERT_TRUE(query.usable());
      const float score = shadowed.Scores(given)[row];
      EXPECT_TRUE(shadowed.Leaves(query, row, score));
      // A score that would take a tenth more of an error is out of reach.
      const double beyond = metric == VectorMetric::kDot
                                ? static_cast<double>(score) + 0.1 * 64 * rest_square
                                : 1 / (1 + (1 / static_cast<double>(score) - 1) - 1.1 * rest);
      EXPECT_FALSE(shadowed.Leaves(query, row, static_cast<float>(beyond))) << rest;
    }
  }
}

// The other way round: rows that the codes say exactly, and a query that loses half a step in every
// dimension, all to one side.
TEST(VectorShadow, TheBoundHoldsForWhatTheQueryLoses) {
  std::mt19937_64 random = SeededRandom();
  constexpr float kStep = 0x1p-7f;
  std::vector<std::vector<float>> rows(kLanes, std::vector<float>(128));
  for (std::vector<float>& row : rows) {
    for (float& component : row) component = random() % 2 == 0 ? 127 : -127;
    row[0] = 127;
    row[1] = -127;
  }
  for (const VectorMetric metric : {VectorMetric::kDot, VectorMetric::kL2}) {
    const VectorShape shape{.dimension = 128, .metric = metric};
    Shadowed shadowed(shape, rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      std::vector<float> given(128);  // nearer to the row than its codes are, under both metrics
      for (std::size_t dim = 0; dim < 128; ++dim) {
        const float sign = rows[row][dim] > 0 ? 1.0f : -1.0f;
        given[dim] = sign * kStep * (static_cast<float>(random() % 16000) + 0.49f);
      }
      given[0] = kStep * 32767;
      const vector::ShadowQuery query(shape, given);
      ASSERT_TRUE(query.usable());
      EXPECT_TRUE(shadowed.Leaves(query, row, shadowed.Scores(given)[row])) << row;
    }
  }
}

TEST(VectorShadow, TheSumsOfTheLongestVectorsFitTheirIntegers) {
  const VectorShape shape{.dimension = kVectorDimensionMax, .metric = VectorMetric::kDot};
  std::vector<std::vector<float>> rows(kLanes, std::vector<float>(kVectorDimensionMax, 1));
  for (std::size_t row = 0; row < kLanes; ++row) rows[row][row] = -1;  // the codes are the largest
  rows[1].assign(kVectorDimensionMax, -1);
  rows[1][0] = 1;
  Shadowed shadowed(shape, rows);
  const std::vector<float> given(kVectorDimensionMax, 1);
  const vector::ShadowQuery query(shape, given);
  ForEachTarget([&] {
    EXPECT_TRUE(shadowed.Leaves(query, 0, 8190));
    EXPECT_FALSE(shadowed.Leaves(query, 0, 8200));
    EXPECT_TRUE(shadowed.Leaves(query, 1, -8190));
    EXPECT_FALSE(shadowed.Leaves(query, 1, -8180));
  });
}

TEST(VectorShadow, WhatIsTooLargeOrTooSmallIsNeverExcluded) {
  const VectorShape shape{.dimension = 32, .metric = VectorMetric::kDot};
  const std::vector<float> ones(32, 1);
  EXPECT_FALSE(vector::ShadowQuery(shape, std::vector<float>(32, 0)).usable());
  EXPECT_FALSE(vector::ShadowQuery(shape, std::vector<float>(32, 1e-30f)).usable());
  EXPECT_FALSE(vector::ShadowQuery(shape, std::vector<float>(32, 1e30f)).usable());
  ASSERT_TRUE(vector::ShadowQuery(shape, ones).usable());
  std::vector<std::vector<float>> rows(kLanes, ones);
  rows[3].assign(32, 3e38f);
  rows[4].assign(32, -3e38f);
  rows[4][7] = 3e38f;
  Shadowed shadowed(shape, rows);
  for (const float score : {0.0f, 1e38f, std::numeric_limits<float>::infinity()}) {
    const vector::ShadowQuery query(shape, ones);
    EXPECT_TRUE(shadowed.Leaves(query, 3, score));
    EXPECT_TRUE(shadowed.Leaves(query, 4, score));
    EXPECT_EQ(shadowed.Leaves(query, 5, score), score == 0);
  }
}

// Through the store, with a shadow for every collection and without.
class VectorShadowSearch : public VectorStoreTest {
 protected:
  struct ModelRow {
    std::vector<float> vector{};
    bool rare = false;
  };
  using Model = std::map<std::string, ModelRow>;

  VectorShadowSearch() { options_.shadow_rows_min = 1; }

  void Put(Vectors& vectors, Model& model, const std::string& key, ModelRow row) {
    const std::string_view metadata = row.rare ? R"({"rare":true})" : R"({"rare":false})";
    const absl::Status written = vectors.Upsert("c", key, row.vector, metadata);
    ASSERT_TRUE(written.ok()) << written;
    model[key] = std::move(row);
  }

  // Searches by `given` in every way, and on every target.
  void Check(Reader& reader, const VectorShape& shape, const Model& model,
             const std::vector<float>& given) {
    std::vector<std::pair<float, std::string>> ordered;
    for (const auto& [key, row] : model) {
      ordered.emplace_back(PlainScore(shape, given, row.vector), key);
    }
    std::ranges::stable_sort(ordered,
                             [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const std::size_t k : {std::size_t{1}, std::size_t{10}, model.size() + 10}) {
      for (int variant = 0; variant < 3; ++variant) {
        VectorSearchOptions options;
        options.k = k;
        options.threads = 1 + k % 2;
        options.include_metadata = false;
        if (variant == 1) options.filter = VectorFilter::Eq("rare", true);
        if (variant == 2) options.threshold = ordered[ordered.size() / 10].first;
        std::string wanted;
        std::size_t count = 0;
        for (const auto& [score, key] : ordered) {
          if (variant == 1 && !model.at(key).rare) continue;
          if (variant == 2 && score < *options.threshold) continue;
          if (++count > k) break;
          wanted += key + ":" + std::to_string(std::bit_cast<std::uint32_t>(score)) + " ";
        }
        const auto found = Vectors(reader).Search("c", given, options);
        ASSERT_TRUE(found.ok()) << found.status();
        std::string got;
        for (const VectorHit& hit : *found) {
          got += hit.key + ":" + std::to_string(std::bit_cast<std::uint32_t>(hit.score)) + " ";
        }
        ASSERT_EQ(got, wanted) << VectorMetricName(shape.metric) << " k " << k << " variant "
                               << variant;
      }
    }
  }

  [[nodiscard]] bool HasShadow(const VectorShape& shape) {
    const auto snapshot = primitive_->index().Find({}, vector::MakeCollectionPrefix("c"), shape,
                                                   store_->visible_lsn());
    return snapshot.has_value() && snapshot->parts[0].segment->shadows != nullptr;
  }

  std::mt19937_64 random_ = SeededRandom();
};

TEST_F(VectorShadowSearch, EveryAnswerIsThatOfThePlainestSearch) {
  for (const VectorMetric metric : kMetrics) {
    const VectorShape shape{.dimension = 32 + random_() % 20, .metric = metric};
    if (metric != kMetrics[0]) Commit([](Vectors& all) { ASSERT_TRUE(all.Drop("c").ok()); });
    Create("c", shape);
    Model model;
    Sorts sorts(random_, shape.dimension);
    const auto change = [&](Vectors& vectors, std::size_t count, bool wild) {
      for (std::size_t at = 0; at < count; ++at) {
        const std::size_t sort = wild ? random_() : random_() % 6;
        Put(vectors, model, std::to_string(random_() % 1500),
            {.vector = sorts.Make(sort), .rare = random_() % 40 == 0});
      }
    };
    Commit([&](Vectors& vectors) { change(vectors, 700, false); });
    std::optional<ReadView> before = View();
    const Model model_before = model;
    Commit([&](Vectors& vectors) { change(vectors, 300, true); });
    EXPECT_TRUE(HasShadow(shape));
    std::optional<Transaction> transaction = Begin();
    Vectors own(*transaction);
    change(own, 30, true);
    ForEachTarget([&] {
      for (const std::size_t sort : {0, 2, 5, 10, 13}) {
        const std::vector<float> given = sorts.Make(sort);
        Check(*before, shape, model_before, given);
        Check(*transaction, shape, model, given);
      }
    });
    ASSERT_TRUE(transaction->Commit().ok());
    transaction.reset();
    before.reset();
    for (const bool shadow : {true, false}) {
      options_.shadow = shadow;
      Open();
      EXPECT_EQ(HasShadow(shape), shadow);
      ReadView view = View();
      for (const std::size_t sort : {1, 3, 4, 9}) Check(view, shape, model, sorts.Make(sort));
    }
    options_.shadow = true;
    Open();
  }
}

TEST_F(VectorShadowSearch, QueriesTogetherFindWhatEachFindsAlone) {
  for (const VectorMetric metric : kMetrics) {
    const VectorShape shape{.dimension = 45, .metric = metric};
    if (metric != kMetrics[0]) Commit([](Vectors& all) { ASSERT_TRUE(all.Drop("c").ok()); });
    Create("c", shape);
    Model model;
    Sorts sorts(random_, shape.dimension);
    Commit([&](Vectors& vectors) {
      for (std::size_t at = 0; at < 2000; ++at) {
        Put(vectors, model, std::to_string(at), {.vector = sorts.Make(random_() % 6)});
      }
    });
    std::vector<float> queries;  // the last one is beyond the proof: that group reads the matrix
    for (std::size_t at = 0; at < 14; ++at) {
      const std::vector<float> given = sorts.Make(at < 13 ? random_() % 6 : 13);
      queries.insert(queries.end(), given.begin(), given.end());
    }
    ReadView view = View();
    const VectorSearchOptions options{.k = 5, .include_metadata = false, .threads = 2};
    ForEachTarget([&] {
      std::vector<std::string> alone;
      for (std::size_t count = 1; count <= 14; ++count) {
        const std::span<const float> given(queries.data(), count * shape.dimension);
        const std::span<const float> last = given.last(shape.dimension);
        alone.push_back(Text(Vectors(view).Search("c", last, options)));
        const auto together = Vectors(view).SearchMany("c", given, options);
        ASSERT_TRUE(together.ok()) << together.status();
        for (std::size_t query = 0; query < count; ++query) {
          ASSERT_EQ(Text((*together)[query]), alone[query]) << query << " of " << count;
        }
      }
    });
  }
}

// Neighbours of one place, a code apart or less: a bound that is too small by a little loses some.
TEST_F(VectorShadowSearch, NearTiesComeInTheirOrder) {
  for (const VectorMetric metric : kMetrics) {
    const VectorShape shape{.dimension = 64, .metric = metric};
    if (metric != kMetrics[0]) Commit([](Vectors& all) { ASSERT_TRUE(all.Drop("c").ok()); });
    Create("c", shape);
    Model model;
    Sorts sorts(random_, shape.dimension);
    Commit([&](Vectors& vectors) {
      for (std::size_t at = 0; at < 1500; ++at) {
        const float distance = std::pow(10.0f, -static_cast<float>(random_() % 8));
        Put(vectors, model, std::to_string(at), {.vector = sorts.Near(distance)});
      }
    });
    ReadView view = View();
    for (int turn = 0; turn < 5; ++turn) {
      for (const float distance : {0.0f, 1e-5f, 0.01f, 1.0f}) {
        Check(view, shape, model, sorts.Near(distance));
      }
    }
  }
}

TEST_F(VectorShadowSearch, NarrowCollectionsHaveNone) {
  for (const std::size_t dimension :
       {vector::kShadowDimensionMin - 1, vector::kShadowDimensionMin}) {
    const VectorShape shape{.dimension = dimension, .metric = VectorMetric::kDot};
    Create("c", shape);
    Commit([&](Vectors& vectors) {
      for (std::size_t at = 0; at < kLanes; ++at) {
        const std::vector<float> vector(dimension, static_cast<float>(at));
        ASSERT_TRUE(vectors.Upsert("c", std::to_string(at), vector).ok());
      }
    });
    EXPECT_EQ(HasShadow(shape), dimension == vector::kShadowDimensionMin);
    Commit([](Vectors& vectors) { ASSERT_TRUE(vectors.Drop("c").ok()); });
  }
}

TEST_F(VectorShadowSearch, ReadersAndAWriterWorkAtOnce) {
  Create("c", {.dimension = 32, .metric = VectorMetric::kDot});
  std::atomic<bool> done{false};
  const std::vector<float> query(32, 1);
  std::vector<std::jthread> readers;  // last: they end before what they use
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      while (!done) {  // a view has all of a commit or nothing
        ReadView view = View();
        const auto hits = Vectors(view).Search("c", query, {.k = 40, .threads = 2});
        ASSERT_TRUE(hits.ok()) << hits.status();
        ASSERT_EQ(hits->size() % 40, 0u);
        for (const VectorHit& hit : *hits) ASSERT_EQ(hit.score, hits->front().score);
      }
    });
  }
  for (int round = 1; round <= 60; ++round) {
    Commit([&](Vectors& vectors) {
      const std::vector<float> vector(32, static_cast<float>(round % 7));
      for (int at = 0; at < 40; ++at) {
        ASSERT_TRUE(vectors.Upsert("c", std::to_string(at), vector).ok());
      }
    });
  }
  done = true;
}

}  // namespace
}  // namespace varve
