#include "crash/process/folder_call.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>
#include <vector>

#include "kernel/base/status.h"

namespace varve::crash {
namespace {

using Kind = FolderCall::Kind;

constexpr std::uint64_t kVectorPartsMax = 1024;  // IOV_MAX
constexpr std::uint64_t kWriteBytesMax = std::uint64_t{1} << 30;
constexpr std::uint64_t kCallNumberMax = 450;  // the newest that is known here
constexpr std::uint64_t kHere = static_cast<std::uint64_t>(AT_FDCWD);

// Calls that are not followed and must not be met: they write where no argument shows it, start
// what is not traced, or make durable what nobody told about.
constexpr std::array kNeverFollowed = {
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_io_setup, SYS_io_submit,
    SYS_sync,           SYS_openat2,        SYS_open_by_handle_at, SYS_chroot,   SYS_pivot_root,
    SYS_mount,          SYS_umount2,
};
// The same, where the argument with this index is a descriptor of a file of the folder ...
struct OnFile {
  std::uint64_t number;
  std::size_t descriptor;
};
constexpr std::array kNotFollowedOnFiles = {
    OnFile{SYS_copy_file_range, 2}, OnFile{SYS_sendfile, 0}, OnFile{SYS_splice, 2},
    OnFile{SYS_sync_file_range, 0}, OnFile{SYS_syncfs, 0},   OnFile{SYS_ioctl, 0},
};
// ... or is the path of one, relative to the folder descriptor in the argument before, if `is_at`.
struct OnPath {
  std::uint64_t number;
  std::size_t path;
  bool is_at;
};
constexpr std::array kNotFollowedOnPaths = {
    OnPath{SYS_link, 1, false},     OnPath{SYS_linkat, 3, true}, OnPath{SYS_symlink, 1, false},
    OnPath{SYS_symlinkat, 2, true}, OnPath{SYS_mknod, 0, false}, OnPath{SYS_mknodat, 1, true},
};

// Arguments of type int are the lower half; the upper may hold anything.
int IntOf(std::uint64_t argument) { return static_cast<int>(static_cast<std::uint32_t>(argument)); }

absl::Status NotFollowed(std::string_view what) {
  return Unimplemented("the traced process ", what,
                       ", which the trace cannot show: it would lie about what is on disk");
}

std::string LinkTarget(const std::string& link) {
  std::error_code error;
  return std::filesystem::read_symlink(link, error).string();
}

}  // namespace

std::optional<std::string> PathWithin(const std::string& folder, const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  if (normal == folder) return std::string();
  if (!normal.starts_with(folder + "/")) return std::nullopt;
  return normal.substr(folder.size() + 1);
}

const TracedFile* FolderCallReader::FileOf(std::uint64_t descriptor) const {
  const auto found = files_.find(IntOf(descriptor));
  return found == files_.end() ? nullptr : found->second.get();
}

absl::StatusOr<std::optional<std::string>> FolderCallReader::PathAt(std::uint64_t folder_descriptor,
                                                                    std::uint64_t address) const {
  VARVE_ASSIGN_OR_RETURN(std::string path, tracee_.ReadText(address));
  if (path.empty()) return std::optional<std::string>();
  if (path[0] != '/') {
    const int descriptor = IntOf(folder_descriptor);
    std::string base = "/proc/" + std::to_string(tracee_.pid());
    base += descriptor == AT_FDCWD ? std::string("/cwd") : "/fd/" + std::to_string(descriptor);
    path = LinkTarget(base) + "/" + path;
  }
  return PathWithin(folder_, path);
}

absl::StatusOr<FolderCall> FolderCallReader::Read(const Stop& stop) const {
  VARVE_RETURN_IF_ERROR(CheckFollowed(stop));
  switch (stop.number) {
    case SYS_open:
    case SYS_openat:
    case SYS_creat:
      return ReadOpen(stop);
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_pwritev:
    case SYS_pwritev2:
      return ReadWrite(stop);
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_rmdir:
    case SYS_mkdir:
    case SYS_mkdirat:
    case SYS_truncate:
      return ReadPathCall(stop);
    case SYS_mmap:
      return ReadMap(stop);
    default:
      return ReadDescriptorCall(stop);
  }
}

absl::Status FolderCallReader::CheckFollowed(const Stop& stop) const {
  const std::string made = "made system call " + std::to_string(stop.number);
  if (stop.number > kCallNumberMax) return NotFollowed(made + ", one that is not known here");
  for (const auto number : kNeverFollowed) {
    if (stop.number == static_cast<std::uint64_t>(number)) return NotFollowed(made);
  }
  for (const OnFile& one : kNotFollowedOnFiles) {
    if (stop.number != one.number) continue;
    const TracedFile* const file = FileOf(stop.arguments[one.descriptor]);
    if (file != nullptr) return NotFollowed(made + " on " + file->path);
  }
  for (const OnPath& one : kNotFollowedOnPaths) {
    if (stop.number != one.number) continue;
    VARVE_ASSIGN_OR_RETURN(const auto path, PathAt(one.is_at ? stop.arguments[one.path - 1] : kHere,
                                                   stop.arguments[one.path]));
    if (path.has_value()) return NotFollowed(made + " on " + *path);
  }
  return absl::OkStatus();
}

absl::StatusOr<FolderCall> FolderCallReader::ReadOpen(const Stop& stop) const {
  const bool is_at = stop.number == SYS_openat;
  VARVE_ASSIGN_OR_RETURN(const auto path,
                         PathAt(is_at ? stop.arguments[0] : kHere, stop.arguments[is_at ? 1 : 0]));
  if (!path.has_value()) return FolderCall();
  const std::uint64_t flags = stop.number == SYS_creat ? std::uint64_t{O_CREAT | O_WRONLY | O_TRUNC}
                                                       : stop.arguments[is_at ? 2 : 1];
  return OpenOf(*path, flags);
}

absl::StatusOr<FolderCall> FolderCallReader::OpenOf(const std::string& path,
                                                    std::uint64_t flags) const {
  if ((flags & O_APPEND) != 0) return NotFollowed("opened " + path + " for appending");
  constexpr std::uint64_t kTemporary = O_TMPFILE & ~O_DIRECTORY;
  if ((flags & kTemporary) == kTemporary) return NotFollowed("opened a file without a name");
  struct stat info;
  FolderCall call;
  call.kind = Kind::kOpen;
  call.path = path;
  call.existed = ::lstat((folder_ + "/" + path).c_str(), &info) == 0;
  call.cuts = call.existed && (flags & O_TRUNC) != 0 && info.st_size > 0;
  call.durably = (flags & O_DSYNC) != 0;  // O_SYNC has that bit, too
  call.changes = (!call.existed && (flags & O_CREAT) != 0) || call.cuts;
  return call;
}

absl::StatusOr<std::string> FolderCallReader::ReadVector(std::uint64_t address,
                                                         std::uint64_t count) const {
  if (count > kVectorPartsMax) return std::string();  // the kernel refuses it
  VARVE_ASSIGN_OR_RETURN(const std::string raw, tracee_.ReadMemory(address, count * sizeof(iovec)));
  std::vector<iovec> parts(count);
  std::copy(raw.begin(), raw.end(), reinterpret_cast<char*>(parts.data()));
  std::string bytes;
  for (const iovec& part : parts) {
    if (part.iov_len > kWriteBytesMax) return std::string();
    VARVE_ASSIGN_OR_RETURN(
        const std::string read,
        tracee_.ReadMemory(reinterpret_cast<std::uint64_t>(part.iov_base), part.iov_len));
    bytes += read;
  }
  return bytes;
}

absl::StatusOr<std::uint64_t> FolderCallReader::PositionOf(int descriptor) const {
  std::ifstream info("/proc/" + std::to_string(tracee_.pid()) + "/fdinfo/" +
                     std::to_string(descriptor));
  std::string title;
  std::uint64_t position = 0;
  if (!(info >> title >> position)) return NotFollowed("wrote at an unknown position");
  return position;
}

absl::StatusOr<FolderCall> FolderCallReader::ReadWrite(const Stop& stop) const {
  const auto& arguments = stop.arguments;
  const TracedFile* const file = FileOf(arguments[0]);
  const bool is_marker = marker_ >= 0 && IntOf(arguments[0]) == marker_;
  FolderCall call;
  if (file == nullptr && !is_marker) return call;
  const bool is_plain = stop.number == SYS_write || stop.number == SYS_pwrite64;
  if (is_plain && arguments[2] <= kWriteBytesMax) {
    VARVE_ASSIGN_OR_RETURN(call.bytes, tracee_.ReadMemory(arguments[1], arguments[2]));
  } else if (!is_plain) {
    VARVE_ASSIGN_OR_RETURN(call.bytes, ReadVector(arguments[1], arguments[2]));
  }
  call.kind = is_marker ? Kind::kMarker : Kind::kWrite;
  call.descriptor = IntOf(arguments[0]);
  if (is_marker) return call;
  call.changes = true;
  const std::uint64_t flags = stop.number == SYS_pwritev2 ? arguments[5] : 0;
  if ((flags & RWF_APPEND) != 0) return NotFollowed("appended to " + file->path);
  call.durably = file->durably || (flags & (RWF_DSYNC | RWF_SYNC)) != 0;
  call.offset = arguments[3];
  if (stop.number == SYS_write || stop.number == SYS_writev ||
      (stop.number == SYS_pwritev2 && call.offset == ~std::uint64_t{0})) {
    VARVE_ASSIGN_OR_RETURN(call.offset, PositionOf(call.descriptor));
  }
  return call;
}

absl::StatusOr<FolderCall> FolderCallReader::ReadPathCall(const Stop& stop) const {
  const auto& arguments = stop.arguments;
  const bool is_at = stop.number == SYS_renameat || stop.number == SYS_renameat2 ||
                     stop.number == SYS_unlinkat || stop.number == SYS_mkdirat;
  const bool renames =
      stop.number == SYS_rename || stop.number == SYS_renameat || stop.number == SYS_renameat2;
  VARVE_ASSIGN_OR_RETURN(const auto path,
                         PathAt(is_at ? arguments[0] : kHere, arguments[is_at ? 1 : 0]));
  FolderCall call;
  if (renames) {
    VARVE_ASSIGN_OR_RETURN(const auto new_path,
                           PathAt(is_at ? arguments[2] : kHere, arguments[is_at ? 3 : 1]));
    if (!path.has_value() && !new_path.has_value()) return call;
    const bool is_whole = path.has_value() && new_path.has_value();
    if (!is_whole || (stop.number == SYS_renameat2 && arguments[4] != 0)) {
      return NotFollowed("renamed a file into the folder, out of it, or with flags");
    }
    call.kind = Kind::kRename;
    call.new_path = *new_path;
  } else {
    if (!path.has_value()) return call;
    const bool makes = stop.number == SYS_mkdir || stop.number == SYS_mkdirat;
    call.kind = makes ? Kind::kCreateFolder : Kind::kRemove;
    if (stop.number == SYS_truncate) call.kind = Kind::kTruncate;
    if (call.kind == Kind::kTruncate) call.offset = arguments[1];
  }
  call.path = *path;
  call.changes = true;
  return call;
}

absl::StatusOr<FolderCall> FolderCallReader::ReadMap(const Stop& stop) const {
  const auto& arguments = stop.arguments;
  const bool is_shared = (arguments[3] & MAP_SHARED) != 0;  // MAP_SHARED_VALIDATE has the bit
  const TracedFile* const file = FileOf(arguments[4]);
  FolderCall call;
  if (file == nullptr || !is_shared || (arguments[2] & PROT_WRITE) == 0) return call;
  if (!file->path.ends_with(scratch_suffix_) || scratch_suffix_.empty()) {
    return NotFollowed("mapped " + file->path + " for writing");
  }
  call.kind = Kind::kMap;
  call.descriptor = IntOf(arguments[4]);
  return call;
}

absl::StatusOr<FolderCall> FolderCallReader::ReadDescriptorCall(const Stop& stop) const {
  const auto& arguments = stop.arguments;
  FolderCall call;
  call.descriptor = IntOf(arguments[0]);
  if (stop.number == SYS_close_range) {
    constexpr std::uint64_t kMax = std::numeric_limits<int>::max();
    if (arguments[2] != 0) return call;  // with flags it closes nothing here and now
    call.kind = Kind::kClose;
    call.target = static_cast<int>(std::min(arguments[1] & 0xFFFFFFFFu, kMax));
    return call;
  }
  const TracedFile* const file = FileOf(arguments[0]);
  const bool duplicates = stop.number == SYS_dup2 || stop.number == SYS_dup3;
  if (file == nullptr && !(duplicates && FileOf(arguments[1]) != nullptr)) return FolderCall();
  switch (stop.number) {
    case SYS_close:
      call.kind = Kind::kClose;
      call.target = call.descriptor;
      break;
    case SYS_dup:
    case SYS_dup2:
    case SYS_dup3:
      call.kind = Kind::kDuplicate;
      if (duplicates) call.target = IntOf(arguments[1]);
      break;
    case SYS_fcntl:
      if (IntOf(arguments[1]) == F_DUPFD || IntOf(arguments[1]) == F_DUPFD_CLOEXEC) {
        call.kind = Kind::kDuplicate;
      }
      break;
    case SYS_fsync:
    case SYS_fdatasync:
      call.kind = Kind::kSync;
      call.changes = true;
      break;
    case SYS_ftruncate:
      call.kind = Kind::kTruncate;
      call.offset = arguments[1];
      call.changes = true;
      break;
    case SYS_fallocate:
      if ((arguments[1] & ~std::uint64_t{FALLOC_FL_KEEP_SIZE}) != 0) {
        return NotFollowed("punched or shifted " + file->path + " with fallocate");
      }
      if (arguments[1] != 0) break;  // space alone
      call.kind = Kind::kGrow;
      call.offset = arguments[2] + arguments[3];
      call.changes = true;
      break;
    default:
      break;
  }
  return call;
}

}  // namespace varve::crash
