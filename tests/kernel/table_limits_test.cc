// The limits that authors of primitives meet when their Apply writes a row.
// Tests: kernel/internal/apply.cc
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "kernel/base/limits.h"
#include "kernel/store.h"
#include "recovery/open.h"

namespace varve {
namespace {

constexpr EntryType kKeyOfBytes = 0xA0;    // a row whose key is so long as the payload says
constexpr EntryType kValueOfBytes = 0xA1;  // likewise its value

class Rows final : public Primitive {
 public:
  Rows() {
    spec_.id = PrimitiveId(202);
    spec_.name = "test.rows";
    spec_.entry_range = 0xA0;
    spec_.entries = {{kKeyOfBytes, "KeyOfBytes"}, {kValueOfBytes, "ValueOfBytes"}};
    spec_.tables = {{0, "rows"}};
  }
  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    const std::string bytes(std::stoul(std::string(entry.payload)), 'x');
    return entry.type == kKeyOfBytes ? context.Put(0, bytes, "") : context.Put(0, "key", bytes);
  }
  [[nodiscard]] EntryDescription Describe(const Entry&) const override { return {}; }

 private:
  PrimitiveSpec spec_;
};

class TableLimitsTest : public testing::Test {
 protected:
  TableLimitsTest() {
    PrimitiveRegistry registry;
    EXPECT_TRUE(registry.Register(std::make_unique<Rows>()).ok());
    store_ = *OpenInMemory(std::move(registry), {});
  }
  // Commits a row of that size, and what else the transaction holds where that is refused.
  absl::Status Write(EntryType type, std::size_t bytes) {
    const std::string payload = std::to_string(bytes);
    Transaction transaction = *store_->Begin();
    absl::Status written = transaction.Write({.type = type, .payload = payload});
    const auto receipt = transaction.Commit();
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    EXPECT_EQ(receipt->lsn == Lsn(), !written.ok()) << "refused, and logged all the same";
    return written;
  }

  std::unique_ptr<Store> store_;
};

TEST_F(TableLimitsTest, AKeyOfATableHasSoManyBytesAndNoMore) {
  EXPECT_TRUE(Write(kKeyOfBytes, kTableKeyBytesMax).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Write(kKeyOfBytes, kTableKeyBytesMax + 1)));
}

TEST_F(TableLimitsTest, AValueOfATableHasSoManyBytesAndNoMore) {
  EXPECT_TRUE(Write(kValueOfBytes, kTableValueBytesMax).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Write(kValueOfBytes, kTableValueBytesMax + 1)));
}

}  // namespace
}  // namespace varve
