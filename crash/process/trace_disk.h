// The strict disk of crash/simulated, written to by a process that is long gone: its trace.
//
//   TraceDisk disk;
//   disk.files().SetHook([&](const Call&) { images.push_back(disk.files().CrashImage(choice)); });
//   for (const TraceEvent& event : trace.events) VARVE_RETURN_IF_ERROR(disk.Play(event));
#ifndef VARVE_CRASH_PROCESS_TRACE_DISK_H_
#define VARVE_CRASH_PROCESS_TRACE_DISK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "crash/process/trace.h"
#include "crash/simulated/strict_file_system.h"

namespace varve::crash {

// Not thread-safe.
class TraceDisk final {
 public:
  // Empty, or as an earlier crash has left it.
  TraceDisk() : TraceDisk(std::make_unique<StrictFileSystem>()) {}
  explicit TraceDisk(std::unique_ptr<StrictFileSystem> files) : files_(std::move(files)) {}

  // Does to the disk what the process did. The hook of files() is called before each change, and
  // once more where the bytes of a durable write are there but not yet durable. kInternal: the
  // trace contradicts itself.
  [[nodiscard]] absl::Status Play(const TraceEvent& event);

  [[nodiscard]] StrictFileSystem& files() { return *files_; }
  // Paths of files that were mapped for writing: what files() has of them is their size.
  [[nodiscard]] const std::set<std::string>& mapped() const { return mapped_; }

 private:
  absl::Status PlayOpen(const TraceEvent& event);
  absl::Status PlayOnFile(const TraceEvent& event);

  const std::unique_ptr<StrictFileSystem> files_;
  std::map<std::uint64_t, std::unique_ptr<File>> open_;  // by TraceEvent::file
  std::set<std::string> mapped_;
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_TRACE_DISK_H_
