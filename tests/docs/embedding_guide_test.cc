// The code of docs/embedding.md, as the guide shows it, and what it does.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

#include "kernel/base/status.h"
#include "kernel/change_feed.h"
#include "kernel/store.h"
#include "primitives/builtin.h"
#include "primitives/event/event.h"
#include "primitives/kv/kv.h"
#include "primitives/run/run_replay.h"
#include "primitives/run/runs.h"
#include "primitives/state/state.h"
#include "recovery/backup.h"
#include "recovery/open.h"

namespace {

varve::PrimitiveRegistry Builtins() {
  varve::PrimitiveRegistry registry;
  varve::RegisterBuiltinPrimitives(registry);
  return registry;
}

absl::StatusOr<varve::OpenedStore> OpenForADay(const std::string& directory) {
  varve::OpenOptions options;
  options.store.history.keep = std::chrono::hours(24);  // how far back reads of the past may go
  options.store.memtable_bytes = 16 << 20;              // memory; checkpoints come more often
  options.lock_timeout = std::chrono::seconds(5);       // wait for another holder that long
  absl::StatusOr<varve::OpenedStore> opened = varve::OpenStore(directory, Builtins(), options);
  if (opened.ok()) std::cout << opened->report.ToString();  // what was recovered, and how
  return opened;
}

// Money goes from one account to the other, or nothing happens.
absl::Status Move(varve::Store& store, const std::string& from, const std::string& to,
                  std::int64_t amount) {
  return store
      .Update([&](varve::Transaction& transaction) -> absl::Status {
        varve::Kv kv(transaction);
        VARVE_ASSIGN_OR_RETURN(const std::int64_t left, kv.Increment(from, -amount));
        if (left < 0) return absl::FailedPreconditionError("not enough there");
        VARVE_RETURN_IF_ERROR(kv.Increment(to, amount).status());
        return varve::Events(transaction).Append("moves", "move", R"({"by":"hand"})").status();
      })
      .status();
}

absl::StatusOr<bool> SetOnce(varve::Store& store, const std::string& key,
                             const std::string& value) {
  VARVE_ASSIGN_OR_RETURN(varve::Transaction transaction, store.Begin());
  VARVE_ASSIGN_OR_RETURN(const bool written, varve::Kv(transaction).PutIfAbsent(key, value));
  const absl::StatusOr<varve::Receipt> receipt = transaction.Commit();
  if (absl::IsAborted(receipt.status())) return false;  // somebody else was first
  if (!receipt.ok()) return receipt.status();
  return written;
}

absl::Status WriteFast(varve::Store& store, int count) {
  for (int i = 0; i < count; ++i) {
    const auto receipt = store.Update(
        [&](varve::Transaction& transaction) {
          return varve::Kv(transaction).Put("row/" + std::to_string(i), "some value");
        },
        {.durability = varve::Durability::kBuffered});
    if (!receipt.ok()) return receipt.status();
  }
  return store.Sync();  // all of them are durable now, or the answer says why not
}

absl::StatusOr<varve::CommitTicket> WriteAndGoOn(varve::Store& store) {
  VARVE_ASSIGN_OR_RETURN(varve::Transaction transaction, store.Begin());
  VARVE_RETURN_IF_ERROR(varve::Kv(transaction).Put("last_seen", "now"));
  return transaction.CommitAsync();  // Wait() on it, or Then(callback), before you say it is done
}

absl::StatusOr<std::string> NameOf(varve::Store& store, const std::string& user) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::KvRow> row,
                         varve::Kv(view).Get("user/" + user));
  if (!row.has_value()) return absl::NotFoundError("no such user");
  return std::string(row->value);  // copied: the row borrows from the view
}

absl::StatusOr<std::optional<std::string>> ValueAt(varve::Store& store, const std::string& key,
                                                   varve::Lsn lsn) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView then, store.AsOf(lsn));
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::KvRow> row, varve::Kv(then).Get(key));
  if (!row.has_value()) return std::optional<std::string>();
  return std::string(row->value);
}

// The run that a crash has left, or a new one; whatever is written into it is a step of it.
absl::StatusOr<varve::RunId> TakeUpOrBegin(varve::Store& store) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::RunInfo> lost, varve::Runs(view).Orphans());
  if (lost.empty()) return varve::CreateRun(store, {.name = "nightly report"});
  const varve::RunId run = lost[0].id;
  VARVE_RETURN_IF_ERROR(store
                            .Update([&](varve::Transaction& transaction) {
                              return varve::Runs(transaction).Begin(run);
                            })
                            .status());
  return run;
}

// Copies every change since `token` into another store, which keeps the token with them.
absl::Status Follow(varve::Store& source, varve::Store& copy, varve::Lsn token) {
  VARVE_ASSIGN_OR_RETURN(varve::ChangeFeed feed, source.Changes(token));
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<varve::CommittedChanges> changes, feed.Next());
    if (!changes.has_value()) return absl::OkStatus();  // up to date; Next(patience) would wait
    const auto receipt = copy.Update([&](varve::Transaction& transaction) -> absl::Status {
      for (const varve::Entry& entry : changes->entries) {
        VARVE_RETURN_IF_ERROR(transaction.Repeat(entry));
      }
      return varve::Cells(transaction)
          .Set("followed up to", std::to_string(changes->lsn.value()))
          .status();
    });
    if (!receipt.ok()) return receipt.status();
  }
}

absl::Status BackUpAndRestore(const std::string& store, const std::string& backup,
                              const std::string& restored) {
  VARVE_ASSIGN_OR_RETURN(const varve::BackupReport report, varve::BackupStore(store, backup));
  return varve::RestoreStore(backup, restored, {.lsn = report.last_lsn}, Builtins()).status();
}

// What to tell an operator of a store that does not open.
std::string WhyNot(const absl::Status& status) {
  const std::optional<varve::Damage> damage = varve::DamageOf(status);
  if (!damage.has_value()) return status.ToString();
  return damage->file + " is damaged at " + std::to_string(damage->offset) + ": " + damage->found;
}

class EmbeddingGuideTest : public testing::Test {
 protected:
  EmbeddingGuideTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = (std::filesystem::path(testing::TempDir()) / info->name()).string();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto opened = OpenForADay(folder_ + "/a.varve");
    EXPECT_TRUE(opened.ok()) << opened.status();
    opened_ = *std::move(opened);
  }
  ~EmbeddingGuideTest() override {
    opened_ = varve::OpenedStore();
    std::filesystem::remove_all(folder_);
  }

  varve::Store& store() { return *opened_.store; }
  void Put(const std::string& key, const std::string& value) {
    const auto receipt = store().Update(
        [&](varve::Transaction& transaction) { return varve::Kv(transaction).Put(key, value); });
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }
  std::string Get(const std::string& key) {
    auto view = store().View();
    const auto row = varve::Kv(*view).Get(key);
    return row->has_value() ? std::string((*row)->value) : "absent";
  }

  std::string folder_;
  varve::OpenedStore opened_;
};

TEST_F(EmbeddingGuideTest, OptionsThatWereGivenAreInForce) {
  EXPECT_EQ(store().options().history.keep, std::chrono::hours(24));
  EXPECT_EQ(store().options().memtable_bytes, std::uint64_t{16} << 20);
}

TEST_F(EmbeddingGuideTest, ABodyThatFailsLeavesNothing) {
  Put("anna", "10");
  EXPECT_TRUE(Move(store(), "anna", "ben", 7).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Move(store(), "anna", "ben", 7)));
  EXPECT_EQ(Get("anna"), "3");
  EXPECT_EQ(Get("ben"), "7");
}

TEST_F(EmbeddingGuideTest, OneOfTwoIsFirst) {
  EXPECT_TRUE(*SetOnce(store(), "leader", "me"));
  EXPECT_FALSE(*SetOnce(store(), "leader", "you"));
  EXPECT_EQ(Get("leader"), "me");
}

TEST_F(EmbeddingGuideTest, BufferedCommitsAreDurableBehindSync) {
  EXPECT_TRUE(WriteFast(store(), 100).ok());
  EXPECT_GE(store().durable_lsn(), varve::Lsn(100));
  const auto ticket = WriteAndGoOn(store());
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  EXPECT_TRUE(ticket->Wait().ok());
  EXPECT_EQ(Get("last_seen"), "now");
}

TEST_F(EmbeddingGuideTest, APastMomentIsReadAsItWas) {
  Put("user/7", "Ada");
  const varve::Lsn then = store().visible_lsn();
  Put("user/7", "Grace");
  EXPECT_TRUE(store().Checkpoint().ok());
  EXPECT_EQ(*NameOf(store(), "7"), "Grace");
  EXPECT_TRUE(absl::IsNotFound(NameOf(store(), "8").status()));
  EXPECT_EQ(**ValueAt(store(), "user/7", then), "Ada");
}

TEST_F(EmbeddingGuideTest, ARunThatWasLeftIsTakenUp) {
  const varve::RunId begun = *TakeUpOrBegin(store());
  opened_ = varve::OpenedStore();  // as a crash: the run is active still
  opened_ = *OpenForADay(folder_ + "/a.varve");
  EXPECT_EQ(*TakeUpOrBegin(store()), begun);
}

TEST_F(EmbeddingGuideTest, AFollowerHoldsTheSame) {
  ASSERT_TRUE(WriteFast(store(), 10).ok());
  auto copy = varve::OpenInMemory(Builtins());
  ASSERT_TRUE(Follow(store(), **copy, varve::Lsn()).ok());
  auto view = (*copy)->View();
  EXPECT_EQ(*varve::Kv(*view).Count(), 10u);
  EXPECT_EQ((*varve::Cells(*view).Get("followed up to"))->value, "10");
}

TEST_F(EmbeddingGuideTest, ABackupIsRestored) {
  Put("user/7", "Ada");
  ASSERT_TRUE(
      BackUpAndRestore(folder_ + "/a.varve", folder_ + "/backup", folder_ + "/b.varve").ok());
  opened_ = varve::OpenedStore();
  opened_ = *OpenForADay(folder_ + "/b.varve");
  EXPECT_EQ(Get("user/7"), "Ada");
}

TEST_F(EmbeddingGuideTest, DamageIsToldInFacts) {
  varve::Damage damage;
  damage.file = "wal/1";
  damage.offset = 4096;
  damage.found = "bad record";
  EXPECT_EQ(WhyNot(damage.ToStatus()), "wal/1 is damaged at 4096: bad record");
  EXPECT_EQ(WhyNot(absl::UnavailableError("held")), "UNAVAILABLE: held");
}

}  // namespace
