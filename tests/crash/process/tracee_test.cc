// Calls of a real process, with real files and the real LMDB, that the system interrupts, does by
// half, or fails.
#include "crash/process/tracee.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"
#include "snapshot/snapshotter.h"

namespace varve::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kCommits = 12;

// What the child tells, in memory that it shares with the parent.
struct Told {
  std::atomic<bool> began{false};
  std::atomic<std::uint64_t> acknowledged{0};
};

absl::StatusOr<OpenedStore> Open(const std::string& folder) {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  OpenOptions options;
  options.store.background_threads = false;
  options.store.log.segment_bytes_min = 64 << 10;
  options.store.log.segment_bytes_max = 64 << 10;
  return OpenStore(folder, std::move(registry), options);
}

// The whole life of a store. 0: nothing failed.
int Live(const std::string& folder, Told& told) {
  told.began = true;
  absl::StatusOr<OpenedStore> opened = Open(folder);
  if (!opened.ok()) return 1;
  Store& store = *opened->store;
  bool failed = false;
  for (std::uint64_t i = 1; i <= kCommits; ++i) {
    const auto receipt = store.Update([&](Transaction& txn) {
      return Kv(txn).Put("key" + std::to_string(i), std::string(3000, 'v'));
    });
    if (!receipt.ok()) return 2;
    told.acknowledged = i;
    if (i == 5) failed = !store.Checkpoint().ok() || failed;
    if (i == 9) failed = !opened->snapshotter->CreateSnapshot(store).ok() || failed;
  }
  failed = !store.Close().ok() || failed;
  return failed ? 3 : 0;
}

// What becomes of the call at whose entry the child stands.
struct Fate {
  int error = 0;                         // it does not happen, and answers this; 0: it does
  std::optional<std::uint64_t> bytes{};  // it transfers so many at most
};

class RealProcess : public testing::Test {
 protected:
  RealProcess() {
    void* const memory =
        ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    told_ = new (memory) Told;
  }
  ~RealProcess() override {
    ::munmap(told_, sizeof(Told));
    fs::remove_all(folder_);
  }

  // Runs a life in which `fate_of` decides; false where tracing is not permitted.
  bool Run(const std::function<Fate(const Tracee&, const Stop&)>& fate_of) {
    fs::remove_all(folder_);
    new (told_) Told;
    auto started = Tracee::Start([this] { return Live(folder_, *told_); });
    if (absl::IsUnavailable(started.status()) || absl::IsUnimplemented(started.status()))
      return false;
    EXPECT_TRUE(started.ok()) << started.status();
    Tracee& tracee = **started;
    std::map<pid_t, int> errors;  // of the calls that the child's threads are in
    while (true) {
      const auto stop = tracee.Next();
      if (!stop.ok()) {
        ADD_FAILURE() << stop.status();
        return true;
      }
      if (stop->kind == Stop::Kind::kEnded) {
        end_ = *stop;
        return true;
      }
      if (stop->kind == Stop::Kind::kExit) {
        if (const int error = std::exchange(errors[stop->thread], 0); error != 0) {
          EXPECT_TRUE(tracee.SetResult(stop->thread, -error).ok());
        }
      } else if (told_->began) {
        const Fate fate = fate_of(tracee, *stop);
        errors[stop->thread] = fate.error;
        if (fate.error != 0) {
          EXPECT_TRUE(tracee.SkipCall(stop->thread).ok());
        }
        if (fate.bytes.has_value()) {
          EXPECT_TRUE(tracee.SetArgument(stop->thread, 2, *fate.bytes).ok());
        }
      }
      EXPECT_TRUE(tracee.Resume(stop->thread).ok());
    }
  }

  static std::string FileOf(const Tracee& tracee, const Stop& stop) {
    std::error_code ignored;
    return fs::read_symlink("/proc/" + std::to_string(tracee.pid()) + "/fd/" +
                                std::to_string(static_cast<int>(stop.arguments[0])),
                            ignored)
        .string();
  }
  // Of the store's files, LMDB's own left out: LMDB takes an interrupted or short call for an
  // error.
  bool IsOurs(const Tracee& tracee, const Stop& stop) const {
    const std::string file = FileOf(tracee, stop);
    return file.starts_with(folder_) && file.find("state.mdb") == std::string::npos;
  }

  // Everything that was acknowledged, and at most one commit more.
  void CheckWhatIsLeft() {
    auto opened = Open(folder_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    auto view = opened->store->View();
    std::uint64_t there = 0;
    for (std::uint64_t i = 1; i <= kCommits; ++i) {
      const auto row = Kv(*view).Get("key" + std::to_string(i));
      ASSERT_TRUE(row.ok()) << row.status();
      if (row->has_value()) {
        EXPECT_EQ(++there, i);
      }
    }
    EXPECT_GE(there, told_->acknowledged.load());
    EXPECT_LE(there, told_->acknowledged.load() + 1);
  }

  const std::string folder_ = (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : testing::TempDir()) +
                              "/varve_tracee_" + std::to_string(getpid());
  Told* told_ = nullptr;
  Stop end_;
};

TEST_F(RealProcess, EveryInterruptedCallIsMadeAgain) {
  static const std::set<std::uint64_t> kRepeated = {
      SYS_pread64, SYS_pwrite64, SYS_pwritev2, SYS_fdatasync, SYS_fsync, SYS_ftruncate, SYS_flock};
  std::map<std::uint64_t, int> interrupted;
  bool last = false;
  const bool ran = Run([&](const Tracee& tracee, const Stop& stop) {
    if (!kRepeated.contains(stop.number) || !IsOurs(tracee, stop)) return Fate{};
    last = !last;
    if (last) ++interrupted[stop.number];
    return last ? Fate{.error = EINTR} : Fate{};
  });
  if (!ran) GTEST_SKIP() << "ptrace is not permitted here: docs/crash-testing.md";
  EXPECT_EQ(end_.signal, 0);
  EXPECT_EQ(end_.exit_code, 0);
  EXPECT_EQ(told_->acknowledged, kCommits);
  EXPECT_GT(interrupted[SYS_pwrite64] + interrupted[SYS_pwritev2], 10);
  EXPECT_GT(interrupted[SYS_pread64], 0);
  CheckWhatIsLeft();
}

TEST_F(RealProcess, EveryShortTransferGoesOn) {
  int cut = 0;
  const bool ran = Run([&](const Tracee& tracee, const Stop& stop) {
    const bool transfers = stop.number == SYS_pread64 || stop.number == SYS_pwrite64;
    if (!transfers || stop.arguments[2] < 2 || !IsOurs(tracee, stop)) return Fate{};
    ++cut;
    return Fate{.bytes = stop.arguments[2] / 2};
  });
  if (!ran) GTEST_SKIP() << "ptrace is not permitted here: docs/crash-testing.md";
  EXPECT_EQ(end_.exit_code, 0);
  EXPECT_EQ(told_->acknowledged, kCommits);
  EXPECT_GT(cut, 30);
  CheckWhatIsLeft();
}

// Beneath LMDB, too.
TEST_F(RealProcess, AFailedCallLosesNothingThatWasAcknowledged) {
  static const std::set<std::uint64_t> kFailing = {
      SYS_openat,    SYS_pread64, SYS_pwrite64,  SYS_pwritev2, SYS_pwritev,
      SYS_fdatasync, SYS_fsync,   SYS_ftruncate, SYS_rename,   SYS_unlink};
  for (const int error : {EIO, ENOSPC}) {
    for (std::uint64_t ordinal = 1;; ordinal += 1 + ordinal / 8) {
      SCOPED_TRACE(std::to_string(error) + " at call " + std::to_string(ordinal));
      std::uint64_t calls = 0;
      const bool ran = Run([&](const Tracee&, const Stop& stop) {
        return kFailing.contains(stop.number) && ++calls == ordinal ? Fate{.error = error} : Fate{};
      });
      if (!ran) GTEST_SKIP() << "ptrace is not permitted here: docs/crash-testing.md";
      EXPECT_EQ(end_.signal, 0);
      CheckWhatIsLeft();
      if (calls < ordinal || HasFailure()) break;
    }
  }
}

}  // namespace
}  // namespace varve::crash
