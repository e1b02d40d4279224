#include "primitives/kv/kv_primitive.h"

#include <string>

#include "gtest/gtest.h"
#include "kernel/registry.h"
#include "primitives/kv/kv_payload.h"
#include "tests/conformance/model_tables.h"

namespace varve {
namespace {

using conformance::ModelTables;
using conformance::ModelVersion;

// A primitive and tables to apply to; each entry is a transaction of its own.
class KvPrimitiveTest : public testing::Test {
 protected:
  absl::Status Apply(EntryType type, std::string_view payload, std::uint8_t version = 1) {
    const Entry entry{.type = type, .payload_version = version, .run = run_, .payload = payload};
    const absl::Status status = tables_.Apply(primitive_, entry, lsn_, Timestamp(1));
    lsn_ = lsn_.Next();
    return status;
  }
  void Put(std::string_view key, std::string_view value, std::optional<Timestamp> expires = {}) {
    std::string payload;
    kv::EncodePut(payload, key, expires, value);
    ASSERT_TRUE(Apply(kKvPut, payload).ok());
  }
  void Delete(std::string_view key) { ASSERT_TRUE(Apply(kKvDelete, key).ok()); }
  void Expire(std::string_view key, Timestamp at) {
    std::string payload;
    kv::EncodeExpire(payload, at, key);
    ASSERT_TRUE(Apply(kKvExpire, payload).ok());
  }

  // "<none>" where there is no row.
  std::string Value(std::string_view key) {
    const ModelVersion* row = tables_.Find(kKvRows, run_, key);
    if (row == nullptr) return "<none>";
    return std::string(kv::DecodeRow(row->value)->value);
  }
  bool HasLine(Timestamp at, std::string_view key) {
    return tables_.Find(kKvExpiries, run_, kv::MakeExpiryKey(at, key)) != nullptr;
  }

  KvPrimitive primitive_;
  ModelTables tables_;
  RunId run_;
  Lsn lsn_{1};
};

constexpr Timestamp kNoon{1000};
constexpr Timestamp kNight{2000};

// KV-6 KV-7
TEST_F(KvPrimitiveTest, PutSetsAndDeleteRemoves) {
  Put("a", "1");
  Put("b", "2");
  Put("a", "3");
  EXPECT_EQ(Value("a"), "3");
  Delete("a");
  EXPECT_EQ(Value("a"), "<none>");
  EXPECT_EQ(Value("b"), "2");
  Delete("never there");
}

// KV-6
TEST_F(KvPrimitiveTest, PutWithAnExpiryTakesTheOldLineOver) {
  Put("a", "1", kNoon);
  EXPECT_TRUE(HasLine(kNoon, "a"));
  Put("a", "2", kNight);
  EXPECT_FALSE(HasLine(kNoon, "a"));
  EXPECT_TRUE(HasLine(kNight, "a"));
  Put("a", "3", kNight);
  EXPECT_TRUE(HasLine(kNight, "a"));
}

// KV-6 KV-7 KV-8
TEST_F(KvPrimitiveTest, ALineThatNoLongerHoldsDoesNotDeleteTheRow) {
  Put("a", "1", kNoon);
  Put("a", "2");
  EXPECT_TRUE(HasLine(kNoon, "a"));
  Expire("a", kNoon);
  EXPECT_FALSE(HasLine(kNoon, "a"));
  EXPECT_EQ(Value("a"), "2");

  Put("b", "1", kNoon);
  Delete("b");
  Put("b", "2", kNight);
  Expire("b", kNoon);
  EXPECT_EQ(Value("b"), "2");
  EXPECT_TRUE(HasLine(kNight, "b"));
}

// KV-8
TEST_F(KvPrimitiveTest, ExpireDeletesTheRowWithThatExpiry) {
  Put("a", "1", kNoon);
  Expire("a", kNight);
  EXPECT_EQ(Value("a"), "1");
  Expire("a", kNoon);
  EXPECT_EQ(Value("a"), "<none>");
  EXPECT_FALSE(HasLine(kNoon, "a"));
  Expire("a", kNoon);
}

// KV-5
TEST_F(KvPrimitiveTest, RefusesWhatItCannotDecodeAndChangesNothing) {
  Put("a", "1", kNoon);
  const ModelTables before = tables_;
  EXPECT_EQ(Apply(kKvPut, "").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Apply(kKvDelete, "").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Apply(kKvExpire, "short").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Apply(kKvDelete, "a", 2).code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Apply(0x1F, "a").code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(tables_.Difference(before), "");
}

TEST_F(KvPrimitiveTest, DescribesEntriesForPeople) {
  const auto describe = [this](EntryType type, std::string_view payload) {
    const EntryDescription text =
        primitive_.Describe({.type = type, .run = {}, .payload = payload});
    return text.operation + "|" + text.subject + "|" + text.detail;
  };
  std::string payload;
  kv::EncodePut(payload, "name", std::nullopt, "Ada\n");
  EXPECT_EQ(describe(kKvPut, payload), "put|name|Ada\\n");
  kv::EncodePut(payload, "s", kNoon, std::string(1000, 'x'));
  EXPECT_EQ(describe(kKvPut, payload),
            "put|s|" + std::string(64, 'x') + "... (1000 bytes) until 1000 us");
  EXPECT_EQ(describe(kKvDelete, std::string("k\0", 2)), "delete|k\\x00|");
  kv::EncodeExpire(payload, kNoon, "s");
  EXPECT_EQ(describe(kKvExpire, payload), "expire|s|at 1000 us");
  EXPECT_EQ(describe(kKvPut, "").substr(0, 6), "put|?|");
  EXPECT_EQ(describe(kKvDelete, "").substr(0, 9), "delete|?|");
  EXPECT_EQ(describe(kKvExpire, "").substr(0, 9), "expire|?|");
  EXPECT_EQ(describe(0x1E, "x"), "unknown|?|x");
}

TEST_F(KvPrimitiveTest, SpecIsWhatTheFormatDocumentSays) {
  const PrimitiveSpec& spec = primitive_.spec();
  EXPECT_EQ(spec.id, PrimitiveId(1));
  EXPECT_EQ(spec.name, "varve.kv");
  EXPECT_EQ(spec.entry_range, 0x10);
  ASSERT_EQ(spec.entries.size(), 3u);
  EXPECT_EQ(spec.entries[0].type, 0x10);
  EXPECT_EQ(spec.entries[1].type, 0x11);
  EXPECT_EQ(spec.entries[2].type, 0x12);
}

}  // namespace
}  // namespace varve
