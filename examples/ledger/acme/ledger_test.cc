// Step 6: what the ledger promises, and the conformance suite of an installed Varve.
#include "acme/ledger.h"

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "acme/ledger_payload.h"
#include "acme/ledger_primitive.h"
#include "acme/ledger_subject.h"
#include "crash/crash_fuzz.h"
#include "gtest/gtest.h"
#include "kernel/base/status.h"
#include "kernel/core_entry.h"
#include "kernel/registry.h"
#include "kernel/store.h"
#include "recovery/open.h"
#include "tests/conformance/primitive_conformance.h"

namespace acme {
namespace {

using namespace std::string_literals;

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    // Step 7.
    varve::PrimitiveRegistry registry;
    ASSERT_TRUE(registry.Register(std::make_unique<LedgerPrimitive>()).ok());
    absl::StatusOr<std::unique_ptr<varve::Store>> store = varve::OpenInMemory(std::move(registry));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    ASSERT_TRUE(Commit([](Ledger& ledger) -> absl::Status {
                  VARVE_RETURN_IF_ERROR(ledger.Open("bank", {.may_overdraw = true}));
                  VARVE_RETURN_IF_ERROR(ledger.Open("ada"));
                  VARVE_RETURN_IF_ERROR(ledger.Open("bob"));
                  return ledger.Transfer("bank", "ada", 100, "salary");
                }).ok());
  }

  absl::Status Commit(const std::function<absl::Status(Ledger&)>& body) {
    return store_
        ->Update([&](varve::Transaction& transaction) {
          Ledger ledger(transaction, run_);
          return body(ledger);
        })
        .status();
  }
  std::int64_t Balance(std::string_view account) {
    varve::ReadView view = *store_->View();
    return (*Ledger(view, run_).Balance(account))->balance;
  }
  std::vector<Posting> Statement(std::string_view account, std::uint64_t after = 0) {
    varve::ReadView view = *store_->View();
    return *Ledger(view, run_).Statement(account, after);
  }
  // Rows as no Apply makes them; the answer of CheckRows.
  std::string FaultAfter(varve::TableId table, std::string_view key, std::string_view value) {
    std::string payload = varve::BeginRowsPayload(kLedgerId);
    varve::AppendRow(payload, table.number, key, value);
    const auto receipt = store_->Update([&](varve::Transaction& transaction) {
      return transaction.Repeat({.type = varve::kCorePutRows, .run = run_, .payload = payload});
    });
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return Fault();
  }
  std::string Fault() { return FaultOf(LedgerPrimitive()); }
  std::string FaultOf(const LedgerPrimitive& primitive) {
    const absl::Status status = store_->Read([&](varve::ReadView& view) {
      return primitive.CheckRows(view, [](std::uint64_t) { return absl::OkStatus(); });
    });
    return std::string(varve::FromAbsl(status.message()));
  }

  const varve::RunId run_{{1, 2, 3}};
  std::unique_ptr<varve::Store> store_;
};

TEST_F(LedgerTest, WhatOneAccountLosesTheOtherGains) {
  ASSERT_TRUE(
      Commit([](Ledger& ledger) { return ledger.Transfer("ada", "bob", 30, "rent"); }).ok());
  EXPECT_EQ(Balance("bank"), -100);
  EXPECT_EQ(Balance("ada"), 70);
  EXPECT_EQ(Balance("bob"), 30);
  const std::vector<Posting> statement = Statement("ada");
  ASSERT_EQ(statement.size(), 2u);
  EXPECT_EQ(statement[0].amount, 100);
  EXPECT_EQ(statement[1].number, 2u);
  EXPECT_EQ(statement[1].amount, -30);
  EXPECT_EQ(statement[1].other, "bob");
  EXPECT_EQ(statement[1].memo, "rent");
  EXPECT_EQ(Statement("ada", 1).size(), 1u);
  EXPECT_EQ(Statement("ada", std::numeric_limits<std::uint64_t>::max()).size(), 0u);
  EXPECT_EQ(Fault(), "");
}

TEST_F(LedgerTest, AnAccountCoversWhatItGives) {
  EXPECT_TRUE(absl::IsFailedPrecondition(
      Commit([](Ledger& ledger) { return ledger.Transfer("ada", "bob", 101); })));
  EXPECT_TRUE(Commit([](Ledger& ledger) { return ledger.Transfer("ada", "bob", 100); }).ok());
  EXPECT_EQ(Balance("ada"), 0);
}

TEST_F(LedgerTest, ABalanceStaysWithin64Bits) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(absl::IsFailedPrecondition(
      Commit([](Ledger& ledger) { return ledger.Transfer("bank", "ada", kMost); })));
  EXPECT_TRUE(
      Commit([](Ledger& ledger) { return ledger.Transfer("bank", "ada", kMost - 100); }).ok());
  EXPECT_EQ(Fault(), "");
}

// Both saw 100: the second is computed again at commit, on what the first left.
TEST_F(LedgerTest, TheSecondOfTwoWithdrawalsIsRefusedAtCommit) {
  varve::Transaction first = *store_->Begin();
  varve::Transaction second = *store_->Begin();
  ASSERT_TRUE(Ledger(first, run_).Transfer("ada", "bob", 70).ok());
  ASSERT_TRUE(Ledger(second, run_).Transfer("ada", "bob", 70).ok());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(second.Commit().status()));
  EXPECT_EQ(Balance("ada"), 30);
}

TEST_F(LedgerTest, TwoTransfersThatAreCoveredDoNotConflict) {
  varve::Transaction first = *store_->Begin();
  varve::Transaction second = *store_->Begin();
  ASSERT_TRUE(Ledger(first, run_).Transfer("ada", "bob", 30).ok());
  ASSERT_TRUE(Ledger(second, run_).Transfer("ada", "bob", 30).ok());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_TRUE(second.Commit().ok());
  EXPECT_EQ(Balance("ada"), 40);
  EXPECT_EQ(Fault(), "");
}

TEST_F(LedgerTest, RefusesAccountsThatAreNotOpenOrOpenAlready) {
  EXPECT_TRUE(
      absl::IsNotFound(Commit([](Ledger& ledger) { return ledger.Transfer("bank", "eve", 1); })));
  EXPECT_TRUE(absl::IsAlreadyExists(Commit([](Ledger& ledger) { return ledger.Open("ada"); })));
  varve::ReadView view = *store_->View();
  EXPECT_FALSE(Ledger(view, run_).Balance("eve")->has_value());
  EXPECT_TRUE(absl::IsFailedPrecondition(Ledger(view, run_).Open("eve")));
}

// Written by the program of last year, without memos.
TEST_F(LedgerTest, ReadsTransfersOfVersion1) {
  const std::string golden = "\x1E\0\0\0\0\0\0\0"s + "\x03\0"s + "ada" + "bob";
  const auto receipt = store_->Update([&](varve::Transaction& transaction) {
    return transaction.Write(
        {.type = kLedgerTransfer, .payload_version = 1, .run = run_, .payload = golden});
  });
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(Balance("bob"), 30);
  EXPECT_EQ(Statement("bob")[0].memo, "");
}

TEST(LedgerPayloadTest, BytesAreTheOnesThatStandOnDisk) {
  EXPECT_EQ(ledger::EncodeOpen({.may_overdraw = true, .name = "bank"}), "\1bank");
  EXPECT_EQ(ledger::EncodeTransfer({.amount = 30, .from = "ada", .to = "bob", .memo = "rent"}),
            "\x1E\0\0\0\0\0\0\0"s + "\x03\0"s + "\x03\0"s + "adabobrent");
  EXPECT_EQ(ledger::EncodePostingKey({.account = "ada", .number = 258}),
            "ada\0"s + "\0\0\0\0\0\0\1\2"s);
  EXPECT_EQ(
      ledger::EncodePosting({.amount = -30, .mirror_number = 7, .other = "bob", .memo = "rent"}),
      "\xE2\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s + "\7\0\0\0\0\0\0\0"s + "\3\0"s + "bobrent");
  EXPECT_EQ(ledger::EncodeBalance({.balance = -1, .last_number = 2}),
            "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s + "\2\0\0\0\0\0\0\0"s);
}

TEST_F(LedgerTest, RowsAndEntriesReadWell) {
  const LedgerPrimitive primitive;
  const std::string payload =
      ledger::EncodeTransfer({.amount = 30, .from = "ada", .to = "bob", .memo = "rent"});
  const varve::EntryDescription entry = primitive.Describe(
      {.type = kLedgerTransfer, .payload_version = kTransferVersion, .payload = payload});
  EXPECT_EQ(entry.subject, "ada -> bob");
  EXPECT_EQ(entry.detail, "30 \"rent\"");
  const varve::RowDescription row = primitive.DescribeRow(
      kLedgerPostings.number, ledger::EncodePostingKey({.account = "ada", .number = 2}),
      ledger::EncodePosting({.amount = -30, .mirror_number = 1, .other = "bob", .memo = "rent"}));
  EXPECT_EQ(row.subject, "ada #2");
  EXPECT_EQ(row.content, "-30 to bob \"rent\"");
}

TEST_F(LedgerTest, RanksAccountsFromMemoryAndFromTheTableAlike) {
  ASSERT_TRUE(Commit([](Ledger& ledger) { return ledger.Transfer("bank", "bob", 40); }).ok());
  const std::vector<RankedBalance> expected = {{100, "ada"}, {40, "bob"}, {-140, "bank"}};
  varve::ReadView view = *store_->View();
  EXPECT_EQ(*Ledger(view, run_).Richest(), expected);  // from memory
  EXPECT_EQ(Ledger(view, run_).Richest(2)->size(), 2u);
  EXPECT_TRUE(Ledger(view, varve::RunId()).Richest()->empty());

  ASSERT_TRUE(Commit([](Ledger& ledger) { return ledger.Transfer("ada", "bob", 61); }).ok());
  EXPECT_EQ(*Ledger(view, run_).Richest(), expected);  // the index is ahead of the view
  varve::ReadView later = *store_->View();
  EXPECT_EQ(Ledger(later, run_).Richest(1)->front(), (RankedBalance{101, "bob"}));
  EXPECT_EQ(Fault(), "");
}

TEST_F(LedgerTest, ARankingForgetsAccountsThatAreErasedWithTheirRun) {
  ASSERT_TRUE(
      store_->Update([&](varve::Transaction& transaction) { return transaction.EraseRun(run_); })
          .ok());
  varve::ReadView view = *store_->View();
  EXPECT_TRUE(Ledger(view, run_).Richest()->empty());
  const auto* const primitive =
      dynamic_cast<const LedgerPrimitive*>(store_->registry().FindById(kLedgerId));
  EXPECT_EQ(FaultOf(*primitive), "");
}

TEST_F(LedgerTest, AnIndexThatWasRebuiltAnswersNoReaderOfBefore) {
  varve::ReadView view = *store_->View();
  LedgerPrimitive again;
  ASSERT_TRUE(again.RebuildIndexes(view).ok());
  EXPECT_EQ(again.index().Top(run_, view.lsn(), 1)->front(), (RankedBalance{100, "ada"}));
  EXPECT_FALSE(again.index().Top(run_, varve::Lsn(), 1).has_value());
  EXPECT_FALSE(LedgerPrimitive().index().Top(run_, view.lsn(), 1).has_value());
}

TEST_F(LedgerTest, ARankingInATransactionSeesItsOwnWritesAndConflictsWithOthers) {
  varve::Transaction transaction = *store_->Begin();
  Ledger ledger(transaction, run_);
  ASSERT_TRUE(ledger.Transfer("ada", "bob", 60).ok());
  EXPECT_EQ(ledger.Richest(1)->front(), (RankedBalance{60, "bob"}));
  ASSERT_TRUE(Commit([](Ledger& other) { return other.Transfer("bank", "ada", 1); }).ok());
  EXPECT_TRUE(absl::IsAborted(transaction.Commit().status()));
}

TEST_F(LedgerTest, CheckRowsFindsAnIndexThatIsOff) {
  auto* const primitive = dynamic_cast<LedgerPrimitive*>(store_->registry().FindById(kLedgerId));
  EXPECT_EQ(FaultOf(*primitive), "");
  const std::string balance = ledger::EncodeBalance({.balance = 99, .last_number = 1});
  const varve::Mutation lie{.table = kLedgerBalances, .run = run_, .key = "ada", .value = balance};
  primitive->OnCommitted(store_->visible_lsn(), {}, {&lie, 1});
  EXPECT_NE(FaultOf(*primitive).find("index in memory"), std::string::npos);
}

TEST_F(LedgerTest, CheckRowsFindsABalanceThatIsOff) {
  EXPECT_NE(
      FaultAfter(kLedgerBalances, "ada", ledger::EncodeBalance({.balance = 101, .last_number = 1}))
          .find("add up to 100"),
      std::string::npos);
}

TEST_F(LedgerTest, CheckRowsFindsAPostingWithoutItsMirror) {
  EXPECT_NE(FaultAfter(kLedgerPostings, ledger::EncodePostingKey({.account = "ada", .number = 1}),
                       ledger::EncodePosting(
                           {.amount = 99, .mirror_number = 1, .other = "bank", .memo = "salary"}))
                .find("no mirror"),
            std::string::npos);
}

TEST_F(LedgerTest, CheckRowsFindsWhatIsOverdrawn) {
  EXPECT_NE(FaultAfter(kLedgerAccounts, "bank", ledger::EncodeAccount(false)).find("overdrawn"),
            std::string::npos);
}

VARVE_PRIMITIVE_CONFORMANCE(Ledger, LedgerSubject());

// Longer than the suite does it, and told how: stories of crashes of a store with the ledger and
// the built-in primitives in the same transactions. CheckRows runs on every recovered state, so
// that an index that is rebuilt wrongly is found, too.
TEST(Ledger, SurvivesAThousandStoriesOfCrashes) {
  const absl::Status status =
      varve::crash::CrashFuzz<LedgerPrimitive>(LedgerSubject().operate, {.stories = 1'000});
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace acme
