// Tests: cli/program.cc
// Tests: cli/verbs.cc
// Tests: cli/exit_code.cc
#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class ProgramTest : public CommandTest {};

TEST_F(ProgramTest, HelpNamesVerbsAndExitCodes) {
  const CommandAnswer answer = RunCommand({"--help"});
  EXPECT_EQ(answer.exit_code, 0);
  for (const char* word : {"init", "kv", "stat", "check", "wal", "snapshot", "import", "export",
                           "restore", "Exit codes", "130"}) {
    EXPECT_NE(answer.out.find(word), std::string::npos) << word;
  }
}

TEST_F(ProgramTest, EveryVerbHasHelpWithExamplesAndJson) {
  for (const std::string verb : {"init",
                                 "stat",
                                 "check",
                                 "import",
                                 "export",
                                 "restore",
                                 "wal ls",
                                 "wal dump",
                                 "wal verify",
                                 "snapshot create",
                                 "snapshot ls",
                                 "snapshot verify",
                                 "snapshot restore",
                                 "kv get",
                                 "kv exists",
                                 "kv scan",
                                 "kv count",
                                 "kv history",
                                 "kv put",
                                 "kv cas",
                                 "kv delete",
                                 "kv increment",
                                 "kv sweep"}) {
    const CommandAnswer answer = Do(verb + " --help");
    EXPECT_NE(answer.out.find("Examples:\n  varve STORE " + verb), std::string::npos) << verb;
    EXPECT_NE(answer.out.find("--json"), std::string::npos) << verb;
    EXPECT_NE(answer.out.find("Usage: varve STORE " + verb), std::string::npos) << answer.out;
  }
}

// Tests: cli/plugin.cc (the rest: examples/tickets/load_the_plugin.sh)
TEST_F(ProgramTest, WhatIsNoPluginIsNotLoaded) {
  const CommandAnswer missing = RunCommand({"--load", "no-such-library.so", store_, "stat"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_NE(missing.err.find("no-such-library.so"), std::string::npos) << missing.err;
  EXPECT_EQ(RunCommand({"--load"}).exit_code, 2);
}

TEST_F(ProgramTest, HelpNeedsNoStore) {
  EXPECT_NE(RunCommand({"kv", "get", "--help"}).out.find("kv get"), std::string::npos);
  EXPECT_EQ(RunCommand({"--version"}).exit_code, 0);
}

TEST_F(ProgramTest, WrongArgumentsExitWithTwoAndMakeNothing) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {store_},
      {store_, "fly"},
      {store_, "kv"},
      {store_, "kv", "get"},
      {store_, "kv", "get", "a", "b"},
      {store_, "kv", "get", "a", "--colour"},
      {store_, "kv", "increment", "a", "much"},
      {store_, "stat", "--wait", "-1"},
      {store_, "stat", "--keep-history", "soon"},
      {store_, "wal", "dump", "--from", "9", "--to", "3"},
      {"--json"}};
  for (const std::vector<std::string>& words : wrong) {
    const CommandAnswer answer = RunCommand(words);
    EXPECT_EQ(answer.exit_code, 2) << ::testing::PrintToString(words) << answer.err;
    EXPECT_EQ(answer.out, "");
    EXPECT_NE(answer.err, "");
  }
  EXPECT_EQ(FilesIn(folder_).size(), 0u);
}

TEST_F(ProgramTest, TheStoreMayBeCalledLikeAVerb) {
  const CommandSetting inside{.working_folder = folder_};
  EXPECT_EQ(RunCommand({"stat", "init"}, inside).exit_code, 0);
  EXPECT_EQ(RunCommand({"stat", "kv", "put", "a", "1"}, inside).exit_code, 0);
  EXPECT_EQ(RunCommand({"stat", "kv", "get", "a"}, inside).out, "1\n");
}

TEST_F(ProgramTest, AnErrorAsJsonHasCodeExitMessageAndRemedy) {
  const CommandAnswer answer = Run("stat --json");
  EXPECT_EQ(answer.exit_code, 5);
  EXPECT_EQ(answer.out, "");
  const Json error = answer.Error();
  EXPECT_EQ(error["code"], "NOT_FOUND");
  EXPECT_EQ(error["exit"], 5);
  EXPECT_NE(error["message"].get<std::string>().find(store_), std::string::npos);
  EXPECT_NE(error["remedy"].get<std::string>().find("init"), std::string::npos);
}

}  // namespace
}  // namespace varve::testing
