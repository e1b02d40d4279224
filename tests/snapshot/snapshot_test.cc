// Tests: snapshot/content.cc
// Tests: snapshot/file_reader.cc
// Tests: snapshot/file_writer.cc
// Writing, verifying and loading whole files; damage: damage_test.cc; crashes: crash_test.cc.
// Tests: kernel/primitive.cc snapshot/content.cc snapshot/file_reader.cc snapshot/file_writer.cc
#include "snapshot/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/table/row.h"
#include "tests/snapshot/snapshot_fixture.h"

namespace varve::snapshot {
namespace {

using crash::CallKind;
using crash::DiskFull;
using crash::Fault;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SnapshotTest : public SnapshotFixture {
 protected:
  // Rows of both primitives over several chunks, some compressible and some not.
  void FillLarge() {
    state_.applied_mark.applied = Lsn(6000);
    for (unsigned i = 0; i < 4000; ++i) {
      state_.Put(16, i % 2, "key" + std::to_string(i), "value of a row " + std::to_string(i * i),
                 i);
    }
    for (unsigned i = 0; i < 300; ++i) {
      state_.Put(17, 0, "noise" + std::to_string(i), Noise(2000, i), 5000 + i);
    }
    state_.Put(17, 1, "huge", Noise(300'000, 9), 6000);
  }
};

// SNAP-2
TEST_F(SnapshotTest, NamesCarryTheLsn) {
  EXPECT_EQ(SnapshotFileName(Lsn(42)), "000000000000002a.snapshot");
  EXPECT_EQ(ParseSnapshotFileName("000000000000002a.snapshot"), Lsn(42));
  EXPECT_EQ(ParseSnapshotFileName(SnapshotFileName(kLsnMax)), kLsnMax);
  for (const char* other :
       {"", "2a.snapshot", "000000000000002A.snapshot", "000000000000002a.snapshot.new",
        "000000000000002a.snapshoT", "00000000000000x1.snapshot", "0000000000000002a.snapshot"}) {
    EXPECT_EQ(ParseSnapshotFileName(other), std::nullopt) << other;
  }
}

TEST_F(SnapshotTest, LoadsWhatWasWritten) {
  FillLarge();
  const auto info = Write();
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->path, kPath);
  EXPECT_EQ(info->lsn, Lsn(6000));
  EXPECT_EQ(info->store, state_.mark().store);
  EXPECT_EQ(info->commit_time, state_.mark().commit_time);
  EXPECT_EQ(info->history_from, Lsn(40));
  EXPECT_EQ(info->fingerprint, registry_.Fingerprint());
  EXPECT_EQ(info->file_bytes, FileBytes().size());
  ASSERT_EQ(info->sections.size(), 2u);
  EXPECT_LT(info->sections[0].stored_bytes, info->sections[0].content_bytes);
  EXPECT_GT(info->sections[1].stored_bytes, info->sections[1].content_bytes);
  EXPECT_TRUE(Verify().ok());
  Rows rows;
  ASSERT_TRUE(Load(registry_, rows).ok());
  EXPECT_EQ(rows, state_.rows);
  EXPECT_THAT(FileNames(), ElementsAre(kPath));
}

TEST_F(SnapshotTest, AnEmptyStateMakesAFileWithoutSections) {
  const auto info = Write();
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_TRUE(info->sections.empty());
  EXPECT_TRUE(Verify().ok());
  Rows rows;
  EXPECT_TRUE(Load(registry_, rows).ok());
  EXPECT_TRUE(rows.empty());
}

// Contents at and around the size of a chunk: 4 bytes of head beside key and value here.
TEST_F(SnapshotTest, ContentOfAnySizeFitsItsChunks) {
  for (const std::size_t bytes : {65'000, 65'518, 65'519, 65'520, 65'521, 65'522, 131'060}) {
    state_.rows.clear();
    state_.Put(16, 0, "k", Noise(bytes, bytes), 1);
    const auto info = Write();
    ASSERT_TRUE(info.ok()) << info.status();
    Rows rows;
    ASSERT_TRUE(Load(registry_, rows).ok());
    EXPECT_EQ(rows, state_.rows) << info->sections[0].content_bytes;
  }
}

// SNAP-D1 SNAP-D2: the digest is of the content, not of the file.
TEST_F(SnapshotTest, TheSameStateHasTheSameDigestHoweverItIsWritten) {
  FillLarge();
  const auto digest = StateDigest(state_, registry_);
  ASSERT_TRUE(digest.ok());
  const auto first = Write();
  const std::string first_bytes = FileBytes();
  SnapshotWriteOptions inline_writing;
  inline_writing.background_thread = false;
  const auto second = Write(inline_writing);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->digest, *digest);
  EXPECT_EQ(second->digest, *digest);
  EXPECT_TRUE(FileBytes() != first_bytes) << "the salt is the same";
  EXPECT_EQ(digest->ToString().size(), 32u);
  state_.rows.begin()->second[0].commit_time = Timestamp(1);
  EXPECT_NE(*StateDigest(state_, registry_), *digest);
}

// SNAP-D1: the place of a section's end is part of the digest.
TEST_F(SnapshotTest, DigestTellsSectionsApart) {
  DigestBuilder one;
  one.Add("ab");
  one.EndSection(PrimitiveId(1), 1, 0);
  one.Add("c");
  one.EndSection(PrimitiveId(2), 1, 0);
  DigestBuilder other;
  other.Add("a");
  other.EndSection(PrimitiveId(1), 1, 0);
  other.Add("bc");
  other.EndSection(PrimitiveId(2), 1, 0);
  EXPECT_NE(one.Finish(), other.Finish());
  DigestBuilder pieces;
  pieces.Add("a");
  pieces.Add("b");
  pieces.EndSection(PrimitiveId(1), 1, 0);
  pieces.Add("c");
  pieces.EndSection(PrimitiveId(2), 1, 0);
  EXPECT_EQ(one.Finish(), pieces.Finish());
}

TEST_F(SnapshotTest, RefusesToLoseRowsOfAPrimitiveThatIsNotRegistered) {
  for (const std::uint8_t id :
       {std::uint8_t{0}, std::uint8_t{15}, std::uint8_t{18}, std::uint8_t{255}}) {
    state_.rows.clear();
    state_.Put(16, 0, "a", "1", 1);
    state_.Put(id, 0, "a", "1", 1);
    const auto info = Write();
    EXPECT_EQ(info.status().code(), absl::StatusCode::kFailedPrecondition) << int{id};
    EXPECT_TRUE(FileNames().empty());
  }
}

TEST_F(SnapshotTest, ASectionOfAnUnregisteredPrimitiveIsNamed) {
  state_.Put(16, 0, "a", "1", 1);
  state_.Put(17, 0, "a", "1", 1);
  ASSERT_TRUE(Write().ok());
  PrimitiveRegistry fewer;
  ASSERT_TRUE(fewer.Register(MakeNote(16, 0x80, "note")).ok());
  RowCollector collector;
  const auto loaded = LoadSnapshot(*outside_.files, kPath, fewer, collector);
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(loaded.status().ToString(), HasSubstr("primitive 17 \"memo\""));
  EXPECT_TRUE(collector.rows.empty()) << "begun, though it could not be finished";
}

TEST_F(SnapshotTest, ASectionOfAPrimitiveThatBearsAnotherNameIsRefused) {
  state_.Put(16, 0, "a", "1", 1);
  ASSERT_TRUE(Write().ok());
  Rows rows;
  PrimitiveRegistry renamed;
  ASSERT_TRUE(renamed.Register(MakeNote(16, 0x80, "other")).ok());
  EXPECT_EQ(Load(renamed, rows).code(), absl::StatusCode::kFailedPrecondition);
  PrimitiveRegistry moved;
  ASSERT_TRUE(moved.Register(MakeNote(16, 0xA0, "note")).ok());
  EXPECT_EQ(Load(moved, rows).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SnapshotTest, ASectionOfANewerVersionIsUnimplemented) {
  state_.Put(16, 0, "a", "1", 1);
  registry_ = PrimitiveRegistry();
  ASSERT_TRUE(registry_.Register(MakeNote(16, 0x80, "note", 2)).ok());
  ASSERT_TRUE(Write().ok());
  Rows rows;
  EXPECT_TRUE(Load(registry_, rows).ok());
  EXPECT_EQ(Load(NoteRegistry(), rows).code(), absl::StatusCode::kUnimplemented);
}

TEST_F(SnapshotTest, ReplacesAnOlderFileAndALeftOverTemporaryOne) {
  SetFileBytes("something old");
  SetFileBytes(std::string(kPath) + std::string(kTemporarySuffix), "half written");
  state_.Put(16, 0, "a", "1", 1);
  ASSERT_TRUE(Write().ok());
  EXPECT_TRUE(Verify().ok());
  EXPECT_THAT(FileNames(), ElementsAre(kPath));
}

TEST_F(SnapshotTest, TellsProgressAndStopsWhenAsked) {
  FillLarge();
  std::vector<std::uint64_t> told;
  SnapshotWriteOptions options;
  options.progress = [&told](const SnapshotProgress& progress) {
    told.push_back(progress.bytes_done);
  };
  const auto info = Write(options);
  ASSERT_TRUE(info.ok());
  ASSERT_GT(told.size(), 3u);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), info->sections[0].content_bytes + info->sections[1].content_bytes);
  for (const bool background : {true, false}) {
    const std::string before = FileBytes();
    options.background_thread = background;
    std::size_t stops = 0;
    for (std::size_t stop_at = 0;; stop_at += 3, ++stops) {
      std::size_t asked = 0;
      options.cancelled = [&asked, stop_at] { return asked++ == stop_at; };
      const absl::Status status = Write(options).status();
      if (asked <= stop_at) break;  // it was through before
      EXPECT_TRUE(absl::IsCancelled(status)) << stop_at << ": " << status;
      EXPECT_THAT(FileNames(), ElementsAre(kPath));
      EXPECT_TRUE(FileBytes() == before) << stop_at;
    }
    EXPECT_GT(stops, 3u);
  }
}

// F46: a full disk costs the snapshot and nothing else.
TEST_F(SnapshotTest, AFullDiskLeavesNoTrace) {
  FillLarge();
  for (const bool background : {true, false}) {
    SnapshotWriteOptions options;
    options.background_thread = background;
    outside_.files->SetCapacity(500'000);
    EXPECT_EQ(Write(options).status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(FileNames().empty());
  }
  outside_.files->SetCapacity(~std::uint64_t{0});
  EXPECT_TRUE(Write().ok());
}

TEST_F(SnapshotTest, AnErrorOfAnyCallLeavesTheOldFileAlone) {
  state_.Put(16, 0, "old", "1", 1);
  ASSERT_TRUE(Write().ok());
  const std::string before = FileBytes();
  FillLarge();
  for (const CallKind kind :
       {CallKind::kCreate, CallKind::kWrite, CallKind::kSync, CallKind::kRead, CallKind::kRename}) {
    const bool names_target = kind == CallKind::kRename;
    outside_.files->AddFault(
        {.kind = kind, .path_contains = names_target ? kPath : std::string(kTemporarySuffix)});
    EXPECT_FALSE(Write().ok()) << CallName(kind);
    outside_.files->ClearFaults();
    EXPECT_TRUE(FileBytes() == before) << CallName(kind);
    EXPECT_THAT(FileNames(), ElementsAre(kPath)) << CallName(kind);
  }
}

// SNAP-W1: the disk lies once between writing and reading back; nothing is renamed.
TEST_F(SnapshotTest, WhatDoesNotReadBackIsNotASnapshot) {
  FillLarge();
  outside_.files->AddFault({.kind = CallKind::kRead,
                            .path_contains = std::string(kTemporarySuffix),
                            .effect = Fault::Effect::kFlipBit});
  const auto info = Write();
  EXPECT_TRUE(absl::IsDataLoss(info.status())) << info.status();
  EXPECT_GT(outside_.files->faults_fired(), 0u);
  EXPECT_TRUE(FileNames().empty());
}

TEST_F(SnapshotTest, AFileThatIsMissingOrUnreadableSaysSo) {
  EXPECT_TRUE(absl::IsNotFound(Verify()));
  EXPECT_TRUE(absl::IsNotFound(ReadSnapshotInfo(*outside_.files, kPath).status()));
  state_.Put(16, 0, "a", "1", 1);
  ASSERT_TRUE(Write().ok());
  outside_.files->AddFault({.kind = CallKind::kRead});
  const absl::Status status = Verify();
  ASSERT_TRUE(DamageOf(status).has_value()) << status;
  EXPECT_EQ(DamageOf(status)->kind, Damage::Kind::kUnreadable);
}

}  // namespace
}  // namespace varve::snapshot
