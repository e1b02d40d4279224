// A store with the primitives under test, in a simulated world whose clock the test sets: what the
// fixtures of the primitives have in common.
#ifndef VARVE_TESTS_PRIMITIVES_PRIMITIVE_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_PRIMITIVE_STORE_FIXTURE_H_

#include <chrono>
#include <functional>
#include <memory>

#include "crash/simulated/simulated_environment.h"
#include "gtest/gtest.h"
#include "recovery/open.h"

namespace varve {

class PrimitiveStoreTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  // What the store is opened with, each time anew.
  virtual void Register(PrimitiveRegistry& registry) = 0;

  // Opens the store, at first or again; rows are rebuilt from the log. With `threads` it has the
  // background threads that a program's store has.
  void Open(bool threads = false) {
    store_ = nullptr;
    PrimitiveRegistry registry;
    Register(registry);
    OpenOptions options;
    options.environment = world_.environment();
    options.store.background_threads = threads;
    options.store.log.background_threads = threads;
    options.store.history.keep = std::chrono::microseconds::max();
    options.materialized = [](const table::MaterializedOptions& wanted,
                              const table::AppliedMark& fresh)
        -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
      return table::MakeMemoryStore(wanted, fresh);
    };
    absl::StatusOr<OpenedStore> opened = OpenStore("test.varve", std::move(registry), options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(opened->store);
  }

  Transaction Begin() { return *store_->Begin(); }
  ReadView View() { return *store_->View(); }

  // Runs `body` in a transaction of its own and commits.
  Lsn CommitTransaction(const std::function<void(Transaction&)>& body) {
    Transaction transaction = Begin();
    body(transaction);
    const absl::StatusOr<Receipt> receipt = transaction.Commit();
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return receipt.ok() ? receipt->lsn : Lsn();
  }
  // The same, through a handle on `run`.
  template <typename Handle>
  Lsn CommitThrough(const std::function<void(Handle&)>& body, const RunId& run) {
    return CommitTransaction([&](Transaction& transaction) {
      Handle handle(transaction, run);
      body(handle);
    });
  }

  crash::SimulatedEnvironment world_;
  std::unique_ptr<Store> store_;
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_PRIMITIVE_STORE_FIXTURE_H_
