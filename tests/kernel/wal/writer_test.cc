// Tests: kernel/wal/log_close.cc
//
// StartLog and the log on files, without threads: every byte and every call in a known order.
#include "kernel/wal/writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"
#include "tests/kernel/wal/log_fixture.h"

namespace varve::wal {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using crash::Fault;

std::vector<std::string> Texts(const std::vector<const char*>& texts) {
  std::vector<std::string> bodies;
  for (const char* text : texts) bodies.push_back(Body(text));
  return bodies;
}

TEST(WalWriter, WhatWasCommittedIsReadBackAfterACrash) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  EXPECT_EQ(harness.Commit(Body("one")), Lsn(1));
  EXPECT_EQ(harness.Commit(Body("two")), Lsn(2));
  harness.log.reset();
  harness.environment.CutPower(CrashChoice::Nothing());
  EXPECT_EQ(harness.Read().bodies(), Texts({"one", "two"}));
}

TEST(WalWriter, AppendedButNotDurableRecordsAreLostWithThePower) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("kept"));
  harness.Append(Body("lost"));
  EXPECT_EQ(harness.log->last_lsn(), Lsn(2));
  EXPECT_EQ(harness.log->durable_lsn(), Lsn(1));
  harness.log.reset();
  harness.environment.CutPower(CrashChoice::Nothing());
  EXPECT_EQ(harness.Read().bodies(), Texts({"kept"}));
}

// An opening writes the newest records once more: what it reads wrong just then must not go back.
TEST(WalWriter, ABitThatAnyReadOfAnOpeningGetsWrongIsNotWrittenBack) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  for (const char* text : {"one", "two", "three"}) harness.Commit(Body(text));
  harness.log.reset();
  const auto disk = harness.files().CrashImage(CrashChoice::Killed());
  std::uint64_t refused = 0;
  for (std::uint64_t read = 0;; ++read) {
    SCOPED_TRACE("read " + std::to_string(read + 1));
    LogHarness again;
    again.environment.files = disk->CrashImage(CrashChoice::All());
    again.files().AddFault(
        {.kind = CallKind::kRead, .skip = read, .effect = Fault::Effect::kFlipBit});
    const absl::Status status = again.TryOpen(again.InlineOptions());
    if (again.files().faults_fired() == 0) break;
    refused += status.ok() ? 0 : 1;
    again.log.reset();
    again.files().ClearFaults();
    again.environment.CutPower(CrashChoice::All());
    const auto found = ReadLog(again.files());
    ASSERT_TRUE(found.ok()) << found.status() << " after " << status;
    ASSERT_EQ(found->bodies(), Texts({"one", "two", "three"})) << status;
  }
  EXPECT_GE(refused, 2u);
}

// WAL-R4 WAL-S6
TEST(WalWriter, NumbersGoOnAcrossReopens) {
  LogHarness harness;
  for (const char* text : {"a", "b", "c"}) {
    harness.Open(harness.InlineOptions());
    harness.Commit(Body(text));
    harness.log.reset();
    harness.environment.CutPower(CrashChoice::All());
  }
  const FoundLog found = harness.Read();
  EXPECT_EQ(found.bodies(), Texts({"a", "b", "c"}));
  EXPECT_EQ(found.segments.size(), 3u);
  EXPECT_EQ(found.position.last_lsn, Lsn(3));
}

// WAL-R5
TEST(WalWriter, RecordsCarryWhatWasDurableWhenTheyWereFramed) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("1"));
  harness.Append(Body("2"));
  harness.Commit(Body("3"));
  harness.Commit(Body("4"));
  std::vector<std::uint64_t> durable;
  const auto segments = ListSegments(harness.files(), kFolder, TestStore());
  const auto tail =
      ScanSegment(harness.files(), segments->back(), [&](const Record& record, std::uint64_t) {
        durable.push_back(record.header.durable_lsn.value());
        return absl::OkStatus();
      });
  ASSERT_TRUE(tail.ok());
  EXPECT_EQ(durable, (std::vector<std::uint64_t>{0, 1, 1, 3}));
}

// WAL-S7
TEST(WalWriter, SegmentsFollowOneAnotherInAChain) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  std::vector<std::string> bodies;
  for (std::uint64_t i = 0; i < 60; ++i) {
    bodies.push_back(LargeBody(3000, i));
    harness.Commit(bodies.back());
  }
  EXPECT_GE(harness.log->stats().segments_started, 4u);
  harness.log.reset();
  harness.environment.CutPower(CrashChoice::Nothing());
  const FoundLog found = harness.Read();
  EXPECT_EQ(found.bodies(), bodies);
  ASSERT_GE(found.segments.size(), 4u);
  EXPECT_EQ(found.segments[0].header.segment_bytes, 16u << 10);
  EXPECT_EQ(found.segments[1].header.segment_bytes, 32u << 10);
  EXPECT_EQ(found.segments[3].header.segment_bytes, 64u << 10);
}

TEST(WalWriter, ManySegmentsInOneFlushAreAllWritten) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  std::vector<std::string> bodies;
  for (std::uint64_t i = 0; i < 40; ++i) {
    bodies.push_back(LargeBody(5000, i));
    harness.Append(bodies.back());
  }
  ASSERT_TRUE(harness.log->WaitDurable(Lsn(40)).ok());
  harness.environment.CutPower(CrashChoice::Nothing());
  EXPECT_EQ(harness.Read().bodies(), bodies);
}

TEST(WalWriter, ARecordLargerThanAnySegmentGetsOneOfItsOwn) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  const std::string huge = LargeBody(300 << 10, 1);
  harness.Commit(Body("before"));
  harness.Commit(huge);
  harness.Commit(Body("after"));
  const FoundLog found = harness.Read();
  EXPECT_EQ(found.bodies(), (std::vector<std::string>{Body("before"), huge, Body("after")}));
}

// WAL-R3
TEST(WalWriter, ABodyBeyondTheLimitIsRefusedAndAbsent) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  const std::string body(kRecordBodyBytesMax + 8, 'x');
  EXPECT_EQ(harness.TryAppend(body).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(harness.Commit(Body("next")), Lsn(1));
}

// WAL-R3: on real files, for the simulated ones take their time over 64 MiB.
TEST(WalWriter, ABodyAtTheLimitIsTaken) {
  const std::string folder = testing::TempDir() + "varve_wal_limit." + std::to_string(getpid());
  FileSystem& files = PosixFileSystem();
  ASSERT_TRUE(files.CreateDirectory(folder).ok());
  LogPosition position;
  position.store = TestStore();
  const auto log = StartLog({}, folder, position, {}, {});
  ASSERT_TRUE(log.ok()) << log.status();
  const std::string body(kRecordBodyBytesMax, 'x');
  RecordDraft draft;
  draft.body = body;
  draft.body_crc = Crc32c(body);
  ASSERT_EQ(*(*log)->Append(draft), Lsn(1));
  ASSERT_TRUE((*log)->WaitDurable(Lsn(1)).ok());
  ASSERT_TRUE((*log)->Close().ok());

  const auto segments = ListSegments(files, folder, TestStore());
  ASSERT_TRUE(segments.ok()) << segments.status();
  const auto found = Scan(files, segments->back());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->records.size(), 2u);  // and a watermark
  EXPECT_TRUE(found->records[0].body == body);
  for (const SegmentFile& segment : *segments) EXPECT_TRUE(files.Remove(segment.path).ok());
  EXPECT_EQ(rmdir(folder.c_str()), 0);
}

// WAL-R8 WAL-T2
TEST(WalWriter, CloseProvesTheLastCommitAndCutsTheSegment) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("one"));
  harness.Append(Body("two"));
  harness.Close();
  EXPECT_EQ(harness.log->last_lsn(), Lsn(3));
  EXPECT_EQ(harness.log->durable_lsn(), Lsn(3));
  harness.environment.CutPower(CrashChoice::Nothing());
  const FoundLog found = harness.Read();
  EXPECT_EQ(found.bodies(), Texts({"one", "two"}));
  EXPECT_TRUE(found.tail.closed);
  EXPECT_EQ(found.records.back().kind, RecordKind::kWatermark);
  EXPECT_EQ(found.segments.back().file_bytes, found.tail.end.end_offset);
  EXPECT_EQ(harness.log->end(), found.tail.end);
}

TEST(WalWriter, CloseIsIdempotentAndEndsAppending) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("one"));
  harness.Close();
  const std::uint64_t calls = harness.files().call_count();
  harness.Close();
  EXPECT_EQ(harness.files().call_count(), calls);
  EXPECT_EQ(harness.TryAppend(Body("two")).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(harness.log->WaitDurable(Lsn(2)).ok());
}

TEST(WalWriter, OpeningAndClosingWithoutCommitsLeavesNothingBehind) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("one"));
  harness.Close();
  const auto before = harness.files().Contents();
  for (int i = 0; i < 3; ++i) {
    harness.Open(harness.InlineOptions());
    harness.Close();
    EXPECT_EQ(harness.files().Contents(), before);
    EXPECT_EQ(harness.log->end(), harness.Read().tail.end);
  }
}

// WAL-T4 WAL-T6
TEST(WalWriter, AnEmptySegmentThatSealsATornTailStays) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("one"));
  const Lsn torn = harness.Append(Body("torn"));
  harness.files().SetHook([&](const crash::Call& call) {
    if (call.kind == CallKind::kFlushDurably) harness.files().Crash();
  });
  EXPECT_FALSE(harness.log->WaitDurable(torn).ok());
  harness.log.reset();
  harness.environment.CutPower(CrashChoice::All());
  harness.files().Corrupt("wal/0000000000000001.wal", kSegmentHeaderBytes + 56 + 52, 1);
  harness.Open(harness.InlineOptions());
  harness.Close();
  const FoundLog found = harness.Read();
  ASSERT_EQ(found.segments.size(), 2u);
  EXPECT_EQ(found.segments[0].stated_end->last_lsn, Lsn(1));
  EXPECT_EQ(found.bodies(), Texts({"one"}));
}

// WAL-S10
TEST(WalWriter, ALeftoverUnusedSegmentIsReplaced) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("one"));
  harness.log.reset();
  const auto file = harness.files().Open("wal/0000000000000002.wal", OpenMode::kCreate);
  ASSERT_TRUE((*file)->WriteAt(0, std::string(100, '\0')).ok());
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("two"));
  EXPECT_EQ(harness.Read().bodies(), Texts({"one", "two"}));
}

TEST(WalWriter, APositionThatIsNotTheEndOfTheLogIsRefused) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("one"));
  harness.log.reset();
  LogPosition position;
  position.store = TestStore();
  const auto before = harness.files().Contents();
  const auto log =
      StartLog(harness.environment.environment(), kFolder, position, harness.InlineOptions(), {});
  EXPECT_EQ(log.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(harness.files().Contents(), before);
}

TEST(WalWriter, ALogMayStartBehindASnapshotsLsn) {
  LogHarness harness;
  LogPosition position;
  position.store = TestStore();
  position.last_lsn = Lsn(500);
  auto log =
      StartLog(harness.environment.environment(), kFolder, position, harness.InlineOptions(), {});
  ASSERT_TRUE(log.ok()) << log.status();
  harness.log = *std::move(log);
  EXPECT_EQ(harness.Commit(Body("one")), Lsn(501));
  EXPECT_EQ(harness.Read().position.last_lsn, Lsn(501));
}

// What a killed process left in the page cache must not be served and then lost with the power.
TEST(WalWriter, AReopenMakesDurableWhatItFound) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("one"));
  const Lsn killed = harness.Append(Body("written, not synced"));
  Fault fault;
  fault.kind = CallKind::kFlushDurably;
  fault.effect = Fault::Effect::kSyncDropped;
  harness.files().AddFault(fault);
  EXPECT_EQ(harness.log->WaitDurable(killed).code(), absl::StatusCode::kUnknown);
  harness.log.reset();
  ASSERT_EQ(harness.Read().bodies().size(), 2u);  // in the page cache, clean, and nowhere else
  harness.Open(harness.InlineOptions());
  harness.log.reset();
  harness.environment.CutPower(CrashChoice::Nothing());
  EXPECT_EQ(harness.Read().bodies(), Texts({"one", "written, not synced"}));
}

TEST(WalWriter, TrimRemovesWholeSegmentsBelowAndNeverTheCurrent) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  for (std::uint64_t i = 0; i < 30; ++i) harness.Commit(LargeBody(4000, i));
  const FoundLog before = harness.Read();
  const Lsn first_of_third = before.segments[2].header.first_lsn;
  ASSERT_TRUE(harness.log->TrimTo(Lsn(first_of_third.value() - 2)).ok());
  EXPECT_EQ(harness.Read().segments.front().number, 2u);
  ASSERT_TRUE(harness.log->TrimTo(Lsn(first_of_third.value() - 1)).ok());
  EXPECT_EQ(harness.Read().segments.front().number, 3u);
  ASSERT_TRUE(harness.log->TrimTo(kLsnMax).ok());
  const FoundLog after = harness.Read();
  EXPECT_EQ(after.segments.size(), 1u);
  EXPECT_EQ(after.position.last_lsn, Lsn(30));
  harness.Commit(Body("goes on"));
}

TEST(WalWriter, TrimKeepsTheLastDurableSegmentWhileTheNextHasNoHeaderYet) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(LargeBody(8000, 1));
  harness.Append(LargeBody(8000, 2));  // the first of segment 2, in memory only
  ASSERT_TRUE(harness.log->TrimTo(kLsnMax).ok());
  harness.log.reset();
  harness.environment.CutPower(CrashChoice::Nothing());
  EXPECT_EQ(harness.Read().position.last_lsn, Lsn(1));
}

TEST(WalWriter, TrimAcrossReopensKnowsTheOlderSegments) {
  LogHarness harness;
  for (std::uint64_t i = 0; i < 3; ++i) {
    harness.Open(harness.InlineOptions());
    harness.Commit(LargeBody(4000, i));
    harness.Close();
  }
  harness.Open(harness.InlineOptions());
  EXPECT_NEAR(static_cast<double>(harness.log->BytesSince(Lsn(2))), 2 * 4096, 400);
  EXPECT_EQ(harness.log->BytesSince(Lsn(6)), 0u);
  ASSERT_TRUE(harness.log->TrimTo(Lsn(4)).ok());
  EXPECT_EQ(harness.Read().segments.front().number, 3u);
}

TEST(WalWriter, ACrashAtEveryCallOfATrimLeavesNoGap) {
  for (std::uint64_t step = 1;; ++step) {
    LogHarness harness;
    harness.Open(harness.InlineOptions());
    for (std::uint64_t i = 0; i < 20; ++i) harness.Commit(LargeBody(4000, i));
    harness.files().CrashAt(harness.files().call_count() + step);
    const bool done = harness.log->TrimTo(kLsnMax).ok();
    harness.log.reset();
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const auto disk = harness.files().CrashImage(CrashChoice::Random(seed));
      const auto found = ReadLog(*disk);
      ASSERT_TRUE(found.ok()) << "step " << step << ", seed " << seed << ": " << found.status();
      ASSERT_EQ(found->position.last_lsn, Lsn(20));
    }
    if (done) break;
  }
}

TEST(WalWriter, BufferedRecordsAreFlushedWhenTheirTimeIsUp) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Append(Body("one"));
  harness.log->FlushSoon();
  EXPECT_EQ(harness.log->durable_lsn(), Lsn());
  harness.environment.clock.Advance(100'000);
  harness.log->FlushSoon();
  EXPECT_EQ(harness.log->durable_lsn(), Lsn(1));
}

TEST(WalWriter, BufferedRecordsAreFlushedWhenTheyAreMany) {
  LogHarness harness;
  LogOptions options = harness.InlineOptions();
  options.unsynced_bytes_max = 8 << 10;
  harness.Open(options);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    harness.Append(LargeBody(1000, i));
    harness.log->FlushSoon();
    EXPECT_LE(i - harness.log->durable_lsn().value(), 8u);
  }
}

TEST(WalWriter, MemoryForUnflushedRecordsIsBounded) {
  LogHarness harness;
  LogOptions options = harness.InlineOptions();
  options.segment_bytes_max = 8 << 20;
  harness.Open(options);
  const std::string body(1 << 20, 'x');
  for (std::uint64_t i = 1; i <= 20; ++i) {
    harness.Append(body);
    EXPECT_LE(i - harness.log->durable_lsn().value(), 16u);
  }
}

TEST(WalWriter, WaitingForAnLsnThatDoesNotExistIsRefused) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  EXPECT_EQ(harness.log->WaitDurable(Lsn(1)).code(), absl::StatusCode::kInvalidArgument);
}

TEST(WalWriter, AnnouncesEachDurableLsnInOrder) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(Body("1"));
  harness.Append(Body("2"));
  harness.Commit(Body("3"));
  EXPECT_EQ(harness.announced(), (std::vector<Lsn>{Lsn(1), Lsn(3)}));
}

}  // namespace
}  // namespace varve::wal
