// What the contract offers to primitives over runs: admission, observation, erasure and copies of
// a run, a transaction's own writes, whole tables, waiting for commits.
// Tests: kernel/internal/copy_run.cc
// Tests: kernel/internal/transaction_state.cc
// Tests: kernel/read_view.cc
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "kernel/base/status.h"
#include "kernel/core_entry.h"
#include "tests/kernel/store_fixture.h"

namespace varve {
namespace {

constexpr PrimitiveId kWardenId{201};
constexpr TableId kJournal{kWardenId, 0};
constexpr TableId kClosed{kWardenId, 1};
constexpr EntryType kClose = 0xA0;

RunId RunNumber(std::uint8_t number) { return RunId({number, 1}); }

// Closes runs, and counts what every other primitive writes into them.
class Warden final : public Primitive {
 public:
  Warden() {
    spec_.id = kWardenId;
    spec_.name = "test.warden";
    spec_.entry_range = 0xA0;
    spec_.entries = {{kClose, "Close"}};
    spec_.tables = {{0, "journal", false, false}, {1, "closed"}};
    spec_.admits_runs = true;
    spec_.observes = true;
  }
  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    return context.Put(kClosed.number, entry.payload, "");
  }
  [[nodiscard]] absl::Status AdmitRun(const RunId& run, Reader& reader) const override {
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader.Get(kClosed, RunId(), run.view()));
    return row.has_value() ? FailedPrecondition("the run is closed") : absl::OkStatus();
  }
  [[nodiscard]] absl::Status Observe(const Entry& entry, ApplyContext& context) const override {
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(0, "entries"));
    const std::string seen = row.has_value() ? std::string(row->value) : "";
    return context.Put(0, "entries", seen + static_cast<char>('a' + entry.type - 0x10));
  }
  [[nodiscard]] EntryDescription Describe(const Entry&) const override { return {}; }

 private:
  PrimitiveSpec spec_;
};

class RunContractTest : public StoreFixture {
 protected:
  RunContractTest() {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    EXPECT_TRUE(registry.Register(std::make_unique<Warden>()).ok());
    store_ = *OpenInMemory(std::move(registry), {});
  }
  absl::Status PutIn(const RunId& run, std::string_view key) {
    return store_->Update([&](Transaction& txn) { return Kv(txn, run).Put(key, key); }).status();
  }
  absl::Status CloseRun(const RunId& run) {
    return store_
        ->Update(
            [&](Transaction& txn) { return txn.Write({.type = kClose, .payload = run.view()}); })
        .status();
  }
  std::string Journal(const RunId& run) {
    auto view = store_->View();
    const auto row = view->Get(kJournal, run, "entries");
    return row->has_value() ? std::string((*row)->value) : "none";
  }
  std::vector<std::string> Keys(Reader& reader, const RunId& run) {
    std::vector<std::string> keys;
    const auto scan = reader.Scan({PrimitiveId(1), 0}, run, KeyRange::All());
    for (; scan->valid(); scan->Next()) keys.emplace_back(scan->row().key);
    return keys;
  }
  std::vector<std::string> Keys(const RunId& run) {
    auto view = store_->View();
    return Keys(*view, run);
  }
};

using Texts = std::vector<std::string>;

TEST_F(RunContractTest, AClosedRunRefusesEveryPrimitiveAndOthersGoOn) {
  ASSERT_TRUE(PutIn(RunNumber(1), "before").ok());
  ASSERT_TRUE(CloseRun(RunNumber(1)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(PutIn(RunNumber(1), "after")));
  EXPECT_TRUE(PutIn(RunNumber(2), "after").ok());
  EXPECT_TRUE(PutIn(RunId(), "after").ok());
  EXPECT_EQ(Keys(RunNumber(1)), Texts{"before"});
}

TEST_F(RunContractTest, ARunClosedMeanwhileIsAConflict) {
  Transaction writer = Begin();
  ASSERT_TRUE(Kv(writer, RunNumber(1)).Put("k", "v").ok());
  ASSERT_TRUE(CloseRun(RunNumber(1)).ok());
  EXPECT_TRUE(absl::IsAborted(writer.Commit().status()));
  EXPECT_TRUE(Keys(RunNumber(1)).empty());
}

TEST_F(RunContractTest, ATransactionThatClosesARunCannotWriteIntoItAfterwards) {
  Transaction writer = Begin();
  ASSERT_TRUE(Kv(writer, RunNumber(1)).Put("k", "v").ok());
  ASSERT_TRUE(writer.Write({.type = kClose, .payload = RunNumber(1).view()}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Kv(writer, RunNumber(1)).Put("l", "v")));
  ASSERT_TRUE(writer.Commit().ok());
  EXPECT_EQ(Keys(RunNumber(1)), Texts{"k"});
}

TEST_F(RunContractTest, AnObserverSeesEveryEntryOfOthersInRunsAndNothingInTheDefaultRun) {
  ASSERT_TRUE(PutIn(RunNumber(1), "k").ok());
  ASSERT_TRUE(
      store_->Update([&](Transaction& txn) { return Kv(txn, RunNumber(1)).Delete("k"); }).ok());
  ASSERT_TRUE(PutIn(RunId(), "k").ok());
  EXPECT_EQ(Journal(RunNumber(1)), "ab");
  EXPECT_EQ(Journal(RunId()), "none");
}

TEST_F(RunContractTest, AnErasedRunIsGoneFromEveryPrimitiveAndOthersStay) {  // CORE-1
  ASSERT_TRUE(PutIn(RunNumber(1), "k").ok());
  ASSERT_TRUE(PutIn(RunNumber(2), "k").ok());
  const Lsn before = store_->visible_lsn();
  ASSERT_TRUE(store_
                  ->Update([&](Transaction& txn) -> absl::Status {
                    VARVE_RETURN_IF_ERROR(Kv(txn, RunNumber(1)).Put("own", "v"));
                    VARVE_RETURN_IF_ERROR(txn.EraseRun(RunNumber(1)));
                    EXPECT_TRUE(Keys(txn, RunNumber(1)).empty());
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_TRUE(Keys(RunNumber(1)).empty());
  EXPECT_EQ(Journal(RunNumber(1)), "none");
  EXPECT_EQ(Keys(RunNumber(2)), Texts{"k"});
  EXPECT_EQ(store_->visible_lsn(), before.Next());
  Transaction txn = Begin();
  EXPECT_TRUE(absl::IsInvalidArgument(txn.EraseRun(RunId())));
  EXPECT_TRUE(absl::IsInvalidArgument(txn.Write({.type = kCoreEraseRun, .run = RunNumber(2)})));
}

TEST_F(RunContractTest, ACopiedRunHoldsTheRowsOfItsSourceAsTheReaderSawThem) {  // CORE-2
  ASSERT_TRUE(PutIn(RunNumber(1), "a").ok());
  ASSERT_TRUE(PutIn(RunNumber(1), "b").ok());
  auto past = store_->View();
  ASSERT_TRUE(PutIn(RunNumber(1), "c").ok());
  Transaction txn = Begin();
  ASSERT_TRUE(txn.CopyRun(*past, RunNumber(1), RunNumber(3)).ok());
  EXPECT_EQ(Keys(txn, RunNumber(3)), (Texts{"a", "b"}));
  ASSERT_TRUE(txn.Commit().ok());
  EXPECT_EQ(Keys(RunNumber(3)), (Texts{"a", "b"}));
  EXPECT_EQ(Keys(RunNumber(1)), (Texts{"a", "b", "c"}));
  EXPECT_EQ(Journal(RunNumber(3)),
            "none");  // the table is not copied, and the kernel is not observed
}

TEST_F(RunContractTest, RunsThatCannotBeCopiedAreNamed) {
  Transaction txn = Begin();
  EXPECT_TRUE(absl::IsInvalidArgument(txn.CopyRun(txn, RunId(), RunNumber(1))));
  EXPECT_TRUE(absl::IsInvalidArgument(txn.CopyRun(txn, RunNumber(1), RunId())));
  EXPECT_TRUE(absl::IsInvalidArgument(txn.CopyRun(txn, RunNumber(1), RunNumber(1))));
}

TEST_F(RunContractTest, ARunThatHoldsRowsIsNotCopiedInto) {
  ASSERT_TRUE(PutIn(RunNumber(1), "a").ok());
  ASSERT_TRUE(PutIn(RunNumber(2), "b").ok());
  Transaction txn = Begin();
  const absl::Status refused = txn.CopyRun(txn, RunNumber(1), RunNumber(2));
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(Keys(txn, RunNumber(2)), Texts{"b"});
  // Not even where another transaction put them there meanwhile.
  ASSERT_TRUE(txn.CopyRun(txn, RunNumber(1), RunNumber(3)).ok());
  ASSERT_TRUE(PutIn(RunNumber(3), "c").ok());
  EXPECT_TRUE(absl::IsAborted(txn.Commit().status()));
}

TEST_F(RunContractTest, OwnWritesAreShownInOrderWithDeletions) {
  ASSERT_TRUE(PutIn(RunNumber(1), "old").ok());
  Transaction txn = Begin();
  ASSERT_TRUE(Kv(txn, RunNumber(1)).Put("b", "v").ok());
  ASSERT_TRUE(Kv(txn, RunNumber(1)).Put("a", "v").ok());
  ASSERT_TRUE(Kv(txn, RunNumber(1)).Delete("old").ok());
  ASSERT_TRUE(Kv(txn, RunNumber(2)).Put("elsewhere", "v").ok());
  Texts seen;
  const auto note = [&](const Row& row, bool deleted) {
    seen.push_back(std::string(row.key) + (deleted ? "-" : "+"));
  };
  txn.VisitOwnWrites({PrimitiveId(1), 0}, RunNumber(1), note);
  EXPECT_EQ(seen, (Texts{"a+", "b+", "old-"}));
  seen.clear();
  auto view = store_->View();
  view->VisitOwnWrites({PrimitiveId(1), 0}, RunNumber(1), note);
  EXPECT_TRUE(seen.empty());
}

TEST_F(RunContractTest, AWholeTableIsVisitedRunByRun) {
  ASSERT_TRUE(PutIn(RunNumber(2), "k").ok());
  ASSERT_TRUE(PutIn(RunNumber(1), "k").ok());
  ASSERT_TRUE(PutIn(RunId(), "k").ok());
  auto view = store_->View();
  std::vector<RunId> runs;
  const auto visit = [&](const RunId& run, const Row&) {
    runs.push_back(run);
    return runs.size() < 3;
  };
  ASSERT_TRUE(view->VisitTable({PrimitiveId(1), 0}, visit).ok());
  EXPECT_EQ(runs, (std::vector<RunId>{RunId(), RunNumber(1), RunNumber(2)}));
}

TEST_F(RunContractTest, WhoWaitsIsWokenByTheNextCommitAndByTheEndOfItsPatience) {
  const Lsn now = store_->visible_lsn();
  EXPECT_EQ(*store_->WaitVisible(now, std::chrono::nanoseconds(1)), now);
  std::thread writer([&] { EXPECT_TRUE(PutIn(RunId(), "k").ok()); });
  EXPECT_EQ(*store_->WaitVisible(now, std::chrono::hours(1)), now.Next());
  writer.join();
  EXPECT_EQ(*store_->WaitVisible(now, std::chrono::hours(1)), now.Next());
}

}  // namespace
}  // namespace varve
