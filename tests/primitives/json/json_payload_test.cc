// Tests: primitives/json/json_payload.cc
// Tests: primitives/json/json_encoding.cc
// Tests: primitives/json/json_value.cc
// Tests: primitives/json/json_keys.cc
// Tests: primitives/json/json_describe.cc
#include "primitives/json/json_payload.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "primitives/json/json_describe.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_keys.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_primitive.h"
#include "tests/primitives/json/json_store_fixture.h"
#include "tests/support/source_files.h"

namespace varve::json {
namespace {

using absl::StatusCode;

std::string Targeted(std::string_view name, std::string_view pointer,
                     const std::string& operand = "") {
  std::string payload;
  EncodeTarget(payload, name, pointer);
  return payload + operand;
}

std::string PatchOf(std::string_view name, PatchKind kind, const JsonValue& patch) {
  std::string payload = Targeted(name, "");
  AppendPatchOperand(payload, kind, patch);
  return payload;
}

// The payload of every entry type, in the order of the types. JSON-8 JSON-9
std::vector<std::string> SamplePayloads() {
  std::string insert = Targeted("d", "/a");
  AppendInsertOperand(insert, kAtEnd, false);
  std::string many;
  AppendSetOfMany(many, Targeted("d", "", Encode(1)));
  AppendSetOfMany(many, Targeted("e", "/x", Encode("")));
  std::string index = Targeted("i", "/n");
  AppendIndexOperand(index, IndexKind::kNumber);
  return {Targeted("d", "", Encode(Parsed(R"({"a":[1,-2,0.5,null,true,"x"]})"))),
          Targeted("d", "/a/0", Encode(300)),
          Targeted("d", "/a"),
          PatchOf("d", PatchKind::kMergePatch, {{"a", nullptr}}),
          Targeted("d", ""),
          insert,
          Targeted("d", "/n", Encode(-1)),
          many,
          index,
          Targeted("i", "")};
}

// JSON-1 JSON-8 JSON-9 JSON-12
TEST(JsonPayloadTest, IsWhatTheFormatDocumentShows) {
  const std::vector<std::string> documented =
      testing_support::DocumentedPayloads("docs/format/json.md");
  const std::vector<std::string> samples = SamplePayloads();
  ASSERT_EQ(documented.size(), samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(documented[i], samples[i]) << i;
}

// JSON-1 JSON-2
TEST(JsonEncodingTest, ValuesComeBackAndKnowTheirLength) {
  for (const char* const text : {"null",
                                 "true",
                                 "false",
                                 "0",
                                 "127",
                                 "128",
                                 "18446744073709551615",
                                 "-1",
                                 "-128",
                                 "-129",
                                 "-9223372036854775808",
                                 "9223372036854775807",
                                 "0.1",
                                 "-0.0",
                                 "1.0",
                                 "5e-324",
                                 "1.7976931348623157e+308",
                                 "\"\"",
                                 "\"\\u0000\\ud83d\\ude00\"",
                                 "[]",
                                 "{}",
                                 R"([[],{},[null,{"a":{"b":[1]}}]])",
                                 R"({"":0,"a":1,"b":2})"}) {
    const JsonValue value = Parsed(text);
    const std::string bytes = Encode(value);
    EXPECT_EQ(EncodedBytes(value), bytes.size()) << text;
    const absl::StatusOr<JsonValue> decoded = Decode(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->dump(), value.dump());
    EXPECT_EQ(Encode(*decoded), bytes);
  }
}

// JSON-3
TEST(JsonEncodingTest, BytesThatAreNoValueAreRefused) {
  const std::string faults[] = {"",
                                "\x09",
                                "\x10",
                                std::string("\x03\x80\x00", 3),
                                "\x03",
                                "\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02",
                                "\x04\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
                                std::string("\x05\0\0\0\0\0\0\xF0\x7F", 9),
                                std::string("\x05\0\0", 3),
                                "\x06\x05"
                                "ab",
                                "\x06\x01\xFF",
                                std::string("\x07\x02\0\0\0\x01", 6),
                                std::string("\x07\xFF\xFF\xFF\xFF\x01", 6),
                                std::string("\x08\x02\0\0\0\x01"
                                            "b\x01\x01"
                                            "a\x01",
                                            11),
                                std::string("\x08\x02\0\0\0\x01"
                                            "a\x01\x01"
                                            "a\x01",
                                            11),
                                std::string("\x01\x01", 2)};
  for (const std::string& bytes : faults) {
    EXPECT_EQ(Decode(bytes).status().code(), StatusCode::kDataLoss) << bytes.size();
  }
  std::string deep;
  for (std::size_t i = 0; i <= kJsonDepthMax; ++i) deep += std::string("\x07\x01\0\0\0", 5);
  EXPECT_EQ(Decode(deep + "\x01").status().code(), StatusCode::kDataLoss);
  EXPECT_TRUE(Decode(deep.substr(5) + "\x01").ok());
  EXPECT_EQ(FindEncoded(deep + "\x01", Path{"0"}).value()->size(), deep.size() - 5 + 1);
}

// JSON-3: whatever the bytes are.
TEST(JsonEncodingTest, CutAndFlippedValuesNeverCrash) {
  const std::string whole = Encode(Parsed(R"({"a":[1,-2,{"k":"v"}],"b":"text","c":0.5})"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_FALSE(Decode(whole.substr(0, i)).ok());
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const absl::StatusOr<JsonValue> decoded = Decode(flipped);
      if (decoded.ok()) {
        EXPECT_EQ(Encode(*decoded), flipped);
      }
      (void)FindEncoded(flipped, Path{"a", "2", "k"});
    }
  }
}

TEST(JsonEncodingTest, PartsAreFoundWithoutDecodingTheRest) {
  const std::string bytes = Encode(Parsed(R"({"a":[10,20,{"k":"v"}],"b":{"":7},"3":4})"));
  const auto find = [&](std::string_view pointer) -> std::string {
    const auto found = FindEncoded(bytes, *ParsePointer(pointer));
    return found.ok() && found->has_value() ? Decode(**found)->dump() : "-";
  };
  EXPECT_EQ(find("/a/1"), "20");
  EXPECT_EQ(find("/a/2/k"), "\"v\"");
  EXPECT_EQ(find("/b/"), "7");
  EXPECT_EQ(find("/3"), "4");
  EXPECT_EQ(find("/a/3"), "-");
  EXPECT_EQ(find("/a/-"), "-");
  EXPECT_EQ(find("/aa"), "-");
  EXPECT_EQ(find("/b//x"), "-");
}

// JSON-4 JSON-5
TEST(JsonKeysTest, KeysAreInTheOrderOfTheDocument) {
  std::vector<std::string> keys;
  keys.push_back(RootKey("a"));
  std::string key = RootKey("a");
  AppendElement(key, 0);
  keys.push_back(key);
  key = RootKey("a");
  AppendElement(key, 256);
  keys.push_back(key);
  for (const std::string& member :
       {std::string(), std::string("\0", 1), std::string("\0\x01", 2), std::string("\x01"),
        std::string("a"), std::string("a\0", 2), std::string("ab"), std::string("\xFF")}) {
    key = RootKey("a");
    AppendMember(key, member);
    keys.push_back(key);
    std::string_view rest = std::string_view(key).substr(2);
    EXPECT_EQ(TakeSegment(rest)->member, member);
    EXPECT_TRUE(rest.empty());
  }
  keys.push_back(RootKey(std::string("a\0", 2)));
  keys.push_back(RootKey("ab"));
  for (std::size_t i = 1; i < keys.size(); ++i) EXPECT_LT(keys[i - 1], keys[i]) << i;
}

TEST(JsonKeysTest, WhatIsNoSegmentIsSeen) {
  for (const std::string& bytes : {std::string(), std::string("\x03"), std::string("\x01\0\0\0", 4),
                                   std::string("\x02no end"), std::string("\x02\x01\x05\0", 4)}) {
    std::string_view rest = bytes;
    EXPECT_FALSE(TakeSegment(rest).has_value());
  }
}

// JSON-8
TEST(JsonPayloadTest, WhatIsNoPayloadIsRefused) {
  EXPECT_FALSE(DecodeTarget("").ok());
  EXPECT_FALSE(DecodeTarget(std::string("\0\0\0\0", 4)).ok()) << "no name";
  EXPECT_FALSE(DecodeTarget(std::string("\x02\0\0\0a", 5)).ok()) << "cut off";
  EXPECT_FALSE(DecodePatchOperand("\x03\x01").ok());
  EXPECT_FALSE(DecodeInsertOperand("\x01").ok());
  EXPECT_FALSE(DecodeIndexOperand("\x03").ok());
  EXPECT_FALSE(DecodeNumberOperand("\x01").ok()) << "true is no number";
  EXPECT_FALSE(DecodePointer("a").ok());
  EXPECT_FALSE(VisitSetsOfMany("\x01", [](std::string_view) { return absl::OkStatus(); }).ok());
  EXPECT_FALSE(DecodeDocumentRow("1234567").ok());
  EXPECT_FALSE(DecodeIndexRow("").ok());
}

TEST(JsonDescribeTest, EntriesReadAsAPersonWouldSayThem) {
  const char* const expected[] = {R"(create|d|{\"a\":[1,-2,0.5,null,true,\"x\"]})",
                                  "set|d /a/0|300",
                                  "delete|d /a|",
                                  R"(merge-patch|d|{\"a\":null})",
                                  "destroy|d|",
                                  "insert|d /a|false at end",
                                  "increment|d /n|-1",
                                  "set-many|d, e /x|2 values",
                                  "create-index|i /n|numbers",
                                  "drop-index|i|"};
  const std::vector<std::string> payloads = SamplePayloads();
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const auto type = static_cast<EntryType>(kJsonCreate + i);
    const EntryDescription said = DescribeEntry({.type = type, .payload = payloads[i]});
    EXPECT_EQ(said.operation + "|" + said.subject + "|" + said.detail, expected[i]);
  }
}

TEST(JsonDescribeTest, RowsReadAsPlacesInDocuments) {
  std::string key = RootKey("d");
  AppendMember(key, "a/b");
  AppendElement(key, 3);
  RowDescription said = DescribeRow(kJsonNodes.number, key, Encode("x"));
  EXPECT_EQ(said.subject, "d /a~1b/3");
  EXPECT_EQ(said.content, R"(\"x\")");
  EXPECT_EQ(DescribeRow(kJsonNodes.number, key, "\x11").content,
            "an object, its members in rows of their own");
  EXPECT_EQ(DescribeRow(kJsonDocuments.number, "d", EncodeDocumentRow(7)).content, "7 bytes");
  said = DescribeRow(kJsonIndexes.number, "i", EncodeIndexRow(IndexKind::kString, "/n"));
  EXPECT_EQ(said.subject + ": " + said.content, "index i: strings at /n");
  for (std::uint8_t table = 0; table < 5; ++table) (void)DescribeRow(table, "\x01", "\xFF");
}

TEST(JsonValueTest, TextThatIsNotStoredAsItIsIsRefused) {
  for (const char* const text :
       {"", "{", "[1,]", "nul", "01", "'a'", "[1] 2", R"({"a":1,"a":2})", "NaN", "1e999", "-1e999",
        "18446744073709551616", "-9223372036854775809", "\"\xFF\"", "\"\xED\xA0\x80\"",
        R"("\ud800")", "\"\n\"", "// c\n1"}) {
    EXPECT_EQ(ParseJson(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
  const std::string deepest(kJsonDepthMax, '[');
  EXPECT_TRUE(ParseJson(deepest + std::string(kJsonDepthMax, ']')).ok());
  EXPECT_FALSE(ParseJson("[" + deepest + std::string(kJsonDepthMax + 1, ']')).ok());
  EXPECT_FALSE(ParseJson(std::string(100'000, '[')).ok());
}

TEST(JsonValueTest, ValuesThatAreNoJsonAreRefused) {
  using Limits = std::numeric_limits<double>;
  const JsonValue bad[] = {Limits::quiet_NaN(),
                           -Limits::infinity(),
                           "\xC3",
                           JsonValue::binary({1}),
                           {{"\xFF", 1}},
                           {1, {2, Limits::infinity()}},
                           JsonValue(JsonValue::value_t::discarded)};
  for (const JsonValue& value : bad) {
    EXPECT_EQ(CheckJson(value).code(), StatusCode::kInvalidArgument);
    EXPECT_FALSE(FormatJson(value).ok());
  }
}

TEST(JsonValueTest, NumbersAreComparedExactly) {
  const auto compare = [](const char* left, const char* right) {
    return CompareNumbers(Parsed(left), Parsed(right));
  };
  const auto less = std::partial_ordering::less;
  const auto equal = std::partial_ordering::equivalent;
  EXPECT_EQ(compare("1", "1.0"), equal);
  EXPECT_EQ(compare("9007199254740992.0", "9007199254740993"), less);
  EXPECT_EQ(compare("18446744073709551615", "18446744073709551616.0"), less);
  EXPECT_EQ(compare("-9223372036854775808", "-9223372036854775808.0"), equal);
  EXPECT_EQ(compare("-1e300", "-9223372036854775808"), less);
  EXPECT_EQ(compare("-1", "18446744073709551615"), less);
  EXPECT_EQ(compare("-0.5", "0"), less);
  EXPECT_EQ(compare("0", "-0.0"), equal);
  EXPECT_EQ(compare("-1.5", "-1"), less);
  EXPECT_FALSE(JsonEquals(Parsed("[1]"), Parsed("[1,2]")));
  EXPECT_FALSE(JsonEquals(Parsed(R"({"a":1})"), Parsed(R"({"b":1})")));
  EXPECT_FALSE(JsonEquals(Parsed("0"), Parsed("false")));
}

}  // namespace
}  // namespace varve::json
