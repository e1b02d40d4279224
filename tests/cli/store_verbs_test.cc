// Tests: cli/init_verb.cc
// Tests: cli/stat_verb.cc
// Tests: cli/snapshot_verbs.cc
// Tests: cli/restore_verb.cc
#include <array>
#include <ctime>
#include <filesystem>

#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class StoreVerbs : public CommandTest {
 protected:
  std::string Digest() { return Do("stat --digest --json").Object()["digest"]; }
  static std::string UtcText(std::uint64_t micros) {
    const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    return std::string(text.data(), length) + "." +
           std::to_string(1'000'000 + micros % 1'000'000).substr(1) + "Z";
  }
};

TEST_F(StoreVerbs, InitMakesOneStoreAndNotASecond) {
  const Json made = Do("init --json").Object();
  EXPECT_TRUE(made["created"].get<bool>());
  EXPECT_EQ(Run("init").exit_code, 5);
  const Json again = Do("init --if-missing --json").Object();
  EXPECT_FALSE(again["created"].get<bool>());
  EXPECT_EQ(again["uuid"], made["uuid"]);
}

TEST_F(StoreVerbs, StatTellsWhereTheBytesAre) {
  FillStore(50);
  Do("snapshot create");
  const Json stat = Do("stat --json").Object();
  EXPECT_EQ(stat["rows"], 50);
  EXPECT_EQ(stat["snapshots"].size(), 1u);
  EXPECT_EQ(stat["recovery"]["base"], "materialized");
  EXPECT_TRUE(stat["recovery"]["clean_close"].get<bool>());
  const Json& disk = stat["footprint"];
  EXPECT_GE(disk["log"]["files"], 1);
  EXPECT_EQ(disk["snapshots"]["files"], 1);
  EXPECT_GT(disk["state"]["bytes"], 0);
  EXPECT_GT(disk["state"]["live_bytes"], 0);
  EXPECT_EQ(disk["other"]["files"], 0);
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store_)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  EXPECT_EQ(disk["total"]["bytes"], bytes);
  const std::string text = Do("stat").out;
  for (const char* word : {"log", "state.mdb", "last LSN", "recovery", "closed cleanly"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << text;
  }
}

TEST_F(StoreVerbs, TheDigestIsOfTheStateAndNotOfItsFiles) {
  FillStore(50);
  const std::string digest = Digest();
  EXPECT_EQ(digest.size(), 32u);
  EXPECT_EQ(Digest(), digest);
  for (const std::string name : {"state.mdb", "state.mdb-lock"}) {
    std::filesystem::remove(store_ + "/" + name);
  }
  const Json rebuilt = Do("stat --digest --json").Object();
  EXPECT_TRUE(rebuilt["recovery"]["materialized_rebuilt"].get<bool>());
  EXPECT_EQ(rebuilt["digest"], digest);
  Do("kv put key/00007 changed");
  EXPECT_NE(Digest(), digest);
}

TEST_F(StoreVerbs, SnapshotsAreListedVerifiedAndRestored) {
  FillStore(40);
  const Json made = Do("snapshot create --json").Object();
  Do("kv put later 1");
  Do("snapshot create");
  const std::vector<Json> listed = Do("snapshot ls --json").Lines();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0]["lsn"], made["lsn"]);
  EXPECT_EQ(listed[0]["digest"], made["digest"]);
  EXPECT_EQ(Do("snapshot verify --json").Lines().size(), 2u);
  const std::string lsn = std::to_string(made["lsn"].get<int>());
  EXPECT_EQ(Do("snapshot verify --json " + lsn).Object()["verdict"], "good");
  EXPECT_EQ(Run("snapshot verify 77777").exit_code, 2);

  const std::string newest = Digest();
  Do("snapshot restore " + Path("newest"));
  Do("snapshot restore --lsn " + lsn + " " + Path("older"));
  EXPECT_EQ(Run("snapshot restore " + Path("older")).exit_code, 5);
  store_ = Path("newest");
  EXPECT_EQ(Digest(), newest);
  EXPECT_EQ(Do("kv count").out, "41\n");
  store_ = Path("older");
  EXPECT_EQ(Digest(), made["digest"]);
  EXPECT_EQ(Do("kv count").out, "40\n");
}

TEST_F(StoreVerbs, InitTakesASnapshotFile) {
  FillStore(10);
  const std::string path = Do("snapshot create --json").Object()["path"];
  store_ = Path("from_backup");
  Do("init --snapshot " + path);
  EXPECT_EQ(Do("kv count").out, "10\n");
  store_ = Path("nothing");
  EXPECT_NE(Run("init --snapshot " + Path("absent")).exit_code, 0);
}

TEST_F(StoreVerbs, RestoreWithoutSnapshotsSaysWhatToDo) {
  Do("init");
  EXPECT_EQ(Do("snapshot ls").out, "");
  const CommandAnswer answer = Run("snapshot restore " + Path("copy"));
  EXPECT_EQ(answer.exit_code, 5);
  EXPECT_NE(answer.err.find("snapshot create"), std::string::npos) << answer.err;
}

TEST_F(StoreVerbs, RestoreGoesBackToAnLsnOrATime) {
  Do("init");
  const Json first = Do("kv put a one --json").Object();
  Do("kv put a two");
  Do("restore " + Path("by_lsn") + " --at " + std::to_string(first["lsn"].get<int>()));
  Do("restore " + Path("by_time") + " --at " +
     UtcText(first["commit_time_us"].get<std::uint64_t>()));
  Do("restore " + Path("newest"));
  Do("restore " + Path("future") + " --at 2999-12-31T23:59:59Z");
  for (const char* moment :
       {"yesterday", "-1", "2026-01-31", "2026-13-31T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T23:59:59", "2026-01-31T23:59:59Zz", "99999999999999999999"}) {
    const CommandAnswer answer = Run("restore " + Path("x") + " --at " + moment);
    EXPECT_EQ(answer.exit_code, 2) << moment;
    EXPECT_NE(answer.err.find("--at"), std::string::npos) << answer.err;
  }
  EXPECT_FALSE(std::filesystem::exists(Path("x")));
  store_ = Path("by_lsn");
  EXPECT_EQ(Do("kv get a").out, "one\n");
  store_ = Path("by_time");
  EXPECT_EQ(Do("kv get a").out, "one\n");
  store_ = Path("newest");
  EXPECT_EQ(Do("kv get a").out, "two\n");
  store_ = Path("future");
  EXPECT_EQ(Do("kv get a").out, "two\n");
}

}  // namespace
}  // namespace varve::testing
