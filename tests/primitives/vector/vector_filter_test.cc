// Tests: primitives/vector/vector_filter_parse.cc
// Tests: primitives/vector/vector_metadata.cc
#include "primitives/vector/vector_filter.h"

#include <limits>

#include "gtest/gtest.h"
#include "primitives/vector/vector_metadata.h"
#include "primitives/vector/vector_types.h"

namespace varve {
namespace {

bool Holds(const VectorFilter& filter, std::string_view metadata) {
  return filter.Matches(vector::MakeMetadataImage(metadata));
}

// "1001": whether the filter, as JSON, matches each of the metadata.
std::string Holds(std::string_view filter, std::initializer_list<std::string_view> metadata) {
  const absl::StatusOr<VectorFilter> parsed = VectorFilter::Parse(filter);
  if (!parsed.ok()) return std::string(parsed.status().message());
  std::string answers;
  for (const std::string_view json : metadata) answers += Holds(*parsed, json) ? '1' : '0';
  return answers;
}

TEST(VectorFilter, ComparesValuesOfOneType) {
  const std::initializer_list<std::string_view> all = {
      R"({"a":"en"})", R"({"a":"de"})", R"({"a":1})", R"({"a":null})", R"({"a":true})", "{}", "",
      R"({"b":"en"})"};
  EXPECT_EQ(Holds(R"({"eq":["a","en"]})", all), "10000000");
  EXPECT_EQ(Holds(R"({"ne":["a","en"]})", all), "01111000");  // absent: neither
  EXPECT_EQ(Holds(R"({"not":{"eq":["a","en"]}})", all), "01111111");
  EXPECT_EQ(Holds(R"({"eq":["a",null]})", all), "00010000");
  EXPECT_EQ(Holds(R"({"eq":["a",true]})", all), "00001000");
  EXPECT_EQ(Holds(R"({"eq":["a",false]})", all), "00000000");
  EXPECT_EQ(Holds(R"({"lt":["a","en"]})", all), "01000000");
  EXPECT_EQ(Holds(R"({"le":["a","en"]})", all), "11000000");
  EXPECT_EQ(Holds(R"({"ge":["a",1]})", all), "00100000");
  EXPECT_EQ(Holds(R"({"gt":["a",null]})", all), "00000000");
  EXPECT_EQ(Holds(R"({"in":["a",["en",1]]})", all), "10100000");
  EXPECT_EQ(Holds(R"({"not_in":["a",["en",1]]})", all), "01011000");
  EXPECT_EQ(Holds(R"({"in":["a",[]]})", all), "00000000");
  EXPECT_EQ(Holds(R"({"exists":"a"})", all), "11111000");
  EXPECT_EQ(Holds("{}", all), "11111111");
}

TEST(VectorFilter, AndOrNotCombine) {
  const std::initializer_list<std::string_view> all = {R"({"a":1,"b":1})", R"({"a":1})",
                                                       R"({"b":1})", "{}"};
  EXPECT_EQ(Holds(R"({"and":[{"eq":["a",1]},{"eq":["b",1]}]})", all), "1000");
  EXPECT_EQ(Holds(R"({"or":[{"eq":["a",1]},{"eq":["b",1]}]})", all), "1110");
  EXPECT_EQ(Holds(R"({"not":{"or":[{"eq":["a",1]},{"eq":["b",1]}]}})", all), "0001");
  EXPECT_EQ(Holds(R"({"and":[]})", all), "1111");
  EXPECT_EQ(Holds(R"({"or":[]})", all), "0000");
}

TEST(VectorFilter, ContainsLooksIntoArraysAndTexts) {
  const std::initializer_list<std::string_view> all = {
      R"({"t":["x","y"]})", R"({"t":"axe"})", R"({"t":[["x"]]})",
      R"({"t":{"x":"x"}})", R"({"t":[]})",    R"({"t":[1,2.0,{"x":"x"}]})"};
  EXPECT_EQ(Holds(R"({"contains":["t","x"]})", all), "110000");
  EXPECT_EQ(Holds(R"({"contains":["t",2]})", all), "000001");
  EXPECT_EQ(Holds(R"({"eq":["t","x"]})", all), "000000");
  EXPECT_EQ(Holds(R"({"exists":"t"})", all), "111111");
  EXPECT_EQ(Holds(R"({"exists":"/t/x"})", all), "000100");
}

TEST(VectorFilter, FieldsAreNamesOrPointers) {
  const std::string_view json = R"({"a":{"b":{"c/d~e":7}},"x/y":1,"":{"":2}})";
  EXPECT_EQ(Holds(R"({"eq":["/a/b/c~1d~0e",7]})", {json}), "1");
  EXPECT_EQ(Holds(R"({"eq":["x/y",1]})", {json}), "1");
  EXPECT_EQ(Holds(R"({"eq":["//",2]})", {json}), "1");
  EXPECT_EQ(Holds(R"({"exists":"b"})", {json}), "0");
  EXPECT_TRUE(absl::IsInvalidArgument(VectorFilter::Parse(R"({"exists":"/a~2"})").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(VectorFilter::Exists("/a~").Check()));
  EXPECT_TRUE(VectorFilter::Exists("a~").Check().ok());
}

TEST(VectorFilter, NumbersCompareExactlyWhateverTheirForm) {
  const std::initializer_list<std::string_view> all = {
      R"({"n":9007199254740993})", R"({"n":9007199254740992.0})", R"({"n":18446744073709551615})",
      R"({"n":-1})", R"({"n":0.5})"};
  EXPECT_EQ(Holds(R"({"eq":["n",9007199254740992]})", all), "01000");
  EXPECT_EQ(Holds(R"({"gt":["n",9007199254740992.0]})", all), "10100");
  EXPECT_EQ(Holds(R"({"eq":["n",18446744073709551615]})", all), "00100");
  EXPECT_EQ(Holds(R"({"lt":["n",18446744073709551616.0]})", all), "11111");
  EXPECT_EQ(Holds(R"({"lt":["n",0]})", all), "00010");
  EXPECT_EQ(Holds(R"({"ge":["n",0.5]})", all), "11101");
  EXPECT_EQ(Holds(R"({"lt":["n",1e300]})", all), "11111");
  EXPECT_EQ(Holds(R"({"gt":["n",-1e300]})", all), "11111");
  EXPECT_EQ(Holds(R"({"gt":["n",-1.5]})", all), "11111");
  EXPECT_EQ(Holds(R"({"gt":["n",-0.5]})", all), "11101");
  EXPECT_FALSE(
      Holds(VectorFilter::Le("n", std::numeric_limits<double>::quiet_NaN()), R"({"n":1})"));
  EXPECT_TRUE(Holds(VectorFilter::Eq("n", std::uint64_t{5}), R"({"n":5.0})"));
}

TEST(VectorFilter, ParseRefusesWhatIsNoFilter) {
  for (const std::string_view json :
       {"", "[]", "1", R"({"eq":["a",1],"ne":["a",2]})", R"({"equals":["a",1]})", R"({"eq":"a"})",
        R"({"eq":[1,1]})", R"({"eq":["a",[1]]})", R"({"in":["a",1]})", R"({"and":{"exists":"a"}})",
        R"({"not":[]})", R"({"exists":1})", R"({"or":[1]})", R"({"eq":["a",1]} x)"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(VectorFilter::Parse(json).status())) << json;
  }
}

TEST(VectorFilter, ParseRefusesHoweverDeepTheJson) {
  const std::string deep(400'000, '[');
  const std::string shut(400'000, ']');
  EXPECT_TRUE(absl::IsInvalidArgument(VectorFilter::Parse(deep + shut).status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(VectorFilter::Parse(R"({"eq":["a",)" + deep + shut + "]}").status()));
}

TEST(VectorFilter, LimitsHoldAtThemAndOnePast) {
  const auto nested = [](std::size_t depth) {
    std::string json = R"({"exists":"a"})";
    for (std::size_t at = 1; at < depth; ++at) json = R"({"not":)" + json + "}";
    return VectorFilter::Parse(json).status();
  };
  EXPECT_TRUE(nested(kVectorFilterDepthMax).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(nested(kVectorFilterDepthMax + 1)));
  const auto listed = [](std::size_t values) {
    return VectorFilter::In("a", std::vector<VectorValue>(values, VectorValue(1))).Check();
  };
  EXPECT_TRUE(listed(kVectorFilterNodesMax - 1).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(listed(kVectorFilterNodesMax)));
  const std::string text = R"({"exists":"a"})";
  const std::size_t spaces = kVectorFilterBytesMax - text.size();
  EXPECT_TRUE(VectorFilter::Parse(text + std::string(spaces, ' ')).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(VectorFilter::Parse(text + std::string(spaces + 1, ' ')).status()));
}

TEST(VectorMetadata, IsAnObjectWithoutDuplicatesWithinItsLimits) {
  using vector::CheckMetadata;
  EXPECT_TRUE(CheckMetadata("").ok());
  EXPECT_TRUE(CheckMetadata(R"( {"a":[{"b":1},{"b":2}],"c":{"a":1}} )").ok());
  for (const std::string_view json :
       {"[]", "1", "null", "{", "{} {}", R"({"a":1,"a":2})", R"({"a":{"b":1,"b":1}})",
        R"({"a":1e999})", "{\"a\":\"\xFF\"}", "{'a':1}"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckMetadata(json))) << json;
  }
  const auto deep = [](std::size_t depth) {
    std::string json = R"({"a":)";
    for (std::size_t at = 1; at < depth; ++at) json += "[";
    for (std::size_t at = 1; at < depth; ++at) json += "]";
    return CheckMetadata(json == R"({"a":)" ? "{}" : json + "}");
  };
  EXPECT_TRUE(deep(kVectorMetadataDepthMax).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(deep(kVectorMetadataDepthMax + 1)));
  const std::string padded = "{" + std::string(kVectorMetadataBytesMax - 2, ' ') + "}";
  EXPECT_TRUE(CheckMetadata(padded).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(CheckMetadata(padded + " ")));
}

TEST(VectorMetadata, LongNamesDoNotMakeLargeImages) {
  std::string json = R"({")" + std::string(30'000, 'n') + R"(":{)";
  for (int at = 0; at < 100; ++at)
    json += (at == 0 ? "" : ",") + ("\"" + std::to_string(at)) + "\":1";
  json += "}}";
  EXPECT_TRUE(absl::IsResourceExhausted(vector::CheckMetadata(json)));
  EXPECT_LE(vector::MakeMetadataImage(json).size(), std::size_t{2} << 20);
}

// VEC-3
TEST(VectorMetadata, OfAnotherKindHoldsTheFieldsUpToTheFault) {
  EXPECT_TRUE(Holds(VectorFilter::Eq("a", 1), R"({"a":1,"b")"));
  EXPECT_FALSE(Holds(VectorFilter::Exists("b"), R"({"a":1,"b")"));
  EXPECT_FALSE(Holds(VectorFilter::Exists("a"), "no JSON"));
  EXPECT_TRUE(Holds(VectorFilter::Eq("a", 1), R"({"a":1,"b":)" + std::string(50'000, '[')));
}

}  // namespace
}  // namespace varve
