// Tests: cli/json_read_verbs.cc
// Tests: cli/json_write_verbs.cc
// Tests: cli/json_arguments.cc
#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class JsonVerbs : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Do("init");
  }

  // Words as they are; expects exit code 0.
  CommandAnswer Ok(const std::vector<std::string>& words) {
    CommandAnswer answer = Run(words);
    EXPECT_EQ(answer.exit_code, 0) << answer.err;
    return answer;
  }
};

TEST_F(JsonVerbs, GetPrintsADocumentOrAPlaceInIt) {
  Ok({"json", "create", "user/7", R"({"name": "Ada", "tags": [1, 2]})"});
  EXPECT_EQ(Do("json get user/7").out, "{\"name\":\"Ada\",\"tags\":[1,2]}\n");
  EXPECT_EQ(Do("json get user/7 /tags/1").out, "2\n");
  EXPECT_EQ(Do("json get user/7 /tags --pretty").out, "[\n  1,\n  2\n]\n");
  const Json object = Do("json get user/7 /name --json").Object();
  EXPECT_EQ(object,
            (Json{{"name", "user/7"}, {"pointer", "/name"}, {"found", true}, {"value", "Ada"}}));
  const CommandAnswer absent = Run("json get user/7 /nothing");
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_EQ(absent.out, "");
  EXPECT_EQ(Run("json get user/8 --json").Object()["found"], false);
  EXPECT_EQ(Run("json exists user/8").out, "no\n");
  EXPECT_EQ(Do("json exists user/7 /tags").out, "yes\n");
}

TEST_F(JsonVerbs, WritesChangeTheDocument) {
  const Json receipt = Ok({"json", "create", "doc", "{}", "--json"}).Object();
  EXPECT_EQ(receipt["written"], true);
  EXPECT_EQ(Run({"json", "create", "doc", "{}"}).exit_code, 5);
  Do("json set doc /a/b 1");
  Ok({"json", "set", "doc", "/list", "[1]"});
  Do("json push doc /list 3");
  Do("json insert doc /list 1 2");
  EXPECT_EQ(Do("json increment doc /a/b 41").out, "42\n");
  EXPECT_EQ(Ok({"json", "merge", "doc", R"({"m":{"x":1}})"}).exit_code, 0);
  Ok({"json", "patch", "doc", R"([{"op":"copy","from":"/m/x","path":"/y"}])"});
  EXPECT_EQ(Do("json get doc").out,
            "{\"a\":{\"b\":42},\"list\":[1,2,3],\"m\":{\"x\":1},\"y\":1}\n");
  EXPECT_EQ(Do("json pop doc /list").out, "3\n");
  Do("json delete doc /m");
  EXPECT_EQ(Run("json delete doc /m").exit_code, 1);
  EXPECT_EQ(Do("json get doc").out, "{\"a\":{\"b\":42},\"list\":[1,2],\"y\":1}\n");
  Do("json destroy doc");
  EXPECT_EQ(Run("json destroy doc").exit_code, 1);
  EXPECT_EQ(Run("json get doc").exit_code, 1);
}

TEST_F(JsonVerbs, AVersionGuardsASet) {
  Do("json set doc /a 1");
  const Json info = Do("json info doc --json").Object();
  const std::string version = std::to_string(info["lsn"].get<std::uint64_t>());
  Do("json cas doc /a 2 --if-lsn " + version);
  EXPECT_EQ(Run("json cas doc /a 3 --if-lsn " + version).exit_code, 1);
  EXPECT_EQ(Do("json get doc /a").out, "2\n");
  EXPECT_EQ(Do("json get doc /a --at " + version).out, "1\n");
  EXPECT_EQ(Run("json info none").exit_code, 1);
}

TEST_F(JsonVerbs, DocumentsAreListedQueriedAndFound) {
  Ok({"json", "create", "a/1", R"({"age":42,"city":"London"})"});
  Ok({"json", "create", "a/2", R"({"age":7,"city":"Paris"})"});
  Ok({"json", "create", "b", R"({"age":42.0})"});
  EXPECT_EQ(Do("json list a/ --json").Lines().size(), 2U);
  EXPECT_EQ(Do("json list --limit 1 --json").Lines().back(), (Json{{"more", true}}));
  EXPECT_EQ(Ok({"json", "query", "a/1", "$[?@ == 42]"}).out, "42\n");
  EXPECT_EQ(Ok({"json", "query", "a/1", "$.city", "--json"}).Object(),
            (Json{{"pointer", "/city"}, {"value", "London"}}));
  EXPECT_EQ(Run({"json", "query", "a/1", "$.none"}).exit_code, 1);
  EXPECT_EQ(Run({"json", "query", "a/1", "$["}).exit_code, 2);
  EXPECT_EQ(Do("json find /age 42").out, "a/1\nb\n");
  EXPECT_EQ(Do("json find /age 42 --json").Object()["index"], nullptr);
  Do("json create-index by-age /age number");
  const Json found = Do("json find /age 42 --json").Object();
  EXPECT_EQ(found["index"], "by-age");
  EXPECT_EQ(found["names"], (Json{"a/1", "b"}));
  EXPECT_EQ(Do("json indexes").out, "by-age\tnumber\t/age\n");
  Do("json drop-index by-age");
  EXPECT_EQ(Do("json indexes").out, "");
  EXPECT_EQ(Run("json find /age 1").exit_code, 1);
}

TEST_F(JsonVerbs, DocumentsOfARunAreApart) {
  const std::string run = " --run 6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  Do("json set doc /a 1" + run);
  EXPECT_EQ(Run("json get doc").exit_code, 1);
  EXPECT_EQ(Do("json get doc /a" + run).out, "1\n");
}

TEST_F(JsonVerbs, WhatIsNotJsonIsAUsageError) {
  EXPECT_EQ(Run("json set doc /a nonsense").exit_code, 2);
  EXPECT_EQ(Run({"json", "create", "doc", R"({"a":1,"a":2})"}).exit_code, 2);
  EXPECT_EQ(Run("json set doc a 1").exit_code, 2);
  EXPECT_EQ(Run({"json", "create", "doc", "--file", "-"}, {.input = "[1,2]"}).exit_code, 0);
  EXPECT_EQ(Do("json get doc").out, "[1,2]\n");
}

}  // namespace
}  // namespace varve::testing
