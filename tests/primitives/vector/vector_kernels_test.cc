// Tests: primitives/vector/vector_block.cc
// Tests: primitives/vector/vector_top_k.cc
// Tests: primitives/vector/vector_workers.cc
#include "primitives/vector/vector_kernels.h"

#include <hwy/highway.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <thread>

#include "primitives/vector/vector_top_k.h"
#include "primitives/vector/vector_workers.h"
#include "tests/primitives/vector/vector_store_fixture.h"

namespace varve {

float PlainScore(const VectorShape& shape, const std::vector<float>& query,
                 const std::vector<float>& row) {
  std::vector<float> q(shape.dimension);
  std::vector<float> x(shape.dimension);
  vector::PrepareVector(shape.metric, query, q);
  vector::PrepareVector(shape.metric, row, x);
  volatile float total = 0;  // rounded to a float at every step, whatever the compiler likes
  for (std::size_t begin = 0; begin < shape.dimension; begin += 128) {
    volatile float sum = 0;
    for (std::size_t at = begin; at < std::min(begin + 128, shape.dimension); ++at) {
      volatile float a = shape.metric == VectorMetric::kL2 ? x[at] - q[at] : x[at];
      volatile float b = shape.metric == VectorMetric::kL2 ? static_cast<float>(a) : q[at];
      volatile float product = a * b;
      sum = sum + product;
    }
    total = total + sum;
  }
  const float sum = total;
  if (shape.metric == VectorMetric::kCosine) return std::max(-1.0f, std::min(1.0f, sum));
  if (shape.metric == VectorMetric::kDot) {
    return std::isnan(sum) ? -std::numeric_limits<float>::infinity() : sum;
  }
  volatile float root = std::sqrt(sum);
  volatile float below = 1.0f + root;
  return 1.0f / below;
}

void ForEachTarget(const std::function<void()>& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    SCOPED_TRACE(hwy::TargetName(target));
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

namespace vector {
namespace {

constexpr VectorMetric kMetrics[] = {VectorMetric::kCosine, VectorMetric::kDot, VectorMetric::kL2};

// What the kernels say of every pair of a query and a row.
struct Scores {
  std::vector<float> scores;
  std::vector<std::uint16_t> hits;
};

Scores ScoreAll(const VectorShape& shape, const std::vector<std::vector<float>>& queries,
                const std::vector<std::vector<float>>& rows, float threshold) {
  std::vector<float> flat;
  for (const std::vector<float>& query : queries) {
    flat.insert(flat.end(), query.begin(), query.end());
  }
  const QueryPack pack(shape, flat, queries.size());
  const std::size_t blocks = (rows.size() + kLanes - 1) / kLanes;
  const Floats floats = MakeFloats(blocks * BlockFloats(shape.dimension));
  std::vector<float> prepared(shape.dimension);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    PrepareVector(shape.metric, rows[row], prepared);
    StoreLane(prepared, row % kLanes, floats.get() + row / kLanes * BlockFloats(shape.dimension));
  }
  const Floats scores = MakeFloats(queries.size() * blocks * kLanes);
  Scores result;
  result.hits.resize(queries.size() * blocks);
  const std::vector<float> thresholds(queries.size(), threshold);
  ScoreBlocks(pack, floats.get(), blocks, thresholds.data(), scores.get(), result.hits.data());
  result.scores.assign(scores.get(), scores.get() + queries.size() * blocks * kLanes);
  return result;
}

std::vector<float> WildVector(std::mt19937_64& random, std::size_t dimension) {
  std::vector<float> vector(dimension);
  for (float& component : vector) {
    do {
      component = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    } while (!std::isfinite(component));
  }
  return vector;
}

// VEC-9, VEC-10
TEST(VectorKernels, EveryTargetGivesThePlainScoreBitForBit) {
  std::mt19937_64 random = SeededRandom();
  std::size_t targets = 0;
  for (const VectorMetric metric : kMetrics) {
    for (const std::size_t dimension : {1, 3, 127, 128, 129, 300}) {
      const VectorShape shape{.dimension = dimension, .metric = metric};
      std::normal_distribution<float> normal;
      const auto any = [&](std::size_t at) {
        if (at % 5 == 4) return WildVector(random, dimension);
        std::vector<float> vector(dimension);
        for (float& component : vector) component = normal(random);
        return vector;
      };
      std::vector<std::vector<float>> queries;
      std::vector<std::vector<float>> rows;
      for (std::size_t at = 0; at < 15; ++at) queries.push_back(any(at));
      for (std::size_t at = 0; at < 83; ++at) rows.push_back(any(at));
      ForEachTarget([&] {
        ++targets;
        const Scores scores = ScoreAll(shape, queries, rows, 0.25f);
        for (std::size_t query = 0; query < queries.size(); ++query) {
          for (std::size_t row = 0; row < rows.size(); ++row) {
            const std::size_t place = query * 96 + row;
            const float plain = PlainScore(shape, queries[query], rows[row]);
            ASSERT_EQ(std::bit_cast<std::uint32_t>(scores.scores[place]),
                      std::bit_cast<std::uint32_t>(plain))
                << "query " << query << " row " << row << " dimension " << dimension;
            const bool hit = (scores.hits[place / 16] >> (place % 16) & 1) != 0;
            ASSERT_EQ(hit, plain >= 0.25f);
          }
        }
      });
    }
  }
  EXPECT_GE(targets, std::size(kMetrics) * 6);
}

TEST(VectorKernels, ScoresDoNotDependOnWhichQueriesGoTogether) {
  std::mt19937_64 random = SeededRandom();
  const VectorShape shape{.dimension = 200, .metric = VectorMetric::kDot};
  std::vector<std::vector<float>> queries;
  std::vector<std::vector<float>> rows;
  for (std::size_t at = 0; at < 23; ++at) queries.push_back(WildVector(random, 200));
  for (std::size_t at = 0; at < 16; ++at) rows.push_back(WildVector(random, 200));
  const Scores together = ScoreAll(shape, queries, rows, 0);
  for (std::size_t query = 0; query < queries.size(); ++query) {
    const Scores alone = ScoreAll(shape, {queries[query]}, rows, 0);
    for (std::size_t row = 0; row < 16; ++row) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(alone.scores[row]),
                std::bit_cast<std::uint32_t>(together.scores[query * 16 + row]));
    }
  }
}

// VEC-10
TEST(VectorKernels, SumsThatLeaveTheRangeStillOrder) {
  const VectorShape dot{.dimension = 2, .metric = VectorMetric::kDot};
  const Scores scores = ScoreAll(dot, {{3e38f, 3e38f}}, {{3e38f, 3e38f}, {3e38f, -3e38f}, {1, 1}},
                                 -std::numeric_limits<float>::infinity());
  EXPECT_EQ(scores.scores[0], std::numeric_limits<float>::infinity());
  EXPECT_EQ(scores.scores[1], -std::numeric_limits<float>::infinity());  // inf - inf
  EXPECT_EQ(scores.hits[0], 0xFFFF);
  const VectorShape l2{.dimension = 1, .metric = VectorMetric::kL2};
  EXPECT_EQ(ScoreAll(l2, {{3e38f}}, {{-3e38f}}, 0).scores[0], 0.0f);
  EXPECT_EQ(ScoreAll(l2, {{5}}, {{5}}, 0).scores[0], 1.0f);
}

// VEC-9
TEST(VectorKernels, ADirectionHasTheLengthOneWhateverTheSizeOfComponents) {
  for (const float size : {1e-45f, 1e-20f, 1.0f, 3e38f}) {
    std::vector<float> vector = {size, size, size, size};
    PrepareVector(VectorMetric::kCosine, vector, vector);
    for (const float component : vector) EXPECT_EQ(component, 0.5f);
  }
  std::vector<float> zeros = {0, 0};
  PrepareVector(VectorMetric::kCosine, zeros, zeros);
  EXPECT_EQ(zeros, (std::vector<float>{0, 0}));
}

TEST(VectorTopK, KeepsTheBestAndBreaksTiesByKey) {
  TopK best(3, -1.0f);
  for (const Found found : {Found{1, "d"}, Found{1, "b"}, Found{0, "a"}, Found{1, "c"},
                            Found{-2, "z"}, Found{2, "y"}}) {
    if (best.Wants(found)) best.Add(found);
  }
  EXPECT_EQ(best.threshold(), 1.0f);
  TopK other(3, -1.0f);
  other.Add({1, "a"});
  best.Merge(other);
  std::string keys;
  for (const Found& found : best.TakeSorted()) keys += found.key;
  EXPECT_EQ(keys, "yab");
}

TEST(VectorWorkers, EveryPieceIsDoneOnceByManyCallersAtOnce) {
  Workers workers;
  std::vector<std::jthread> callers;
  std::atomic<std::size_t> total{0};
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int turn = 0; turn < 50; ++turn) {
        std::atomic<std::size_t> next{0};
        std::atomic<std::size_t> done{0};
        workers.Run(3, [&](std::size_t worker) {
          EXPECT_LE(worker, 3u);
          while (next++ < 20) ++done;
        });
        EXPECT_EQ(done.load(), 20u);
        total += done;
      }
    });
  }
  callers.clear();
  EXPECT_EQ(total.load(), 4u * 50 * 20);
}

}  // namespace
}  // namespace vector
}  // namespace varve
