// What a program's tracer is told: spans that nest, with how they ended.
#include <gmock/gmock.h>

#include "kernel/io/tracer.h"
#include "tests/recovery/observed_store.h"

namespace varve {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

class TracingTest : public ObservedStoreTest {};

TEST_F(TracingTest, AnOpenHasASpanForEachStage) {
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  CutPower(CrashChoice::Nothing());
  Open();
  EXPECT_THAT(
      tracer_.Paths(),
      ElementsAre("varve.open", "varve.open/varve.open.plan", "varve.open/varve.open.load_base",
                  "varve.open/varve.open.replay", "varve.open/varve.open.rebuild_indexes"));
  const RecordingTracer::Span open = tracer_.spans().front();
  EXPECT_TRUE(open.ended);
  EXPECT_TRUE(open.status.ok());
  EXPECT_THAT(open.fields, ElementsAre(Pair("lsn", 1), Pair("records", 1)));
}

TEST_F(TracingTest, ACommitsFlushIsASpanWithItsGroup) {
  Open();
  tracer_.Clear();
  ASSERT_TRUE(Put("a", "1").ok());
  ASSERT_EQ(tracer_.Paths(), std::vector<std::string>{"varve.log.flush"});
  EXPECT_THAT(tracer_.spans().front().fields,
              ElementsAre(Pair("records", 1), Pair("bytes", testing::Gt(0u)), Pair("lsn", 1)));
}

TEST_F(TracingTest, AFlushThatACheckpointWaitsForLiesInItsSpan) {
  Open();
  ASSERT_TRUE(Put("a", "1", Durability::kBuffered).ok());
  tracer_.Clear();
  ASSERT_TRUE(store().Checkpoint().ok());
  EXPECT_THAT(tracer_.Paths(), ElementsAre("varve.checkpoint", "varve.checkpoint/varve.log.flush"));
}

TEST_F(TracingTest, ASnapshotHasASpanForItsFileAndOneForItsEntry) {
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  tracer_.Clear();
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(store()).ok());
  EXPECT_THAT(tracer_.Paths(), ElementsAre("varve.checkpoint", "varve.snapshot",
                                           "varve.snapshot/varve.snapshot.write",
                                           "varve.snapshot/varve.snapshot.enter"));
}

TEST_F(TracingTest, WhatFailsEndsItsSpanWithTheError) {
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  tracer_.Clear();
  files().AddFault({.kind = CallKind::kRename, .path_contains = "snapshots"});
  EXPECT_FALSE(opened_.snapshotter->CreateSnapshot(store()).ok());
  files().AddFault({.kind = CallKind::kFlushDurably});
  EXPECT_FALSE(Put("b", "2").ok());
  for (const RecordingTracer::Span& span : tracer_.spans()) {
    const bool failed = span.path == "varve.snapshot" || span.path == "varve.log.flush";
    EXPECT_EQ(span.status.ok(), !failed) << span.path;
  }
  EXPECT_THAT(tracer_.Paths(), Contains("varve.log.flush"));
}

TEST_F(TracingTest, SpansOfManyThreadsNestInEach) {
  options_.store.background_threads = true;
  options_.store.log.background_threads = true;
  options_.store.memtable_bytes = 64 << 10;
  Open();
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([this, writer] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(Put(std::to_string(writer * 100 + i), std::string(500, 'v')).ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(store().Close().ok());
  for (const RecordingTracer::Span& span : tracer_.spans()) EXPECT_TRUE(span.ended) << span.path;
  EXPECT_THAT(tracer_.Paths(), Contains("varve.close"));
}

TEST(TracedSpan, WithoutATracerDoesNothing) {
  TracedSpan span(nullptr, "unseen");
  span.Set("key", 1);
  span.Note(absl::CancelledError());
}

}  // namespace
}  // namespace varve
