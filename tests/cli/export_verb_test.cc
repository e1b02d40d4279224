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
