// A store in memory with the built-in primitives, and short words for what tests do to it.
#ifndef VARVE_TESTS_KERNEL_STORE_FIXTURE_H_
#define VARVE_TESTS_KERNEL_STORE_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/store.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"

namespace varve {

class StoreFixture : public testing::Test {
 protected:
  StoreFixture() { Open({}); }

  void Open(const StoreOptions& options) {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    auto opened = OpenInMemory(std::move(registry), options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  Transaction Begin() {
    auto transaction = store_->Begin();
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    return *std::move(transaction);
  }

  Lsn Put(std::string_view key, std::string_view value) {
    Transaction transaction = Begin();
    EXPECT_TRUE(Kv(transaction).Put(key, value).ok());
    const auto receipt = transaction.Commit();
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return receipt->lsn;
  }

  static std::optional<std::string> Read(Reader& reader, std::string_view key) {
    const auto row = Kv(reader).Get(key);
    EXPECT_TRUE(row.ok()) << row.status();
    if (!row->has_value()) return std::nullopt;
    return std::string((*row)->value);
  }

  std::optional<std::string> Get(std::string_view key) {
    auto view = store_->View();
    EXPECT_TRUE(view.ok()) << view.status();
    return Read(*view, key);
  }

  std::unique_ptr<Store> store_;
};

}  // namespace varve

#endif  // VARVE_TESTS_KERNEL_STORE_FIXTURE_H_
