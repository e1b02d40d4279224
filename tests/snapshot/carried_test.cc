// A primitive goes away and comes back: what a snapshot keeps of it meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/carried_primitive.h"
#include "kernel/table/row.h"
#include "tests/snapshot/snapshot_fixture.h"

namespace varve::snapshot {
namespace {

const RegisteredName kMemo{PrimitiveId(17), 0x90, "memo"};

class CarriedTest : public SnapshotFixture {
 protected:
  CarriedTest() {
    state_.applied_mark.applied = Lsn(9000);
    EXPECT_TRUE(without_.Register(MakeNote(16, 0x80, "note")).ok());
    EXPECT_TRUE(without_.Register(MakeCarriedPrimitive(kMemo)).ok());
    for (unsigned i = 0; i < 3000; ++i) {
      state_.Put(16, 0, "n" + std::to_string(i), "note", i + 1);
      state_.Put(17, 0, "m" + std::to_string(i), "memo " + std::to_string(i * i), i + 1);
    }
  }

  static std::string Framed(const std::string& key, const std::string& value, const RunId& run) {
    Entry entry;
    entry.type = 0x90;
    entry.run = run;
    const std::string payload = static_cast<char>(key.size()) + key + value;
    entry.payload = payload;
    std::string framed;
    AppendEntry(framed, entry);
    return framed;
  }

  // What the kernel does when a placeholder applies an entry: one row of its table 1.
  void AddCarriedEntry(const std::string& framed, const RunId& run, std::uint64_t lsn,
                       std::uint32_t number) {
    std::string key;
    for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(lsn >> shift));
    key += std::string(3, '\0') + static_cast<char>(number) + std::string(4, '\0');
    state_.rows[table::MakeRowKey({kMemo.id, 1}, run, key)] = {
        {Lsn(lsn), Timestamp(1'600'000'000'000'000 + lsn), false, framed}};
  }

  PrimitiveRegistry without_;  // memo
};

// SNAP-C1 to SNAP-C4: real -> placeholder -> placeholder again -> real.
TEST_F(CarriedTest, APrimitiveThatComesBackFindsEverything) {
  const Rows at_first = state_.rows;
  ASSERT_TRUE(Write().ok());

  ASSERT_TRUE(Load(without_, state_.rows).ok());
  const RunId run({7});
  const std::string first = Framed("m1", "changed", RunId());
  const std::string second = Framed("x", "new", run);
  const std::string third = Framed("m1", "again", RunId());
  AddCarriedEntry(first, RunId(), 5000, 0);
  AddCarriedEntry(second, run, 5000, 0);
  AddCarriedEntry(third, RunId(), 5001, 0);
  registry_ = std::move(without_);
  const auto info = Write();
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->sections[0].flags, 0);
  EXPECT_EQ(info->sections[1].flags, 1);

  // Twice through the placeholder changes nothing.
  Rows carried_rows;
  ASSERT_TRUE(Load(registry_, carried_rows).ok());
  EXPECT_EQ(carried_rows, state_.rows);

  Rows back;
  std::vector<CarriedEntry> entries;
  ASSERT_TRUE(Load(NoteRegistry(), back, &entries).ok());
  EXPECT_EQ(back, at_first);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].lsn, Lsn(5000));
  EXPECT_EQ(entries[0].bytes, first);
  EXPECT_EQ(entries[1].lsn, Lsn(5000));
  EXPECT_EQ(entries[1].bytes, second);
  EXPECT_EQ(entries[2].lsn, Lsn(5001));
  EXPECT_EQ(entries[2].commit_time, Timestamp(1'600'000'000'005'001));
  EXPECT_EQ(entries[2].bytes, third);
}

TEST_F(CarriedTest, EntriesWithoutASectionAreCarriedToo) {
  state_.rows.clear();
  const std::string framed = Framed("k", "v", RunId());
  AddCarriedEntry(framed, RunId(), 9, 0);
  registry_ = std::move(without_);
  ASSERT_TRUE(Write().ok());
  Rows rows;
  std::vector<CarriedEntry> entries;
  ASSERT_TRUE(Load(NoteRegistry(), rows, &entries).ok());
  EXPECT_TRUE(rows.empty());
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].bytes, framed);
}

// SNAP-C4: the version of the section that is carried counts, not that of its wrapping.
TEST_F(CarriedTest, ACarriedSectionOfANewerVersionIsUnimplemented) {
  registry_ = PrimitiveRegistry();
  ASSERT_TRUE(registry_.Register(MakeNote(16, 0x80, "note")).ok());
  ASSERT_TRUE(registry_.Register(MakeNote(17, 0x90, "memo", 2)).ok());
  ASSERT_TRUE(Write().ok());
  ASSERT_TRUE(Load(without_, state_.rows).ok());
  PrimitiveRegistry newest = std::move(registry_);
  registry_ = std::move(without_);
  ASSERT_TRUE(Write().ok());
  Rows rows;
  EXPECT_TRUE(absl::IsUnimplemented(Load(NoteRegistry(), rows)));
  EXPECT_TRUE(Load(newest, rows).ok());
}

TEST_F(CarriedTest, NobodyRegisteredIsStillRefused) {
  ASSERT_TRUE(Write().ok());
  ASSERT_TRUE(Load(without_, state_.rows).ok());
  registry_ = std::move(without_);
  ASSERT_TRUE(Write().ok());
  PrimitiveRegistry fewer;
  ASSERT_TRUE(fewer.Register(MakeNote(16, 0x80, "note")).ok());
  Rows rows;
  EXPECT_TRUE(absl::IsUnimplemented(Load(fewer, rows)));
}

}  // namespace
}  // namespace varve::snapshot
