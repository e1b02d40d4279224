// A store with vectors in it, in a simulated world, and the plainest search there can be.
#ifndef VARVE_TESTS_PRIMITIVES_VECTOR_VECTOR_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_VECTOR_VECTOR_STORE_FIXTURE_H_

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "primitives/vector/vector.h"
#include "primitives/vector/vector_primitive.h"
#include "tests/primitives/primitive_store_fixture.h"

namespace varve {

// Prints the seed; takes it from VARVE_TEST_SEED.
inline std::mt19937_64 SeededRandom() {
  const char* const given = std::getenv("VARVE_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "VARVE_TEST_SEED=" << seed << "\n";
  return std::mt19937_64(seed);
}

// Components of -1 to 1 in steps of 1/8: many equal scores.
inline std::vector<float> RandomVector(std::mt19937_64& random, std::size_t dimension) {
  std::vector<float> vector(dimension);
  for (float& component : vector) {
    component = (static_cast<float>(random() % 17) - 8.0f) / 8.0f;
  }
  if (!vector.empty() && std::ranges::all_of(vector, [](float c) { return c == 0; })) {
    vector[0] = 1;
  }
  return vector;
}

class VectorStoreTest : public PrimitiveStoreTest {
 protected:
  void Register(PrimitiveRegistry& registry) override {
    auto primitive = std::make_unique<VectorPrimitive>(options_);
    primitive_ = primitive.get();
    ASSERT_TRUE(registry.Register(std::move(primitive)).ok());
  }

  // Runs `body` on a handle in a transaction of its own and commits.
  Lsn Commit(const std::function<void(Vectors&)>& body, const RunId& run = {}) {
    return CommitThrough<Vectors>(body, run);
  }
  void Create(std::string_view collection, const VectorShape& shape, const RunId& run = {}) {
    Commit([&](Vectors& vectors) { EXPECT_TRUE(vectors.Create(collection, shape).ok()); }, run);
  }
  Lsn Upsert(std::string_view collection, std::string_view key, const std::vector<float>& vector,
             std::string_view metadata = {}, const RunId& run = {}) {
    return Commit(
        [&](Vectors& vectors) {
          EXPECT_TRUE(vectors.Upsert(collection, key, vector, metadata).ok());
        },
        run);
  }

  // "b:1 a:0.5", best first; the code where it is an error.
  static std::string Text(const absl::StatusOr<std::vector<VectorHit>>& hits) {
    if (!hits.ok()) return "!" + absl::StatusCodeToString(hits.status().code());
    std::string text;
    for (const VectorHit& hit : *hits) {
      char score[32];
      std::snprintf(score, sizeof score, "%.9g", static_cast<double>(hit.score));
      text += (text.empty() ? "" : " ") + hit.key + ":" + score;
    }
    return text;
  }
  static std::string Search(Reader& reader, std::string_view collection,
                            const std::vector<float>& query,
                            const VectorSearchOptions& options = {}, const RunId& run = {}) {
    return Text(Vectors(reader, run).Search(collection, query, options));
  }
  std::string Search(std::string_view collection, const std::vector<float>& query,
                     const VectorSearchOptions& options = {}, const RunId& run = {}) {
    ReadView view = View();
    return Search(view, collection, query, options, run);
  }

  VectorOptions options_;
  VectorPrimitive* primitive_ = nullptr;
};

// VEC-9 and VEC-10, word by word, one float at a time.
float PlainScore(const VectorShape& shape, const std::vector<float>& query,
                 const std::vector<float>& row);

// Runs `body` once with each set of instructions that this build has and this processor knows.
void ForEachTarget(const std::function<void()>& body);

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_VECTOR_VECTOR_STORE_FIXTURE_H_
