// Tests: cli/kv_read_verbs.cc
// Tests: cli/kv_write_verbs.cc
// Tests: cli/kv_arguments.cc
#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class KvVerbs : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Do("init");
  }
};

TEST_F(KvVerbs, GetPrintsTheValueAndANewlineAndNothingElse) {
  Do("kv put greeting hello");
  const CommandAnswer answer = Do("kv get greeting");
  EXPECT_EQ(answer.out, "hello\n");
  EXPECT_EQ(answer.err, "");
}

TEST_F(KvVerbs, GetOfAnAbsentKeyPrintsNothingAndExitsWithOne) {
  const CommandAnswer answer = Run("kv get nobody");
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_EQ(answer.out, "");
  EXPECT_EQ(answer.err, "");
  const CommandAnswer json = Run("kv get nobody --json");
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(json.Object(), (Json{{"found", false}, {"key", "nobody"}}));
}

TEST_F(KvVerbs, GetAsJsonTellsVersionAndTime) {
  const Json put = Do("kv put greeting hello --json").Object();
  EXPECT_TRUE(put["written"].get<bool>());
  const Json row = Do("kv get greeting --json").Object();
  EXPECT_EQ(row["key"], "greeting");
  EXPECT_EQ(row["value"], "hello");
  EXPECT_EQ(row["lsn"], put["lsn"]);
  EXPECT_EQ(row["commit_time_us"], put["commit_time_us"]);
  EXPECT_FALSE(row.contains("expires_us"));
}

TEST_F(KvVerbs, AKeyMayBeCalledLikeAVerb) {
  Do("kv put get kv");
  EXPECT_EQ(Do("kv get get").out, "kv\n");
  Do(std::string("kv put -- -key -value"));
  EXPECT_EQ(Do("kv get -- -key").out, "-value\n");
}

TEST_F(KvVerbs, ValuesKeepEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(Run({"kv", "put", "bytes", "--file", "-"}, {.input = bytes}).exit_code, 0);
  EXPECT_EQ(Do("kv get bytes").out, bytes + "\n");
  WriteFileBytes(Path("value"), bytes);
  EXPECT_EQ(Run({"kv", "put", "again", "--file", Path("value")}).exit_code, 0);
  EXPECT_EQ(Do("kv get again").out, bytes + "\n");
}

TEST_F(KvVerbs, BytesThatAreNotTextAreBase64InJsonAndEscapedInText) {
  Do("kv put --base64 /wA= gIE=");  // key FF 00, value 80 81
  EXPECT_EQ(Do("kv get --base64 /wA=").out, "\x80\x81\n");
  const Json row = Do("kv get --base64 /wA= --json").Object();
  EXPECT_EQ(row["key"], (Json{{"base64", "/wA="}}));
  EXPECT_EQ(row["value"], (Json{{"base64", "gIE="}}));
  EXPECT_EQ(Do("kv scan").out, "\\xff\\x00\t\\x80\\x81\n");
}

TEST_F(KvVerbs, ExistsAnswersByExitCode) {
  Do("kv put a 1");
  EXPECT_EQ(Do("kv exists a").out, "yes\n");
  const CommandAnswer answer = Run("kv exists b");
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_EQ(answer.out, "no\n");
}

TEST_F(KvVerbs, DeleteSaysWhetherThereWasAKey) {
  Do("kv put a 1");
  EXPECT_TRUE(Do("kv delete a --json").Object()["written"].get<bool>());
  EXPECT_EQ(Run("kv get a").exit_code, 1);
  EXPECT_EQ(Run("kv delete a").exit_code, 1);
}

TEST_F(KvVerbs, ScanIsInKeyOrderWithinPrefixRangeAndLimit) {
  FillStore(20);
  Do("kv put other x");
  EXPECT_EQ(Do("kv scan key/0000 --limit 2").out, "key/00000\t0\nkey/00001\t1\n");
  EXPECT_EQ(Do("kv scan --begin key/00018").out, "key/00018\t18\nkey/00019\t19\nother\tx\n");
  EXPECT_EQ(Do("kv scan --end key/00001 --keys").out, "key/00000\n");
  EXPECT_EQ(Do("kv scan key/ --reverse --limit 1 --keys").out, "key/00019\n");
  const std::vector<Json> rows = Do("kv scan key/ --json").Lines();
  ASSERT_EQ(rows.size(), 20u);
  EXPECT_EQ(rows[7]["key"], "key/00007");
  EXPECT_EQ(rows[7]["value"], "7");
}

TEST_F(KvVerbs, ACursorGoesOnWhereTheLimitEnded) {
  FillStore(5);
  const std::vector<Json> first = Do("kv scan --limit 3 --json").Lines();
  ASSERT_EQ(first.size(), 4u);
  const std::string cursor = first[3]["cursor"];
  const std::vector<Json> rest = Do("kv scan --limit 3 --json --cursor " + cursor).Lines();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0]["key"], "key/00003");
  EXPECT_EQ(rest[1]["key"], "key/00004");
  EXPECT_EQ(Run("kv scan --cursor nonsense!").exit_code, 2);
}

TEST_F(KvVerbs, CountCounts) {
  FillStore(12);
  EXPECT_EQ(Do("kv count").out, "12\n");
  EXPECT_EQ(Do("kv count key/0001").out, "2\n");
  EXPECT_EQ(Do("kv count nothing --json").Object(), (Json{{"count", 0}}));
}

TEST_F(KvVerbs, HistoryIsKeptAcrossCommandsAndReadable) {
  const Json first = Do("kv put a one --json").Object();
  Do("kv put a two");
  Do("kv delete a");
  const std::vector<Json> versions = Do("kv history a --json").Lines();
  ASSERT_EQ(versions.size(), 3u);
  EXPECT_TRUE(versions[0]["deleted"].get<bool>());
  EXPECT_EQ(versions[1]["value"], "two");
  EXPECT_EQ(versions[2]["value"], "one");
  EXPECT_EQ(versions[2]["lsn"], first["lsn"]);
  const std::string at = std::to_string(first["lsn"].get<int>());
  EXPECT_EQ(Do("kv get a --at " + at).out, "one\n");
  EXPECT_EQ(Run("kv history b").exit_code, 1);
  EXPECT_EQ(Run("kv get a --at 999999").exit_code, 2);
}

TEST_F(KvVerbs, IncrementPrintsTheSum) {
  EXPECT_EQ(Do("kv increment visits").out, "1\n");
  EXPECT_EQ(Do("kv increment visits 41").out, "42\n");
  EXPECT_EQ(Do("kv increment visits -50").out, "-8\n");
  EXPECT_EQ(Do("kv increment visits 8 --json").Object()["value"], 0);
  Do("kv put word hello");
  EXPECT_EQ(Run("kv increment word").exit_code, 5);
  Do("kv put big 9223372036854775807");
  EXPECT_EQ(Run("kv increment big").exit_code, 2);
}

TEST_F(KvVerbs, ConditionalWritesAnswerNoAndWriteNothing) {
  Do("kv put a one --if-absent");
  const CommandAnswer refused = Run("kv put a two --if-absent --json");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_FALSE(refused.Object()["written"].get<bool>());
  EXPECT_EQ(Run("kv cas a two --if-value other").exit_code, 1);
  EXPECT_EQ(Do("kv get a").out, "one\n");
  Do("kv cas a two --if-value one");
  const Json row = Do("kv get a --json").Object();
  EXPECT_EQ(row["value"], "two");
  EXPECT_EQ(Run("kv cas a three --if-lsn 1000000").exit_code, 1);
  Do("kv cas a three --if-lsn " + std::to_string(row["lsn"].get<int>()));
  EXPECT_EQ(Do("kv get a").out, "three\n");
  EXPECT_EQ(Run("kv cas a four").exit_code, 2);
}

TEST_F(KvVerbs, AnExpiredKeyIsAbsentAndSweptAway) {
  Do("kv put short x --ttl 0.000001");
  Do("kv put long x --ttl 1000000");
  EXPECT_TRUE(Do("kv get long --json").Object().contains("expires_us"));
  EXPECT_EQ(Run("kv get short").exit_code, 1);
  EXPECT_EQ(Do("kv sweep --json").Object(), (Json{{"deleted", 1}}));
  EXPECT_EQ(Do("kv sweep --json").Object(), (Json{{"deleted", 0}}));
}

TEST_F(KvVerbs, RunsDoNotSeeOneAnother) {
  const std::string run = " --run 6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  Do("kv put a default");
  Do("kv put a other" + run);
  EXPECT_EQ(Do("kv get a").out, "default\n");
  EXPECT_EQ(Do("kv get a" + run).out, "other\n");
  EXPECT_EQ(Run("kv get a --run 12").exit_code, 2);
}

TEST_F(KvVerbs, LimitsAreRefusedAndNamed) {
  EXPECT_EQ(Run({"kv", "put", "", "x"}).exit_code, 2);
  EXPECT_EQ(Run({"kv", "put", std::string(1024, 'k'), "x"}).exit_code, 0);
  const CommandAnswer long_key = Run({"kv", "put", std::string(1025, 'k'), "x"});
  EXPECT_EQ(long_key.exit_code, 8);
  EXPECT_NE(long_key.err.find("1024"), std::string::npos) << long_key.err;
  const std::string value(std::size_t{16} << 20, 'v');
  EXPECT_EQ(Run({"kv", "put", "big", "--file", "-"}, {.input = value}).exit_code, 0);
  const CommandAnswer large = Run({"kv", "put", "bigger", "--file", "-"}, {.input = value + "v"});
  EXPECT_EQ(large.exit_code, 8);
  EXPECT_EQ(Do("kv count").out, "2\n");
}

TEST_F(KvVerbs, AValueComesFromOnePlace) {
  EXPECT_EQ(Run("kv put a").exit_code, 2);
  EXPECT_EQ(Run("kv put a b --file c").exit_code, 2);
  EXPECT_NE(Run("kv put a --file " + Path("absent")).exit_code, 0);
  EXPECT_EQ(Run("kv put a ??? --base64").exit_code, 2);
}

TEST_F(KvVerbs, ReadVerbsWriteNotOneByte) {
  FillStore(30);
  const std::vector<std::string> before = Image();
  for (const char* verb : {"kv get key/00001", "kv scan", "kv count", "kv history key/00001",
                           "kv exists key/00001", "stat", "check", "export", "wal ls", "wal dump",
                           "wal verify", "snapshot ls", "snapshot verify"}) {
    Do(verb);
    EXPECT_EQ(Image(), before) << verb;
  }
}

}  // namespace
}  // namespace varve::testing
