// What a program's log is told. Tests: kernel/internal/store_messages.cc
#include "recovery/messages.h"

#include <gmock/gmock.h>

#include "tests/recovery/observed_store.h"

namespace varve {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class MessagesTest : public ObservedStoreTest {};

TEST_F(MessagesTest, AnOpenSaysHowItWentAndCommitsSayNothing) {
  Open();
  EXPECT_THAT(sink_.Lines(), ElementsAre("info recovery the store is open"));
  sink_.Clear();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Put(std::to_string(i), std::string(1000, 'v')).ok());
  ASSERT_TRUE(store().Checkpoint().ok());
  ASSERT_TRUE(store().Close().ok());
  EXPECT_THAT(sink_.Lines(), IsEmpty());
}

TEST_F(MessagesTest, NewSegmentsAreToldToWhoWantsDetails) {
  sink_.level_min = LogLevel::kDebug;
  Open();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(Put(std::to_string(i), std::string(1000, 'v')).ok());
  EXPECT_THAT(sink_.Lines(), Contains("debug log a new log segment"));
  EXPECT_EQ(sink_.Field("bytes"), "16384");
}

TEST_F(MessagesTest, ATornTailIsAWarningWithItsSize) {
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  ASSERT_TRUE(Put("b", std::string(3000, 'v'), Durability::kBuffered).ok());
  files().SetHook([&](const crash::Call& call) {
    if (call.kind == CallKind::kFlushDurably) files().Crash();
  });
  EXPECT_FALSE(store().Sync().ok());
  bool torn = false;
  for (std::uint64_t seed = 1; seed < 50 && !torn; ++seed) {
    const auto left = files().CrashImage(CrashChoice::Random(seed, 512));
    RecordingSink sink;
    OpenOptions options = options_;
    options.environment.files = left.get();
    options.environment.log_sink = &sink;
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    const auto opened = OpenStore("agent.varve", std::move(registry), options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    torn = opened->report.torn_tail_bytes > 0;
    const auto lines = sink.Lines();
    EXPECT_EQ(torn, std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
                return line.starts_with("warning recovery a torn tail");
              }));
  }
  EXPECT_TRUE(torn) << "no crash image had a torn tail";
}

TEST_F(MessagesTest, ARefusedOpenIsAnErrorThatSaysWhy) {
  options_.create_if_missing = false;
  EXPECT_FALSE(TryOpen().ok());
  EXPECT_THAT(sink_.Lines(), ElementsAre("error recovery the store was not opened"));
  EXPECT_THAT(sink_.Field("error"), HasSubstr("no store here"));
}

TEST_F(MessagesTest, APoisonedLogIsToldOnceWithTheError) {
  Open();
  sink_.Clear();
  files().AddFault({.kind = CallKind::kFlushDurably});
  EXPECT_FALSE(Put("a", "1").ok());
  EXPECT_FALSE(Put("b", "2").ok());
  EXPECT_THAT(sink_.Lines(), ElementsAre(StartsWith("error log the log could not be written")));
  EXPECT_EQ(sink_.Field("durable_lsn"), "0");
  EXPECT_NE(sink_.Field("error"), "");
}

TEST_F(MessagesTest, APoisonThatNobodyWaitsForIsToldByTheStoresOwnThread) {
  options_.store.background_threads = true;
  options_.store.log.background_threads = true;
  options_.store.log.unsynced_time_max = std::chrono::milliseconds(1);
  Open();
  sink_.Clear();
  files().AddFault({.kind = CallKind::kFlushDurably, .times = 1000});
  ASSERT_TRUE(Put("a", "1", Durability::kBuffered).ok());
  while (sink_.Lines().empty()) std::this_thread::yield();
  EXPECT_THAT(sink_.Lines(), ElementsAre(StartsWith("error log the log could not be written")));
}

TEST_F(MessagesTest, FailingSnapshotsAreToldOnceAndSoIsTheEndOfIt) {
  options_.snapshots.log_bytes_min = 0;
  options_.snapshots.log_to_state_ratio = 0;
  options_.store.memtable_bytes = 1;  // a checkpoint after each commit
  Open();
  sink_.Clear();
  files().AddFault({.kind = CallKind::kRename, .path_contains = "snapshots", .times = 3});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Put(std::to_string(i), "v").ok());
  EXPECT_THAT(sink_.Lines(), ElementsAre(StartsWith("warning snapshot snapshots in the background "
                                                    "fail")));
  sink_.Clear();
  ASSERT_TRUE(Put("more", "v").ok());
  EXPECT_THAT(sink_.Lines(),
              ElementsAre("info snapshot a snapshot was taken",
                          "info snapshot snapshots in the background succeed again"));
}

TEST_F(MessagesTest, SlowedWritersAreToldOfOnceAndSoIsTheEndOfIt) {
  options_.store.background_threads = true;
  options_.store.log.background_threads = true;
  options_.store.memtable_bytes = 64 << 10;
  options_.store.backpressure_ratio = 0.5;
  Open();
  sink_.Clear();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(Put(std::to_string(i), std::string(1000, 'v'), Durability::kBuffered).ok());
  }
  ASSERT_TRUE(store().Close().ok());
  const std::vector<std::string> lines = sink_.Lines();
  ASSERT_FALSE(lines.empty());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i], i % 2 == 0
                            ? "info store writers are slowed down until a checkpoint gives memory "
                              "back"
                            : "info store writers are slowed down no more");
  }
}

}  // namespace
}  // namespace varve
