// A store with State in it, in a simulated world whose clock the test sets.
#ifndef VARVE_TESTS_PRIMITIVES_STATE_STATE_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_STATE_STATE_STORE_FIXTURE_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "primitives/state/lease.h"
#include "primitives/state/state.h"
#include "primitives/state/state_primitive.h"
#include "recovery/open.h"
#include "tests/support/simulated_environment.h"

namespace varve {

class StateStoreTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  // Opens the store, at first or again; rows are rebuilt from the log. With `threads` it has the
  // background threads that a program's store has.
  void Open(bool threads = false) {
    store_ = nullptr;
    PrimitiveRegistry registry;
    ASSERT_TRUE(registry.Register(std::make_unique<StatePrimitive>()).ok());
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
    absl::StatusOr<OpenedStore> opened = OpenStore("state.varve", std::move(registry), options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(opened->store);
  }

  Transaction Begin() { return *store_->Begin(); }
  ReadView View() { return *store_->View(); }

  // Runs `body` in a transaction of its own and commits.
  Lsn Commit(const std::function<void(Transaction&)>& body) {
    Transaction transaction = Begin();
    body(transaction);
    const absl::StatusOr<Receipt> receipt = transaction.Commit();
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return receipt.ok() ? receipt->lsn : Lsn();
  }
  Lsn Set(std::string_view name, std::string_view value) {
    return Commit([&](Transaction& txn) { EXPECT_TRUE(Cells(txn).Set(name, value).ok()); });
  }

  // "value@version", "<none>" where there is no such cell.
  static std::string Text(const Cells& cells, std::string_view name) {
    const absl::StatusOr<std::optional<Cell>> cell = cells.Get(name);
    if (!cell.ok()) return std::string(cell.status().message());
    if (!cell->has_value()) return "<none>";
    return std::string((*cell)->value) + "@" + std::to_string((*cell)->version);
  }
  std::string Text(std::string_view name) {
    ReadView view = View();
    return Text(Cells(view), name);
  }
  // "owner#token", "<free>" where nobody holds it.
  static std::string Holder(const Leases& leases, std::string_view name) {
    const absl::StatusOr<std::optional<Lease>> lease = leases.Get(name);
    if (!lease.ok()) return std::string(lease.status().message());
    if (!lease->has_value()) return "<free>";
    return std::string((*lease)->owner) + "#" + std::to_string((*lease)->token);
  }
  std::string Holder(std::string_view name) {
    ReadView view = View();
    return Holder(Leases(view), name);
  }

  testing_support::SimulatedEnvironment world_;
  std::unique_ptr<Store> store_;
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_STATE_STATE_STORE_FIXTURE_H_
