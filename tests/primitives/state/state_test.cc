#include "primitives/state/state.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "tests/primitives/state/state_store_fixture.h"

namespace varve {
namespace {

class StateTest : public StateStoreTest {};

absl::StatusOr<std::string> CountUp(std::string_view value) {
  return std::to_string(std::stoi(std::string(value)) + 1);
}

TEST_F(StateTest, InitMakesACellAtVersionOneAndOnlyOnce) {
  Commit([](Transaction& txn) {
    Cells cells(txn);
    EXPECT_TRUE(*cells.Init("phase", "plan"));
    EXPECT_FALSE(*cells.Init("phase", "act"));
    EXPECT_EQ(Text(cells, "phase"), "plan@1");
  });
  Commit([](Transaction& txn) { EXPECT_FALSE(*Cells(txn).Init("phase", "act")); });
  EXPECT_EQ(Text("phase"), "plan@1");
  EXPECT_EQ(Text("other"), "<none>");
}

TEST_F(StateTest, TwoThatInitTheSameCellConflict) {
  Transaction one = Begin();
  Transaction two = Begin();
  EXPECT_TRUE(*Cells(one).Init("n", "1"));
  EXPECT_TRUE(*Cells(two).Init("n", "2"));
  EXPECT_TRUE(one.Commit().ok());
  EXPECT_EQ(two.Commit().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Text("n"), "1@1");
}

// CELL-9
TEST_F(StateTest, EachSetIsTheNextVersion) {
  Commit([](Transaction& txn) {
    Cells cells(txn);
    EXPECT_EQ(*cells.Set("n", "a"), 1u);
    EXPECT_EQ(*cells.Set("n", "b"), 2u);
  });
  Commit([](Transaction& txn) { EXPECT_EQ(*Cells(txn).Set("n", "c"), 3u); });
  EXPECT_EQ(Text("n"), "c@3");
}

TEST_F(StateTest, SetsNeverConflictAndEachCounts) {
  Set("n", "0");
  Transaction one = Begin();
  Transaction two = Begin();
  EXPECT_EQ(*Cells(one).Set("n", "1"), 2u);
  EXPECT_EQ(*Cells(two).Set("n", "2"), 2u);
  EXPECT_TRUE(one.Commit().ok());
  EXPECT_TRUE(two.Commit().ok());
  EXPECT_EQ(Text("n"), "2@3");
}

TEST_F(StateTest, CompareAndSetMatchesTheVersionOnly) {
  Set("n", "a");
  Set("n", "b");
  Commit([](Transaction& txn) {
    Cells cells(txn);
    EXPECT_FALSE(*cells.CompareAndSet("n", 1, "x"));
    EXPECT_FALSE(*cells.CompareAndSet("n", 3, "x"));
    EXPECT_FALSE(*cells.CompareAndSet("none", 0, "x"));
    EXPECT_TRUE(*cells.CompareAndSet("n", 2, "c"));
    EXPECT_TRUE(*cells.CompareAndSet("n", 3, "d"));
  });
  EXPECT_EQ(Text("n"), "d@4");
}

TEST_F(StateTest, CompareAndSetConflictsWithAWriteInBetween) {
  Set("n", "a");
  Transaction careful = Begin();
  EXPECT_TRUE(*Cells(careful).CompareAndSet("n", 1, "mine"));
  Set("n", "theirs");
  EXPECT_EQ(careful.Commit().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Text("n"), "theirs@2");
}

TEST_F(StateTest, DeleteAndCompareAndDelete) {
  Set("n", "a");
  Commit([](Transaction& txn) {
    Cells cells(txn);
    EXPECT_FALSE(*cells.CompareAndDelete("n", 2));
    EXPECT_TRUE(*cells.CompareAndDelete("n", 1));
    EXPECT_FALSE(*cells.CompareAndDelete("n", 1));
    EXPECT_TRUE(cells.Delete("none").ok());
  });
  EXPECT_EQ(Text("n"), "<none>");
  Set("n", "again");
  EXPECT_EQ(Text("n"), "again@1");
  Commit([](Transaction& txn) { EXPECT_TRUE(Cells(txn).Delete("n").ok()); });
  EXPECT_EQ(Text("n"), "<none>");
}

TEST_F(StateTest, ATransitionIsAFunctionOfTheValue) {
  Set("n", "1");
  Commit([](Transaction& txn) {
    Cells cells(txn);
    EXPECT_EQ(*cells.Transition("n", CountUp), 2u);
    EXPECT_EQ(*cells.Transition("n", CountUp), 3u);
    EXPECT_EQ(*cells.Transition("none", CountUp), std::nullopt);
    const auto refuse = [](std::string_view) -> absl::StatusOr<std::string> {
      return FailedPrecondition("not from here");
    };
    EXPECT_EQ(cells.Transition("n", refuse).status().code(), absl::StatusCode::kFailedPrecondition);
    const auto grow = [](std::string_view) -> absl::StatusOr<std::string> {
      return std::string(kValueBytesMax + 1, 'x');
    };
    EXPECT_EQ(cells.Transition("n", grow).status().code(), absl::StatusCode::kResourceExhausted);
  });
  EXPECT_EQ(Text("n"), "3@3");
}

TEST_F(StateTest, TransitionsOfManyThreadsAllCount) {
  Open(true);
  Set("n", "0");
  constexpr int kThreads = 8;
  constexpr int kEach = 25;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int step = 0; step < kEach; ++step) {
        const absl::StatusOr<Receipt> receipt = store_->Update(
            [](Transaction& txn) { return Cells(txn).Transition("n", CountUp).status(); },
            {.attempts_max = 100'000});
        if (!receipt.ok()) failures.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0);
  EXPECT_EQ(Text("n"), "200@201");
}

TEST_F(StateTest, CellsAreListedByPrefixWithACursor) {
  for (const char* name : {"b/2", "a", "b/1", "c", "b/3"}) Set(name, name);
  ReadView view = View();
  const auto names = [&](const CellListOptions& options) {
    const std::vector<Cell> cells = *Cells(view).List(options);
    std::string text;
    for (const Cell& cell : cells) text += std::string(cell.name) + " ";
    return text;
  };
  EXPECT_EQ(names({}), "a b/1 b/2 b/3 c ");
  EXPECT_EQ(names({.prefix = "b/"}), "b/1 b/2 b/3 ");
  EXPECT_EQ(names({.prefix = "b/", .limit = 2}), "b/1 b/2 ");
  EXPECT_EQ(names({.prefix = "b/", .after = "b/2"}), "b/3 ");
  EXPECT_EQ(names({.prefix = "b/", .after = "z"}), "");
  EXPECT_EQ(Cells(view).List({.limit = 0}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(StateTest, HistoryShowsEveryVersionNewestFirst) {
  Set("n", "a");
  const Lsn second = Set("n", "b");
  Commit([](Transaction& txn) { EXPECT_TRUE(Cells(txn).Delete("n").ok()); });
  Set("n", "c");
  ReadView view = View();
  const auto text = [&](const CellHistoryOptions& options) {
    const std::vector<CellVersion> versions = *Cells(view).History("n", options);
    std::string all;
    for (const CellVersion& version : versions) {
      all += version.deleted
                 ? "deleted "
                 : std::string(version.value) + "@" + std::to_string(version.version) + " ";
    }
    return all;
  };
  EXPECT_EQ(text({}), "c@1 deleted b@2 a@1 ");
  EXPECT_EQ(text({.limit = 2}), "c@1 deleted ");
  EXPECT_EQ(text({.before = second}), "a@1 ");
  EXPECT_EQ(Cells(view).History("n", {.limit = 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
  ReadView past = *store_->AsOf(second);
  EXPECT_EQ(Text(Cells(past), "n"), "b@2");
}

TEST_F(StateTest, RunsHaveCellsOfTheirOwnAndKeepThemWhenCopied) {
  const RunId from = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  const RunId to = *Uuid::Parse("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
  Set("n", "default");
  Commit([&](Transaction& txn) {
    EXPECT_TRUE(Cells(txn, from).Set("n", "run").ok());
    EXPECT_TRUE(Cells(txn, from).Set("n", "run").ok());
    EXPECT_TRUE(txn.CopyRun(txn, from, to).ok());
  });
  ReadView view = View();
  EXPECT_EQ(Text(Cells(view), "n"), "default@1");
  EXPECT_EQ(Text(Cells(view, to), "n"), "run@2");
}

TEST_F(StateTest, EverythingIsThereAfterAReopen) {
  Set("n", "a");
  Set("n", "b");
  Commit([](Transaction& txn) {
    EXPECT_TRUE(Leases(txn).Acquire("l", "me", std::chrono::hours(1))->has_value());
  });
  Open();
  EXPECT_EQ(Text("n"), "b@2");
  EXPECT_EQ(Holder("l"), "me#1");
}

TEST_F(StateTest, NamesAndValuesAreTakenUpToTheirLimits) {
  const std::string longest(kKeyBytesMax, 'n');
  const std::string largest(kValueBytesMax, 'v');
  Commit([&](Transaction& txn) {
    Cells cells(txn);
    EXPECT_TRUE(cells.Set(longest, largest).ok());
    EXPECT_EQ(cells.Set(longest + "n", "").status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(cells.Init("n", largest + "v").status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(cells.Set("", "").status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(cells.Get("").status().code(), absl::StatusCode::kInvalidArgument);
  });
  ReadView view = View();
  EXPECT_EQ((*Cells(view).Get(longest))->value.size(), kValueBytesMax);
}

TEST_F(StateTest, AWriteOnAViewIsRefused) {
  ReadView view = View();
  EXPECT_EQ(Cells(view).Set("n", "v").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Cells(view).Delete("n").code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(StateTest, AWatchAnswersAtOnceWhereTheCellIsAnotherOne) {
  const Lsn first = Set("n", "a");
  const CellChange made = *Cells::Watch(*store_, "n", Lsn());
  ASSERT_TRUE(made.changed && made.cell.has_value());
  EXPECT_EQ(made.cell->value, "a");
  EXPECT_EQ(made.cell->version, 1u);
  EXPECT_EQ(made.cell->lsn, first);
  Commit([](Transaction& txn) { EXPECT_TRUE(Cells(txn).Delete("n").ok()); });
  const CellChange gone = *Cells::Watch(*store_, "n", first);
  EXPECT_TRUE(gone.changed);
  EXPECT_FALSE(gone.cell.has_value());
}

TEST_F(StateTest, AWatchGivesUpWhenItsPatienceEnds) {
  const Lsn first = Set("n", "a");
  const CellChange change =
      *Cells::Watch(*store_, "n", first, {.patience = std::chrono::milliseconds(1)});
  EXPECT_FALSE(change.changed);
  EXPECT_EQ(change.cell->value, "a");
  EXPECT_FALSE(Cells::Watch(*store_, "none", Lsn(), {.patience = {}})->changed);
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(Cells::Watch(*store_, "n", first).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(StateTest, AWatchIsWokenByACommit) {
  Open(true);
  std::string last;
  std::thread watcher([&] {
    Lsn seen;
    while (last != "done") {
      const absl::StatusOr<CellChange> change =
          Cells::Watch(*store_, "n", seen, {.patience = std::chrono::seconds(60)});
      ASSERT_TRUE(change.ok() && change->changed && change->cell.has_value());
      EXPECT_GT(change->cell->lsn, seen);
      seen = change->cell->lsn;
      last = change->cell->value;
    }
  });
  for (int i = 0; i < 20; ++i) {
    Set("noise", "x");
    Set("n", std::to_string(i));
  }
  Set("n", "done");
  watcher.join();
  EXPECT_EQ(last, "done");
}

}  // namespace
}  // namespace varve
