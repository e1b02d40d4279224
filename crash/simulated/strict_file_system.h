// A file system in memory that keeps exactly the promises of kernel/io/file_system.h and not one
// more, so that a test can cut the power at any call and look at what is left:
//
//   - bytes and sizes are durable after Sync, or by the WriteDurablyAt that wrote them; before,
//     each sector and each size may reach the disk or not, in any order;
//   - a name (new, changed, gone) is durable after SyncDirectory on its folder, and only then;
//   - a rename within a folder happens whole or not at all.
//
//   StrictFileSystem files;
//   ... run a store on it ...
//   std::unique_ptr<StrictFileSystem> disk = files.CrashImage(CrashChoice::Random(7));
//   ... open a store on what is left ...
#ifndef VARVE_CRASH_SIMULATED_STRICT_FILE_SYSTEM_H_
#define VARVE_CRASH_SIMULATED_STRICT_FILE_SYSTEM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crash/simulated/strict_faults.h"
#include "crash/simulated/strict_tree.h"
#include "kernel/io/file_system.h"

namespace varve::crash {

struct StrictState;

// Thread-safe. Paths are split at '/'; "" and "." are the root, which always exists. Files and
// locks may outlive it.
class StrictFileSystem final : public FileSystem {
 public:
  StrictFileSystem();
  ~StrictFileSystem() override;
  StrictFileSystem(const StrictFileSystem&) = delete;
  StrictFileSystem& operator=(const StrictFileSystem&) = delete;

  absl::StatusOr<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override;
  absl::Status CreateDirectory(std::string_view path) override;
  absl::StatusOr<std::vector<std::string>> List(std::string_view path) override;
  absl::StatusOr<FileInfo> Stat(std::string_view path) override;
  absl::Status Rename(std::string_view from, std::string_view to) override;
  absl::Status Remove(std::string_view path) override;
  absl::Status SyncDirectory(std::string_view path) override;
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(std::string_view path, LockMode mode) override;
  absl::StatusOr<VolumeInfo> Volume(std::string_view path) override;

  // A new file system as a crash at this moment may leave this one, which goes on unchanged. It
  // has no locks, faults, hook or capacity, and its calls are counted from 1.
  [[nodiscard]] std::unique_ptr<StrictFileSystem> CrashImage(const CrashChoice& choice) const;
  // How many changes are not durable: what CrashChoice::Prefix counts.
  [[nodiscard]] std::uint64_t pending_count() const;
  // How many sectors of files are not: what CrashChoice::SectorMissing counts.
  [[nodiscard]] std::uint64_t pending_sectors(std::size_t sector_bytes) const;
  // Which parts of which files and folders are not, for people.
  [[nodiscard]] std::vector<PendingPart> DescribePending() const;

  // Called before every call that changes something, without any lock held: it may take images.
  using Hook = std::function<void(const Call&)>;
  void SetHook(Hook hook);
  // The process is dead: from now on every call of this file system and of its files answers
  // kUnknown and changes nothing. May be called from the hook: that call does not happen.
  void Crash();
  // Crashes before the call with this ordinal.
  void CrashAt(std::uint64_t ordinal);
  [[nodiscard]] bool crashed() const;

  // How many calls changed something, failed ones included, and which they were.
  [[nodiscard]] std::uint64_t call_count() const;
  [[nodiscard]] std::vector<Call> calls() const;

  void AddFault(Fault fault);
  void ClearFaults();
  [[nodiscard]] std::uint64_t faults_fired() const;

  // The disk holds this many bytes of file content; more answers kResourceExhausted.
  void SetCapacity(std::uint64_t bytes);

  // Every file by its path (without a leading '/'), as read now; folders with a '/' at the end.
  [[nodiscard]] std::map<std::string, std::string> Contents() const;
  // Flips bits at rest. The file must exist and have nothing pending.
  void Corrupt(std::string_view path, std::uint64_t offset, std::uint8_t mask);

 private:
  explicit StrictFileSystem(StrictNodePtr root);

  const std::shared_ptr<StrictState> state_;
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_SIMULATED_STRICT_FILE_SYSTEM_H_
