// Tests: primitives/state/state_primitive.cc
#include "primitives/state/state_payload.h"

#include <string>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/state/state_primitive.h"

namespace varve {
namespace {

template <std::size_t kSize>
std::string Bytes(const char (&text)[kSize]) {
  return std::string(text, kSize - 1);
}

template <typename Result>
void ExpectDataLoss(const Result& result) {
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss) << result.status();
}

const std::string kLongest(kKeyBytesMax, 'n');
const std::string kLongestOwner(kNameBytesMax, 'o');

// CELL-1, CELL-2, CELL-3: the examples of docs/format/state-cells.md.
TEST(StatePayloadTest, CellsHaveTheirGoldenBytes) {
  EXPECT_EQ(state::EncodeSet("phase", "go"), Bytes("\x05\0phasego"));
  EXPECT_EQ(state::EncodeTransition(258, "phase", "go"),
            Bytes("\x02\x01\0\0\0\0\0\0\x05\0phasego"));
  EXPECT_EQ(*state::DecodeDelete("phase"), "phase");
  EXPECT_EQ(state::EncodeCell(3, "go"), Bytes("\x03\0\0\0\0\0\0\0go"));  // CELL-4
}

// CELL-5, CELL-6, CELL-7
TEST(StatePayloadTest, LeasesHaveTheirGoldenBytes) {
  const Timestamp expires(1'700'000'000'000'000);
  EXPECT_EQ(state::EncodeAcquire(2, expires, "leader", "w7"),
            Bytes("\x02\0\0\0\0\0\0\0\x00\x40\x1e\x18\x24\x0a\x06\0\x06\0leaderw7"));
  EXPECT_EQ(state::EncodeRenew(2, expires, "leader"),
            Bytes("\x02\0\0\0\0\0\0\0\x00\x40\x1e\x18\x24\x0a\x06\0leader"));
  EXPECT_EQ(state::EncodeRelease(2, "leader"), Bytes("\x02\0\0\0\0\0\0\0leader"));
  EXPECT_EQ(state::EncodeLease({.token = 2, .expires = expires, .owner = "w7"}),
            Bytes("\x02\0\0\0\0\0\0\0\x00\x40\x1e\x18\x24\x0a\x06\0w7"));
  EXPECT_EQ(state::EncodeLease({.token = 2}), Bytes("\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
}

TEST(StatePayloadTest, WhatWasEncodedReadsBack) {
  const std::string transition = state::EncodeTransition(7, "name", "value");
  EXPECT_EQ(state::DecodeTransition(transition)->from, 7u);
  EXPECT_EQ(state::DecodeTransition(transition)->name, "name");
  EXPECT_EQ(state::DecodeTransition(transition)->value, "value");
  const std::string acquire = state::EncodeAcquire(7, Timestamp(8), "name", "owner");
  EXPECT_EQ(state::DecodeAcquire(acquire)->owner, "owner");
  EXPECT_EQ(state::DecodeAcquire(acquire)->name, "name");
  EXPECT_EQ(state::DecodeAcquire(acquire)->expires, Timestamp(8));
}

// CELL-8
TEST(StatePayloadTest, ACutPayloadIsDataLoss) {
  const std::string set = state::EncodeSet("name", "");
  for (std::size_t size = 0; size < set.size(); ++size) {
    ExpectDataLoss(state::DecodeSet(set.substr(0, size)));
  }
  const std::string transition = state::EncodeTransition(1, "name", "");
  for (std::size_t size = 0; size < transition.size(); ++size) {
    ExpectDataLoss(state::DecodeTransition(transition.substr(0, size)));
  }
  const std::string acquire = state::EncodeAcquire(1, Timestamp(1), "name", "o");
  for (std::size_t size = 0; size < acquire.size(); ++size) {
    ExpectDataLoss(state::DecodeAcquire(acquire.substr(0, size)));
  }
  for (std::size_t size = 0; size <= 16; ++size) {
    ExpectDataLoss(state::DecodeRenew(state::EncodeRenew(1, Timestamp(1), "n").substr(0, size)));
  }
  for (std::size_t size = 0; size <= 8; ++size) {
    ExpectDataLoss(state::DecodeRelease(state::EncodeRelease(1, "n").substr(0, size)));
    if (size < 8) ExpectDataLoss(state::DecodeCell(std::string(size, '\1')));
  }
}

TEST(StatePayloadTest, NamesAndValuesAreReadUpToTheirLimits) {
  const std::string largest(kValueBytesMax, 'v');
  EXPECT_TRUE(state::DecodeSet(state::EncodeSet(kLongest, largest)).ok());
  ExpectDataLoss(state::DecodeSet(state::EncodeSet(kLongest + "n", "")));
  ExpectDataLoss(state::DecodeSet(state::EncodeSet("n", largest + "v")));
  ExpectDataLoss(state::DecodeSet(state::EncodeSet("", "v")));
  EXPECT_TRUE(state::DecodeDelete(kLongest).ok());
  ExpectDataLoss(state::DecodeDelete(kLongest + "n"));
  ExpectDataLoss(state::DecodeDelete(""));
  EXPECT_TRUE(
      state::DecodeAcquire(state::EncodeAcquire(1, Timestamp(1), kLongest, kLongestOwner)).ok());
  ExpectDataLoss(
      state::DecodeAcquire(state::EncodeAcquire(1, Timestamp(1), "n", kLongestOwner + "o")));
  ExpectDataLoss(state::DecodeAcquire(state::EncodeAcquire(1, Timestamp(1), "n", "")));
  ExpectDataLoss(state::DecodeCell(state::EncodeCell(1, largest + "v")));
}

TEST(StatePayloadTest, VersionsAndTokensAreCountersFromOne) {
  for (const std::uint64_t bad : {std::uint64_t{0}, state::kCounterMax, ~std::uint64_t{0}}) {
    ExpectDataLoss(state::DecodeTransition(state::EncodeTransition(bad, "n", "")));
    ExpectDataLoss(state::DecodeAcquire(state::EncodeAcquire(bad, Timestamp(1), "n", "o")));
    ExpectDataLoss(state::DecodeRenew(state::EncodeRenew(bad, Timestamp(1), "n")));
    ExpectDataLoss(state::DecodeRelease(state::EncodeRelease(bad, "n")));
    ExpectDataLoss(state::DecodeLease(state::EncodeLease({.token = bad})));
  }
  EXPECT_TRUE(
      state::DecodeTransition(state::EncodeTransition(state::kCounterMax - 1, "n", "")).ok());
  ExpectDataLoss(state::DecodeCell(state::EncodeCell(0, "v")));
  ExpectDataLoss(state::DecodeAcquire(state::EncodeAcquire(1, Timestamp(), "n", "o")));
  ExpectDataLoss(state::DecodeRenew(state::EncodeRenew(1, Timestamp(), "n")));
}

TEST(StatePayloadTest, ALeaseRowIsEitherHeldOrReleased) {
  ExpectDataLoss(state::DecodeLease(state::EncodeLease({.token = 1, .expires = Timestamp(1)})));
  ExpectDataLoss(state::DecodeLease(state::EncodeLease({.token = 1, .owner = "o"})));
  EXPECT_TRUE(state::DecodeLease(state::EncodeLease({.token = 1})).ok());
}

TEST(StateDescribeTest, EntriesAndRowsAreDescribedForPeople) {
  const StatePrimitive primitive;
  const auto describe = [&](EntryType type, std::string_view payload) {
    const EntryDescription text = primitive.Describe(
        {.type = type, .payload_version = 1, .safe_ignore = false, .run = {}, .payload = payload});
    return text.operation + "|" + text.subject + "|" + text.detail;
  };
  EXPECT_EQ(describe(kStateInit, state::EncodeSet("n", "v")), "init|n|v");
  EXPECT_EQ(describe(kStateSet, state::EncodeSet("n", "v")), "set|n|v");
  EXPECT_EQ(describe(kStateTransition, state::EncodeTransition(2, "n", "v")),
            "transition|n|v from version 2");
  EXPECT_EQ(describe(kStateDelete, "n"), "delete|n|");
  EXPECT_EQ(describe(kStateLeaseAcquire, state::EncodeAcquire(3, Timestamp(9), "n", "o")),
            "acquire lease|n|token 3 by o until 9 us");
  EXPECT_EQ(describe(kStateLeaseRenew, state::EncodeRenew(3, Timestamp(9), "n")),
            "renew lease|n|token 3 until 9 us");
  EXPECT_EQ(describe(kStateLeaseRelease, state::EncodeRelease(3, "n")), "release lease|n|token 3");
  for (int type = kStateInit; type <= kStateLeaseRelease + 1; ++type) {
    EXPECT_EQ(describe(static_cast<EntryType>(type), "").find("?") != std::string::npos, true);
  }

  const auto row = [&](TableId table, std::string_view value) {
    const RowDescription text = primitive.DescribeRow(table.number, "n", value);
    return text.subject + "|" + text.content;
  };
  EXPECT_EQ(row(kStateCells, state::EncodeCell(4, "v")), "cell n|v at version 4");
  EXPECT_EQ(row(kStateLeases, state::EncodeLease({.token = 4})), "lease n|token 4, released");
  EXPECT_EQ(
      row(kStateLeases, state::EncodeLease({.token = 4, .expires = Timestamp(9), .owner = "o"})),
      "lease n|token 4 of o until 9 us");
  EXPECT_EQ(row(kStateCells, "?"), "cell n|?");
  EXPECT_EQ(row(kStateLeases, "?"), "lease n|?");
}

}  // namespace
}  // namespace varve
