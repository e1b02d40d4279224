#include "primitives/run/run_payload.h"

#include <gtest/gtest.h>

#include <string>

#include "primitives/run/run_primitive.h"

namespace varve::run {
namespace {

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

RunId Id(std::uint8_t number) {
  return RunId({number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

CreatePayload FullCreate() {
  return {Id(1), Id(2), Id(3), Lsn(77), "name", {"a", "b"}, "{}", true};
}

TEST(RunPayload, GoldenBytes) {  // RUN-1, RUN-2, RUN-3, RUN-4, RUN-5
  EXPECT_EQ(Hex(EncodeBegin(Id(1))),
            "0000000000000100010000008200000001000000000000000000000000000001");
  EXPECT_EQ(Hex(EncodeDelete(Id(1))),
            "0000000000000100010000008200000001000000000000000000000000000001");
  EXPECT_EQ(Hex(EncodeEnd({Id(1), RunStatus::kFailed, "why"})),
            "000000000100020004000000000000000500000082000000090000001a000000010000000000"
            "000000000000000000017768790000000000");
  EXPECT_EQ(Hex(EncodeUpdate({Id(1), "n", std::vector<std::string>{"t"}, "{}"})),
            "000000000100040007000000000000000d00000082000000110000000a000000110000000e00"
            "00001500000012000000010000000000000000000000000000016e0000000000000001000000"
            "0a00000074000000000000007b7d000000000000");
  EXPECT_EQ(Hex(EncodeCreate(FullCreate())),
            "00000000020006004d0000000000000001000000000000001500000082000000190000008200"
            "00001d00000082000000210000002200000021000000160000002d0000001200000001000000"
            "0000000000000000000000010200000000000000000000000000000103000000000000000000"
            "0000000000016e616d6500000000050000000a000000050000000a0000006100000000000000"
            "62000000000000007b7d000000000000");
}

TEST(RunPayload, RowBytesAreAsSpecified) {  // RUN-7, RUN-8
  EXPECT_EQ(EncodeStatus(RunStatus::kFailed, "why"), "\x04why");
  EXPECT_EQ(EncodeStep({.type = 0x10, .payload_version = 2, .payload = "abc"}),
            std::string("\x10\x02\0\0\x03\0\0\0abc", 11));
  const std::string longest_kept(kRunStepPayloadBytesMax, 'x');
  EXPECT_EQ(EncodeStep({.type = 0x10, .payload = longest_kept}),
            std::string("\x10\x01\0\0\x00\x10\0\0", 8) + longest_kept);
  const std::string large(kRunStepPayloadBytesMax + 1, 'x');
  EXPECT_EQ(EncodeStep({.type = 0x10, .payload = large}),
            std::string("\x10\x01\0\0\x01\x10\0\0", 8));
}

TEST(RunPayload, WhatIsEncodedComesBack) {  // RUN-6
  const auto create = DecodeCreate(EncodeCreate(FullCreate()));
  ASSERT_TRUE(create.ok()) << create.status();
  EXPECT_EQ(EncodeCreate(*create), EncodeCreate(FullCreate()));
  EXPECT_TRUE(create->paused);
  EXPECT_EQ(create->tags.size(), 2u);
  const RunRecord record{Timestamp(5), Id(2), Id(3), Lsn(9), "name", {"t"}, "{}"};
  const auto decoded = DecodeRecord(EncodeRecord(record));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->created, record.created);
  EXPECT_EQ(decoded->forked_at, record.forked_at);
  EXPECT_EQ(decoded->parent, record.parent);
  const auto update = DecodeUpdate(EncodeUpdate({Id(1), std::nullopt, std::nullopt, "{}"}));
  ASSERT_TRUE(update.ok());
  EXPECT_FALSE(update->name.has_value() || update->tags.has_value());
  EXPECT_EQ(update->metadata, "{}");
}

// Found by the fuzz target entry_run: names and outcomes went to the terminal as they were.
TEST(RunPayload, DescribeEscapesAndCutsWhatUsersChose) {
  const RunPrimitive primitive;
  CreatePayload create = FullCreate();
  create.name = "a\x1b[2Jb" + std::string(1000, 'n');
  const std::string created = EncodeCreate(create);
  const std::string name = primitive.Describe({.type = kRunCreate, .payload = created}).detail;
  EXPECT_TRUE(name.starts_with("a\\x1b[2Jbnnn")) << name;
  EXPECT_LT(name.size(), 100);
  const std::string ended = EncodeEnd({Id(1), RunStatus::kFailed, "line\nline"});
  EXPECT_EQ(primitive.Describe({.type = kRunEnd, .payload = ended}).detail, "line\\nline");
}

TEST(RunPayload, BytesThatAreNoPayloadAreDamage) {  // RUN-9
  const std::string whole = EncodeCreate(FullCreate());
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const auto cut = DecodeCreate(whole.substr(0, bytes));
    EXPECT_TRUE(cut.ok() || absl::IsDataLoss(cut.status())) << bytes;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeBegin("").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeBegin(EncodeBegin(RunId())).status()));
  EXPECT_TRUE(
      absl::IsDataLoss(DecodeEnd(EncodeEnd({Id(1), static_cast<RunStatus>(9), ""})).status()));
  CreatePayload disordered = FullCreate();
  disordered.tags = {"b", "a"};
  EXPECT_TRUE(absl::IsDataLoss(DecodeCreate(EncodeCreate(disordered)).status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeStatus("").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeStep("12345678", "short").status()));
}

}  // namespace
}  // namespace varve::run
