#include "kernel/table/merged_cursor.h"

#include <span>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Rows = MapCursor::Rows;

RowVersion Value(std::string_view value) { return {Lsn(1), Timestamp(1), false, value}; }
RowVersion Tombstone() { return {Lsn(1), Timestamp(1), true, {}}; }

// The layers, newest first. They must outlive the cursor. `fails_at`: of the layer of that number.
std::unique_ptr<Cursor> Merge(const std::vector<Rows>& layers, std::size_t failing = 0,
                              std::string fails_at = {}) {
  std::vector<std::unique_ptr<Cursor>> cursors;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    cursors.push_back(
        std::make_unique<MapCursor>(layers[i], i == failing ? fails_at : std::string()));
  }
  return NewMergedCursor(std::move(cursors));
}

TEST(MergedCursor, OfNoLayersIsEmpty) {
  const auto cursor = NewMergedCursor({});
  cursor->SeekAtOrAfter("a");
  EXPECT_FALSE(cursor->valid());
  cursor->SeekBefore("");
  EXPECT_FALSE(cursor->valid());
  EXPECT_TRUE(cursor->status().ok());
}

TEST(MergedCursor, StartsInvalid) {
  const std::vector<Rows> layers = {{{"a", Value("1")}}};
  EXPECT_FALSE(Merge(layers)->valid());
}

TEST(MergedCursor, NewestLayerWinsAndTombstonesHide) {
  const std::vector<Rows> layers = {
      {{"b", Tombstone()}, {"c", Value("new")}},
      {{"b", Value("old")}, {"d", Tombstone()}},
      {{"a", Value("oldest")}, {"b", Value("oldest")}, {"c", Value("oldest")}, {"d", Value("x")}}};
  const auto cursor = Merge(layers);
  EXPECT_THAT(Forward(*cursor), ElementsAre("a=oldest", "c=new"));
  EXPECT_THAT(Backward(*cursor), ElementsAre("a=oldest", "c=new"));
}

TEST(MergedCursor, ATombstoneOfAnOlderLayerHidesNothingNewer) {
  const std::vector<Rows> layers = {{{"a", Value("again")}}, {{"a", Tombstone()}}};
  EXPECT_THAT(Forward(*Merge(layers)), ElementsAre("a=again"));
}

TEST(MergedCursor, ManyRowsAtOnceAreTheSameRows) {
  const std::vector<Rows> layers = {
      {{"b", Tombstone()}, {"c", Value("3")}},
      {{"a", Value("1")}, {"b", Value("2")}, {"d", Value("4")}, {"e", Value("5")}}};
  for (std::size_t wanted = 1; wanted < 6; ++wanted) {
    const auto cursor = Merge(layers);
    cursor->SeekAtOrAfter("");
    std::vector<std::string> found = {"a"};
    CursorRow rows[6];
    while (const std::size_t count = cursor->NextRows(std::span(rows).first(wanted))) {
      for (std::size_t i = 0; i < count; ++i) found.emplace_back(rows[i].row_key);
    }
    EXPECT_THAT(found, ElementsAre("a", "c", "d", "e")) << wanted;
    EXPECT_TRUE(cursor->status().ok());
  }
}

TEST(MergedCursor, ManyRowsAtOnceEndBeforeADamagedOne) {
  const std::vector<Rows> layers = {
      {{"a", Value("1")}, {"b", Value("2")}, {"c", Value("3")}, {"d", Value("4")}}};
  const auto cursor = Merge(layers, 0, "c");
  cursor->SeekAtOrAfter("");
  CursorRow rows[6];
  EXPECT_EQ(cursor->NextRows(rows), 1u);
  EXPECT_EQ(rows[0].row_key, "b");
  EXPECT_FALSE(cursor->valid());
  EXPECT_TRUE(absl::IsDataLoss(cursor->status()));
  EXPECT_EQ(cursor->NextRows(rows), 0u);
}

TEST(MergedCursor, TombstonesAloneAreEmpty) {
  const std::vector<Rows> layers = {{{"a", Tombstone()}, {"b", Tombstone()}}};
  EXPECT_THAT(Forward(*Merge(layers)), IsEmpty());
  EXPECT_THAT(Backward(*Merge(layers)), IsEmpty());
}

TEST(MergedCursor, SeeksToEitherSide) {
  const std::vector<Rows> layers = {{{"b", Value("1")}, {"d", Tombstone()}},
                                    {{"d", Value("2")}, {"f", Value("3")}}};
  const auto cursor = Merge(layers);
  cursor->SeekAtOrAfter("b");
  EXPECT_EQ(cursor->row_key(), "b");
  cursor->SeekAtOrAfter("c");
  EXPECT_EQ(cursor->row_key(), "f");
  cursor->SeekBefore("f");
  EXPECT_EQ(cursor->row_key(), "b");
  cursor->SeekBefore("b");
  EXPECT_FALSE(cursor->valid());
  cursor->SeekAtOrAfter("g");
  EXPECT_FALSE(cursor->valid());
  cursor->SeekBefore("");
  EXPECT_EQ(cursor->row_key(), "f");
}

TEST(MergedCursor, ReportsTheErrorOfAnyLayerAndShowsNothingBehindIt) {
  const std::vector<Rows> layers = {{{"a", Value("1")}, {"c", Value("2")}, {"e", Value("3")}},
                                    {{"b", Value("4")}, {"d", Value("5")}, {"f", Value("6")}}};
  for (const std::size_t failing : {0u, 1u}) {
    const auto cursor = Merge(layers, failing, failing == 0 ? "c" : "d");
    const std::vector<std::string> shown = Forward(*cursor);
    EXPECT_LE(shown.size(), 3u);
    for (const std::string& row : shown) EXPECT_LT(row, failing == 0 ? "c" : "d");
    EXPECT_EQ(cursor->status().code(), absl::StatusCode::kDataLoss);
    EXPECT_FALSE(cursor->valid());
  }
}

TEST(MergedCursor, ReportsAnErrorMetWhileSeekingOrTurning) {
  const std::vector<Rows> layers = {{{"a", Value("1")}, {"c", Value("2")}},
                                    {{"b", Value("3")}, {"d", Value("4")}}};
  const auto seeking = Merge(layers, 1, "b");
  seeking->SeekAtOrAfter("a");
  EXPECT_FALSE(seeking->valid());
  EXPECT_FALSE(seeking->status().ok());

  const auto turning = Merge(layers, 1, "b");
  turning->SeekAtOrAfter("c");
  ASSERT_TRUE(turning->valid());
  EXPECT_EQ(turning->row_key(), "c");
  turning->Previous();
  EXPECT_FALSE(turning->valid());
  EXPECT_FALSE(turning->status().ok());
}

TEST(MergedCursor, AnErrorBehindATombstoneOrADuplicateIsNotLost) {
  const std::vector<Rows> layers = {{{"a", Tombstone()}, {"z", Value("1")}},
                                    {{"a", Value("2")}, {"b", Value("3")}}};
  const auto cursor = Merge(layers, 1, "b");
  cursor->SeekAtOrAfter("a");
  EXPECT_FALSE(cursor->valid()) << "z must not be shown as the first row";
  EXPECT_FALSE(cursor->status().ok());
}

// What the layers say together, by the plainest means.
std::map<std::string, std::string> Flatten(const std::vector<Rows>& layers) {
  std::map<std::string, RowVersion> merged;
  for (const Rows& layer : layers) merged.insert(layer.begin(), layer.end());  // first one stays
  std::map<std::string, std::string> rows;
  for (const auto& [key, version] : merged) {
    if (!version.deleted) rows[key] = version.value;
  }
  return rows;
}

TEST(MergedCursor, AgreesWithAModelOnAnyWalkOverOneToFourLayers) {
  HardKeys random(TestSeed());
  static constexpr std::string_view kValues[] = {"a", "b", "c", "d", "e"};
  for (int round = 0; round < 400; ++round) {
    std::vector<Rows> layers(1 + random.Below(4));
    std::vector<std::string> keys;
    for (int i = 0; i < 30; ++i) keys.push_back(random());
    for (Rows& layer : layers) {
      for (std::size_t i = random.Below(30); i > 0; --i) {
        layer[keys[random.Below(keys.size())]] =
            random.Below(3) == 0 ? Tombstone() : Value(kValues[random.Below(5)]);
      }
    }
    const std::map<std::string, std::string> model = Flatten(layers);
    const auto cursor = Merge(layers);
    auto place = model.end();
    for (int step = 0; step < 200; ++step) {
      const std::size_t action = random.Below(12);
      if (place == model.end() || action == 0) {
        const std::string& key = keys[random.Below(keys.size())];
        place = model.lower_bound(key);
        cursor->SeekAtOrAfter(key);
      } else if (action == 1) {
        const std::string key = random.Below(4) == 0 ? "" : keys[random.Below(keys.size())];
        place = key.empty() ? model.end() : model.lower_bound(key);
        place = place == model.begin() ? model.end() : std::prev(place);
        cursor->SeekBefore(key);
      } else if (action < 7) {
        ++place;
        cursor->Next();
      } else {
        place = place == model.begin() ? model.end() : std::prev(place);
        cursor->Previous();
      }
      ASSERT_EQ(cursor->valid(), place != model.end());
      if (place == model.end()) continue;
      ASSERT_EQ(cursor->row_key(), place->first);
      ASSERT_EQ(cursor->version().value, place->second);
    }
    ASSERT_TRUE(cursor->status().ok());
  }
}

}  // namespace
}  // namespace varve::table
