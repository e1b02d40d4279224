// Tests: recovery/backup_file.cc
// Tests: recovery/backup_target.cc
#include "recovery/backup.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class BackupTest : public RecoveryFixture {
 protected:
  BackupTest() { options_.snapshots.log_bytes_min = std::uint64_t{1} << 40; }

  std::string Target() { return (root_ / "backup").string(); }
  absl::StatusOr<BackupReport> TryBackup() {
    return BackupStore(directory_.string(), Target(), backup_options_);
  }
  BackupReport Backup() {
    absl::StatusOr<BackupReport> report = TryBackup();
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : BackupReport();
  }
  void TakeSnapshot() { ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok()); }
  // "k" = 1, 2, ... to `last`: the value is the LSN.
  void CountTo(std::uint64_t last) {
    while (opened_.store->visible_lsn() < Lsn(last)) {
      Put("k", std::to_string(opened_.store->visible_lsn().value() + 1) + std::string(1000, '.'));
    }
  }
  // What "k" is in the state of that moment, as the backup has it.
  std::string At(Lsn lsn) {
    const std::string target = (root_ / "restored").string();
    std::filesystem::remove_all(target);
    const auto report = RestoreStore(Target(), target, {.lsn = lsn}, Builtins(), options_);
    if (!report.ok()) return std::string(FromAbsl(report.status().message()));
    const auto opened = OpenStore(target, Builtins(), options_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    auto view = opened->store->View();
    const auto row = Kv(*view).Get("k");
    if (!row.ok() || !row->has_value()) return "nothing";
    const std::string value((*row)->value);
    return value.substr(0, value.find('.'));
  }
  std::vector<std::string> NamesIn(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(Target() + "/" + folder)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  BackupOptions backup_options_;
};

TEST_F(BackupTest, EveryMomentOfAStoreInUseCanBeRestored) {
  Open();
  CountTo(40);
  TakeSnapshot();
  CountTo(150);
  const auto before = AllBytes();
  const BackupReport report = Backup();
  EXPECT_EQ(AllBytes(), before) << "the source was changed";
  EXPECT_TRUE(report.first);
  EXPECT_EQ(report.store, opened_.store->uuid());
  EXPECT_EQ(report.first_lsn, Lsn());
  EXPECT_EQ(report.last_lsn, Lsn(150));
  EXPECT_GT(report.last_commit_time, Timestamp());
  EXPECT_EQ(report.snapshots_copied, 1u);
  EXPECT_GE(report.segments_copied, 2u);
  EXPECT_EQ(report.bytes_present, 0u);
  for (const std::uint64_t lsn : {1u, 39u, 40u, 41u, 149u, 150u}) {
    EXPECT_EQ(At(Lsn(lsn)), std::to_string(lsn));
  }
  EXPECT_THAT(At(Lsn(151)), HasSubstr("the log ends at LSN 150"));
}

TEST_F(BackupTest, TheNextOneCopiesWhatIsNewAndKeepsWhatTheStoreForgets) {
  options_.snapshots.retained = 2;
  Open();
  CountTo(70);
  TakeSnapshot();
  CountTo(140);
  TakeSnapshot();
  CountTo(150);
  const BackupReport first = Backup();
  EXPECT_EQ(first.first_lsn, Lsn(70));

  BackupReport next = Backup();
  EXPECT_FALSE(next.first);
  EXPECT_EQ(next.bytes_copied, 0u) << "nothing is new";
  EXPECT_EQ(next.bytes_present, first.bytes_copied);
  EXPECT_EQ(next.last_lsn, Lsn(150));
  EXPECT_EQ(next.last_commit_time, first.last_commit_time);

  CountTo(160);
  next = Backup();
  EXPECT_EQ(next.segments_copied, 1u) << "only the newest has grown";
  EXPECT_EQ(next.snapshots_copied, 0u);

  CountTo(200);
  TakeSnapshot();  // the one of LSN 70 is dropped, and the log up to the next one
  CountTo(250);
  next = Backup();
  EXPECT_EQ(next.snapshots_copied, 1u);
  EXPECT_EQ(next.first_lsn, Lsn(70));
  EXPECT_EQ(next.last_lsn, Lsn(250));
  EXPECT_THAT(NamesIn("snapshots"), SizeIs(3));
  for (const std::uint64_t lsn : {70u, 99u, 139u, 155u, 199u, 201u, 250u}) {
    EXPECT_EQ(At(Lsn(lsn)), std::to_string(lsn));
  }
}

TEST_F(BackupTest, IsAStoreThatOpensForReading) {
  Open();
  CountTo(30);
  Backup();
  Close();
  EXPECT_THAT(NamesIn(""), ElementsAre("BACKUP", "LOCK", "MANIFEST", "snapshots", "wal"));
  directory_ = Target();
  options_.read_only = true;
  const auto before = AllBytes();
  Open();
  EXPECT_EQ(opened_.report.last_lsn, Lsn(30));
  EXPECT_EQ(Get("k")->substr(0, 2), "30");
  EXPECT_EQ(AllBytes(), before);
}

TEST_F(BackupTest, StoresWithoutLogOrWithoutAnythingAreBackedUpToo) {
  Open();
  BackupReport report = Backup();
  EXPECT_EQ(report.last_lsn, Lsn());
  EXPECT_EQ(At(kLsnMax), "nothing");
  CountTo(5);
  report = Backup();
  EXPECT_EQ(report.last_lsn, Lsn(5));
  EXPECT_EQ(At(Lsn(4)), "4");
  Close();
  // A restored store has a snapshot and no log.
  const std::string restored = (root_ / "again.varve").string();
  ASSERT_TRUE(RestoreStore(directory_.string(), restored, {}, Builtins(), options_).ok());
  directory_ = restored;
  std::filesystem::remove_all(Target());
  report = Backup();
  EXPECT_EQ(report.first_lsn, Lsn(6)) << "the close has taken one";
  EXPECT_EQ(report.last_lsn, Lsn(6));
  EXPECT_GT(report.last_commit_time, Timestamp());
  EXPECT_EQ(At(kLsnMax), "5");
  Open();
  CountTo(8);
  report = Backup();
  EXPECT_EQ(report.first_lsn, Lsn(6));
  EXPECT_EQ(At(Lsn(7)), "7");
  // Closed and opened again: the newest segment is new and empty.
  Close();
  Open();
  report = Backup();
  EXPECT_EQ(At(kLsnMax), "8");
  EXPECT_GT(report.last_commit_time, Timestamp());
}

TEST_F(BackupTest, BesideAWriterEveryOneIsWhole) {
  options_.snapshots.retained = 2;
  Open();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int round = 0; round < 400 && !stop.load(); ++round) {
      CountTo(opened_.store->visible_lsn().value() + 10);
      if (round % 10 == 9) TakeSnapshot();
    }
  });
  int whole = 0;
  for (int i = 0; i < 12; ++i) {
    const Lsn before = opened_.store->visible_lsn();
    absl::StatusOr<BackupReport> report = TryBackup();
    if (absl::IsOutOfRange(report.status())) {  // trimmed between two of them
      std::filesystem::remove_all(Target());
      continue;
    }
    if (!report.ok()) {
      ADD_FAILURE() << report.status();
      break;
    }
    ++whole;
    EXPECT_GE(report->last_lsn, before) << "an acknowledged commit is missing";
    EXPECT_EQ(At(report->last_lsn),
              report->last_lsn == Lsn() ? "nothing" : std::to_string(report->last_lsn.value()));
  }
  stop.store(true);
  writer.join();
  EXPECT_GE(whole, 5);
}

TEST_F(BackupTest, ATargetOfAnotherStoreOrOfSomethingElseIsRefused) {
  Open();
  CountTo(5);
  Backup();
  Close();
  const std::filesystem::path first = directory_;
  directory_ = root_ / "b.varve";
  Open();
  CountTo(9);
  const absl::Status other = TryBackup().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
  EXPECT_EQ(At(kLsnMax), "5");

  const auto into = [&](const std::filesystem::path& target) {
    return BackupStore(directory_.string(), target.string()).status();
  };
  EXPECT_TRUE(absl::IsAlreadyExists(into(first))) << into(first);
  EXPECT_TRUE(absl::IsAlreadyExists(into(directory_))) << "into itself";
  std::filesystem::create_directories(root_ / "photos");
  SetBytes(root_ / "photos" / "x.jpg", "x");
  EXPECT_TRUE(absl::IsAlreadyExists(into(root_ / "photos")));
  EXPECT_FALSE(std::filesystem::exists(root_ / "photos" / "wal"));
  EXPECT_TRUE(absl::IsAlreadyExists(into(root_ / "photos" / "x.jpg")));
  EXPECT_TRUE(absl::IsNotFound(into(root_ / "absent" / "backup")));
  EXPECT_TRUE(absl::IsNotFound(
      BackupStore((root_ / "absent").string(), (root_ / "new").string()).status()));
  EXPECT_FALSE(std::filesystem::exists(root_ / "new"));
}

TEST_F(BackupTest, OneAtATime) {
  Open();
  CountTo(5);
  backup_options_.cancelled = [&] {
    EXPECT_TRUE(absl::IsUnavailable(BackupStore(directory_.string(), Target()).status()));
    return true;
  };
  EXPECT_TRUE(absl::IsCancelled(TryBackup().status()));
}

TEST_F(BackupTest, ALogThatWasTrimmedSinceNeedsANewBackup) {
  options_.snapshots.retained = 1;
  Open();
  CountTo(20);
  Backup();
  CountTo(200);
  TakeSnapshot();
  const absl::Status gap = TryBackup().status();
  EXPECT_TRUE(absl::IsOutOfRange(gap)) << gap;
  EXPECT_THAT(std::string(gap.message()), HasSubstr("ends at LSN 20"));
  EXPECT_EQ(At(Lsn(20)), "20");
}

TEST_F(BackupTest, DamageInTheSourceIsNamedAndNothingOfItIsTaken) {
  Open();
  CountTo(20);
  Backup();
  CountTo(200);
  Kill();
  const std::string damaged = Files("wal")[1].string();
  FlipByte(damaged, wal::kSegmentHeaderBytes + 3000);
  const absl::Status status = TryBackup().status();
  ASSERT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(DamageOf(status)->file, damaged);
  EXPECT_EQ(At(Lsn(20)), "20");
  EXPECT_THAT(NamesIn("wal"), SizeIs(1));
}

TEST_F(BackupTest, ASnapshotThatIsDamagedIsPassedOverWhereTheLogReachesBack) {
  Open();
  CountTo(20);
  TakeSnapshot();
  CountTo(40);
  Kill();
  FlipByte(Files("snapshots").front(), 200);
  BackupReport report = Backup();
  EXPECT_THAT(report.warnings, ElementsAre(HasSubstr("snapshot passed over")));
  EXPECT_EQ(report.first_lsn, Lsn());
  EXPECT_EQ(At(Lsn(3)), "3");

  options_.snapshots.retained = 1;
  std::filesystem::remove_all(Target());
  Open();
  CountTo(200);
  TakeSnapshot();
  Kill();
  FlipByte(Files("snapshots").front(), 200);
  const absl::Status none = TryBackup().status();
  EXPECT_TRUE(absl::IsDataLoss(none)) << none;
  EXPECT_FALSE(std::filesystem::exists(Target() + "/MANIFEST"));
}

TEST_F(BackupTest, ATornTailIsLeftWhereItIs) {
  Open();
  CountTo(20);
  Kill();
  const std::filesystem::path newest = Files("wal").back();
  std::string bytes = Bytes(newest);
  bytes.replace(bytes.find_last_not_of('\0') + 9, 100, std::string(100, 'x'));
  SetBytes(newest, bytes);
  EXPECT_EQ(Backup().last_lsn, Lsn(20));
  EXPECT_EQ(At(kLsnMax), "20");
  Open();  // a new segment begins behind the torn one
  CountTo(25);
  EXPECT_EQ(Backup().last_lsn, Lsn(25));
  EXPECT_EQ(At(Lsn(22)), "22");
}

TEST_F(BackupTest, ABackupThatWasWrittenToIsLeftAlone) {
  Open();
  CountTo(20);
  Backup();
  Close();
  const std::filesystem::path source = directory_;
  directory_ = Target();
  Open();
  Put("k", "mine");
  Close();
  const auto before = AllBytes();
  directory_ = source;
  Open();
  CountTo(25);
  const absl::Status status = TryBackup().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  directory_ = Target();
  EXPECT_EQ(AllBytes(), before);
}

TEST_F(BackupTest, AStoreThatWasSetBackToAnOlderCopyIsRefused) {
  Open();
  CountTo(20);
  Close();
  const std::filesystem::path old = root_ / "old";
  std::filesystem::copy(directory_, old, std::filesystem::copy_options::recursive);
  Open();
  CountTo(30);
  Backup();
  Close();
  std::filesystem::remove_all(directory_);
  std::filesystem::rename(old, directory_);
  EXPECT_TRUE(absl::IsFailedPrecondition(TryBackup().status())) << "older than its backup";
  Open();
  CountTo(60);
  const absl::Status status = TryBackup().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(At(Lsn(30)), "30");
}

// A machine that was set back together with its memory goes on in the same segment.
TEST_F(BackupTest, AStoreThatHasOtherRecordsInTheSameSegmentIsRefused) {
  Open();
  CountTo(20);
  Backup();
  const std::string segment = Target() + "/wal/" + NamesIn("wal").back();
  std::string bytes = Bytes(segment);
  const auto header = wal::DecodeSegmentHeader(bytes.substr(0, wal::kSegmentHeaderBytes));
  ASSERT_TRUE(header.ok());
  std::size_t offset = wal::kSegmentHeaderBytes;
  wal::RecordHeader last;
  while (true) {
    const auto record =
        wal::DecodeRecordHeader(std::string_view(bytes).substr(offset), header->salt);
    ASSERT_TRUE(record.ok()) << record.status();
    last = *record;
    if (last.lsn == Lsn(20)) break;
    offset += (wal::RecordLayout::kBytes + last.body_length + 7) / 8 * 8;
  }
  const std::size_t body_offset = offset + wal::RecordLayout::kBytes;
  bytes[bytes.find("....", body_offset)] = '!';
  const std::string_view body = std::string_view(bytes).substr(body_offset, last.body_length);
  last.body_crc = wal::BindBodyCrc(Crc32c(body), header->salt, last.lsn);
  wal::EncodeRecordHeader(last, header->salt, bytes.data() + offset);
  SetBytes(segment, bytes);
  EXPECT_EQ(At(Lsn(20)), "20!");
  CountTo(25);
  const absl::Status status = TryBackup().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(Bytes(segment), bytes) << "what was backed up stays";
}

// It would be taken for one that has less, and the store's records for those that it had.
TEST_F(BackupTest, ABackupWhoseNewestSegmentDoesNotReadToItsEndIsNotGoneOnFrom) {
  Open();
  CountTo(20);
  Backup();
  const std::string segment = Target() + "/wal/" + NamesIn("wal").back();
  std::string bytes = Bytes(segment);
  bytes[bytes.size() - 1500] ^= 1;
  SetBytes(segment, bytes);
  CountTo(25);
  const absl::Status status = TryBackup().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  ASSERT_TRUE(DamageOf(status).has_value()) << status;
  EXPECT_EQ(DamageOf(status)->file, segment);
  EXPECT_EQ(Bytes(segment), bytes) << "what was backed up stays";
}

TEST_F(BackupTest, CancelledAnywhereItIsAsBeforeAndGoesOn) {
  Open();
  CountTo(60);
  TakeSnapshot();
  CountTo(200);
  std::uint64_t asked_whole = 0;
  std::uint64_t last_done = 0;
  backup_options_.cancelled = [&] { return ++asked_whole == 0; };
  backup_options_.progress = [&](const BackupProgress& progress) {
    EXPECT_LE(progress.bytes_done, progress.bytes_total);
    EXPECT_GE(progress.bytes_done, last_done);
    last_done = progress.bytes_done;
  };
  const BackupReport whole = Backup();
  EXPECT_EQ(whole.bytes_copied, last_done);
  std::filesystem::remove_all(Target());
  backup_options_.progress = nullptr;
  for (std::uint64_t stop = 1; stop <= asked_whole; stop += 1 + asked_whole / 25) {
    std::uint64_t asked = 0;
    backup_options_.cancelled = [&] { return ++asked >= stop; };
    const absl::Status status = TryBackup().status();
    if (status.ok()) break;  // what the ones before copied was enough
    ASSERT_TRUE(absl::IsCancelled(status)) << status;
    EXPECT_FALSE(std::filesystem::exists(Target() + "/MANIFEST"));
  }
  backup_options_.cancelled = nullptr;
  std::filesystem::remove(Target() + "/MANIFEST");
  const BackupReport rest = Backup();
  EXPECT_LT(rest.bytes_copied, whole.bytes_copied);
  EXPECT_EQ(rest.bytes_copied + rest.bytes_present, whole.bytes_copied);
  EXPECT_EQ(At(Lsn(200)), "200");
  EXPECT_EQ(At(Lsn(61)), "61");
}

TEST_F(BackupTest, OfManySnapshotsTheOldestAndTheNewestStay) {
  options_.snapshots.retained = 1;
  Open();
  constexpr std::uint64_t kCount = 40;
  for (std::uint64_t i = 1; i <= kCount; ++i) {
    CountTo(i);
    TakeSnapshot();
    Backup();
  }
  const std::vector<std::string> names = NamesIn("snapshots");
  EXPECT_THAT(names, SizeIs(32));
  EXPECT_EQ(names.front(), "0000000000000001.snapshot");
  EXPECT_EQ(names.back(), "0000000000000028.snapshot");
  for (std::uint64_t i = 1; i <= kCount; i += 9) EXPECT_EQ(At(Lsn(i)), std::to_string(i));
}

}  // namespace
}  // namespace varve
