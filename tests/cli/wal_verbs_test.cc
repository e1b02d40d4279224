// Tests: cli/wal_verbs.cc
// Tests: cli/wal_dump.cc
// Tests: cli/log_scan.cc
#include <fcntl.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class WalVerbs : public CommandTest {
 protected:
  // Path of the n-th segment from the end that holds records (1: the newest of them).
  std::string SegmentWithLsn(std::uint64_t lsn) {
    for (const Json& record : Do("wal dump --json").Lines()) {
      if (record["lsn"] != lsn) continue;
      for (const Json& segment : Do("wal ls --json").Lines()) {
        if (segment["segment"] == record["segment"]) return segment["path"];
      }
    }
    ADD_FAILURE() << "no LSN " << lsn;
    return "";
  }
};

TEST_F(WalVerbs, LsListsTheSegments) {
  FillStore(5);
  const std::vector<Json> segments = Do("wal ls --json").Lines();
  ASSERT_GE(segments.size(), 1u);
  EXPECT_EQ(segments[0]["first_lsn"], 1);
  EXPECT_EQ(segments[0]["segment"], 1);
  EXPECT_NE(Do("wal ls").out.find("0000000000000001.wal"), std::string::npos);
}

TEST_F(WalVerbs, DumpDescribesEveryEntry) {
  Do("init");
  const Json put = Do("kv put greeting hello --json").Object();
  Do("kv delete greeting");
  const std::vector<Json> records = Do("wal dump --json").Lines();
  std::vector<Json> transactions;
  for (const Json& record : records) {
    if (record["kind"] == "transaction") transactions.push_back(record);
  }
  ASSERT_EQ(transactions.size(), 2u);
  EXPECT_EQ(transactions[0]["lsn"], put["lsn"]);
  EXPECT_EQ(transactions[0]["commit_time_us"], put["commit_time_us"]);
  const Json& entry = transactions[0]["entries"][0];
  EXPECT_EQ(entry["type"], 0x10);
  EXPECT_EQ(entry["primitive"], "varve.kv");
  EXPECT_NE(entry["subject"].get<std::string>().find("greeting"), std::string::npos);
  const std::string text = Do("wal dump").out;
  EXPECT_NE(text.find("greeting"), std::string::npos);
  EXPECT_NE(text.find("watermark"), std::string::npos);
}

TEST_F(WalVerbs, DumpTakesARangeOfLsns) {
  FillStore(50);  // ten transactions
  const std::vector<Json> records = Do("wal dump --from 3 --to 5 --json").Lines();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0]["lsn"], 3);
  EXPECT_EQ(records[2]["lsn"], 5);
  EXPECT_EQ(records[0]["entries"].size(), 5u);
  EXPECT_EQ(Do("wal dump --from 100000 --json").out, "");
  const Json with_payload = Do("wal dump --from 3 --to 3 --json --payload").Object();
  EXPECT_TRUE(with_payload["entries"][0].contains("payload_base64"));
}

TEST_F(WalVerbs, VerifyCountsTheRecords) {
  FillStore(50);
  const std::vector<Json> lines = Do("wal verify --json").Lines();
  EXPECT_TRUE(lines.back()["ok"].get<bool>());
  EXPECT_GE(lines.back()["records"], 10);
  EXPECT_EQ(lines[0]["ending"], "whole");
}

TEST_F(WalVerbs, DamageIsNamedWithFileOffsetAndEvidence) {
  FillStore(50);
  Do("kv put later 1");  // a segment of its own, so that the first one is sealed
  const std::string path = SegmentWithLsn(2);
  std::string bytes = ReadFileBytes(path);
  std::string good = bytes;
  bytes[4096 + 300] = static_cast<char>(bytes[4096 + 300] ^ 1);
  WriteFileBytes(path, bytes);
  for (const std::string verb : {"wal verify", "wal dump"}) {
    const CommandAnswer answer = Run(verb + " --json");
    EXPECT_EQ(answer.exit_code, 3) << answer.out << answer.err;
    const Json damage = answer.Error()["damage"];
    EXPECT_EQ(damage["kind"], "corrupt");
    EXPECT_EQ(damage["file"], path);
    EXPECT_GE(damage["offset"], 4096);
    EXPECT_NE(damage["evidence"], "");
  }
  EXPECT_EQ(ReadFileBytes(path), bytes);
  WriteFileBytes(path, good);
  Do("wal verify");
}

TEST_F(WalVerbs, WithoutAManifestTheLogIsStillReadable) {
  FillStore(5);
  WriteFileBytes(store_ + "/MANIFEST", std::string(8192, 'x'));
  const CommandAnswer answer = Do("wal dump");
  EXPECT_NE(answer.out.find("key/00001"), std::string::npos);
  EXPECT_NE(answer.err.find("manifest"), std::string::npos);
}

TEST_F(WalVerbs, AFolderThatIsNoStoreIsRefused) {
  for (const char* verb : {"wal ls", "wal dump", "wal verify"}) {
    EXPECT_EQ(Run(verb).exit_code, 5) << verb;
  }
}

}  // namespace
}  // namespace varve::testing
