// What one system call of a traced child means to the traced folder, read at its entry.
#ifndef VARVE_CRASH_PROCESS_FOLDER_CALL_H_
#define VARVE_CRASH_PROCESS_FOLDER_CALL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "crash/process/tracee.h"

namespace varve::crash {

struct FolderCall {
  enum class Kind {
    kNone,  // does not concern the folder
    kMarker,
    kOpen,
    kClose,      // descriptors `descriptor` to `target`
    kDuplicate,  // `descriptor`; to `target`, where that is not negative
    kWrite,
    kTruncate,  // `descriptor`, or `path` where that is negative
    kGrow,      // as kTruncate, but never cuts
    kSync,
    kMap,
    kCreateFolder,
    kRename,
    kRemove,
  };
  Kind kind = Kind::kNone;
  int descriptor = -1;
  int target = -1;
  std::string path{};  // relative to the folder
  std::string new_path{};
  std::uint64_t offset = 0;  // or the new size
  std::string bytes{};
  bool durably = false;  // kWrite; kOpen: every write through it
  bool existed = false;  // kOpen: before
  bool cuts = false;     // kOpen: to nothing
  // A place where the process can be killed to see what it makes of it.
  bool changes = false;
};

// An open file description within the folder: what descriptors share after dup().
struct TracedFile {
  std::uint64_t number = 0;  // TraceEvent::file
  std::string path;
  bool is_folder = false;
  bool durably = false;
};
using TracedFiles = std::map<int, std::shared_ptr<const TracedFile>>;  // by descriptor

// Reads arguments and memory of the child while it stands at the entry of a call.
class FolderCallReader final {
 public:
  // `folder`: absolute, without symbolic links. A write to `marker` is a marker; it may be
  // negative. Of files whose name ends with `scratch_suffix` the content may be mapped for writing.
  // All must outlive it.
  FolderCallReader(const Tracee& tracee, const std::string& folder, int marker,
                   const std::string& scratch_suffix, const TracedFiles& files)
      : tracee_(tracee),
        folder_(folder),
        marker_(marker),
        scratch_suffix_(scratch_suffix),
        files_(files) {}

  // kUnimplemented: a call that may change the folder in a way that cannot be followed.
  [[nodiscard]] absl::StatusOr<FolderCall> Read(const Stop& stop) const;

 private:
  absl::StatusOr<FolderCall> ReadOpen(const Stop& stop) const;
  absl::StatusOr<FolderCall> OpenOf(const std::string& path, std::uint64_t flags) const;
  absl::StatusOr<FolderCall> ReadWrite(const Stop& stop) const;
  absl::StatusOr<FolderCall> ReadPathCall(const Stop& stop) const;
  absl::StatusOr<FolderCall> ReadDescriptorCall(const Stop& stop) const;
  absl::StatusOr<FolderCall> ReadMap(const Stop& stop) const;
  absl::Status CheckFollowed(const Stop& stop) const;

  absl::StatusOr<std::string> ReadVector(std::uint64_t address, std::uint64_t count) const;
  // The offset at which a write() of the descriptor lands.
  absl::StatusOr<std::uint64_t> PositionOf(int descriptor) const;
  // Of the path at `address`, relative to the folder; nullopt where it is outside.
  absl::StatusOr<std::optional<std::string>> PathAt(std::uint64_t folder_descriptor,
                                                    std::uint64_t address) const;
  [[nodiscard]] const TracedFile* FileOf(std::uint64_t descriptor) const;

  const Tracee& tracee_;
  const std::string& folder_;
  const int marker_;
  const std::string& scratch_suffix_;
  const TracedFiles& files_;
};

// `path` relative to `folder`; nullopt where it is not below it. The folder itself is "".
[[nodiscard]] std::optional<std::string> PathWithin(const std::string& folder,
                                                    const std::string& path);

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_FOLDER_CALL_H_
