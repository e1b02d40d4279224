// Tests: cli/export_verb.cc
// Tests: cli/bytes_text.cc
#include <random>

#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class ExportVerb : public CommandTest {};

TEST_F(ExportVerb, LinesAreSortedAndImportReadsThemBack) {
  Do("init");
  Do("kv put b two");
  Do("kv put a one --ttl 1000000");
  Do("kv put --base64 /wA= gIE=");
  Do("kv put object {\"x\":1}");
  Do("export " + Path("out.jsonl"));
  const std::string first = ReadFileBytes(Path("out.jsonl"));
  store_ = Path("copy");
  Do("import " + Path("out.jsonl"));
  Do("export " + Path("again.jsonl"));
  EXPECT_EQ(ReadFileBytes(Path("again.jsonl")), first);
  EXPECT_EQ(Do("export").out, first);
  const std::vector<Json> rows = Do("export").Lines();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0]["key"], "a");
  EXPECT_TRUE(rows[0].contains("expires_us"));
  EXPECT_EQ(rows[2], (Json{{"key", "object"}, {"value", "{\"x\":1}"}}));
  EXPECT_EQ(rows[3], (Json{{"key", {{"base64", "/wA="}}}, {"value", {{"base64", "gIE="}}}}));
}

TEST_F(ExportVerb, RandomBytesRoundTrip) {
  const char* given = std::getenv("VARVE_TEST_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 20260131;
  RecordProperty("seed", static_cast<int>(seed));
  SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::string> values;
  Do("init");
  for (int i = 0; i < 12; ++i) {
    std::string value(random() % 40, '\0');
    // Bytes around the borders of UTF-8 are likelier than in uniform noise.
    for (char& byte : value) {
      static constexpr unsigned char kBorders[] = {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xA0,
                                                   0xED, 0x9F, 0xF0, 0x90, 0xF4, 0x8F, 0xFF, 'a'};
      byte = static_cast<char>(kBorders[random() % sizeof kBorders]);
    }
    EXPECT_EQ(
        Run({"kv", "put", "k" + std::to_string(i), "--file", "-"}, {.input = value}).exit_code, 0);
    values.push_back(value);
  }
  Do("export " + Path("out.jsonl"));
  store_ = Path("copy");
  Do("import " + Path("out.jsonl"));
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(Do("kv get k" + std::to_string(i)).out, values[i] + "\n");
  }
}

// Every border of UTF-8, in base64: the last and the first of each length, surrogates, overlong
// forms, beyond the last character, cut short.
TEST_F(ExportVerb, ExactlyUtf8IsShownAsAString) {
  const std::vector<std::string> text = {"fw==", "woA=",     "378=",     "4KCA",     "7Z+/", "7oCA",
                                         "77+/", "8JCAgA==", "9I+/vw==", "YcOpYg==", ""};
  const std::vector<std::string> bytes = {
      "gA==", "vw==",     "wIA=",     "wb8=",     "wg==", "wkE=", "4J+/", "7aCA",
      "7b+/", "8I+/vw==", "9JCAgA==", "9YCAgA==", "/w==", "4oI=", "8JCA", "YYA="};
  std::string lines;
  const auto add = [&](char prefix, const std::vector<std::string>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      lines += Json{{"key", prefix + std::to_string(i)}, {"value", {{"base64", values[i]}}}}.dump();
      lines += "\n";
    }
  };
  add('t', text);
  add('b', bytes);
  EXPECT_EQ(Run("import -", {.input = lines}).exit_code, 0);
  for (const Json& row : Do("export --prefix t").Lines()) {
    EXPECT_TRUE(row["value"].is_string()) << row;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const Json row = Do("kv get --json b" + std::to_string(i)).Object();
    EXPECT_EQ(row["value"], (Json{{"base64", bytes[i]}})) << row;
  }
}

TEST_F(ExportVerb, OnlyThePrefixAndOnlyThatMoment) {
  FillStore(3);
  const Json put = Do("kv put other 1 --json").Object();
  Do("kv put other 2");
  EXPECT_EQ(Do("export --prefix other").out, "{\"key\":\"other\",\"value\":\"2\"}\n");
  EXPECT_EQ(Do("export --prefix other --at " + std::to_string(put["lsn"].get<int>())).out,
            "{\"key\":\"other\",\"value\":\"1\"}\n");
}

TEST_F(ExportVerb, AFileIsNotReplacedUnlessAsked) {
  FillStore(3);
  WriteFileBytes(Path("out.jsonl"), "precious");
  EXPECT_EQ(Run("export " + Path("out.jsonl")).exit_code, 2);
  EXPECT_EQ(ReadFileBytes(Path("out.jsonl")), "precious");
  const Json answer = Do("export --json --replace " + Path("out.jsonl")).Object();
  EXPECT_EQ(answer["records"], 3);
  EXPECT_EQ(Run("export " + Path("no/such/folder")).exit_code, 2);
}

}  // namespace
}  // namespace varve::testing
