// Tests: cli/trace_arguments.cc
// Tests: cli/trace_read_verbs.cc
// Tests: cli/trace_write_verbs.cc
#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

constexpr const char* kRun = " --run 6ba7b810-9dad-11d1-80b4-00c04fd430c8";

class TraceVerbs : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Do("init");
  }
  // Three spans: 1 above 2 above 3, started at 10, 20 and 30.
  void RecordThree() {
    Do("trace record plan --kind decision --id 0000000000000001 --start 10 --end 1010");
    Do("trace record search --kind tool_call --id 0000000000000002 --parent 0000000000000001"
       " --start 20 --tags web,slow --attributes {\"q\":\"x\"}");
    Do("trace record answer --kind thought --id 0000000000000003 --parent 0000000000000002"
       " --start 30");
  }
  std::string Ids(const std::string& words) {
    std::string ids;
    for (const Json& line : Do(words + " --json").Lines()) {
      ids += line.contains("cursor") ? '+' : line["id"].get<std::string>().back();
    }
    return ids;
  }
};

TEST_F(TraceVerbs, RecordPrintsTheIdAndGetShowsTheSpan) {
  const std::string id = Do("trace record hello").out;
  ASSERT_EQ(id.size(), 17u);
  const Json span = Do("trace get " + id.substr(0, 16) + " --json").Object();
  EXPECT_TRUE(span["found"].get<bool>());
  EXPECT_EQ(span["name"], "hello");
  EXPECT_EQ(span["kind"], "custom");
  EXPECT_EQ(span["attributes"], Json::object());
  EXPECT_FALSE(span.contains("parent"));
  EXPECT_FALSE(span.contains("end_us"));
  RecordThree();
  const Json search = Do("trace get 0000000000000002 --json").Object();
  EXPECT_EQ(search["parent"], "0000000000000001");
  EXPECT_EQ(search["tags"], (Json{"slow", "web"}));
  EXPECT_EQ(search["attributes"], (Json{{"q", "x"}}));
  EXPECT_EQ(search["start_us"], 20);
  const std::string text = Do("trace get 0000000000000002").out;
  EXPECT_NE(text.find("tool_call"), std::string::npos) << text;
  EXPECT_EQ(Run("trace get 00000000000000ff").exit_code, 1);
  EXPECT_FALSE(Run("trace get 00000000000000ff --json").Object()["found"].get<bool>());
}

TEST_F(TraceVerbs, FindTakesAllConditionsTogether) {
  RecordThree();
  EXPECT_EQ(Ids("trace find"), "123");
  EXPECT_EQ(Ids("trace find --reverse"), "321");
  EXPECT_EQ(Ids("trace find --kind tool_call"), "2");
  EXPECT_EQ(Ids("trace find --tags slow,web"), "2");
  EXPECT_EQ(Ids("trace find --tags slow,other"), "");
  EXPECT_EQ(Ids("trace find --from 11 --until 30"), "2");
  EXPECT_EQ(Ids("trace find --roots"), "1");
  EXPECT_EQ(Ids("trace find --parent 0000000000000002"), "3");
  EXPECT_EQ(Ids("trace find --open"), "23");
  EXPECT_EQ(Ids("trace find --finished"), "1");
  EXPECT_EQ(Ids("trace find --name answer"), "3");
  EXPECT_EQ(Do("trace find --name plan").out,
            "0000000000000001\t1970-01-01T00:00:00.000010Z\t1.0 ms\tdecision\tplan\n");
  EXPECT_EQ(Run("trace find --open --finished").exit_code, 2);
  EXPECT_EQ(Run("trace find --roots --parent 0000000000000002").exit_code, 2);
  EXPECT_EQ(Run("trace find --kind tool").exit_code, 2);
  EXPECT_EQ(Run("trace find --parent 2").exit_code, 2);
}

TEST_F(TraceVerbs, CursorsGoOn) {
  RecordThree();
  const std::vector<Json> lines = Do("trace find --limit 2 --json").Lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(Ids("trace find --cursor " + lines[2]["cursor"].get<std::string>()), "3");
  const std::vector<Json> tree = Do("trace tree --limit 2 --json").Lines();
  ASSERT_EQ(tree.size(), 3u);
  EXPECT_EQ(Ids("trace tree --cursor " + tree[2]["cursor"].get<std::string>()), "3");
  EXPECT_EQ(Run("trace tree --cursor nonsense!").exit_code, 2);
}

TEST_F(TraceVerbs, TreeIndents) {
  RecordThree();
  EXPECT_EQ(Do("trace tree").out,
            "decision plan  (1.0 ms, 0000000000000001)\n"
            "  tool_call search  (open, 0000000000000002)\n"
            "    thought answer  (open, 0000000000000003)\n");
  EXPECT_EQ(Ids("trace tree 0000000000000002"), "23");
  EXPECT_EQ(Ids("trace tree --depth 1"), "12");
  EXPECT_EQ(Do("trace tree --json").Lines()[2]["depth"], 2);
  EXPECT_EQ(Run("trace tree 00000000000000ff").exit_code, 1);
}

TEST_F(TraceVerbs, CountCounts) {
  RecordThree();
  EXPECT_EQ(Do("trace count").out, "3\n");
  EXPECT_EQ(Do("trace count --kind thought --json").Object(), (Json{{"count", 1}}));
  EXPECT_EQ(Do(std::string("trace count") + kRun).out, "0\n");
}

TEST_F(TraceVerbs, FinishAndAnnotateChangeASpan) {
  RecordThree();
  Do("trace finish 0000000000000002 --end 50 --status error --message timeout");
  Do("trace annotate 0000000000000002 --add-tags late --remove-tags slow --attributes "
     "{\"q\":null,\"n\":1}");
  const Json span = Do("trace get 0000000000000002 --json").Object();
  EXPECT_EQ(span["end_us"], 50);
  EXPECT_EQ(span["status"], "error");
  EXPECT_EQ(span["status_message"], "timeout");
  EXPECT_EQ(span["tags"], (Json{"late", "web"}));
  EXPECT_EQ(span["attributes"], (Json{{"n", 1}}));
  EXPECT_EQ(Run("trace finish 0000000000000002").exit_code, 5);
  EXPECT_EQ(Run("trace finish 00000000000000ff").exit_code, 5);
  EXPECT_EQ(Run("trace annotate 0000000000000002").exit_code, 2);
  EXPECT_EQ(Run("trace record x --parent 00000000000000ff").exit_code, 5);
  EXPECT_EQ(Run("trace record x --id 0000000000000002").exit_code, 5);
  EXPECT_EQ(Run("trace record x --attributes []").exit_code, 2);
}

TEST_F(TraceVerbs, DeleteTakesTheTree) {
  RecordThree();
  const Json answer = Do("trace delete 0000000000000002 --json").Object();
  EXPECT_EQ(answer["deleted"], 2);
  EXPECT_TRUE(answer["written"].get<bool>());
  EXPECT_EQ(Ids("trace find"), "1");
  EXPECT_EQ(Run("trace delete 0000000000000002").exit_code, 1);
}

TEST_F(TraceVerbs, ThePastIsStillThere) {
  RecordThree();
  const int before = Do("trace record last --json").Object()["lsn"].get<int>() - 1;
  EXPECT_EQ(Do("trace count --at " + std::to_string(before)).out, "3\n");
  EXPECT_EQ(Do("trace count").out, "4\n");
}

TEST_F(TraceVerbs, WhatIsExportedCanBeImported) {
  RecordThree();
  const std::string exported = Do("trace export --service demo --batch 2").out;
  EXPECT_EQ(Do("trace export --service demo --batch 2 --json").out, exported);
  ASSERT_EQ(std::count(exported.begin(), exported.end(), '\n'), 2);
  const Json request = Json::parse(exported.substr(0, exported.find('\n')));
  const Json& resource = request["resourceSpans"][0];
  EXPECT_EQ(resource["resource"]["attributes"][0]["value"]["stringValue"], "demo");
  EXPECT_EQ(resource["scopeSpans"][0]["spans"][0]["name"], "plan");
  const Json import = Do(std::string("trace import - --json") + kRun, {.input = exported}).Object();
  EXPECT_EQ(import, (Json{{"lines", 2}, {"spans", 3}, {"orphans", 0}}));
  EXPECT_EQ(Do(std::string("trace tree") + kRun).out, Do("trace tree").out);
  EXPECT_EQ(Run(std::string("trace import -") + kRun, {.input = exported}).exit_code, 5);
  const CommandAnswer bad = Run("trace import -", {.input = "\n{}\n"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_NE(bad.err.find("line 2"), std::string::npos) << bad.err;
  EXPECT_EQ(Run("trace import - --trace-id 12", {.input = ""}).exit_code, 2);
  EXPECT_EQ(
      Do("trace import - --json --trace-id 0af7651916cd43dd8448eb211c80319c", {.input = exported})
          .Object()["spans"],
      0);
  EXPECT_EQ(Do("trace export --kind error").out, "");
}

TEST_F(TraceVerbs, ReadVerbsWriteNotOneByte) {
  RecordThree();
  const std::vector<std::string> before = Image();
  for (const char* verb :
       {"trace get 0000000000000001", "trace find", "trace tree", "trace count", "trace export"}) {
    Do(verb);
    EXPECT_EQ(Image(), before) << verb;
  }
}

}  // namespace
}  // namespace varve::testing
