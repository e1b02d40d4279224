// Tests: primitives/json/json_path.cc
// Tests: primitives/json/json_path_parser.cc
// Tests: primitives/json/json_path_scanner.cc
// Tests: primitives/json/json_path_regexp.cc
#include "primitives/json/json_path.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "primitives/json/json_path_regexp.h"
#include "tests/primitives/json/json_store_fixture.h"

namespace varve::json {
namespace {

// What `query` selects, as text, one value behind the other.
std::string Select(const std::string& document, const std::string& query) {
  const JsonValue value = Parsed(document);
  const absl::StatusOr<JsonPath> path = JsonPath::Parse(query);
  if (!path.ok()) return path.status().ToString();
  std::string text;
  for (const Node& node : path->Select(value)) {
    text += (text.empty() ? "" : " ") + node.value->dump();
  }
  return text;
}

std::string Normalized(const std::string& document, const std::string& query) {
  const JsonValue value = Parsed(document);
  std::string text;
  const absl::StatusOr<JsonPath> path = JsonPath::Parse(query);
  if (!path.ok()) return path.status().ToString();
  for (const Node& node : path->Select(value)) text += (text.empty() ? "" : " ") + node.normalized;
  return text;
}

struct Example {
  std::string query;
  std::string selected;
};

void ExpectSelections(const std::string& document, const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    EXPECT_EQ(Select(document, example.query), example.selected) << example.query;
  }
}

// RFC 9535, section 1.5, figure 1.
constexpr char kStore[] = R"({ "store": {
  "book": [
    { "category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century",
      "price": 8.95 },
    { "category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour",
      "price": 12.99 },
    { "category": "fiction", "author": "Herman Melville", "title": "Moby Dick",
      "isbn": "0-553-21311-3", "price": 8.99 },
    { "category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings",
      "isbn": "0-395-19395-8", "price": 22.99 } ],
  "bicycle": { "color": "red", "price": 399 } } })";

TEST(JsonPathTest, TheBookstoreOfTheRfc) {
  const std::string authors = R"("Nigel Rees" "Evelyn Waugh" "Herman Melville" "J. R. R. Tolkien")";
  ExpectSelections(kStore, {{"$.store.book[*].author", authors},
                            {"$..author", authors},
                            {"$.store..price", "399 8.95 12.99 8.99 22.99"},
                            {"$..book[2].author", R"("Herman Melville")"},
                            {"$..book[2].publisher", ""},
                            {"$..book[-1].title", R"("The Lord of the Rings")"},
                            {"$..book[0,1].price", "8.95 12.99"},
                            {"$..book[:2].price", "8.95 12.99"},
                            {"$..book[?@.isbn].price", "8.99 22.99"},
                            {"$..book[?@.price<10].price", "8.95 8.99"}});
  EXPECT_EQ(Normalized(kStore, "$..book[2]"), "$['store']['book'][2]");
  EXPECT_EQ(Normalized(kStore, "$.store.*"), "$['store']['bicycle'] $['store']['book']");
  const auto everything = JsonPath::Parse("$..*");
  ASSERT_TRUE(everything.ok());
  EXPECT_EQ(everything->Select(Parsed(kStore)).size(), 27U);
}

// RFC 9535, table 4 to table 8 and table 10.
TEST(JsonPathTest, SelectorsSelectAsInTheRfc) {
  ExpectSelections(R"({"k":"v"})", {{"$", R"({"k":"v"})"}});
  ExpectSelections(R"({"o": {"j j": {"k.k": 3}}, "'": {"@": 2}})", {{"$.o['j j']", R"({"k.k":3})"},
                                                                    {"$.o['j j']['k.k']", "3"},
                                                                    {R"($.o["j j"]["k.k"])", "3"},
                                                                    {R"($["'"]["@"])", "2"}});
  ExpectSelections(R"({"o": {"j": 1, "k": 2}, "a": [5, 3]})", {{"$[*]", R"([5,3] {"j":1,"k":2})"},
                                                               {"$.o[*]", "1 2"},
                                                               {"$.o[*, *]", "1 2 1 2"},
                                                               {"$.a[*]", "5 3"}});
  ExpectSelections(R"(["a","b"])",
                   {{"$[1]", R"("b")"}, {"$[-2]", R"("a")"}, {"$[2]", ""}, {"$[-3]", ""}});
  ExpectSelections("[0,1,2,3,4,5,6]",
                   {{"$[1:3]", "1 2"},
                    {"$[5:]", "5 6"},
                    {"$[1:5:2]", "1 3"},
                    {"$[5:1:-2]", "5 3"},
                    {"$[::-1]", "6 5 4 3 2 1 0"},
                    {"$[:]", "0 1 2 3 4 5 6"},
                    {"$[::0]", ""},
                    {"$[-2:]", "5 6"},
                    {"$[-100:2]", "0 1"},
                    {"$[100:-100:-3]", "6 3 0"},
                    {"$[ 1 : 6 : 3 ]", "1 4"},
                    {"$[3:1]", ""},
                    {"$[9007199254740991:9007199254740991:9007199254740991]", ""},
                    {"$[0,3]", "0 3"},
                    {"$[0:2,5]", "0 1 5"},
                    {"$[0,0]", "0 0"}});
}

// RFC 9535, table 11: comparisons.
TEST(JsonPathTest, ComparisonsHoldAsInTheRfc) {
  struct Case {
    std::string comparison;
    bool holds;
  };
  const Case cases[] = {{"$.absent1 == $.absent2", true},
                        {"$.absent1 <= $.absent2", true},
                        {"$.absent == 'g'", false},
                        {"$.absent1 != $.absent2", false},
                        {"$.absent != 'g'", true},
                        {"1 <= 2", true},
                        {"1 > 2", false},
                        {"13 == '13'", false},
                        {"'a' <= 'b'", true},
                        {"'a' > 'b'", false},
                        {"$.obj == $.arr", false},
                        {"$.obj != $.arr", true},
                        {"$.obj == $.obj", true},
                        {"$.obj != $.obj", false},
                        {"$.arr == $.arr", true},
                        {"$.arr != $.arr", false},
                        {"$.obj == 17", false},
                        {"$.obj != 17", true},
                        {"$.obj <= $.arr", false},
                        {"$.obj < $.arr", false},
                        {"$.obj <= $.obj", true},
                        {"$.arr <= $.arr", true},
                        {"1 <= $.arr", false},
                        {"1 >= $.arr", false},
                        {"1 > $.arr", false},
                        {"1 < $.arr", false},
                        {"true <= true", true},
                        {"true > true", false},
                        {"1 == 1.0", true},
                        {"-0 == 0", true},
                        {"1e2 == 100", true},
                        {"null == $.absent", false},
                        {"9007199254740993 > 9007199254740992.0", true},
                        {"'\\u00e9' > 'z'", true},
                        {"'' < 'a'", true}};
  for (const Case& one : cases) {
    const std::string selected =
        Select(R"({"obj": {"x": "y"}, "arr": [2, 3]})", "$[?" + one.comparison + "]");
    EXPECT_EQ(selected, one.holds ? R"([2,3] {"x":"y"})" : "") << one.comparison;
  }
}

// RFC 9535, table 12: filters.
TEST(JsonPathTest, FiltersSelectAsInTheRfc) {
  const std::string document =
      R"({"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
          "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"})";
  const std::string all_a = R"(3 5 1 2 4 6 {"b":"j"} {"b":"k"} {"b":{}} {"b":"kilo"})";
  ExpectSelections(document,
                   {{"$.a[?@.b == 'kilo']", R"({"b":"kilo"})"},
                    {"$.a[?(@.b == 'kilo')]", R"({"b":"kilo"})"},
                    {"$.a[?@>3.5]", "5 4 6"},
                    {"$.a[?@.b]", R"({"b":"j"} {"b":"k"} {"b":{}} {"b":"kilo"})"},
                    {"$.o[?@<3, ?@<3]", "1 2 1 2"},
                    {"$.a[?@<2 || @.b == \"k\"]", R"(1 {"b":"k"})"},
                    {"$.a[?match(@.b, \"[jk]\")]", R"({"b":"j"} {"b":"k"})"},
                    {"$.a[?search(@.b, \"[jk]\")]", R"({"b":"j"} {"b":"k"} {"b":"kilo"})"},
                    {"$.o[?@>1 && @<4]", "2 3"},
                    {"$.o[?@.u || @.x]", R"({"u":6})"},
                    {"$.a[?@.b == $.x]", "3 5 1 2 4 6"},
                    {"$.a[?@ == @]", all_a},
                    {"$.a[?!@.b]", "3 5 1 2 4 6"},
                    {"$.a[?!(@<5 || @.b)]", "5 6"},
                    {"$.a[?@<2||@==6&&@>7]", "1"}});
  EXPECT_EQ(Normalized(document, "$[?@.*]"), "$['a'] $['o']");
  EXPECT_EQ(Normalized(document, "$[?@[?@.b]]"), "$['a']");
}

TEST(JsonPathTest, FunctionsGiveWhatTheRfcSays) {
  const std::string document =
      R"([{"s":"h\u00e9\u00e9","l":[1,2,3],"o":{"a":1},"c":{"x":{"color":"red"}}},
          {"s":"","l":[],"o":{},"c":{"color":"red","x":{"color":"red"}}}])";
  const auto which = [&](const std::string& filter) {
    return Normalized(document, "$[?" + filter + "]");
  };
  EXPECT_EQ(which("length(@.s) == 3"), "$[0]");
  EXPECT_EQ(which("length(@.l) == 0"), "$[1]");
  EXPECT_EQ(which("length(@.o) >= 1"), "$[0]");
  EXPECT_EQ(which("length(@.l[0]) == length(@.none)"), "$[0] $[1]") << "nothing equals nothing";
  EXPECT_EQ(which("count(@.l[*]) == 3"), "$[0]");
  EXPECT_EQ(which("count(@..color) > 1"), "$[1]");
  EXPECT_EQ(which("value(@..color) == 'red'"), "$[0]") << "of two nodes there is no value";
  EXPECT_EQ(which("match(@.s, 'h..')"), "$[0]");
  EXPECT_EQ(which("match(@.s, 'h.')"), "");
  EXPECT_EQ(which("search(@.s, '\\u00e9')"), "$[0]");
  EXPECT_EQ(which("match(@.l, '.*')"), "") << "not a string";
  EXPECT_EQ(which("match(@.s, '(')"), "") << "not an expression";
  EXPECT_EQ(which("!match(@.s, 'h..')"), "$[1]");
  EXPECT_EQ(which("length(value(@..nothing)) == 1"), "");
}

// RFC 9535, table 15 and 16: descendants, null.
TEST(JsonPathTest, DescendantsAndNullAreAsInTheRfc) {
  ExpectSelections(
      R"({"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]})",
      {{"$..j", "4 1"},
       {"$..[0]", R"(5 {"j":4})"},
       {"$..o", R"({"j":1,"k":2})"},
       {"$.o..[*, *]", "1 2 1 2"},
       {"$.a..[0, 1]", R"(5 3 {"j":4} {"k":6})"},
       {"$..*", R"([5,3,[{"j":4},{"k":6}]] {"j":1,"k":2} 5 3 [{"j":4},{"k":6}] {"j":4} {"k":6})"
                R"( 4 6 1 2)"}});
  ExpectSelections(R"({"a": null, "b": [null], "c": [{}], "null": 1})", {{"$.a", "null"},
                                                                         {"$.a[0]", ""},
                                                                         {"$.a.d", ""},
                                                                         {"$.b[0]", "null"},
                                                                         {"$.b[*]", "null"},
                                                                         {"$.b[?@]", "null"},
                                                                         {"$.b[?@==null]", "null"},
                                                                         {"$.c[?@.d==null]", ""},
                                                                         {"$.null", "1"}});
}

// RFC 9535, table 17.
TEST(JsonPathTest, PathsAreNormalizedAsInTheRfc) {
  EXPECT_EQ(Normalized(R"({"a":1})", "$.a"), "$['a']");
  EXPECT_EQ(Normalized("[1,2,3,4,5]", "$[1]"), "$[1]");
  EXPECT_EQ(Normalized("[1,2,3,4,5]", "$[-3]"), "$[2]");
  EXPECT_EQ(Normalized(R"({"a":{"b":[0,1]}})", "$.a.b[1:2]"), "$['a']['b'][1]");
  EXPECT_EQ(Normalized(R"({"\u000b":1})", R"($["\u000B"])"), R"($['\u000b'])");
  EXPECT_EQ(Normalized(R"({"a":1})", R"($["\u0061"])"), "$['a']");
  EXPECT_EQ(Normalized(R"({"'\\\n\u0001":1})", "$.*"), R"($['\'\\\n\u0001'])");
}

TEST(JsonPathTest, WellFormedQueriesParse) {
  for (const char* const query : {"$",
                                  "$.a",
                                  "$.\xC3\xA9",
                                  "$._1",
                                  "$ .a",
                                  "$\n[ 'a' ]\t..b",
                                  "$[?length(@) < 3]",
                                  "$[?count(@.*) == 1]",
                                  "$[?match(@.timezone, 'Europe/.*')]",
                                  R"($[?value(@..color) == "red"])",
                                  "$[? (@.a) ]",
                                  "$[?@.a&&!@.b]",
                                  "$[?1==-1.5E+3]",
                                  R"($["\uD83D\uDE00\/"])",
                                  R"($['\''])",
                                  "$[?@[0]=='x']",
                                  "$[?count(@['a','b'])==2]",
                                  "$[?((((@.a))))]",
                                  "$..[?@.a]",
                                  "$[0,'a',*,1:2,?@]",
                                  "$[?@.a==$['b'][0]]",
                                  "$[-9007199254740991]",
                                  "$[?nullx()==1 || true==false]"}) {
    const absl::Status status = JsonPath::Parse(query).status();
    if (std::string(query).find("nullx") != std::string::npos) {
      EXPECT_FALSE(status.ok()) << "there is no such function";
    } else {
      EXPECT_TRUE(status.ok()) << query << ": " << status;
    }
  }
}

TEST(JsonPathTest, IllFormedQueriesAreRefused) {
  for (const char* const query : {"",
                                  "a",
                                  " $",
                                  "$ ",
                                  "$.",
                                  "$..",
                                  "$.1",
                                  "$. a",
                                  "$.[0]",
                                  "$['a",
                                  "$['a'",
                                  "$[]",
                                  "$[a]",
                                  "$[01]",
                                  "$[-0]",
                                  "$[1.0]",
                                  "$[9007199254740992]",
                                  "$[-9007199254740992]",
                                  "$[0,]",
                                  "$[1:2:3:4]",
                                  "$[?]",
                                  "$[?@.a=1]",
                                  "$[?@.a==]",
                                  "$[?(@.a]",
                                  "$[?@.a && ]",
                                  "$[?1]",
                                  "$[?'a']",
                                  "$[?true]",
                                  "$[?@.*==1]",
                                  "$[?@..a==1]",
                                  "$[?@[0:1]==1]",
                                  "$[?@['a','b']==1]",
                                  "$[?!1==1]",
                                  "$[?(@.a==1)==true]",
                                  "$[?@.a==(1)]",
                                  "$[?==1]",
                                  "$[?01==1]",
                                  "$[?1.==1]",
                                  "$[?.5==1]",
                                  "$[?+1==1]",
                                  "$[?1e==1]",
                                  R"($["\x"])",
                                  R"($["\'"])",
                                  R"($['\"'])",
                                  R"($["\u12G4"])",
                                  R"($["\uD800"])",
                                  R"($["\uDC00"])",
                                  R"($["\uD800\u0041"])",
                                  "$['\n']"}) {
    EXPECT_EQ(JsonPath::Parse(query).status().code(), absl::StatusCode::kInvalidArgument) << query;
  }
}

TEST(JsonPathTest, IllTypedQueriesAreRefused) {
  for (const char* const query :
       {"$[?length(@.*) < 3]", "$[?count(1) == 1]", "$[?count(foo(@.*)) == 1]",
        "$[?match(@.timezone, 'Europe/.*') == true]", "$[?value(@..color)]", "$[?length(@)]",
        "$[?length(@, @)==1]", "$[?match(@.a)]", "$[?length (@) < 3]", "$[?foo(@)]",
        "$[?length()==1]", "$[?@ == TRUE]", "$.a b", "$[*", "$..[", "\xFF"}) {
    EXPECT_EQ(JsonPath::Parse(query).status().code(), absl::StatusCode::kInvalidArgument) << query;
  }
  const absl::Status status = JsonPath::Parse("$.a[?@.b = 1]").status();
  EXPECT_NE(status.ToString().find("character 10"), std::string::npos) << status;
}

TEST(JsonPathTest, NestingHasALimit) {
  const auto nested = [](int depth) {
    return "$[?" + std::string(static_cast<std::size_t>(depth), '(') + "@.a" +
           std::string(static_cast<std::size_t>(depth), ')') + "]";
  };
  EXPECT_TRUE(JsonPath::Parse(nested(63)).ok());
  EXPECT_FALSE(JsonPath::Parse(nested(64)).ok());
  EXPECT_FALSE(JsonPath::Parse(nested(3000)).ok());
}

TEST(JsonPathTest, TheNamesAtTheBeginningAreKnown) {
  const auto prefix = [](const char* query) {
    return FormatPointer(JsonPath::Parse(query)->FixedPrefix());
  };
  EXPECT_EQ(prefix("$.a['b'].c[0].d"), "/a/b/c");
  EXPECT_EQ(prefix("$.a['0'].c"), "/a") << "a pointer would take it for an index";
  EXPECT_EQ(prefix("$.a..b"), "/a");
  EXPECT_EQ(prefix("$.a[?@.x == $.y]"), "") << "the filter looks at the whole";
  EXPECT_EQ(prefix("$.a[?@.x]"), "/a");
}

// RFC 9485.
TEST(JsonPathRegexpTest, IRegexpsMatchAsTheirRfcSays) {
  Regexps regexps;
  EXPECT_TRUE(regexps.Matches("1974-05-01", "1974-05-.."));
  EXPECT_FALSE(regexps.Matches("x1974-05-01", "1974-05-.."));
  EXPECT_TRUE(regexps.IsFoundIn("x1974-05-01", "1974-05-.."));
  EXPECT_FALSE(regexps.Matches("\n", ".")) << "a dot is no line end";
  EXPECT_FALSE(regexps.Matches("\r", "."));
  EXPECT_TRUE(regexps.Matches("\xE2\x80\xA8", "."));
  EXPECT_TRUE(regexps.Matches("a^b$", "a^b$")) << "no anchors, but characters";
  EXPECT_TRUE(regexps.Matches("ab", "(a|b){2,}"));
  EXPECT_TRUE(regexps.Matches("a-]^", "[a\\-\\]^-]+"));
  EXPECT_TRUE(regexps.Matches("\xC3\xA9", "[\xC3\xA0-\xC3\xBC]"));
  EXPECT_FALSE(regexps.Matches("b", "[^a-z]"));
  EXPECT_TRUE(
      regexps.Matches("\xC3\x89"
                      "a",
                      "\\p{Lu}\\P{Lu}"));
  EXPECT_TRUE(regexps.Matches("", "a||b"));
}

TEST(JsonPathRegexpTest, WhatIsNoIRegexpMatchesNothing) {
  for (const char* const pattern :
       {"(",     ")", "[",  "[]",      "a**",         "a*?",  "\\d", "\\w",   "(?:a)", "*a",   "a{",
        "a{,2}", "{", "\\", "[a-b-c]", "[[:alpha:]]", "\\p{", "]",   "(?i)a", "\\b",   "[z-a]"}) {
    Regexps regexps;
    EXPECT_FALSE(regexps.Matches("a", pattern)) << pattern;
    EXPECT_FALSE(regexps.IsFoundIn("a", pattern)) << pattern;
  }
}

}  // namespace
}  // namespace varve::json
