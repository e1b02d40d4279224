// Tests: cli/import_verb.cc
// Tests: cli/importer.cc
// Tests: cli/jsonl_record.cc
// Tests: cli/line_reader.cc
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class ImportVerb : public CommandTest {
 protected:
  // Imports `lines` and returns the answer.
  CommandAnswer Import(const std::string& lines, const std::string& options = "") {
    WriteFileBytes(Path("in.jsonl"), lines);
    return Run("import " + Path("in.jsonl") + " " + options);
  }
};

TEST_F(ImportVerb, EveryLineBecomesARow) {
  const CommandAnswer answer =
      Import("{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\"2\"}\n");
  EXPECT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_EQ(Do("kv scan").out, "a\t1\nb\t2\n");
}

TEST_F(ImportVerb, StringsAreBytesAndOtherJsonIsItsCompactText) {
  EXPECT_EQ(Import("{\"key\": \"object\", \"value\": {\"b\": [1, 2.5, null], \"a\": true}}\n"
                   "{\"key\": \"number\", \"value\": 18446744073709551615}\n"
                   "{\"key\": \"text\", \"value\": \"{\\\"x\\\": 1}\"}\n"
                   "{\"key\": {\"base64\": \"/w==\"}, \"value\": {\"base64\": \"AAE=\"}}")
                .exit_code,
            0);
  EXPECT_EQ(Do("kv get object").out, "{\"b\":[1,2.5,null],\"a\":true}\n");
  EXPECT_EQ(Do("kv get number").out, "18446744073709551615\n");
  EXPECT_EQ(Do("kv get text").out, "{\"x\": 1}\n");
  EXPECT_EQ(Do("kv get --base64 /w==").out, std::string("\0\1\n", 3));
}

TEST_F(ImportVerb, BlankLinesAndAMissingLastNewlineAreFine) {
  EXPECT_EQ(Import("\n{\"key\":\"a\",\"value\":\"1\"}\n  \n\r\n{\"key\":\"b\",\"value\":\"2\"}")
                .exit_code,
            0);
  EXPECT_EQ(Do("kv count").out, "2\n");
}

TEST_F(ImportVerb, ExpiryIsImported) {
  Import(
      "{\"key\":\"a\",\"value\":\"1\",\"expires_us\":9999999999999999}\n"
      "{\"key\":\"b\",\"value\":\"1\",\"expires_us\":1}\n");
  EXPECT_EQ(Do("kv get a --json").Object()["expires_us"], 9999999999999999u);
  EXPECT_EQ(Run("kv get b").exit_code, 1);
}

TEST_F(ImportVerb, ABadLineIsNamedAndEverythingBeforeItIsDurable) {
  for (const char* bad :
       {"{\"key\":\"x\"}", "{\"value\":\"x\"}", "[1]", "{\"key\":1,\"value\":2}", "nonsense",
        "{\"key\":\"x\",\"value\":\"1\",\"extra\":1}", "{\"key\":\"\",\"value\":\"1\"}",
        "{\"key\":{\"base64\":\"?\"},\"value\":\"1\"}", "{\"key\":\"x\",\"value\":1e999}",
        "{\"key\":\"x\",\"value\":\"1\",\"expires_us\":-1}"}) {
    const CommandAnswer answer =
        Import("{\"key\":\"a\",\"value\":\"1\"}\n\n{\"key\":\"b\",\"value\":\"1\"}\n" +
               std::string(bad) + "\n{\"key\":\"c\",\"value\":\"1\"}\n");
    EXPECT_EQ(answer.exit_code, 2) << bad << answer.err;
    EXPECT_NE(answer.err.find("line 4"), std::string::npos) << bad << answer.err;
    EXPECT_NE(answer.err.find("2 records"), std::string::npos) << bad << answer.err;
    EXPECT_EQ(Do("kv scan --keys").out, "a\nb\n") << bad;
  }
}

// Found while fuzzing jsonl_record: writing the value out again ran out of stack.
TEST_F(ImportVerb, ADeeplyNestedValueIsABadLine) {
  constexpr std::size_t kLevels = 200'000;
  const std::string value = std::string(kLevels, '[') + std::string(kLevels, ']');
  const CommandAnswer answer = Import("{\"key\":\"a\",\"value\":" + value + "}\n");
  EXPECT_EQ(answer.exit_code, 2) << answer.err;
  EXPECT_NE(answer.err.find("deeper than 128 levels"), std::string::npos) << answer.err;
  const std::string brackets = "{\"key\":\"b\",\"value\":\"\\\"" + std::string(300, '[') + "\"}\n";
  EXPECT_EQ(Import(brackets).exit_code, 0) << "brackets in a string are text";
}

TEST_F(ImportVerb, AKeyBeyondTheLimitIsABadLine) {
  const CommandAnswer answer = Import("{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"" +
                                      std::string(1025, 'k') + "\",\"value\":\"1\"}\n");
  EXPECT_EQ(answer.exit_code, 8);
  EXPECT_NE(answer.err.find("line 2"), std::string::npos) << answer.err;
  EXPECT_EQ(Do("kv count").out, "1\n");
}

TEST_F(ImportVerb, EveryTransactionIsAcknowledgedOnceItIsDurable) {
  std::string lines;
  for (int i = 0; i < 25; ++i) {
    lines += "{\"key\":\"k" + std::to_string(i) + "\",\"value\":\"v\"}\n";
  }
  const CommandAnswer answer =
      Import(lines, "--batch 10 --json --acknowledge " + Path("acknowledged"));
  const std::vector<Json> events = answer.Lines();
  ASSERT_EQ(events.size(), 4u) << answer.out;
  EXPECT_EQ(events[0]["lines"], 10);
  EXPECT_EQ(events[1]["lines"], 20);
  EXPECT_EQ(events[2]["lines"], 25);
  EXPECT_EQ(events[2]["event"], "committed");
  EXPECT_TRUE(events[2]["durable"].get<bool>());
  EXPECT_EQ(events[3]["event"], "imported");
  EXPECT_EQ(events[3]["records"], 25);
  const std::string acknowledged = ReadFileBytes(Path("acknowledged"));
  EXPECT_EQ(std::count(acknowledged.begin(), acknowledged.end(), '\n'), 3);
}

TEST_F(ImportVerb, BufferedImportsAreDurableAtTheEnd) {
  const CommandAnswer answer =
      Import("{\"key\":\"a\",\"value\":\"1\"}\n", "--durability buffered --json");
  const std::vector<Json> events = answer.Lines();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_FALSE(events[0]["durable"].get<bool>());
  EXPECT_EQ(Do("kv get a").out, "1\n");
  EXPECT_EQ(Import("", "--durability sometimes").exit_code, 2);
}

TEST_F(ImportVerb, AResumeKeySkipsTheLinesThatAreIn) {
  const std::string first = "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\"1\"}\n";
  Import(first, "--resume-key mark");
  Do("kv put a changed");
  const CommandAnswer answer =
      Import(first + "{\"key\":\"c\",\"value\":\"1\"}\n", "--resume-key mark --json");
  EXPECT_EQ(answer.Lines().back()["new_records"], 1);
  EXPECT_EQ(answer.Lines().back()["records"], 3);
  EXPECT_EQ(Do("kv get a").out, "changed\n");
  EXPECT_EQ(Json::parse(Do("kv get mark").out), (Json{{"lines", 3}, {"records", 3}}));
}

TEST_F(ImportVerb, AResumeKeyThatHoldsSomethingElseIsRefused) {
  Do("init");
  Do("kv put mark hello");
  EXPECT_EQ(Import("{\"key\":\"a\",\"value\":\"1\"}\n", "--resume-key mark").exit_code, 5);
  EXPECT_EQ(Import("{\"key\":\"other\",\"value\":\"1\"}\n", "--resume-key other").exit_code, 2);
}

TEST_F(ImportVerb, StandardInputIsAFileToo) {
  EXPECT_EQ(Run("import -", {.input = "{\"key\":\"a\",\"value\":\"1\"}\n"}).exit_code, 0);
  EXPECT_EQ(Do("kv get a").out, "1\n");
}

TEST_F(ImportVerb, AMissingFileMakesNoStore) {
  EXPECT_EQ(Run("import " + Path("absent.jsonl")).exit_code, 2);
  EXPECT_EQ(FilesIn(folder_).size(), 0u);
}

// The main promise, on a small scale: kill it anywhere, and what was acknowledged is there, in
// whole transactions.
TEST_F(ImportVerb, AKilledImportKeepsWhatItAcknowledgedInWholeTransactions) {
  constexpr int kLines = 20000;
  constexpr int kBatch = 10;
  std::string lines;
  for (int i = 1; i <= kLines; ++i) {
    lines += "{\"key\":\"k" + std::to_string(i) + "\",\"value\":\"v\"}\n";
  }
  WriteFileBytes(Path("in.jsonl"), lines);
  WriteFileBytes(Path("acknowledged"), "");
  const std::vector<std::string> words = {
      store_,         "import", Path("in.jsonl"), "--batch",           std::to_string(kBatch),
      "--resume-key", "mark",   "--acknowledge",  Path("acknowledged")};
  int imported = 0;
  for (int kills = 0; kills < 3; ++kills) {
    const pid_t process = StartCommand(words);
    // Some acknowledgements more than before, then it dies; or it is done by itself.
    const std::size_t enough = ReadFileBytes(Path("acknowledged")).size() + 4000;
    int status = 0;
    while (ReadFileBytes(Path("acknowledged")).size() < enough &&
           waitpid(process, &status, WNOHANG) == 0) {
    }
    kill(process, SIGKILL);
    waitpid(process, &status, 0);

    std::string acknowledged = ReadFileBytes(Path("acknowledged"));
    acknowledged.resize(acknowledged.rfind('\n'));
    const Json last = Json::parse(acknowledged.substr(acknowledged.rfind('\n') + 1));
    const Json mark = Json::parse(Do("kv get mark").out);
    const int found = mark["lines"];
    EXPECT_GE(found, last["lines"].get<int>());
    EXPECT_GT(found, imported);
    EXPECT_EQ(found % kBatch, 0);
    EXPECT_EQ(Do("kv count k").out, std::to_string(found) + "\n");
    EXPECT_EQ(Run("kv get k" + std::to_string(found)).exit_code, 0);
    EXPECT_EQ(Run("kv get k" + std::to_string(found + 1)).exit_code, found == kLines ? 0 : 1);
    imported = found;
  }
  EXPECT_EQ(RunCommand(words).exit_code, 0);
  EXPECT_EQ(Do("kv count k").out, std::to_string(kLines) + "\n");
  Do("check");
}

}  // namespace
}  // namespace varve::testing
