// Tests: primitives/json/json.cc
// Tests: primitives/json/json_write.cc
// Tests: primitives/json/json_arguments.cc
// Tests: primitives/json/json_editor.cc
// Tests: primitives/json/json_edit.cc
// Tests: primitives/json/json_tree.cc
#include "primitives/json/json.h"

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/base/status.h"
#include "primitives/json/json_edit.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_pointer.h"
#include "tests/primitives/json/json_store_fixture.h"

namespace varve {
namespace {

using absl::StatusCode;

// Long enough that no container with two of them stands whole in one row.
std::string Long(char fill) { return std::string(300, fill); }

class JsonTest : public JsonStore {
 protected:
  // A document of two split levels: /left and /right are objects with rows of their own, /list is
  // an array whose elements have.
  void CreateSplit() {
    JsonValue value;
    for (const char* const side : {"left", "right"}) {
      value[side]["a"] = Long('a');
      value[side]["b"] = Long('b');
      value[side]["count"] = 0;
    }
    value["list"] = {Long('0'), Long('1'), Long('2')};
    ASSERT_TRUE(Do([&](Json& json) { return json.Create("doc", value); }).ok());
  }

  absl::StatusCode CodeOf(const std::function<absl::Status(Json&)>& body) {
    return Do(body).code();
  }
};

TEST_F(JsonTest, ADocumentReadsBackWhole) {
  const JsonValue value = Parsed(R"({"a":[1,-2,3.5,"x",null,true],"b":{},"c":[]})");
  ASSERT_TRUE(Do([&](Json& json) { return json.Create("doc", value); }).ok());
  EXPECT_EQ(Text("doc"), value.dump());
  EXPECT_EQ(Text("other"), "-");
  EXPECT_EQ(Text("doc", "/a/3"), R"("x")");
  EXPECT_EQ(Text("doc", "/a/6"), "-");
  EXPECT_EQ(Text("doc", "/a/-"), "-");
  EXPECT_EQ(Text("doc", "/a/01"), "-");
  EXPECT_EQ(Text("doc", "/a/0/b"), "-");
}

TEST_F(JsonTest, CreateRefusesANameThatIsTaken) {
  ASSERT_TRUE(Do([](Json& json) { return json.Create("doc", 1); }).ok());
  EXPECT_EQ(CodeOf([](Json& json) { return json.Create("doc", 2); }), StatusCode::kAlreadyExists);
  EXPECT_EQ(Text("doc"), "1");
}

// JSON-10
TEST_F(JsonTest, SetCreatesWhatIsMissingOnTheWay) {
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/a/b/c", 1); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/list/-/x", 2); }).ok());
  EXPECT_EQ(Text("doc"), R"({"a":{"b":{"c":1}},"list":[{"x":2}]})");
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "", 7); }).ok());
  EXPECT_EQ(Text("doc"), "7");
}

TEST_F(JsonTest, AnIndexThatIsTheLengthAppendsAndOneBeyondIsRefused) {
  for (const bool split : {false, true}) {
    const std::string element = split ? Long('e') : "e";
    const std::string name = split ? "split" : "whole";
    const JsonValue list = {element, element};
    ASSERT_TRUE(Do([&](Json& json) { return json.Create(name, list); }).ok());
    EXPECT_EQ(CodeOf([&](Json& json) { return json.Set(name, "/3", 1); }), StatusCode::kOutOfRange);
    EXPECT_EQ(CodeOf([&](Json& json) { return json.Set(name, "/x", 1); }),
              StatusCode::kFailedPrecondition);
    EXPECT_TRUE(Do([&](Json& json) { return json.Set(name, "/2", 2); }).ok());
    EXPECT_TRUE(Do([&](Json& json) { return json.Set(name, "/-", 3); }).ok());
    EXPECT_TRUE(Do([&](Json& json) { return json.Set(name, "/0", 0); }).ok());
    JsonValue expected = {0, element, 2, 3};
    EXPECT_EQ(Text(name), expected.dump());
  }
}

TEST_F(JsonTest, APathThroughAScalarIsRefused) {
  CreateSplit();
  for (const char* const pointer : {"/left/count/x", "/left/a/b/c", "/list/0/x"}) {
    EXPECT_EQ(CodeOf([&](Json& json) { return json.Set("doc", pointer, 1); }),
              StatusCode::kFailedPrecondition)
        << pointer;
  }
}

TEST_F(JsonTest, DeleteTakesOutMembersAndElements) {
  CreateSplit();
  ASSERT_TRUE(Do([](Json& json) { return json.Delete("doc", "/left"); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Delete("doc", "/list/0"); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Delete("doc", "/right/a"); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Delete("doc", "/nothing/there"); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Delete("none", "/x"); }).ok());
  JsonValue expected;
  expected["right"] = {{"b", Long('b')}, {"count", 0}};
  expected["list"] = {Long('1'), Long('2')};
  EXPECT_EQ(Text("doc"), expected.dump());
  EXPECT_EQ(Text("none"), "-");
  EXPECT_EQ(CodeOf([](Json& json) { return json.Delete("doc", ""); }),
            StatusCode::kInvalidArgument);
}

// JSON-7 JSON-10
TEST_F(JsonTest, DestroyLeavesNoRow) {
  CreateSplit();
  ASSERT_TRUE(Do([](Json& json) { return json.Create("doc2", 1); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Destroy("doc"); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Destroy("doc"); }).ok());
  EXPECT_EQ(Text("doc"), "-");
  EXPECT_EQ(Text("doc2"), "1");
  auto view = store_->View();
  const auto rows = view->Scan(kJsonNodes, {}, KeyRange::All());
  ASSERT_TRUE(rows->valid());
  rows->Next();
  EXPECT_FALSE(rows->valid());
}

TEST_F(JsonTest, ArraysGrowAndShrinkInTheMiddle) {
  for (const bool split : {false, true}) {
    const std::string name = split ? "split" : "whole";
    const JsonValue object = {{"x", split ? Long('x') : "x"}, {"y", split ? Long('y') : "y"}};
    JsonValue expected = {0, object, 2};
    ASSERT_TRUE(Do([&](Json& json) { return json.Create(name, {{"l", expected}}); }).ok());
    ASSERT_TRUE(Do([&](Json& json) { return json.Insert(name, "/l", 0, "first"); }).ok());
    ASSERT_TRUE(Do([&](Json& json) { return json.Insert(name, "/l", 2, object); }).ok());
    ASSERT_TRUE(Do([&](Json& json) { return json.Push(name, "/l", "last"); }).ok());
    expected = {"first", 0, object, object, 2, "last"};
    EXPECT_EQ(Text(name, "/l"), expected.dump());
    EXPECT_EQ(CodeOf([&](Json& json) { return json.Insert(name, "/l", 7, 1); }),
              StatusCode::kOutOfRange);
    EXPECT_EQ(CodeOf([&](Json& json) { return json.Push(name, "/m", 1); }), StatusCode::kNotFound);
    EXPECT_EQ(CodeOf([&](Json& json) { return json.Push(name, "/l/0", 1); }),
              StatusCode::kFailedPrecondition);
    EXPECT_EQ(CodeOf([&](Json& json) { return json.Push(name, "", 1); }),
              StatusCode::kFailedPrecondition);
    ASSERT_TRUE(Do([&](Json& json) -> absl::Status {
                  const auto last = json.Pop(name, "/l");
                  EXPECT_EQ(TextOf(last), R"("last")");
                  EXPECT_EQ(json.ArrayLength(name, "/l")->value(), 5U);
                  return json.Delete(name, "/l/2");
                }).ok());
    expected = {"first", 0, object, 2};
    EXPECT_EQ(Text(name, "/l"), expected.dump());
  }
}

TEST_F(JsonTest, PopOfAnEmptyArrayGivesNothing) {
  ASSERT_TRUE(Do([](Json& json) { return json.Create("doc", {{"l", JsonValue::array()}}); }).ok());
  ASSERT_TRUE(Do([](Json& json) -> absl::Status {
                EXPECT_EQ(TextOf(json.Pop("doc", "/l")), "-");
                EXPECT_EQ(json.Pop("doc", "/m").status().code(), StatusCode::kNotFound);
                EXPECT_EQ(json.Pop("doc", "").status().code(), StatusCode::kFailedPrecondition);
                return absl::OkStatus();
              }).ok());
}

TEST_F(JsonTest, IncrementIsExactWithin64Bits) {
  const auto increment = [&](std::string_view amount) {
    return Do([&](Json& json) { return json.Increment("doc", "/n", Parsed(amount)); });
  };
  ASSERT_TRUE(increment("9007199254740993").ok());
  EXPECT_EQ(Text("doc", "/n"), "9007199254740993");
  ASSERT_TRUE(increment("18437736874454810622").ok());
  EXPECT_EQ(Text("doc", "/n"), "18446744073709551615");
  EXPECT_EQ(increment("1").code(), StatusCode::kOutOfRange);
  ASSERT_TRUE(increment("-9223372036854775808").ok());
  EXPECT_EQ(Text("doc", "/n"), "9223372036854775807");
  ASSERT_TRUE(increment("-9223372036854775808").ok());
  ASSERT_TRUE(increment("-9223372036854775807").ok());
  EXPECT_EQ(Text("doc", "/n"), "-9223372036854775808");
  EXPECT_EQ(increment("-1").code(), StatusCode::kOutOfRange);
  ASSERT_TRUE(increment("0.5").ok());
  EXPECT_EQ(Text("doc", "/n"), "-9.223372036854776e+18");
  EXPECT_EQ(increment("\"x\"").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](Json& json) { return json.Increment("doc", ""); }),
            StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Do([](Json& json) -> absl::Status {
                EXPECT_EQ(*json.IncrementAndGet("doc", "/m", 2), 2);
                EXPECT_EQ(*json.IncrementAndGet("doc", "/m"), 3);
                return json.Set("doc", "/s", "text");
              }).ok());
  EXPECT_EQ(CodeOf([](Json& json) { return json.Increment("doc", "/s"); }),
            StatusCode::kFailedPrecondition);
}

TEST_F(JsonTest, SetManyIsAllOrNothing) {
  CreateSplit();
  const JsonAssignment good[] = {{"doc", "/left/x", 1}, {"new", "/y", 2}, {"doc", "/left/x", 3}};
  ASSERT_TRUE(Do([&](Json& json) { return json.SetMany(good); }).ok());
  EXPECT_EQ(Text("doc", "/left/x"), "3");
  EXPECT_EQ(Text("new"), R"({"y":2})");
  const JsonAssignment bad[] = {{"new", "/y", 9}, {"doc", "/list/99", 2}};
  Transaction transaction = Begin();
  Json json(transaction);
  EXPECT_EQ(json.SetMany(bad).code(), StatusCode::kOutOfRange);
  EXPECT_EQ(TextOf(json.Get("new", "/y")), "2");
  const JsonPlace places[] = {{"new", "/y"}, {"new", "/z"}, {"none", ""}};
  const auto values = json.GetMany(places);
  ASSERT_TRUE(values.ok());
  EXPECT_EQ((*values)[0]->dump(), "2");
  EXPECT_FALSE((*values)[1].has_value());
  EXPECT_FALSE((*values)[2].has_value());
}

// JSON-7
TEST_F(JsonTest, TheVersionIsTheLastChangeAndGuardsCompareAndSet) {
  ASSERT_TRUE(Do([](Json& json) { return json.Create("doc", {{"a", 1}}); }).ok());
  auto view = store_->View();
  const Lsn first = (*Json(*view).Info("doc"))->lsn;
  EXPECT_EQ(first, store_->visible_lsn());
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/b", 2); }).ok());
  ASSERT_TRUE(Do([&](Json& json) -> absl::Status {
                EXPECT_FALSE(*json.CompareAndSet("doc", first, "/a", 9));
                const Lsn now = (*json.Info("doc"))->lsn;
                EXPECT_GT(now, first);
                EXPECT_TRUE(*json.CompareAndSet("doc", now, "/a", 5));
                EXPECT_FALSE(*json.CompareAndSet("doc", now, "/a", 6)) << "it has changed since";
                EXPECT_TRUE(*json.CompareAndSet("doc", Lsn(), "/c", 7)) << "by this transaction";
                EXPECT_FALSE(*json.CompareAndSet("none", Lsn(), "/a", 6));
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(Text("doc"), R"({"a":5,"b":2,"c":7})");
}

TEST_F(JsonTest, ListGivesNamesByPrefixInPages) {
  for (const char* const name : {"a/1", "a/2", "a/3", "b"}) {
    ASSERT_TRUE(Do([&](Json& json) { return json.Create(name, 1); }).ok());
  }
  auto view = store_->View();
  const Json json(*view);
  auto page = json.List({.prefix = "a/", .limit = 2});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->documents.size(), 2U);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->documents[1].name, "a/2");
  EXPECT_EQ(page->documents[1].bytes, 2U);
  page = json.List({.prefix = "a/", .after = "a/2", .limit = 2});
  ASSERT_EQ(page->documents.size(), 1U);
  EXPECT_FALSE(page->more);
  EXPECT_EQ(json.List()->documents.size(), 4U);
  EXPECT_EQ(json.List({.prefix = "a/", .after = "c"})->documents.size(), 0U);
  EXPECT_EQ(json.List({.limit = 0}).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(JsonTest, AViewOnlyReads) {
  auto view = store_->View();
  Json json(*view);
  EXPECT_EQ(json.Set("doc", "", 1).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(json.Pop("doc", "").status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(JsonTest, RunsKeepTheirDocumentsApart) {
  const RunId run = *RunId::FromBytes("sixteen bytes id");
  ASSERT_TRUE(store_
                  ->Update([&](Transaction& transaction) -> absl::Status {
                    Json here(transaction);
                    Json there(transaction, run);
                    VARVE_RETURN_IF_ERROR(here.Create("doc", 1));
                    return there.Create("doc", 2);
                  })
                  .ok());
  auto view = store_->View();
  EXPECT_EQ(TextOf(Json(*view).GetDocument("doc")), "1");
  EXPECT_EQ(TextOf(Json(*view, run).GetDocument("doc")), "2");
}

TEST_F(JsonTest, AViewOfThePastShowsTheDocumentOfThen) {
  StoreOptions options;
  ASSERT_TRUE(Do([](Json& json) { return json.Create("doc", {{"a", 1}}); }).ok());
  const Lsn then = store_->visible_lsn();
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/a", 2); }).ok());
  auto past = store_->AsOf(then);
  ASSERT_TRUE(past.ok()) << past.status();
  EXPECT_EQ(TextOf(Json(*past).Get("doc", "/a")), "1");
}

// The point of rows below a document, and of entries that are applied again at commit.
TEST_F(JsonTest, WritersOfOneDocumentAllCommit) {
  for (const bool split : {false, true}) {
    if (split) {
      ASSERT_TRUE(Do([](Json& json) { return json.Destroy("doc"); }).ok());
      CreateSplit();
    } else {
      ASSERT_TRUE(
          Do([](Json& json) { return json.Create("doc", Parsed(R"({"list":[0,1,2]})")); }).ok());
    }
    Transaction first = Begin();
    Transaction second = Begin();
    Transaction third = Begin();
    ASSERT_TRUE(Json(first).Set("doc", "/left/x", 1).ok());
    ASSERT_TRUE(Json(first).Push("doc", "/list", "first").ok());
    ASSERT_TRUE(Json(second).Set("doc", "/right/x", 2).ok());
    ASSERT_TRUE(Json(second).Push("doc", "/list", "second").ok());
    ASSERT_TRUE(Json(third).Increment("doc", "/left/count", 5).ok());
    ASSERT_TRUE(Json(third).Increment("doc", "/left/x", 5).ok());
    for (Transaction* const transaction : {&first, &second, &third}) {
      const auto receipt = transaction->Commit();
      EXPECT_TRUE(receipt.ok()) << receipt.status();
    }
    EXPECT_EQ(Text("doc", "/left/x"), "6");
    EXPECT_EQ(Text("doc", "/right/x"), "2");
    EXPECT_EQ(Text("doc", "/left/count"), "5");
    EXPECT_EQ(Text("doc", "/list/3"), R"("first")");
    EXPECT_EQ(Text("doc", "/list/4"), R"("second")");
  }
}

TEST_F(JsonTest, AReaderOfOnePathDoesNotConflictWithAWriterOfAnother) {
  CreateSplit();
  Transaction reader = Begin();
  EXPECT_EQ(TextOf(Json(reader).Get("doc", "/left/count")), "0");
  EXPECT_EQ(TextOf(Json(reader).Get("doc", "/list/1")), JsonValue(Long('1')).dump());
  ASSERT_TRUE(Json(reader).Set("doc", "/left/copy", 0).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/right/count", 1); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/left/a", 1); }).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Push("doc", "/list", 1); }).ok());
  EXPECT_TRUE(reader.Commit().ok());
}

TEST_F(JsonTest, AReaderConflictsWithAWriterOfWhatItRead) {
  CreateSplit();
  const std::function<absl::Status(Json&)> reads[] = {
      [](Json& json) { return json.Get("doc", "/left/count").status(); },
      [](Json& json) { return json.Get("doc", "/left").status(); },
      [](Json& json) { return json.GetDocument("doc").status(); },
      [](Json& json) { return json.Info("doc").status(); },
      [](Json& json) { return json.Query("doc", "$.left.*").status(); }};
  for (const auto& read : reads) {
    Transaction transaction = Begin();
    Json json(transaction);
    ASSERT_TRUE(read(json).ok());
    ASSERT_TRUE(json.Set("doc", "/other", 1).ok());
    ASSERT_TRUE(Do([](Json& other) { return other.Increment("doc", "/left/count"); }).ok());
    EXPECT_EQ(transaction.Commit().status().code(), StatusCode::kAborted);
  }
}

TEST_F(JsonTest, AWriteThatBecameImpossibleIsAnErrorOfCommit) {
  CreateSplit();
  Transaction transaction = Begin();
  ASSERT_TRUE(Json(transaction).Push("doc", "/list", 1).ok());
  ASSERT_TRUE(Json(transaction).Set("doc", "/x", 1).ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/list", "no array"); }).ok());
  EXPECT_EQ(transaction.Commit().status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Text("doc", "/x"), "-");
}

TEST_F(JsonTest, OfTwoWhoCreateADocumentOneDoes) {
  Transaction first = Begin();
  Transaction second = Begin();
  ASSERT_TRUE(Json(first).Create("doc", 1).ok());
  ASSERT_TRUE(Json(second).Create("doc", 2).ok());
  EXPECT_TRUE(second.Commit().ok());
  EXPECT_EQ(first.Commit().status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(Text("doc"), "2");
}

TEST_F(JsonTest, AfterAnErrorTheTransactionIsAsBefore) {
  CreateSplit();
  Transaction transaction = Begin();
  Json json(transaction);
  ASSERT_TRUE(json.Set("doc", "/x", 1).ok());
  const std::uint64_t bytes = transaction.bytes();
  EXPECT_FALSE(json.Set("doc", "/list/77", 1).ok());
  EXPECT_FALSE(json.Create("doc", 1).ok());
  EXPECT_FALSE(json.Push("doc", "/left", 1).ok());
  EXPECT_EQ(transaction.bytes(), bytes);
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(Text("doc", "/x"), "1");
}

// JSON-6: 512 bytes encoded stand whole in one row, 513 do not, and nothing joins them again.
TEST_F(JsonTest, ALargeValueHasARowForEachChild) {
  const auto rows = [&] {
    auto view = store_->View();
    std::size_t count = 0;
    const auto scan = view->Scan(kJsonNodes, {}, KeyRange::All());
    for (; scan->valid(); scan->Next()) ++count;
    return count;
  };
  // An array of one string of n bytes, n above 127, is encoded in 5 + 3 + n.
  const auto list = [](std::size_t bytes) {
    return JsonValue::array({std::string(bytes - 8, 's')});
  };
  ASSERT_TRUE(Do([&](Json& json) { return json.Create("doc", list(512)); }).ok());
  EXPECT_EQ(Bytes("doc"), 512U);
  EXPECT_EQ(rows(), 1U);
  ASSERT_TRUE(Do([&](Json& json) { return json.Set("doc", "", list(513)); }).ok());
  EXPECT_EQ(rows(), 2U);
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/0", 1); }).ok());
  EXPECT_EQ(rows(), 2U) << "a split container stays so";
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "", {1}); }).ok());
  EXPECT_EQ(rows(), 1U) << "until it is replaced as a whole";
  ASSERT_TRUE(Do([](Json& json) { return json.Push("doc", "", Long('x')); }).ok());
  EXPECT_EQ(rows(), 1U);
  ASSERT_TRUE(Do([](Json& json) { return json.Push("doc", "", Long('x')); }).ok());
  EXPECT_EQ(rows(), 4U);
}

TEST_F(JsonTest, NamesHaveALimit) {
  const std::string longest(kJsonNameBytesMax, '\0');
  ASSERT_TRUE(Do([&](Json& json) { return json.Create(longest, 1); }).ok());
  EXPECT_EQ(Text(longest), "1");
  EXPECT_EQ(CodeOf([&](Json& json) { return json.Create(longest + "x", 1); }),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf([&](Json& json) { return json.Create("", 1); }), StatusCode::kInvalidArgument);
}

// JSON-2 JSON-11
TEST_F(JsonTest, DocumentsHaveALimit) {
  // A string of n bytes, 2^21 <= n, is encoded in n + 5.
  const std::string largest(kJsonDocumentBytesMax - 5, 's');
  ASSERT_TRUE(Do([&](Json& json) { return json.Create("doc", largest); }).ok());
  EXPECT_EQ(Bytes("doc"), kJsonDocumentBytesMax);
  EXPECT_EQ(CodeOf([&](Json& json) { return json.Create("more", largest + "s"); }),
            StatusCode::kResourceExhausted);
  // A document that grows to the limit and one byte beyond: [string, null] has 5 + (n + 5) + 1.
  const std::string almost(kJsonDocumentBytesMax - 11, 's');
  ASSERT_TRUE(Do([&](Json& json) { return json.Create("grows", {almost, nullptr}); }).ok());
  EXPECT_EQ(Bytes("grows"), kJsonDocumentBytesMax);
  EXPECT_EQ(CodeOf([](Json& json) { return json.Push("grows", "", nullptr); }),
            StatusCode::kResourceExhausted);
}

// JSON-1 JSON-11
TEST_F(JsonTest, DepthHasALimit) {
  const auto nested = [](std::size_t depth) {
    JsonValue value = 1;
    for (; depth > 0; --depth) value = JsonValue::array({std::move(value)});
    return value;
  };
  ASSERT_TRUE(Do([&](Json& json) { return json.Create("doc", nested(kJsonDepthMax)); }).ok());
  EXPECT_EQ(CodeOf([&](Json& json) { return json.Create("deep", nested(kJsonDepthMax + 1)); }),
            StatusCode::kInvalidArgument);
  ASSERT_TRUE(
      Do([&](Json& json) { return json.Set("at", "/a/b", nested(kJsonDepthMax - 2)); }).ok());
  EXPECT_EQ(CodeOf([&](Json& json) { return json.Set("at", "/a/b", nested(kJsonDepthMax - 1)); }),
            StatusCode::kInvalidArgument);
}

// JSON-5 JSON-11
TEST_F(JsonTest, PathsHaveALimit) {
  // Under the longest name there is, all of it escaped. Two segments: each its key and 2 bytes.
  const std::string name(kJsonNameBytesMax, '\0');
  const std::string outer(700, 'k');
  const std::string inner(kJsonPathBytesMax - 702 - 2, 'i');
  const std::string pointer = "/" + outer + "/" + inner;
  ASSERT_TRUE(Do([&](Json& json) { return json.Set(name, pointer, Long('x')); }).ok());
  EXPECT_EQ(Text(name, pointer), JsonValue(Long('x')).dump());
  EXPECT_EQ(CodeOf([&](Json& json) { return json.Set(name, pointer + "i", 1); }),
            StatusCode::kResourceExhausted);
  const JsonValue value = {{outer, {{inner + "i", 1}}}};
  EXPECT_EQ(CodeOf([&](Json& json) { return json.Create("other", value); }),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(Text(name, "/" + std::string(5000, 'x')), "-") << "no key that long is looked up";
}

// Everything that changes a document, against the same change of a value in memory.
TEST_F(JsonTest, RowsAgreeWithAValueInMemory) {
  const char* const given = std::getenv("VARVE_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  std::cout << "VARVE_TEST_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  const auto some_value = [&](auto&& self, int depth) -> JsonValue {
    const std::uint64_t kind = random() % (depth > 0 ? 7 : 4);
    if (kind == 0) return random() % 1000;
    if (kind == 1) return std::string(random() % 300, 'v');
    if (kind == 2) return nullptr;
    if (kind == 3) return -0.5 * static_cast<double>(random() % 100);
    JsonValue value = kind == 4 ? JsonValue::array() : JsonValue::object();
    for (std::uint64_t i = random() % 4; i > 0; --i) {
      if (value.is_array()) {
        value.push_back(self(self, depth - 1));
      } else {
        value[std::string(1, static_cast<char>(random() % 4))] = self(self, depth - 1);
      }
    }
    return value;
  };
  JsonValue model = some_value(some_value, 3);
  ASSERT_TRUE(Do([&](Json& json) { return json.Create("doc", model); }).ok());
  for (int i = 0; i < 400; ++i) {
    json::Path path;
    for (std::uint64_t tokens = random() % 4; tokens > 0; --tokens) {
      const std::uint64_t kind = random() % 8;
      path.push_back(kind < 3   ? std::string(1, static_cast<char>(random() % 4))
                     : kind < 7 ? std::to_string(random() % 4)
                                : "-");
    }
    const std::string pointer = json::FormatPointer(path);
    JsonValue changed = model;
    absl::Status expected;
    absl::Status status;
    if (random() % 3 == 0 && !path.empty()) {
      expected = json::RemoveIn(changed, path).status();
      status = Do([&](Json& json) { return json.Delete("doc", pointer); });
    } else {
      const JsonValue value = some_value(some_value, 2);
      expected = json::SetIn(changed, path, value, json::SetMode::kPut);
      status = Do([&](Json& json) { return json.Set("doc", pointer, value); });
    }
    ASSERT_EQ(status.code(), expected.code()) << status << " instead of " << expected;
    if (expected.ok()) model = changed;
    ASSERT_EQ(Text("doc"), model.dump());
    ASSERT_EQ(Bytes("doc"), json::EncodedBytes(model));
  }
}

}  // namespace
}  // namespace varve
