// Tests: kernel/base/out_of_memory.cc
// Each allocation of a commit, a read, a checkpoint, a snapshot, a close and an open fails: that
// one alone, and from that one on all. Whatever the answer, it is true: what was refused is absent
// and the store goes on; what may be there is there whole or not at all after a reopen; what was
// acknowledged stays.
#include "kernel/base/out_of_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "crash/allocations/allocation_fault.h"
#include "primitives/builtin.h"
#include "primitives/event/event.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"
#include "snapshot/snapshotter.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using crash::AllocationFault;

constexpr int kRowsBefore = 12;

TEST(OutOfMemory, SaysSoEvenWithoutMemoryForTheWords) {
  const AllocationFault fault(1, AllocationFault::Lasts::kForEver);
  const absl::Status status = OutOfMemory(absl::StatusCode::kResourceExhausted, "words");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

// Memory, where the system has a folder there: nothing here waits for a disk.
fs::path ScratchFolder() {
  const fs::path parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : testing::TempDir();
  return parent / ("varve_out_of_memory_" + std::to_string(getpid()));
}

class OutOfMemoryTest : public testing::TestWithParam<AllocationFault::Lasts> {
 protected:
  OutOfMemoryTest() {
    options_.store.background_threads = false;  // so that this thread allocates everything
    options_.store.log.segment_bytes_min = 64 << 10;
    options_.store.log.segment_bytes_max = 64 << 10;
  }
  ~OutOfMemoryTest() override {
    opened_ = OpenedStore();
    fs::remove_all(folder_);
  }

  static PrimitiveRegistry Builtins() {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    return registry;
  }

  absl::Status TryOpen(PrimitiveRegistry registry = Builtins()) {
    auto opened = OpenStore(store_path_, std::move(registry), options_);
    if (!opened.ok()) return opened.status();
    opened_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }
  Store& store() { return *opened_.store; }

  void MakeStore() {
    opened_ = OpenedStore();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    Open();
    for (int i = 0; i < kRowsBefore; ++i) ASSERT_TRUE(Put("before" + std::to_string(i), "v").ok());
  }

  absl::Status Put(const std::string& key, const std::string& value) {
    return store().Update([&](Transaction& txn) { return Kv(txn).Put(key, value); }).status();
  }
  bool Has(const std::string& key) {
    auto view = store().View();
    EXPECT_TRUE(view.ok()) << view.status();
    const auto row = Kv(*view).Get(key);
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() && row->has_value();
  }
  // Rows of two primitives in one transaction.
  absl::Status CommitAll() {
    return store()
        .Update([](Transaction& txn) -> absl::Status {
          for (const char* key : {"a", "b"}) {
            const absl::Status put = Kv(txn).Put(key, std::string(300, 'x'));
            if (!put.ok()) return put;
          }
          return Events(txn).Append("stream", "told", "{}").status();
        })
        .status();
  }

  absl::Status PutMany(const std::string& prefix, int bytes) {
    return store()
        .Update([&](Transaction& txn) -> absl::Status {
          for (int i = 0; i < 120; ++i) {
            const absl::Status put = Kv(txn).Put(prefix + std::to_string(i * 7 % 120),
                                                 std::string(static_cast<std::size_t>(bytes), 'm'));
            if (!put.ok()) return put;
          }
          return absl::OkStatus();
        })
        .status();
  }
  void CheckpointAgain(const absl::Status& status) {
    EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
    EXPECT_TRUE(Put("between", "v").ok());
    const absl::Status again = store().Checkpoint();
    EXPECT_TRUE(again.ok()) << again;
    EXPECT_EQ(store().applied_lsn(), store().visible_lsn());
    EXPECT_TRUE(Has("between"));
  }
  absl::Status Snapshot() { return opened_.snapshotter->CreateSnapshot(store()).status(); }

  // Runs `work` on a fresh store with each allocation of it failing, and `judge` after it.
  void Sweep(const std::function<void()>& prepare, const std::function<absl::Status()>& work,
             const std::function<void(const absl::Status&)>& judge) {
    const bool each = std::getenv("VARVE_EVERY_ALLOCATION") != nullptr;
    std::uint64_t tried = 0;
    for (std::uint64_t ordinal = 1; !HasFailure(); ordinal += each ? 1 : 1 + ordinal / 24) {
      SCOPED_TRACE("allocation " + std::to_string(ordinal));
      MakeStore();
      prepare();
      absl::Status status;
      bool fired = false;
      {
        const AllocationFault fault(ordinal, GetParam());
        status = work();
        fired = fault.fired();
      }
      if (!fired) {
        EXPECT_TRUE(status.ok()) << status;
        break;
      }
      ++tried;
      judge(status);
      CheckAllIsThere();
    }
    EXPECT_GT(tried, 3u);
    std::printf("%d allocations failed\n", static_cast<int>(tried));
  }

  // In the store as it is if it still serves, and in what opens after it.
  void CheckAllIsThere() {
    if (opened_.store != nullptr && store().status().ok() && store().View().ok()) {
      EXPECT_TRUE(Put("after", "w").ok());
      EXPECT_TRUE(Has("after"));
    }
    opened_ = OpenedStore();
    Open();
    if (HasFatalFailure()) return;
    for (int i = 0; i < kRowsBefore; ++i) EXPECT_TRUE(Has("before" + std::to_string(i))) << i;
    EXPECT_EQ(Has("a"), Has("b"));
    EXPECT_TRUE(Put("later", "w").ok());
    EXPECT_TRUE(store().Close().ok());
  }

  const fs::path folder_ = ScratchFolder();
  const std::string store_path_ = (folder_ / "s").string();
  OpenOptions options_;
  OpenedStore opened_;
};

TEST_P(OutOfMemoryTest, ACommitIsAbsentOrUnknownAndNeverHalf) {
  Sweep([] {}, [this] { return CommitAll(); },
        [&](const absl::Status& status) {
          if (absl::IsResourceExhausted(status)) {
            EXPECT_TRUE(store().status().ok()) << store().status();
            EXPECT_FALSE(Has("a"));
            EXPECT_TRUE(CommitAll().ok());  // the same again, now that there is memory
            EXPECT_TRUE(Has("a"));
          } else if (absl::IsUnknown(status)) {
            EXPECT_FALSE(store().status().ok());
            EXPECT_TRUE(absl::IsFailedPrecondition(Put("no", "v")));
          } else {
            EXPECT_TRUE(status.ok()) << status;
            EXPECT_TRUE(Has("a"));
          }
        });
}

TEST_P(OutOfMemoryTest, AReadSaysSoAndTheNextOneReads) {
  Sweep([] {},
        [this] {
          return store().Read([](ReadView& view) -> absl::Status {
            const auto count = Kv(view).Count();
            if (!count.ok()) return count.status();
            return *count == kRowsBefore ? absl::OkStatus() : absl::InternalError("rows are gone");
          });
        },
        [&](const absl::Status& status) {
          EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
          EXPECT_TRUE(Has("before3"));
        });
}

TEST_P(OutOfMemoryTest, ACheckpointCanBeTriedAgain) {
  Sweep([] {}, [this] { return store().Checkpoint(); },
        [this](const absl::Status& status) { CheckpointAgain(status); });
}

// Pages of LMDB that split, are freed and used again.
TEST_P(OutOfMemoryTest, ACheckpointOverManyRowsCanBeTriedAgain) {
  Sweep(
      [this] {
        ASSERT_TRUE(PutMany("m", 400).ok());
        ASSERT_TRUE(store().Checkpoint().ok());
        ASSERT_TRUE(PutMany("m", 300).ok());
        ASSERT_TRUE(store().Checkpoint().ok());
        ASSERT_TRUE(PutMany("n", 500).ok());
      },
      [this] { return store().Checkpoint(); },
      [this](const absl::Status& status) { CheckpointAgain(status); });
}

// With content that is compressed.
TEST_P(OutOfMemoryTest, ASnapshotCanBeTriedAgain) {
  Sweep([this] { ASSERT_TRUE(PutMany("m", 400).ok()); }, [this] { return Snapshot(); },
        [&](const absl::Status& status) {
          EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
          const absl::Status again = Snapshot();
          EXPECT_TRUE(again.ok()) << again;
        });
}

TEST_P(OutOfMemoryTest, ARestoreCanBeMadeAgain) {
  const std::string target = (folder_ / "restored").string();
  PrimitiveRegistry registry;
  Sweep(
      [&] {
        ASSERT_TRUE(PutMany("m", 400).ok());
        ASSERT_TRUE(Snapshot().ok());
        ASSERT_TRUE(PutMany("n", 300).ok());
        registry = Builtins();
      },
      [&] { return RestoreStore(store_path_, target, {}, std::move(registry)).status(); },
      [&](const absl::Status& status) {
        EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
        fs::remove_all(target);
        const auto again = RestoreStore(store_path_, target, {}, Builtins());
        ASSERT_TRUE(again.ok()) << again.status();
        EXPECT_EQ(again->last_lsn, store().visible_lsn());
      });
}

TEST_P(OutOfMemoryTest, ACloseLosesNothing) {
  Sweep([] {}, [this] { return store().Close(); },
        [](const absl::Status& status) {
          EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status) || absl::IsUnknown(status))
              << status;
        });
}

// Onto what a clean close left; and making state.mdb anew, from the log, and from a snapshot and
// the log.
TEST_P(OutOfMemoryTest, AnOpenThatFailsLeavesAStoreThatOpens) {
  enum class From { kState, kLog, kSnapshot };
  for (const From from : {From::kState, From::kLog, From::kSnapshot}) {
    SCOPED_TRACE("from " + std::to_string(static_cast<int>(from)));
    PrimitiveRegistry registry;
    Sweep(
        [&] {
          if (from == From::kSnapshot) {
            ASSERT_TRUE(PutMany("m", 400).ok());
            ASSERT_TRUE(Snapshot().ok());
          }
          ASSERT_TRUE(store().Close().ok());
          opened_ = OpenedStore();
          if (from != From::kState) fs::remove(folder_ / "s" / "state.mdb");
          registry = Builtins();
        },
        [&] { return TryOpen(std::move(registry)); },
        [](const absl::Status& status) {
          EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
        });
  }
}

INSTANTIATE_TEST_SUITE_P(Allocations, OutOfMemoryTest,
                         testing::Values(AllocationFault::Lasts::kOnce,
                                         AllocationFault::Lasts::kForEver),
                         [](const auto& tested) {
                           return tested.param == AllocationFault::Lasts::kOnce
                                      ? "OneFails"
                                      : "AllFailFromThere";
                         });

}  // namespace
}  // namespace varve
