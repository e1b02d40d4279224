#include "primitives/kv/kv_payload.h"

#include <string>
#include <vector>

#include "crash/simulated/strict_file_system.h"
#include "crash/simulated/strict_inode.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "tests/support/source_files.h"
#include "tests/support/test_seed.h"

namespace varve::kv {
namespace {

constexpr Timestamp kSomeDay{1'700'000'000'000'000};

std::string Put(std::string_view key, std::optional<Timestamp> expires, std::string_view value) {
  std::string payload;
  EncodePut(payload, key, expires, value);
  return payload;
}

std::string Expire(Timestamp expires, std::string_view key) {
  std::string payload;
  EncodeExpire(payload, expires, key);
  return payload;
}

// KV-1 KV-2 KV-3 KV-4
TEST(KvPayload, IsWhatTheFormatDocumentShows) {
  const std::vector<std::string> documented =
      testing_support::DocumentedPayloads("docs/format/kv.md");
  ASSERT_EQ(documented.size(), 4u);
  EXPECT_EQ(documented[0], Put("name", std::nullopt, "Ada"));
  EXPECT_EQ(documented[1], Put("s", kSomeDay, "token"));
  EXPECT_EQ(*DecodeDelete(documented[2]), "name");
  EXPECT_EQ(documented[3], Expire(kSomeDay, "s"));
}

// KV-1 KV-2
TEST(KvPayload, PutDecodesToWhatWasEncoded) {
  for (const auto expires : {std::optional<Timestamp>(), std::optional(Timestamp(0)),
                             std::optional(kSomeDay), std::optional(Timestamp(~0ull))}) {
    for (const std::string& value : {std::string(), std::string("v"), std::string(100'000, '\0')}) {
      const std::string key("\0k\xFF", 3);
      const std::string payload = Put(key, expires, value);
      const absl::StatusOr<PutPayload> put = DecodePut(payload);
      ASSERT_TRUE(put.ok()) << put.status();
      EXPECT_EQ(put->key, key);
      EXPECT_EQ(put->image.expires, expires);
      EXPECT_EQ(put->image.value, value);
      EXPECT_EQ(put->row.data() + put->row.size(), payload.data() + payload.size());
      EXPECT_EQ(DecodeRow(put->row)->value, value);
    }
  }
}

// KV-5
TEST(KvPayload, EveryTruncationOfAPutIsRefusedOrIsAShorterValue) {
  const std::string payload = Put("key", kSomeDay, "value");
  const std::size_t value_offset = payload.size() - 5;
  for (std::size_t bytes = 0; bytes < payload.size(); ++bytes) {
    const absl::StatusOr<PutPayload> put = DecodePut(payload.substr(0, bytes));
    if (bytes < value_offset) {
      EXPECT_EQ(put.status().code(), absl::StatusCode::kDataLoss) << bytes;
    } else {
      EXPECT_TRUE(put.ok()) << bytes;
    }
  }
}

// KV-5
TEST(KvPayload, RefusesKeysOutsideTheirLimits) {
  const std::string row(1, '\0');
  const auto with_key = [&](std::size_t key_bytes) {
    std::string payload = {static_cast<char>(key_bytes), static_cast<char>(key_bytes >> 8)};
    return payload + std::string(key_bytes, 'k') + row;
  };
  EXPECT_TRUE(DecodePut(with_key(1)).ok());
  EXPECT_TRUE(DecodePut(with_key(kKeyBytesMax)).ok());
  EXPECT_EQ(DecodePut(with_key(0)).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodePut(with_key(kKeyBytesMax + 1)).status().code(), absl::StatusCode::kDataLoss);

  EXPECT_TRUE(DecodeDelete(std::string(kKeyBytesMax, 'k')).ok());
  EXPECT_EQ(DecodeDelete("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeDelete(std::string(kKeyBytesMax + 1, 'k')).status().code(),
            absl::StatusCode::kDataLoss);

  EXPECT_EQ(DecodeExpire(std::string(8, '\0')).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeExpire(std::string(7, 'x')).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(DecodeExpire(std::string(8 + kKeyBytesMax, 'x')).ok());
  EXPECT_EQ(DecodeExpire(std::string(8 + kKeyBytesMax + 1, 'x')).status().code(),
            absl::StatusCode::kDataLoss);
}

// KV-5
TEST(KvPayload, RefusesEveryUndefinedFlag) {
  for (int flags = 0; flags < 256; ++flags) {
    const std::string row = std::string(1, static_cast<char>(flags)) + "12345678value";
    EXPECT_EQ(DecodeRow(row).ok(), flags <= 1) << flags;
  }
  EXPECT_EQ(DecodeRow("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeRow(std::string("\1"
                                  "1234567",
                                  8))
                .status()
                .code(),
            absl::StatusCode::kDataLoss);
}

// KV-5
TEST(KvPayload, RefusesAValueBeyondItsLimit) {
  std::string row(1 + kValueBytesMax, '\0');
  EXPECT_TRUE(DecodeRow(row).ok());
  row.push_back('\0');
  EXPECT_EQ(DecodeRow(row).status().code(), absl::StatusCode::kDataLoss);
}

TEST(KvPayload, RandomBytesDecodeToWhatEncodesToThemOrAreRefused) {
  crash::Dice dice(testing_support::TestSeed(7));
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string payload(dice.Below(40), '\0');
    for (char& byte : payload) byte = static_cast<char>(dice.Below(dice.Chance(50) ? 4 : 256));
    if (const auto put = DecodePut(payload); put.ok()) {
      EXPECT_EQ(Put(put->key, put->image.expires, put->image.value), payload);
      ++accepted;
    } else {
      EXPECT_EQ(put.status().code(), absl::StatusCode::kDataLoss);
    }
    if (const auto expire = DecodeExpire(payload); expire.ok()) {
      EXPECT_EQ(Expire(expire->expires, expire->key), payload);
    }
  }
  EXPECT_GT(accepted, 100);
}

TEST(KvPayload, ExpiryKeysSortByTimeThenKey) {
  EXPECT_LT(MakeExpiryKey(Timestamp(255), "b"), MakeExpiryKey(Timestamp(256), "a"));
  EXPECT_LT(MakeExpiryKey(Timestamp(256), "a"), MakeExpiryKey(Timestamp(256), "b"));
  const std::string line_key = MakeExpiryKey(kSomeDay, "key");  // The parsed key is a view of it.
  const absl::StatusOr<ExpirePayload> line = ParseExpiryKey(line_key);
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->expires, kSomeDay);
  EXPECT_EQ(line->key, "key");
  EXPECT_EQ(ParseExpiryKey("1234567").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseExpiryKey("12345678").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace varve::kv
