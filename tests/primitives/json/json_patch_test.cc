// Tests: primitives/json/json_patch.cc
// Tests: primitives/json/json_pointer.cc
#include "primitives/json/json_patch.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_pointer.h"
#include "tests/primitives/json/json_store_fixture.h"

namespace varve {
namespace {

using absl::StatusCode;

struct PatchExample {
  const char* name;
  const char* document;
  const char* patch;
  const char* result;  // null: refused
  StatusCode code = StatusCode::kOk;
};

// RFC 6902, appendix A, then cases that its text decides.
const PatchExample kPatches[] = {
    {"A.1", R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
     R"({"baz":"qux","foo":"bar"})"},
    {"A.2", R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
     R"({"foo":["bar","qux","baz"]})"},
    {"A.3", R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])",
     R"({"foo":"bar"})"},
    {"A.4", R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])",
     R"({"foo":["bar","baz"]})"},
    {"A.5", R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])",
     R"({"baz":"boo","foo":"bar"})"},
    {"A.6", R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
     R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
     R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
    {"A.7", R"({"foo":["all","grass","cows","eat"]})",
     R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])",
     R"({"foo":["all","cows","eat","grass"]})"},
    {"A.8", R"({"baz":"qux","foo":["a",2,"c"]})",
     R"([{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}])",
     R"({"baz":"qux","foo":["a",2,"c"]})"},
    {"A.9", R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"bar"}])", nullptr,
     StatusCode::kFailedPrecondition},
    {"A.10", R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])",
     R"({"child":{"grandchild":{}},"foo":"bar"})"},
    {"A.11", R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])",
     R"({"baz":"qux","foo":"bar"})"},
    {"A.12", R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])", nullptr,
     StatusCode::kNotFound},
    {"A.14", R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])",
     R"({"/":9,"~1":10})"},
    {"A.15", R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":"10"}])", nullptr,
     StatusCode::kFailedPrecondition},
    {"A.16", R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])",
     R"({"foo":["bar",["abc","def"]]})"},
    {"add replaces a member", R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])",
     R"({"a":2})"},
    {"add replaces the whole", R"({"a":1})", R"([{"op":"add","path":"","value":[2]}])", "[2]"},
    {"add beyond an array", R"({"a":[1]})", R"([{"op":"add","path":"/a/2","value":2}])", nullptr,
     StatusCode::kOutOfRange},
    {"add at a leading zero", R"({"a":[1]})", R"([{"op":"add","path":"/a/00","value":2}])", nullptr,
     StatusCode::kFailedPrecondition},
    {"remove what is not there", R"({"a":1})", R"([{"op":"remove","path":"/b"}])", nullptr,
     StatusCode::kNotFound},
    {"replace what is not there", R"({"a":[1]})", R"([{"op":"replace","path":"/a/1","value":1}])",
     nullptr, StatusCode::kNotFound},
    {"replace the whole", R"({"a":1})", R"([{"op":"replace","path":"","value":7}])", "7"},
    {"copy within an array", R"({"a":[1,2]})", R"([{"op":"copy","from":"/a/0","path":"/a/2"}])",
     R"({"a":[1,2,1]})"},
    {"copy from nowhere", R"({"a":1})", R"([{"op":"copy","from":"/b","path":"/c"}])", nullptr,
     StatusCode::kNotFound},
    {"move onto itself", R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
    {"move into itself", R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/c"}])",
     nullptr, StatusCode::kInvalidArgument},
    {"test compares numbers by value", R"({"a":1,"b":{"x":1,"y":[2]}})",
     R"([{"op":"test","path":"/a","value":1.0},{"op":"test","path":"/b",
         "value":{"y":[2.0],"x":1}}])",
     R"({"a":1,"b":{"x":1,"y":[2]}})"},
    {"one that fails undoes all", R"({"a":1})",
     R"([{"op":"add","path":"/b","value":2},{"op":"test","path":"/b","value":3}])", nullptr,
     StatusCode::kFailedPrecondition},
    {"a later operation sees an earlier one", R"({"a":1})",
     R"([{"op":"add","path":"/b","value":[]},{"op":"add","path":"/b/-","value":1},
         {"op":"move","from":"/a","path":"/b/0"}])",
     R"({"b":[1,1]})"},
};

// The same members beside ones that make the document have a row for each child.
std::string Padded(const std::string& document) {
  JsonValue value = Parsed(document);
  if (!value.is_object()) return document;
  value["~pad1"] = std::string(300, 'p');
  value["~pad2"] = std::string(300, 'p');
  return value.dump();
}

class JsonPatchTest : public JsonStore {
 protected:
  void Check(const PatchExample& example, bool padded) {
    const auto text = [&](const char* plain) { return padded ? Padded(plain) : plain; };
    SCOPED_TRACE(std::string(example.name) + (padded ? ", in rows" : ""));
    const std::string before = Parsed(text(example.document)).dump();
    ASSERT_TRUE(Do([&](Json& json) { return json.Set("doc", "", Parsed(before)); }).ok());
    const absl::Status status =
        Do([&](Json& json) { return json.Patch("doc", Parsed(example.patch)); });
    EXPECT_EQ(status.code(), example.code) << status;
    EXPECT_EQ(Text("doc"), example.result == nullptr ? before : text(example.result));
    JsonValue now = Parsed(Text("doc"));
    EXPECT_EQ(Bytes("doc"), json::EncodedBytes(now));
  }
};

TEST_F(JsonPatchTest, PatchesDoWhatRfc6902Says) {
  for (const PatchExample& example : kPatches) {
    Check(example, false);
    Check(example, true);
  }
}

TEST_F(JsonPatchTest, WhatIsNoPatchIsRefusedBeforeItIsLogged) {
  ASSERT_TRUE(Do([](Json& json) { return json.Create("doc", {{"a", 1}}); }).ok());
  Transaction transaction = Begin();
  for (const char* const patch :
       {R"({})", R"([1])", R"([{}])", R"([{"op":"add","value":1}])",
        R"([{"op":"add","path":"/a"}])", R"([{"op":"grow","path":"/a"}])",
        R"([{"op":"move","path":"/a"}])", R"([{"op":"test","path":"/a"}])",
        R"([{"op":"add","path":"a","value":1}])", R"([{"op":7,"path":"/a"}])"}) {
    EXPECT_EQ(Json(transaction).Patch("doc", Parsed(patch)).code(), StatusCode::kInvalidArgument)
        << patch;
  }
  // RFC 6902, A.13: a member twice is refused where text is read.
  EXPECT_FALSE(
      ParseJson(R"([{"op":"add","path":"/baz","value":"qux","op":"remove"}])").status().ok());
  EXPECT_EQ(transaction.bytes(), 0U);
  EXPECT_EQ(Json(transaction).Patch("none", JsonValue::array()).code(), StatusCode::kNotFound);
  EXPECT_EQ(Json(transaction).MergePatch("none", JsonValue::object()).code(),
            StatusCode::kNotFound);
}

// RFC 7396, appendix A: original, patch, result.
constexpr const char* kMerges[][3] = {
    {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
    {R"({"a":"b"})", R"({"a":null})", R"({})"},
    {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
    {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
    {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
    {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
    {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
    {R"({"a":"foo"})", "null", "null"},
    {R"({"a":"foo"})", R"("bar")", R"("bar")"},
    {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
    {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
    {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    // The example of section 3.
    {R"({"title":"Goodbye!","author":{"givenName":"John","familyName":"Doe"},
         "tags":["example","sample"],"content":"This will be unchanged"})",
     R"({"title":"Hello!","phoneNumber":"+01-123-456-7890","author":{"familyName":null},
         "tags":["example"]})",
     R"({"author":{"givenName":"John"},"content":"This will be unchanged",)"
     R"("phoneNumber":"+01-123-456-7890","tags":["example"],"title":"Hello!"})"},
};

TEST_F(JsonPatchTest, MergePatchesDoWhatRfc7396Says) {
  for (const auto& [original, patch, result] : kMerges) {
    for (const bool padded : {false, true}) {
      const bool stays_padded = padded && Parsed(patch).is_object() && Parsed(original).is_object();
      const std::string before = padded ? Padded(original) : original;
      ASSERT_TRUE(Do([&](Json& json) { return json.Set("doc", "", Parsed(before)); }).ok());
      const char* const merge = patch;
      ASSERT_TRUE(Do([&](Json& json) { return json.MergePatch("doc", Parsed(merge)); }).ok());
      EXPECT_EQ(Text("doc"), stays_padded ? Padded(result) : result) << original << " " << patch;
      EXPECT_EQ(Bytes("doc"), json::EncodedBytes(Parsed(Text("doc"))));
    }
  }
}

TEST_F(JsonPatchTest, APatchIsDecidedAgainAtCommit) {
  ASSERT_TRUE(Do([](Json& json) { return json.Create("doc", {{"a", 1}}); }).ok());
  Transaction transaction = Begin();
  ASSERT_TRUE(Json(transaction)
                  .Patch("doc", Parsed(R"([{"op":"test","path":"/a","value":1},
                                           {"op":"add","path":"/b","value":2}])"))
                  .ok());
  ASSERT_TRUE(Do([](Json& json) { return json.Set("doc", "/a", 9); }).ok());
  EXPECT_EQ(transaction.Commit().status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Text("doc"), R"({"a":9})");
}

// RFC 6901, section 5.
TEST_F(JsonPatchTest, PointersPointWhereRfc6901Says) {
  const std::string document = R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,
                                   "i\\j":5,"k\"l":6," ":7,"m~n":8})";
  for (const std::string& text : {document, Padded(document)}) {
    ASSERT_TRUE(Do([&](Json& json) { return json.Set("doc", "", Parsed(text)); }).ok());
    EXPECT_EQ(Text("doc", ""), Parsed(text).dump());
    EXPECT_EQ(Text("doc", "/foo"), R"(["bar","baz"])");
    EXPECT_EQ(Text("doc", "/foo/0"), R"("bar")");
    const std::pair<const char*, const char*> members[] = {
        {"/", "0"},     {"/a~1b", "1"}, {"/c%d", "2"}, {"/e^f", "3"}, {"/g|h", "4"},
        {"/i\\j", "5"}, {"/k\"l", "6"}, {"/ ", "7"},   {"/m~0n", "8"}};
    for (const auto& [pointer, value] : members) EXPECT_EQ(Text("doc", pointer), value);
  }
}

TEST(JsonPointerTest, TextAndTokensAgree) {
  for (const char* const pointer : {"", "/", "//", "/a~1b/~0/~01", "/0/-/\xC3\xA9"}) {
    const auto path = json::ParsePointer(pointer);
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(json::FormatPointer(*path), pointer);
  }
  EXPECT_EQ(json::ParsePointer("/~01")->front(), "~1");
}

TEST(JsonPointerTest, WhatIsNoPointerIsRefused) {
  for (const char* const pointer : {"a", "a/b", "/~", "/~2", "/a~", "#/a", "/\xC3"}) {
    EXPECT_EQ(json::ParsePointer(pointer).status().code(), StatusCode::kInvalidArgument) << pointer;
  }
}

TEST(JsonPointerTest, SegmentsAndBytesHaveALimit) {
  std::string pointer;
  for (std::size_t i = 0; i < kJsonPathSegmentsMax; ++i) pointer += "/s";
  EXPECT_TRUE(json::ParsePointer(pointer).ok());
  EXPECT_EQ(json::ParsePointer(pointer + "/s").status().code(), StatusCode::kResourceExhausted);
  const std::string longest = "/" + std::string(kJsonPathTextBytesMax - 1, 't');
  EXPECT_TRUE(json::ParsePointer(longest).ok());
  EXPECT_EQ(json::ParsePointer(longest + "t").status().code(), StatusCode::kResourceExhausted);
}

TEST(JsonPointerTest, AnArrayIndexIsAPlainNumber) {
  EXPECT_EQ(json::ParseArrayIndex("0"), 0U);
  EXPECT_EQ(json::ParseArrayIndex("4294967294"), 4294967294U);
  for (const char* const token : {"", "-", "00", "01", "+1", "-1", "1 ", "1a", "4294967295"}) {
    EXPECT_FALSE(json::ParseArrayIndex(token).has_value()) << token;
  }
}

}  // namespace
}  // namespace varve
