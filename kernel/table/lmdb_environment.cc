#include "kernel/table/lmdb_environment.h"

#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernel/base/codec.h"
#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "kernel/table/lmdb_page.h"

namespace varve::table {
namespace {

constexpr mdb_mode_t kFileMode = 0644;

absl::StatusCode CodeOfOpenFailure(int code) {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return absl::StatusCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return absl::StatusCode::kResourceExhausted;
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case kLmdbAsserted:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kUnknown;
  }
}

// Below this a short write was short for want of space.
constexpr std::uint64_t kFreeBytesOfFullDisk = std::uint64_t{1} << 20;

// An abandoned environment stays mapped: the thread that wrote still holds LMDB's robust mutex in
// it, and the C library would follow that thread's list of such mutexes into unmapped memory.
void KeepForEver(MDB_env* environment) {
  static std::mutex mutex;
  static auto* const abandoned = new std::vector<MDB_env*>;
  const std::lock_guard lock(mutex);
  abandoned->push_back(environment);
}

// Also where there is no memory for the words.
template <typename... Parts>
absl::Status StateUnknown(const Parts&... parts) {
  try {
    return MakeStatus(absl::StatusCode::kUnknown, parts..., ". Reopen the store");
  } catch (const std::bad_alloc&) {
    return OutOfMemory(absl::StatusCode::kUnknown, "Reopen the store");
  }
}

MDB_envinfo InfoOf(MDB_env* environment) {
  MDB_envinfo info;
  static_cast<void>(mdb_env_info(environment, &info));  // fails only on null arguments
  return info;
}

}  // namespace

std::string DamageMarkPath(const std::string& path) { return path + ".damaged"; }
std::string TemporaryLmdbPath(const std::string& path) { return path + ".new"; }
std::string LockPath(const std::string& path) { return path + "-lock"; }

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::StatusOr<std::unique_ptr<LmdbEnvironment>> LmdbEnvironment::Open(
    const std::string& path, const LmdbOpenOptions& options) {
  std::unique_ptr<LmdbEnvironment> environment(new LmdbEnvironment(path, options.read_only));
  std::uint64_t map_bytes = options.map_bytes;
  int code = environment->OpenWithMap(options, map_bytes);
  // EINVAL is how some (valgrind, say) refuse a reservation of this size.
  while ((code == ENOMEM || code == EINVAL) && map_bytes / 2 >= kLmdbMapBytesMin) {
    map_bytes /= 2;
    code = environment->OpenWithMap(options, map_bytes);
  }
  if (code != 0) {
    return MakeStatus(CodeOfOpenFailure(code), "cannot open ", path, ": ", DescribeLmdbCode(code));
  }
  VARVE_RETURN_IF_ERROR(environment->OpenRows());
  return environment;
}

int LmdbEnvironment::OpenWithMap(const LmdbOpenOptions& options, std::uint64_t map_bytes) {
  if (environment_ != nullptr) mdb_env_close(environment_);
  environment_ = nullptr;
  if (const int code = mdb_env_create(&environment_); code != 0) return code;
  SetAssertionHandler(environment_);
  unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
  if (options.read_only) flags |= MDB_RDONLY | MDB_NOLOCK;
  if (options.exclusive) flags |= MDB_NOLOCK;
  int code = mdb_env_set_maxreaders(environment_, kLmdbReadersMax);
  if (code == 0) code = mdb_env_set_mapsize(environment_, map_bytes);
  if (code == 0) {
    code = CallLmdb([&] { return mdb_env_open(environment_, path_.c_str(), flags, kFileMode); });
  }
  int dead_readers = 0;
  if (code == 0 && (flags & MDB_NOLOCK) == 0) code = mdb_reader_check(environment_, &dead_readers);
  map_bytes_ = map_bytes;
  return code;
}

absl::Status LmdbEnvironment::OpenRows() {
  MDB_txn* transaction = nullptr;
  MDB_stat stat;
  int code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction);
  if (code == 0) code = mdb_dbi_open(transaction, nullptr, 0, &rows_);
  if (code == 0) code = mdb_stat(transaction, rows_, &stat);
  if (code == 0) page_bytes_ = stat.ms_psize;
  if (code == 0) code = FindMap(transaction);
  if (transaction != nullptr) mdb_txn_abort(transaction);
  if (code != 0) {
    return MakeStatus(CodeOfOpenFailure(code), "cannot read ", path_, ": ", DescribeLmdbCode(code));
  }
  return absl::OkStatus();
}

LmdbEnvironment::~LmdbEnvironment() {
  if (environment_ == nullptr) return;
  if (abandoned()) {
    KeepForEver(environment_);
  } else {
    mdb_env_close(environment_);
  }
}

std::uint64_t LmdbEnvironment::used_bytes() const {
  return (InfoOf(environment_).me_last_pgno + 1) * page_bytes_;
}

// LMDB does not tell the address. The first key lies in a page that starts at a multiple of the
// page size and begins with its own number; the guard has seen the pages on the way there.
int LmdbEnvironment::FindMap(MDB_txn* transaction) {
  map_address_ = nullptr;
  if (page_bytes_ != kLmdbPageBytesWalked) return 0;
  MDB_cursor* cursor = nullptr;
  int code = mdb_cursor_open(transaction, rows_, &cursor);
  MDB_val key;
  MDB_val value;
  if (code == 0) {
    code = CallLmdb([&] { return mdb_cursor_get(cursor, &key, &value, MDB_FIRST); });
    mdb_cursor_close(cursor);
  }
  if (code == MDB_NOTFOUND) return 0;
  if (code != 0) return code;
  const char* inside = static_cast<const char*>(key.mv_data);
  const char* page = inside - reinterpret_cast<std::uintptr_t>(inside) % page_bytes_;
  const auto number = LoadLittleEndian<std::uint64_t>(page);
  if (number > InfoOf(environment_).me_last_pgno) return MDB_CORRUPTED;
  map_address_ = page - number * page_bytes_;
  return 0;
}

absl::Status LmdbEnvironment::Damaged(std::string_view what) {
  if (!damaged_.exchange(true)) LeaveDamageMark();
  Damage damage;
  damage.file = path_;
  damage.found = what;
  damage.found += "; closing and opening the store again rebuilds this file from snapshot and log";
  return damage.ToStatus();
}

absl::Status LmdbEnvironment::NoMemoryFor(std::string_view call) const {
  return ResourceExhausted(path_, ": ", call, ": ", DescribeLmdbCode(ENOMEM),
                           "; nothing was changed. Try again when there is memory");
}

absl::Status LmdbEnvironment::ReadFailed(int code) {
  if (code == ENOMEM) return NoMemoryFor("reading");
  std::string what = "LMDB cannot read it: ";
  what += DescribeLmdbCode(code);
  return Damaged(what);
}

void LmdbEnvironment::LeaveDamageMark() {
  if (read_only_) return;
  FileSystem& files = PosixFileSystem();
  // Best effort: without the mark the checksums still find the damage at the next read.
  static_cast<void>(files.Open(DamageMarkPath(path_), OpenMode::kCreate));
  files.SyncDirectory(FolderOf(path_)).IgnoreError();
}

bool LmdbEnvironment::RanFull(int code) const {
  if (code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT) return true;
  if (code != EIO) return false;
  // LMDB answers a write that was cut short, as the last one onto a disk is, with EIO, before it
  // has touched the meta page. (Had that failed, every later call would answer MDB_PANIC.)
  const absl::StatusOr<VolumeInfo> volume = PosixFileSystem().Volume(FolderOf(path_));
  return volume.ok() && volume->free_bytes < kFreeBytesOfFullDisk;
}

absl::Status LmdbEnvironment::WriteFailed(int code, std::string_view call) {
  if (code == MDB_MAP_FULL) map_full_ = true;
  // LMDB allocates before it touches the meta page, and gives up the transaction.
  if (code == ENOMEM) return NoMemoryFor(call);
  if (RanFull(code)) {
    return ResourceExhausted(path_, ": ", call, ": ", DescribeLmdbCode(code),
                             "; no space is left, nothing was changed. Free disk space (or close "
                             "long readers) and try again");
  }
  absl::Status status = StateUnknown(path_, ": ", call, ": ", DescribeLmdbCode(code),
                                     "; the state of this file is unknown");
  const std::lock_guard lock(mutex_);
  if (code == kLmdbAsserted) abandoned_.store(true, std::memory_order_release);
  if (broken_.ok()) broken_ = status;
  return status;
}

absl::Status LmdbEnvironment::Break(const absl::Status& why) {
  absl::Status status = StateUnknown("replacing ", path_, ": ", FromAbsl(why.message()),
                                     "; which of two good files has the name is unknown");
  const std::lock_guard lock(mutex_);
  if (broken_.ok()) broken_ = status;
  return status;
}

absl::Status LmdbEnvironment::CheckUnbroken() const {
  const std::lock_guard lock(mutex_);
  return broken_;
}

bool LmdbEnvironment::wants_growth() const {
  return growable() && (map_full_ || used_bytes() > map_bytes_ / 2);
}

absl::Status LmdbEnvironment::Grow() {
  const int code = mdb_env_set_mapsize(environment_, map_bytes_ * 2);
  if (code != 0) {
    // The old map is gone: LMDB unmaps before it maps.
    return WriteFailed(code == ENOMEM ? MDB_PANIC : code, "growing the map");
  }
  map_bytes_ *= 2;
  map_full_ = false;
  return OpenRows();
}

absl::Status LmdbEnvironment::FillToLastPage() {
  VARVE_ASSIGN_OR_RETURN(const FileInfo info, PosixFileSystem().Stat(path_));
  return info.bytes >= used_bytes() ? absl::OkStatus() : SetFileBytes();
}

void LmdbEnvironment::CutToLastPage() {
  const absl::StatusOr<FileInfo> info = PosixFileSystem().Stat(path_);
  if (info.ok() && info->bytes > used_bytes()) SetFileBytes().IgnoreError();
}

absl::Status LmdbEnvironment::SetFileBytes() {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                         PosixFileSystem().Open(path_, OpenMode::kWrite));
  VARVE_RETURN_IF_ERROR(file->Truncate(used_bytes()));
  return file->Sync();
}

}  // namespace varve::table
