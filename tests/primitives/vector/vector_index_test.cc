// Tests: primitives/vector/vector_matrix.cc
#include "primitives/vector/vector_index.h"

#include "tests/primitives/vector/vector_store_fixture.h"

namespace varve::vector {
namespace {

constexpr VectorShape kLine{.dimension = 1, .metric = VectorMetric::kDot};

class VectorIndexTest : public VectorStoreTest {
 protected:
  void SetUp() override {
    VectorStoreTest::SetUp();
    Create("c", kLine);
  }
  std::optional<MatrixSnapshot> Find(Lsn at) {
    return primitive_->index().Find({}, MakeCollectionPrefix("c"), kLine, at);
  }
  static std::size_t RowsOf(const MatrixSnapshot& snapshot) {
    std::size_t rows = 0;
    for (const MatrixSnapshot::Part& part : snapshot.parts) rows += part.rows;
    return rows;
  }
  // The keys that live at `at`, in the order of the matrix.
  static std::string KeysAt(const MatrixSnapshot& snapshot, Lsn at) {
    std::string keys;
    for (const MatrixSnapshot::Part& part : snapshot.parts) {
      for (std::size_t row = 0; row < part.rows; ++row) {
        const Slot& slot = part.segment->slots[row];
        if (slot.VisibleAt(at)) keys += slot.label->key;
      }
    }
    return keys;
  }
};

TEST_F(VectorIndexTest, RowsKnowFromWhenToWhenTheyLive) {
  const Lsn first = Upsert("c", "a", {1});
  const Lsn second = Upsert("c", "b", {2});
  const Lsn third = Upsert("c", "a", {3});
  Commit([](Vectors& vectors) { EXPECT_TRUE(*vectors.Delete("c", "b")); });
  const std::optional<MatrixSnapshot> snapshot = Find(store_->visible_lsn());
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(RowsOf(*snapshot), 3u);
  EXPECT_EQ(KeysAt(*snapshot, first), "a");
  EXPECT_EQ(KeysAt(*snapshot, second), "ab");
  EXPECT_EQ(KeysAt(*snapshot, third), "ba");
  EXPECT_EQ(KeysAt(*snapshot, third.Next()), "a");
}

TEST_F(VectorIndexTest, ViewsBeforeTheRebuildReadTheTable) {
  const Lsn first = Upsert("c", "a", {1});
  Upsert("c", "b", {2});
  Open();
  EXPECT_FALSE(Find(first).has_value());
  const Lsn opened = store_->visible_lsn();
  ASSERT_TRUE(Find(opened).has_value());
  EXPECT_EQ(KeysAt(*Find(opened), opened), "ab");
  absl::StatusOr<ReadView> past = store_->AsOf(first);
  ASSERT_TRUE(past.ok()) << past.status();
  EXPECT_EQ(Search(*past, "c", {1}), "a:1");
}

TEST_F(VectorIndexTest, EndedRowsAreCompactedAwayAndOlderViewsStayRight) {
  std::vector<std::pair<ReadView, std::string>> views;
  for (int round = 0; round < 40; ++round) {
    Commit([&](Vectors& vectors) {
      for (int at = 0; at < 100; ++at) {
        const float component = static_cast<float>(round * 1000 + at);
        ASSERT_TRUE(vectors.Upsert("c", std::to_string(at), {&component, 1}).ok());
      }
    });
    const std::string best = "99:" + std::to_string(round * 1000 + 99);
    views.emplace_back(View(), best);
    EXPECT_EQ(Search("c", {1}, {.k = 1}), best);
  }
  // Compacted where the ended outnumber the living and are at least 1024.
  EXPECT_LT(RowsOf(*Find(store_->visible_lsn())), 100u + 1024 + 100);
  for (auto& [view, best] : views) EXPECT_EQ(Search(view, "c", {1}, {.k = 1}), best);
}

TEST_F(VectorIndexTest, ASnapshotStaysAsItWasWhileRowsAreAppended) {
  for (int at = 0; at < 20; ++at) Upsert("c", std::to_string(at % 10) + "x", {1});
  const Lsn then = store_->visible_lsn();
  const std::optional<MatrixSnapshot> snapshot = Find(then);
  const std::string keys = KeysAt(*snapshot, then);
  for (int at = 0; at < 100; ++at) Upsert("c", "y" + std::to_string(at), {2});
  ASSERT_TRUE(Find(store_->visible_lsn()).has_value());
  EXPECT_EQ(KeysAt(*snapshot, then), keys);
  EXPECT_EQ(RowsOf(*snapshot), 20u);
}

TEST_F(VectorIndexTest, AStoreThatNobodySearchesFoldsByItself) {
  const std::vector<float> vector(1000, 1);
  Create("wide", {.dimension = 1000, .metric = VectorMetric::kDot});
  for (int at = 0; at < 200; ++at) Upsert("wide", std::to_string(at), vector);
  EXPECT_LT(primitive_->index().queued_bytes(), std::size_t{300} << 10);
  EXPECT_EQ(Search("wide", vector, {.k = 1}), "0:1000");
}

// No handle writes such a row; a log of another make might hold one, in a run that was copied.
TEST_F(VectorIndexTest, ARowThatIsNoneEndsTheIndexAndSearchesReadTheTable) {
  const Lsn lsn = Upsert("c", "a", {1});
  ASSERT_TRUE(Find(lsn).has_value());
  const std::string key = MakeVectorKey("c", "bad");
  const Mutation mutation{.table = kVectorRows, .run = {}, .key = key, .value = "no row"};
  primitive_->OnCommitted(lsn, Timestamp(), {&mutation, 1});
  EXPECT_FALSE(Find(lsn).has_value());
  EXPECT_EQ(Search("c", {1}), "a:1");
  Open();
  EXPECT_TRUE(Find(store_->visible_lsn()).has_value());
}

TEST_F(VectorIndexTest, ACollectionMadeAnewWithAnotherShapeIsAnother) {
  Upsert("c", "a", {1});
  ReadView before = View();
  Commit([](Vectors& vectors) { ASSERT_TRUE(vectors.Drop("c").ok()); });
  Create("c", {.dimension = 2, .metric = VectorMetric::kL2});
  Upsert("c", "b", {1, 1});
  EXPECT_EQ(Search("c", {1, 1}), "b:1");
  EXPECT_EQ(Search(before, "c", {2}), "a:2");
}

TEST_F(VectorIndexTest, AnOpenLoadsManyRowsInBlocks) {
  Commit([](Vectors& vectors) {
    for (int at = 0; at < 3001; ++at) {
      const float component = static_cast<float>(at);
      ASSERT_TRUE(vectors.Upsert("c", std::to_string(at), {&component, 1}, R"({"n":1})").ok());
    }
  });
  Open();
  EXPECT_EQ(RowsOf(*Find(store_->visible_lsn())), 3001u);
  EXPECT_EQ(Search("c", {1}, {.k = 2, .filter = VectorFilter::Eq("n", 1)}), "3000:3000 2999:2999");
  Upsert("c", "new", {5000});
  Commit([](Vectors& vectors) { ASSERT_TRUE(*vectors.Delete("c", "3000")); });
  EXPECT_EQ(Search("c", {1}, {.k = 2}), "new:5000 2999:2999");
}

}  // namespace
}  // namespace varve::vector
