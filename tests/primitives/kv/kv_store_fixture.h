// A store with KV in it, in a simulated world whose clock the test sets.
#ifndef VARVE_TESTS_PRIMITIVES_KV_KV_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_KV_KV_STORE_FIXTURE_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"
#include "tests/support/simulated_environment.h"

namespace varve {

class KvStoreTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  // Opens the store, at first or again; rows are rebuilt from the log.
  void Open() {
    store_ = nullptr;
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    OpenOptions options;
    options.environment = world_.environment();
    options.store.background_threads = false;
    options.store.log.background_threads = false;
    options.store.history.keep = std::chrono::microseconds::max();
    options.materialized = [](const table::MaterializedOptions& wanted,
                              const table::AppliedMark& fresh)
        -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
      return table::MakeMemoryStore(wanted, fresh);
    };
    absl::StatusOr<OpenedStore> opened = OpenStore("kv.varve", std::move(registry), options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(opened->store);
  }

  Transaction Begin() { return *store_->Begin(); }
  ReadView View() { return *store_->View(); }

  // Runs `body` on a Kv in a transaction of its own and commits.
  Lsn Commit(const std::function<void(Kv&)>& body, const RunId& run = {}) {
    Transaction transaction = Begin();
    Kv kv(transaction, run);
    body(kv);
    const absl::StatusOr<Receipt> receipt = transaction.Commit();
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return receipt.ok() ? receipt->lsn : Lsn();
  }
  Lsn Put(std::string_view key, std::string_view value, const KvPutOptions& options = {}) {
    return Commit([&](Kv& kv) { EXPECT_TRUE(kv.Put(key, value, options).ok()); });
  }

  // "<none>" where there is no such key.
  static std::string Value(const Kv& kv, std::string_view key) {
    const absl::StatusOr<std::optional<KvRow>> row = kv.Get(key);
    if (!row.ok()) return std::string(row.status().message());
    return row->has_value() ? std::string((*row)->value) : "<none>";
  }
  std::string Value(std::string_view key, const RunId& run = {}) {
    ReadView view = View();
    return Value(Kv(view, run), key);
  }
  // "a=1 b=2", in the order of the scan; then "!" and the code where it ended in an error.
  static std::string Text(KvScan scan) {
    std::string text;
    for (const KvRow& row : scan) {
      if (!text.empty()) text += ' ';
      text += std::string(row.key) + '=' + std::string(row.value);
    }
    if (!scan.status().ok()) text += '!' + absl::StatusCodeToString(scan.status().code());
    return text;
  }
  std::string Scan(const KvScanOptions& options = {}) {
    ReadView view = View();
    return Text(Kv(view).Scan(options));
  }

  testing_support::SimulatedEnvironment world_;
  std::unique_ptr<Store> store_;
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_KV_KV_STORE_FIXTURE_H_
