// One open LMDB environment: how it is opened, when it counts as broken, how its file is marked
// damaged, and how its map grows.
#ifndef VARVE_KERNEL_TABLE_LMDB_ENVIRONMENT_H_
#define VARVE_KERNEL_TABLE_LMDB_ENVIRONMENT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernel/table/lmdb_call.h"

namespace varve::table {

inline constexpr unsigned kLmdbReadersMax = 1024;

// Address space, not memory and not disk: large enough that no user ever meets it.
inline constexpr std::uint64_t kLmdbMapBytesWanted = std::uint64_t{1} << 40;
inline constexpr std::uint64_t kLmdbMapBytesMin = std::uint64_t{64} << 20;

struct LmdbOpenOptions {
  bool read_only = false;
  // Opens without lock file: for a file that no other environment has open.
  bool exclusive = false;
  // Halved until the system grants it; below the wanted size the map may have to grow later.
  std::uint64_t map_bytes = kLmdbMapBytesWanted;
};

// Thread-safe unless noted.
class LmdbEnvironment final {
 public:
  // kDataLoss: LMDB refuses the file. kPermissionDenied, kResourceExhausted, kUnknown as usual.
  // Makes the file where there is none: callers look first.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<LmdbEnvironment>> Open(
      const std::string& path, const LmdbOpenOptions& options);
  // No transaction may be open, unless the environment is abandoned.
  ~LmdbEnvironment();
  LmdbEnvironment(const LmdbEnvironment&) = delete;
  LmdbEnvironment& operator=(const LmdbEnvironment&) = delete;

  [[nodiscard]] MDB_env* get() const { return environment_; }
  [[nodiscard]] MDB_dbi rows() const { return rows_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint32_t page_bytes() const { return page_bytes_; }
  // Pages in use end below this; at least those of every open transaction.
  [[nodiscard]] std::uint64_t used_bytes() const;
  // Where the file is mapped; null where that is unknown, and pages are left to LMDB alone.
  [[nodiscard]] const char* map_address() const { return map_address_; }

  // The kDataLoss for damage found in the file. The first call leaves a mark beside the file, so
  // that the next open does not trust it.
  [[nodiscard]] absl::Status Damaged(std::string_view what);
  // The status for a read that LMDB answered with `code`.
  [[nodiscard]] absl::Status ReadFailed(int code);

  // The status for a call of a write transaction that LMDB answered with `code`. A full map or
  // disk, and memory that ran out, change nothing; anything else breaks the environment.
  [[nodiscard]] absl::Status WriteFailed(int code, std::string_view call);
  // The kResourceExhausted for a call for which LMDB found no memory.
  [[nodiscard]] absl::Status NoMemoryFor(std::string_view call) const;
  // Breaks it: the file is no longer the state. Returns the status for it.
  [[nodiscard]] absl::Status Break(const absl::Status& why);
  // kUnknown with the first error once broken.
  [[nodiscard]] absl::Status CheckUnbroken() const;
  // After an assertion within a write transaction: LMDB's locks are held for ever, so nothing of
  // this environment is touched again, not even to close it.
  [[nodiscard]] bool abandoned() const { return abandoned_.load(std::memory_order_acquire); }

  // Whether the map is smaller than wanted, and so may have to grow.
  [[nodiscard]] bool growable() const { return map_bytes_ < kLmdbMapBytesWanted; }
  // Whether it ran full, or soon may.
  [[nodiscard]] bool wants_growth() const;
  // Doubles the map. The caller makes sure that no transaction is open in this process.
  [[nodiscard]] absl::Status Grow();

  // To be called before write transaction `id` is committed.
  void NoteCommit(std::size_t id) {
    committing_id_.store(id, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  // Whether a read transaction that began as state `id` may hold the root of a later one. LMDB
  // keeps two roots in turn; a reader takes the number first and copies the root then, and LMDB
  // does not look whether the commit of id + 2 overwrote that root between the two.
  [[nodiscard]] bool RootMayBeNewerThan(std::size_t id) const {
    std::atomic_thread_fence(std::memory_order_acquire);
    return committing_id_.load(std::memory_order_relaxed) >= id + 2;
  }

  // Writes out what LMDB left unwritten at the end of the file: pages that a transaction took and
  // gave back. The guard can then insist that every page is there.
  [[nodiscard]] absl::Status FillToLastPage();
  // Gives back what a commit that failed for want of space had taken, where it can: the next commit
  // that succeeds uses it, too. No commit may run.
  void CutToLastPage();

 private:
  [[nodiscard]] bool RanFull(int code) const;
  [[nodiscard]] absl::Status SetFileBytes();
  LmdbEnvironment(std::string path, bool read_only)
      : path_(std::move(path)), read_only_(read_only) {}
  [[nodiscard]] int OpenWithMap(const LmdbOpenOptions& options, std::uint64_t map_bytes);
  [[nodiscard]] absl::Status OpenRows();
  [[nodiscard]] int FindMap(MDB_txn* transaction);
  void LeaveDamageMark();

  const std::string path_;
  const bool read_only_;
  MDB_env* environment_ = nullptr;
  MDB_dbi rows_ = 0;
  std::uint32_t page_bytes_ = 0;
  const char* map_address_ = nullptr;
  std::uint64_t map_bytes_ = 0;
  std::atomic<std::size_t> committing_id_ = 0;
  std::atomic<bool> map_full_ = false;
  std::atomic<bool> damaged_ = false;
  std::atomic<bool> abandoned_ = false;
  mutable std::mutex mutex_;
  absl::Status broken_;  // guarded by mutex_
};

// The file beside `path` that says: do not trust it.
[[nodiscard]] std::string DamageMarkPath(const std::string& path);
// Where a file is made before it takes the name `path`. One that is left over means nothing.
[[nodiscard]] std::string TemporaryLmdbPath(const std::string& path);
[[nodiscard]] std::string LockPath(const std::string& path);
// The folder that `path` lies in.
[[nodiscard]] std::string FolderOf(const std::string& path);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_ENVIRONMENT_H_
