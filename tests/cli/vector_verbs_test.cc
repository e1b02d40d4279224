// Tests: cli/vector_read_verbs.cc
// Tests: cli/vector_write_verbs.cc
// Tests: cli/vector_arguments.cc
#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class VectorVerbs : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Do("init");
    Do("vector create docs --dimension 2 --metric dot");
    Do("vector insert docs a [1,0] --metadata {\"n\":1}");
    Do("vector insert docs b [0.5,2] --metadata {\"n\":2}");
    Do("vector upsert docs c [-1,1]");
  }
};

TEST_F(VectorVerbs, SearchPrintsScoreKeyAndMetadataBestFirst) {
  EXPECT_EQ(Do("vector search docs [1,1]").out, "2.5\tb\t{\"n\":2}\n1\ta\t{\"n\":1}\n0\tc\n");
  EXPECT_EQ(Do("vector search docs [1,1] -k 1 --vectors").out, "2.5\tb\t[0.5,2]\t{\"n\":2}\n");
  EXPECT_EQ(Do("vector search docs [1,1] --threshold 1 --threads 2").out,
            "2.5\tb\t{\"n\":2}\n1\ta\t{\"n\":1}\n");
  EXPECT_EQ(Do("vector search docs [1,1] --filter {\"lt\":[\"n\",2]}").out, "1\ta\t{\"n\":1}\n");
  EXPECT_EQ(Run("vector search docs [1,1] --filter {\"lt\":[\"n\",0]}").exit_code, 1);
  const std::vector<Json> hits = Do("vector search docs [1,1] --json --vectors").Lines();
  ASSERT_EQ(hits.size(), 3u);
  EXPECT_EQ(hits[0],
            (Json{{"key", "b"}, {"score", 2.5}, {"vector", {0.5, 2}}, {"metadata", {{"n", 2}}}}));
  EXPECT_EQ(hits[2]["metadata"], nullptr);
  EXPECT_EQ(Run({"vector", "search", "docs", "--file", "-", "-k", "1"}, {.input = "[1, 1]"}).out,
            "2.5\tb\t{\"n\":2}\n");
}

TEST_F(VectorVerbs, CollectionsAreListedAndDropped) {
  Do("vector create flat --dimension 3");
  EXPECT_EQ(Do("vector ls").out, "docs\t2\tdot\nflat\t3\tcosine\n");
  const Json info = Do("vector info flat --json").Object();
  EXPECT_EQ(info["collection"], "flat");
  EXPECT_EQ(info["dimension"], 3);
  EXPECT_EQ(info["metric"], "cosine");
  EXPECT_EQ(Do("vector count docs").out, "3\n");
  EXPECT_TRUE(Do("vector drop docs --json").Object()["written"].get<bool>());
  EXPECT_EQ(Run("vector drop docs").exit_code, 1);
  EXPECT_EQ(Run("vector info docs").exit_code, 1);
  EXPECT_EQ(Do("vector ls --json").Lines().size(), 1u);
}

TEST_F(VectorVerbs, RowsAreReadChangedAndDeleted) {
  EXPECT_EQ(Do("vector get docs a").out, "[1,0]\t{\"n\":1}\n");
  EXPECT_EQ(Run("vector get docs nobody").exit_code, 1);
  const Json row = Do("vector get docs b --json").Object();
  EXPECT_TRUE(row["found"].get<bool>());
  EXPECT_EQ(row["vector"], (Json{0.5, 2}));
  const std::string at = std::to_string(row["lsn"].get<int>());
  Do("vector update docs b [3,3]");
  Do("vector set-metadata docs a {\"n\":7}");
  EXPECT_EQ(Do("vector scan docs --vectors").out,
            "a\t[1,0]\t{\"n\":7}\nb\t[3,3]\t{\"n\":2}\nc\t[-1,1]\n");
  EXPECT_EQ(Do("vector get docs b --at " + at).out, "[0.5,2]\t{\"n\":2}\n");
  EXPECT_EQ(Do("vector search docs [1,1] -k 1 --at " + at).out, "2.5\tb\t{\"n\":2}\n");
  EXPECT_EQ(Do("vector scan docs --limit 1 --after a --json").Object()["key"], "b");
  EXPECT_EQ(Do("vector scan docs c").out, "c\n");
  Do("vector delete docs a");
  EXPECT_EQ(Run("vector delete docs a").exit_code, 1);
  EXPECT_EQ(Do("vector count docs --json").Object(), (Json{{"count", 2}}));
}

TEST_F(VectorVerbs, RunsAreApart) {
  const std::string run = " --run 6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  Do("vector create docs --dimension 1" + run);
  Do("vector insert docs x [1]" + run);
  EXPECT_EQ(Do("vector count docs" + run).out, "1\n");
  EXPECT_EQ(Do("vector count docs").out, "3\n");
}

TEST_F(VectorVerbs, MistakesAreSaidAndWriteNothing) {
  const auto image = Image();
  EXPECT_EQ(Run("vector create new --dimension 0").exit_code, 2);
  EXPECT_EQ(Run("vector create new --dimension 2 --metric odd").exit_code, 2);
  EXPECT_EQ(Run("vector insert docs d [1,\"x\"]").exit_code, 2);
  EXPECT_EQ(Run("vector insert docs d 1e99").exit_code, 2);
  EXPECT_EQ(Run("vector search docs [1,1] --filter {}x").exit_code, 2);
  EXPECT_EQ(Run("vector search docs [1,1] --threshold 1,2").exit_code, 2);
  EXPECT_EQ(Run("vector search docs [1]").exit_code, 2);
  EXPECT_EQ(Image(), image);
  EXPECT_NE(Run("vector insert docs a [1,1]").exit_code, 0);
  EXPECT_NE(Run("vector search nowhere [1,1]").exit_code, 0);
  EXPECT_EQ(Do("vector count docs").out, "3\n");
}

}  // namespace
}  // namespace varve::testing
