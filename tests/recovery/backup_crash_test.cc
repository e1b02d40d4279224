// Tests: recovery/backup.cc
// Power cuts at every call of a backup: the one before or the new one, whole.
#include <gtest/gtest.h>

#include "crash/simulated/simulated_environment.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/backup.h"
#include "recovery/open.h"
#include "tests/support/test_seed.h"

namespace varve {
namespace {

using crash::CrashChoice;
using crash::Fault;
using crash::SimulatedEnvironment;
using crash::StrictFileSystem;

constexpr const char* kStore = "store";
constexpr const char* kBackup = "backup";

PrimitiveRegistry Builtins() {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  return registry;
}

class BackupCrashTest : public testing::Test {
 protected:
  static OpenOptions OptionsOf(SimulatedEnvironment& outside) {
    OpenOptions options;
    options.environment = outside.environment();
    options.store.background_threads = false;
    options.store.log.background_threads = false;
    options.store.log.segment_bytes_min = std::uint64_t{16} << 10;
    options.store.log.segment_bytes_max = std::uint64_t{16} << 10;
    options.snapshots.retained = 2;
    options.materialized = [](const table::MaterializedOptions& wanted,
                              const table::AppliedMark& fresh) {
      return std::shared_ptr<table::MaterializedStore>(table::MakeMemoryStore(wanted, fresh));
    };
    return options;
  }

  // "k" = the LSN, up to `last`, with a snapshot after `snapshot`; the process is then killed.
  static void CountTo(SimulatedEnvironment& outside, std::uint64_t snapshot, std::uint64_t last) {
    auto opened = OpenStore(kStore, Builtins(), OptionsOf(outside));
    ASSERT_TRUE(opened.ok()) << opened.status();
    while (opened->store->visible_lsn() < Lsn(last)) {
      const std::uint64_t next = opened->store->visible_lsn().value() + 1;
      ASSERT_TRUE(
          opened->store
              ->Update([&](Transaction& transaction) {
                return Kv(transaction).Put("k", std::to_string(next) + std::string(900, '.'));
              })
              .ok());
      if (next == snapshot) {
        ASSERT_TRUE(opened->snapshotter->CreateSnapshot(*opened->store).ok());
      }
    }
    auto image = outside.files->CrashImage(CrashChoice::Killed());
    opened->store.reset();
    outside.files = std::move(image);
  }

  static absl::StatusOr<BackupReport> Backup(SimulatedEnvironment& outside) {
    BackupOptions options;
    options.environment = outside.environment();
    return BackupStore(kStore, kBackup, options);
  }

  // The value of "k" at that moment, as the backup on `disk` has it; the status's text otherwise.
  static std::string At(const StrictFileSystem& disk, Lsn lsn) {
    SimulatedEnvironment outside;
    outside.files = disk.CrashImage(CrashChoice::All());
    const OpenOptions options = OptionsOf(outside);
    const auto report = RestoreStore(kBackup, "restored", {.lsn = lsn}, Builtins(), options);
    if (!report.ok()) return report.status().ToString();
    const auto opened = OpenStore("restored", Builtins(), options);
    if (!opened.ok()) return opened.status().ToString();
    auto view = opened->store->View();
    const auto row = Kv(*view).Get("k");
    if (!row.ok() || !row->has_value()) return "nothing";
    const std::string value((*row)->value);
    return value.substr(0, value.find('.'));
  }

  static std::vector<CrashChoice> Choices(std::uint64_t seed) {
    return {CrashChoice::Nothing(),         CrashChoice::All(),
            CrashChoice::Killed(),          CrashChoice::Random(seed, 512),
            CrashChoice::Random(seed, 512), CrashChoice::Random(seed + 1, 4096)};
  }

  // Cuts the power before every call of one backup of `start`, where a backup up to `before` is
  // (0: none is).
  void SweepBackup(const StrictFileSystem& start, std::uint64_t before, std::uint64_t last) {
    const std::uint64_t seed = testing_support::TestSeed(0xBAC);
    std::uint64_t images = 0;
    for (std::uint64_t call = 1;; ++call) {
      SCOPED_TRACE("power cut before call " + std::to_string(call));
      SimulatedEnvironment outside;
      outside.files = start.CrashImage(CrashChoice::Killed());
      outside.files->CrashAt(call);
      const bool ok = Backup(outside).ok();
      for (const CrashChoice& choice : Choices(seed + call)) {
        SimulatedEnvironment after;
        after.files = outside.files->CrashImage(choice);
        const bool named = after.files->Stat("backup/MANIFEST").ok();
        ASSERT_TRUE(named || (before == 0 && !ok)) << "the backup is gone";
        if (named) {
          const std::string newest = At(*after.files, kLsnMax);
          // Between the two is whole, too: the log has come further than the manifest.
          ASSERT_GE(std::strtoull(newest.c_str(), nullptr, 10), before == 0 ? last : before)
              << newest;
          ASSERT_TRUE(!ok || newest == std::to_string(last)) << newest;
          ASSERT_TRUE(before == 0 || At(*after.files, Lsn(before)) == std::to_string(before));
        }
        // What is left over does not stand in the way of the next one.
        const auto next = Backup(after);
        ASSERT_TRUE(next.ok()) << next.status();
        ASSERT_EQ(At(*after.files, Lsn(last)), std::to_string(last));
        for (const auto& [path, bytes] : after.files->Contents()) {
          ASSERT_FALSE(path.starts_with(kBackup) && path.ends_with(".new")) << path;
        }
        ++images;
      }
      if (!outside.files->crashed()) break;  // it went through whole
    }
    EXPECT_GE(images, 100u);
  }
};

TEST_F(BackupCrashTest, BeforeEveryCallOfTheFirstOne) {
  SimulatedEnvironment outside;
  CountTo(outside, 30, 60);
  SweepBackup(*outside.files, 0, 60);
}

TEST_F(BackupCrashTest, BeforeEveryCallOfTheNextOne) {
  SimulatedEnvironment outside;
  CountTo(outside, 30, 60);
  ASSERT_TRUE(Backup(outside).ok());
  CountTo(outside, 90, 110);
  SweepBackup(*outside.files, 60, 110);
}

TEST_F(BackupCrashTest, ATargetWithASlashIsDurableTooWhenItIsDone) {
  SimulatedEnvironment outside;
  CountTo(outside, 30, 60);
  BackupOptions options;
  options.environment = outside.environment();
  ASSERT_TRUE(BackupStore(kStore, "backup/", options).ok());
  EXPECT_EQ(At(*outside.files->CrashImage(CrashChoice::Nothing()), Lsn(60)), "60");
}

TEST_F(BackupCrashTest, WhatTheSourceLosesInAPowerCutIsNotInTheBackup) {
  SimulatedEnvironment outside;
  CountTo(outside, 30, 60);
  const OpenOptions options = OptionsOf(outside);
  auto opened = OpenStore(kStore, Builtins(), options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  // Written for all to read, and not on the disk: its writer gets no answer.
  outside.files->AddFault({.kind = crash::CallKind::kFlushDurably, .path_contains = "store/wal"});
  const auto receipt = opened->store->Update(
      [](Transaction& transaction) { return Kv(transaction).Put("k", "unknown."); });
  ASSERT_FALSE(receipt.ok());
  ASSERT_EQ(outside.files->faults_fired(), 1u);
  const auto report = Backup(outside);
  ASSERT_TRUE(report.ok()) << report.status();
  SimulatedEnvironment after;
  after.files = outside.files->CrashImage(CrashChoice::Nothing());
  opened->store.reset();
  const auto reopened = OpenStore(kStore, Builtins(), OptionsOf(after));
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_EQ(report->last_lsn, Lsn(61));
  EXPECT_GE(reopened->report.last_lsn, report->last_lsn);
}

TEST_F(BackupCrashTest, ARestoreBesideAWriterThatTrimsTheLogMeanwhileIsTriedAgain) {
  SimulatedEnvironment outside;
  CountTo(outside, 30, 60);
  const OpenOptions options = OptionsOf(outside);
  auto opened = OpenStore(kStore, Builtins(), options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto snapshot = [&] {
    for (int i = 0; i < 30; ++i) {
      const auto receipt = opened->store->Update([](Transaction& transaction) {
        return Kv(transaction).Put("k", "later" + std::string(900, '.'));
      });
      ASSERT_TRUE(receipt.ok()) << receipt.status();
    }
    const auto taken = opened->snapshotter->CreateSnapshot(*opened->store);
    ASSERT_TRUE(taken.ok()) << taken.status();
  };
  // When the restore has made its plan and makes the target: what it planned to read goes.
  bool trimmed = false;
  outside.files->SetHook([&](const crash::Call& call) {
    if (trimmed || !call.path.starts_with("restored")) return;
    trimmed = true;
    for (int i = 0; i < 3; ++i) snapshot();
  });
  const auto report = RestoreStore(kStore, "restored", {}, Builtins(), options);
  outside.files->SetHook(nullptr);
  ASSERT_TRUE(trimmed);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->last_lsn, opened->store->visible_lsn());
}

TEST_F(BackupCrashTest, WhatTheDiskGivesBackWrongIsNotNamed) {
  SimulatedEnvironment outside;
  CountTo(outside, 30, 60);
  outside.files->AddFault({.kind = crash::CallKind::kRead,
                           .path_contains = ".new",
                           .times = 1'000'000,
                           .effect = Fault::Effect::kFlipBit});
  const absl::Status status = Backup(outside).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  for (const auto& [path, bytes] : outside.files->Contents()) {
    EXPECT_FALSE(path.starts_with("backup/wal/0") || path.starts_with("backup/snapshots/0") ||
                 path == "backup/MANIFEST")
        << path;
  }
  outside.files->ClearFaults();
  EXPECT_TRUE(Backup(outside).ok());
  EXPECT_EQ(At(*outside.files, Lsn(60)), "60");
}

TEST_F(BackupCrashTest, ABitThatIsReadWrongOnceIsReadAgain) {
  SimulatedEnvironment outside;
  CountTo(outside, 30, 60);
  outside.files->AddFault({.kind = crash::CallKind::kRead,
                           .path_contains = "backup/wal",
                           .effect = Fault::Effect::kFlipBit});
  EXPECT_TRUE(Backup(outside).ok());
  EXPECT_EQ(At(*outside.files, Lsn(60)), "60");
}

TEST_F(BackupCrashTest, ADiskThatIsFullLeavesTheOneBefore) {
  SimulatedEnvironment outside;
  CountTo(outside, 30, 60);
  ASSERT_TRUE(Backup(outside).ok());
  CountTo(outside, 90, 110);
  std::uint64_t bytes = 0;
  for (const auto& [path, content] : outside.files->Contents()) bytes += content.size();
  outside.files->SetCapacity(bytes + 5000);
  const absl::Status status = Backup(outside).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  outside.files->SetCapacity(std::uint64_t{1} << 40);
  EXPECT_EQ(At(*outside.files, Lsn(60)), "60");
  EXPECT_TRUE(Backup(outside).ok());
  EXPECT_EQ(At(*outside.files, Lsn(110)), "110");
}

}  // namespace
}  // namespace varve
