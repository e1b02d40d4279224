// Snapshot and log give the state once more, and a row that differs is named.
#include "recovery/rebuild.h"

#include <gmock/gmock.h>

#include "kernel/base/status.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

using testing::HasSubstr;

absl::Status GoOn(std::uint64_t) { return absl::OkStatus(); }

class RebuildTest : public RecoveryFixture {
 protected:
  RebuildTest() { options_.snapshots.log_bytes_min = std::uint64_t{1} << 40; }

  void Delete(std::string_view key) {
    ASSERT_TRUE(
        opened_.store->Update([&](Transaction& transaction) { return Kv(transaction).Delete(key); })
            .ok());
  }
  void Snapshot() { ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok()); }
  // Of the closed store's state.mdb with a rebuild.
  StateComparison Compare() {
    const auto state = table::OpenLmdbStore(directory_.string() + "/state.mdb",
                                            {.history = {}, .read_only = true});
    EXPECT_TRUE(state.ok()) << state.status();
    const auto found = (*state)->OpenReader();
    auto rebuilt =
        RebuildState(directory_.string(), (*found)->mark().applied, Builtins(), options_);
    EXPECT_TRUE(rebuilt.ok()) << rebuilt.status();
    if (!rebuilt.ok()) return {};
    rebuilt_ = *std::move(rebuilt);
    const auto expected = rebuilt_.state->OpenReader();
    auto comparison = CompareStates(**found, **expected, Builtins(), GoOn);
    EXPECT_TRUE(comparison.ok()) << comparison.status();
    return comparison.ok() ? *std::move(comparison) : StateComparison();
  }
  void ExpectEqual() {
    const StateComparison comparison = Compare();
    EXPECT_EQ(comparison.first_difference, std::nullopt);
    EXPECT_GT(comparison.rows, 0u);
  }

  RebuiltState rebuilt_;
};

TEST_F(RebuildTest, EqualsTheStateWhateverHistoryItKeeps) {
  for (const auto keep : {std::chrono::microseconds(0), std::chrono::microseconds(2000),
                          std::chrono::microseconds::max()}) {
    SCOPED_TRACE(keep.count());
    std::filesystem::remove_all(directory_);
    options_.store.history.keep = keep;
    options_.snapshots.retained = 1;
    Open();
    PutMany(0, 40);
    PutMany(20, 60, "overwritten");
    Delete("k30");
    Delete("absent");
    Snapshot();
    PutMany(25, 35, std::string(5000, 'x'));
    Delete("k3");
    Put("k30", "again");
    Close();
    ExpectEqual();
    EXPECT_EQ(rebuilt_.base_lsn, Lsn());
    Open();
    PutMany(0, 200, std::string(1000, 'y'));
    Snapshot();  // the log before is trimmed
    Put("k1", "z");
    Delete("k2");
    Close();
    ExpectEqual();
    EXPECT_GT(rebuilt_.base_lsn, Lsn());
    EXPECT_GE(rebuilt_.records_replayed, 2u);
  }
}

TEST_F(RebuildTest, NamesTheFirstRowThatDiffers) {
  Open();
  PutMany(0, 10);
  Close();
  const std::filesystem::path twin = root_ / "twin";
  std::filesystem::copy(directory_, twin, std::filesystem::copy_options::recursive);
  const std::filesystem::path original = directory_;
  Open();
  Put("k5", "right");
  Close();
  directory_ = twin;
  Open();
  Put("k5", "wrong");
  Close();
  directory_ = original;
  std::filesystem::copy_file(twin / "state.mdb", directory_ / "state.mdb",
                             std::filesystem::copy_options::overwrite_existing);
  const StateComparison comparison = Compare();
  ASSERT_TRUE(comparison.first_difference.has_value());
  EXPECT_THAT(*comparison.first_difference,
              HasSubstr("varve.kv, table rows, the default run, key \"k5\": it holds "));
  EXPECT_THAT(*comparison.first_difference, HasSubstr("wrong\" of LSN 12"));
  EXPECT_THAT(*comparison.first_difference, HasSubstr("right\" of LSN 12"));
}

TEST_F(RebuildTest, StopsWhereItIsToldTo) {
  Open();
  PutMany(0, 50, std::string(60000, 'v'));
  Close();
  options_.cancelled = [] { return true; };
  EXPECT_TRUE(
      absl::IsCancelled(RebuildState(directory_.string(), Lsn(50), Builtins(), options_).status()));
}

TEST_F(RebuildTest, WithoutAWayThereItIsOutOfRange) {
  options_.snapshots.retained = 1;
  Open();
  PutMany(0, 200, std::string(1000, 'y'));
  Snapshot();
  Close();
  EXPECT_TRUE(
      absl::IsOutOfRange(RebuildState(directory_.string(), Lsn(5), Builtins(), options_).status()));
}

}  // namespace
}  // namespace varve
