// Tests: cli/backup_verb.cc
// Tests: cli/restore_verb.cc
#include <filesystem>

#include "gtest/gtest.h"
#include "kernel/io/file_system.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class BackupVerb : public CommandTest {
 protected:
  // Makes the given verb's store the one at `name` below the test's folder.
  CommandAnswer RunOn(const std::string& name, const std::string& words) {
    const std::string store = store_;
    store_ = Path(name);
    CommandAnswer answer = Run(words);
    store_ = store;
    return answer;
  }
};

TEST_F(BackupVerb, BacksUpChecksAndRestoresEveryMoment) {
  FillStore(30);
  Do("snapshot create");
  Do("kv put a one");
  const std::vector<std::string> before = Image();
  const Json made = Do("backup " + Path("backup") + " --json").Object();
  EXPECT_EQ(Image(), before);
  EXPECT_TRUE(made["first"].get<bool>());
  EXPECT_EQ(made["snapshots_copied"], 1);
  EXPECT_GT(made["bytes_copied"].get<int>(), 0);
  EXPECT_EQ(made["bytes_present"], 0);
  EXPECT_EQ(made["first_lsn"], 0);
  EXPECT_TRUE(made.contains("commit_time_us"));
  EXPECT_TRUE(made.contains("seconds"));

  const int then = Do("kv put a two --json").Object()["lsn"];
  Do("kv put a three");
  const Json next = Do("backup " + Path("backup") + " --json").Object();
  EXPECT_FALSE(next["first"].get<bool>());
  EXPECT_EQ(next["snapshots_copied"], 0);
  EXPECT_GT(next["bytes_present"].get<int>(), 0);
  EXPECT_EQ(next["uuid"], made["uuid"]);

  std::filesystem::remove_all(store_);  // the disk is gone
  EXPECT_EQ(RunOn("backup", "check").exit_code, 0);
  EXPECT_EQ(RunOn("backup", "kv get a").out, "three\n");
  EXPECT_EQ(RunOn("backup", "restore " + Path("new")).exit_code, 0);
  EXPECT_EQ(RunOn("backup", "restore " + Path("then") + " --at " + std::to_string(then)).exit_code,
            0);
  EXPECT_EQ(RunOn("backup", "restore " + Path("time") + " --at 2001-01-01T00:00:00Z").exit_code, 0);
  EXPECT_EQ(RunOn("new", "kv get a").out, "three\n");
  EXPECT_EQ(RunOn("then", "kv get a").out, "two\n");
  EXPECT_EQ(RunOn("time", "kv count").out, "0\n");
  EXPECT_EQ(RunOn("new", "check").exit_code, 0);
}

TEST_F(BackupVerb, SaysInTextWhatItDid) {
  FillStore(10);
  const CommandAnswer first = Do("backup " + Path("backup"));
  EXPECT_NE(first.out.find("made " + Path("backup")), std::string::npos) << first.out;
  EXPECT_NE(first.out.find("every moment from LSN 0 to "), std::string::npos) << first.out;
  const CommandAnswer again = Do("backup " + Path("backup"));
  EXPECT_NE(again.out.find("brought up to date"), std::string::npos) << again.out;
  EXPECT_NE(again.out.find("copied 0 B"), std::string::npos) << again.out;
}

TEST_F(BackupVerb, RefusesWhatIsNoBackupOfThisStore) {
  FillStore(10);
  Do("backup " + Path("backup"));
  EXPECT_EQ(Run("backup " + store_).exit_code, 5) << "into itself";
  EXPECT_EQ(RunOn("absent", "backup " + Path("x")).exit_code, 5);
  EXPECT_FALSE(std::filesystem::exists(Path("x")));
  EXPECT_EQ(RunOn("other", "init").exit_code, 0);
  const CommandAnswer other = RunOn("other", "backup " + Path("backup") + " --json");
  EXPECT_EQ(other.exit_code, 5);
  EXPECT_EQ(other.Error()["code"], "FAILED_PRECONDITION");
}

TEST_F(BackupVerb, ADamagedStoreIsNotBackedUpAndTheBackupStays) {
  FillStore(50);
  Do("backup " + Path("backup"));
  Do("kv put later 1");
  const std::string segment = store_ + "/wal/" + FilesIn(store_ + "/wal").back();
  std::string bytes = ReadFileBytes(segment);
  bytes[4096 + 60] = static_cast<char>(bytes[4096 + 60] ^ 1);
  WriteFileBytes(segment, bytes);
  const CommandAnswer answer = Run("backup " + Path("backup") + " --json");
  EXPECT_EQ(answer.exit_code, 3);
  EXPECT_EQ(answer.Error()["damage"]["file"], segment);
  EXPECT_EQ(RunOn("backup", "kv count").out, "50\n");
}

TEST_F(BackupVerb, ABackupInUseByAnotherIsBusy) {
  FillStore(10);
  Do("backup " + Path("backup"));
  const auto lock = PosixFileSystem().Lock(Path("backup") + "/LOCK", LockMode::kExclusive);
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(Run("backup " + Path("backup")).exit_code, 4);
}

}  // namespace
}  // namespace varve::testing
