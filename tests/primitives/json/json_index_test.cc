#include "primitives/json/json_index.h"

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/base/status.h"
#include "primitives/json/json_limits.h"
#include "tests/primitives/json/json_store_fixture.h"

namespace varve {
namespace {

using absl::StatusCode;
using Names = std::vector<std::string>;

class JsonIndexTest : public JsonStore {
 protected:
  void Set(std::string_view name, std::string_view pointer, const JsonValue& value) {
    const absl::Status status = Do([&](Json& json) { return json.Set(name, pointer, value); });
    ASSERT_TRUE(status.ok()) << status;
  }

  JsonNames Find(std::string_view pointer, const JsonValue& value,
                 const JsonFindOptions& options = {}) {
    auto view = store_->View();
    EXPECT_TRUE(view.ok());
    const auto found = Json(*view).Find(pointer, value, options);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : JsonNames();
  }

  std::size_t Lines() {
    auto view = store_->View();
    std::size_t lines = 0;
    const auto scan = view->Scan(kJsonIndexEntries, {}, KeyRange::All());
    for (; scan->valid(); scan->Next()) ++lines;
    return lines;
  }
};

// JSON-12 JSON-13
TEST_F(JsonIndexTest, AnIndexAnswersAsAScanDoes) {
  Set("a", "/age", 42);
  Set("b", "/age", "42");
  Set("c", "/age", 42.0);
  EXPECT_EQ(Find("/age", 42).names, (Names{"a", "c"}));
  EXPECT_EQ(Find("/age", 42).index, "");
  ASSERT_TRUE(
      Do([](Json& json) { return json.CreateIndex("n", "/age", JsonIndexKind::kNumber); }).ok());
  EXPECT_EQ(Find("/age", 42).names, (Names{"a", "c"}));
  EXPECT_EQ(Find("/age", 42).index, "n");
  EXPECT_EQ(Find("/age", "42").names, (Names{"b"}));
  EXPECT_EQ(Find("/age", "42").index, "") << "numbers only";
  Set("d", "/age", 42);
  Set("a", "/age", 43);
  EXPECT_EQ(Find("/age", 42).names, (Names{"c", "d"}));
  ASSERT_TRUE(Do([](Json& json) { return json.Destroy("c"); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.MergePatch("d", {{"age", nullptr}}); }).ok());
  EXPECT_EQ(Find("/age", 42).names, Names());
  EXPECT_EQ(Lines(), 1U);
}

TEST_F(JsonIndexTest, IndexesAreMadeListedAndDropped) {
  const auto create = [](Json& json) {
    return json.CreateIndex("n", "/a/0", JsonIndexKind::kString);
  };
  Set("doc", "/a", {"x", "y"});
  ASSERT_TRUE(Do(create).ok());
  EXPECT_EQ(Do(create).code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(Find("/a/0", "x").names, (Names{"doc"}));
  ASSERT_TRUE(Do([](Json& json) { return json.Insert("doc", "/a", 0, "z"); }).ok());
  EXPECT_EQ(Find("/a/0", "x").names, Names());
  EXPECT_EQ(Find("/a/0", "z").names, (Names{"doc"}));
  ASSERT_TRUE(Do([](Json& json) { return json.Delete("doc", "/a/0"); }).ok());
  EXPECT_EQ(Find("/a/0", "x").names, (Names{"doc"}));
  {
    auto view = store_->View();
    const auto indexes = Json(*view).Indexes();
    ASSERT_EQ(indexes->size(), 1U);
    EXPECT_EQ(indexes->front().name + indexes->front().pointer, "n/a/0");
    EXPECT_EQ(indexes->front().kind, JsonIndexKind::kString);
  }
  ASSERT_TRUE(Do([](Json& json) { return json.DropIndex("n"); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.DropIndex("n"); }).ok());
  EXPECT_EQ(Lines(), 0U);
  EXPECT_EQ(Find("/a/0", "x").names, (Names{"doc"}));
}

TEST_F(JsonIndexTest, FoundNamesComeInPages) {
  for (const bool indexed : {false, true}) {
    for (const char* const name : {"a", "b", "c"}) Set(name, "/v", 1);
    if (indexed) {
      ASSERT_TRUE(
          Do([](Json& json) { return json.CreateIndex("n", "/v", JsonIndexKind::kNumber); }).ok());
    }
    const JsonNames page = Find("/v", 1, {.limit = 2});
    EXPECT_EQ(page.names, (Names{"a", "b"}));
    EXPECT_TRUE(page.more);
    const JsonNames rest = Find("/v", 1, {.after = "b", .limit = 2});
    EXPECT_EQ(rest.names, (Names{"c"}));
    EXPECT_FALSE(rest.more);
  }
}

// JSON-15
TEST_F(JsonIndexTest, LongStringsAreComparedToTheirEnd) {
  const std::string common(json::kIndexedStringBytesMax, 's');
  ASSERT_TRUE(
      Do([](Json& json) { return json.CreateIndex("n", "/v", JsonIndexKind::kString); }).ok());
  Set("a", "/v", common);
  Set("b", "/v", common + "b");
  Set("c", "/v", common.substr(1));
  EXPECT_EQ(Find("/v", common).names, (Names{"a"}));
  EXPECT_EQ(Find("/v", common + "b").names, (Names{"b"}));
  EXPECT_EQ(Find("/v", common.substr(1)).names, (Names{"c"}));
  EXPECT_EQ(Find("/v", common + "x").names, Names());
}

// JSON-14: the longest key of a line there can be, every byte escaped.
TEST_F(JsonIndexTest, TheLongestNamesAndStringsFit) {
  const std::string name(kJsonNameBytesMax, '\x01');
  const std::string text(json::kIndexedStringBytesMax, '\x01');
  ASSERT_TRUE(
      Do([&](Json& json) { return json.CreateIndex(name, "/v", JsonIndexKind::kString); }).ok());
  Set(name, "/v", text);
  EXPECT_EQ(Find("/v", text).names, (Names{name}));
}

// JSON-14
TEST(JsonIndexKeyTest, NumbersAreInTheirOrderHoweverTheyAreWritten) {
  const char* const ascending[] = {"-1e300",
                                   "-9223372036854775808",
                                   "-9223372036854775807",
                                   "-1.5",
                                   "-1",
                                   "-5e-324",
                                   "0",
                                   "5e-324",
                                   "1",
                                   "1.5",
                                   "9007199254740992",
                                   "9007199254740993",
                                   "9007199254740994",
                                   "9223372036854775807",
                                   "9223372036854775808",
                                   "18446744073709551615",
                                   "18446744073709551616.0",
                                   "1e300"};
  std::string last;
  for (const char* const number : ascending) {
    const std::string key = json::IndexValuePrefix("i", Parsed(number));
    EXPECT_LT(last, key) << number;
    last = key;
  }
  const auto key = [](const char* number) { return json::IndexValuePrefix("i", Parsed(number)); };
  EXPECT_EQ(key("1"), key("1.0"));
  EXPECT_EQ(key("0"), key("-0.0"));
  EXPECT_EQ(key("9007199254740992"), key("9007199254740992.0"));
}

// JSON-13: after any changes, each index holds what a new one would.
TEST_F(JsonIndexTest, LinesAreThoseOfANewIndexAfterAnyChanges) {
  const char* const given = std::getenv("VARVE_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  std::cout << "VARVE_TEST_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  const char* const paths[] = {"/a", "/a/0", "/a/x", "/l/1"};
  for (const char* const path : paths) {
    ASSERT_TRUE(Do([&](Json& json) -> absl::Status {
                  VARVE_RETURN_IF_ERROR(
                      json.CreateIndex(std::string("n") + path, path, JsonIndexKind::kNumber));
                  return json.CreateIndex(std::string("s") + path, path, JsonIndexKind::kString);
                }).ok());
  }
  const char* const pointers[] = {"/a", "/a/0", "/a/x", "/l/1", "/l/-", "/l/0", "/a/-", ""};
  const JsonValue values[] = {1,
                              "s",
                              {1, "s"},
                              {{"x", 2}},
                              std::string(600, 'x'),
                              nullptr,
                              {{"a", {1, 2}}, {"l", {std::string(600, 'y'), 7}}}};
  for (int i = 0; i < 300; ++i) {
    const std::string name(1, static_cast<char>('p' + random() % 3));
    const char* const pointer = pointers[random() % std::size(pointers)];
    const JsonValue& value = values[random() % std::size(values)];
    (void)Do([&](Json& json) -> absl::Status {
      switch (random() % 6) {
        case 0:
          return *pointer == '\0' ? json.Destroy(name) : json.Delete(name, pointer);
        case 1:
          return json.Insert(name, "/l", 0, value);
        case 2:
          return json.Increment(name, pointer, 1);
        case 3:
          return json.MergePatch(name, value);
        default:
          return json.Set(name, pointer, value);
      }
    });
  }
  const std::size_t lines = Lines();
  auto view = store_->View();
  const auto indexes = Json(*view).Indexes();
  for (const JsonIndexInfo& index : *indexes) {
    ASSERT_TRUE(Do([&](Json& json) -> absl::Status {
                  VARVE_RETURN_IF_ERROR(json.DropIndex(index.name));
                  return json.CreateIndex(index.name, index.pointer, index.kind);
                }).ok());
  }
  EXPECT_EQ(Lines(), lines);
  for (const char* const path : paths) {
    for (const JsonValue& value : {JsonValue(1), JsonValue(2), JsonValue("s"), JsonValue(7)}) {
      const Names through_index = Find(path, value).names;
      Names through_scan;
      for (const char* const name : {"p", "q", "r"}) {
        if (Text(name, path) == value.dump()) through_scan.emplace_back(name);
      }
      EXPECT_EQ(through_index, through_scan) << path << " " << value;
    }
  }
}

}  // namespace
}  // namespace varve
