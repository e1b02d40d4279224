// The materialized store: every row as of the last checkpoint, in one ordered map. A view that may
// be thrown away (the log and the snapshots rebuild it); LMDB in files, a sorted array in memory.
//
// Row keys of any length up to kRowKeyPrefixBytesMax + kTableKeyBytesMax keep their order, whatever
// the implementation's own limit. Every row read is checked against the checksum it was written
// with.
#ifndef VARVE_KERNEL_TABLE_MATERIALIZED_STORE_H_
#define VARVE_KERNEL_TABLE_MATERIALIZED_STORE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/io/environment.h"
#include "kernel/table/cursor.h"
#include "kernel/table/row.h"

namespace varve::table {

// How far back reads of the past may go.
struct HistoryPolicy {
  // Superseded versions are kept at least this long after they were superseded (by commit times).
  // Zero: none. max(): for ever.
  std::chrono::microseconds keep{0};
};

// What a materialized store holds, written in the same transaction as the rows.
struct AppliedMark {
  Uuid store;             // whose rows these are
  Lsn applied;            // every record up to it is in, none above
  Timestamp commit_time;  // of that record
  Lsn history_from;       // reads as of this LSN or later are answered in full
};

// One consistent state, pinned for its lifetime (an old state pins file space: keep it short).
// Not thread-safe; may move between threads.
class MaterializedReader {
 public:
  virtual ~MaterializedReader() = default;
  [[nodiscard]] virtual const AppliedMark& mark() const = 0;
  // The version of the row as of `at`; nullopt where it did not exist. kDataLoss: the row fails its
  // checksum (the message says that reopening rebuilds the file). kOutOfRange: `at` <
  // mark().history_from.
  [[nodiscard]] virtual absl::StatusOr<std::optional<RowVersion>> Get(std::string_view row_key,
                                                                      Lsn at) = 0;
  // Rows as of `at`. The reader must outlive the cursor.
  [[nodiscard]] virtual std::unique_ptr<Cursor> NewCursor(Lsn at) = 0;
  // All kept versions of one row as of `at`, newest first, tombstones included, until `visit`
  // returns false.
  [[nodiscard]] virtual absl::Status VisitVersions(
      std::string_view row_key, Lsn at, const std::function<bool(const RowVersion&)>& visit) = 0;
  // Every kept version of every row with begin <= row key < end (an empty `end`: to the last), also
  // of rows that are deleted now but have history. The reader must outlive it.
  [[nodiscard]] virtual std::unique_ptr<VersionStream> NewVersionStream(std::string_view begin,
                                                                        std::string_view end) = 0;
};

struct MaterializedFootprint {
  std::uint64_t file_bytes = 0;  // on disk; 0 in memory
  std::uint64_t live_bytes = 0;  // pages in use
  std::uint64_t free_bytes = 0;  // pages that the next checkpoints will reuse
  std::uint64_t rows = 0;        // current rows (history not counted)
};

// Told now and then how much of a long work is done; an error ends the work and is its answer. May
// be empty.
using WorkStep = std::function<absl::Status(std::uint64_t done)>;

// Threads: one Checkpoint or Load at a time; OpenReader and readers at any time beside it.
class MaterializedStore {
 public:
  virtual ~MaterializedStore() = default;

  // Readers are pooled: destroying one makes the next OpenReader cheap (tens of nanoseconds). The
  // store must outlive them. kResourceExhausted: more than a thousand are open.
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<MaterializedReader>> OpenReader() = 0;

  // Writes every key of `rows` and the mark in one synced transaction: all or nothing. Trims the
  // history beyond the policy a little at each call. kResourceExhausted: disk full; nothing changed
  // and a later call may succeed. Any other error: the state on disk is unknown, the store must be
  // reopened.
  [[nodiscard]] virtual absl::Status Checkpoint(VersionStream& rows, const AppliedMark& mark) = 0;

  // Whether a write would first have to check a large file (MaterializedOptions::whole). Little is
  // then better left in the log.
  [[nodiscard]] virtual bool write_is_dear() const { return false; }

  // Fills an empty store in ascending key order, in as many transactions as suits; the mark goes
  // into the last one, so an interrupted load leaves a file that the next open rebuilds.
  class Loader {
   public:
    virtual ~Loader() = default;
    // `superseded`: an older version of the key just added (they follow it, newest first).
    [[nodiscard]] virtual absl::Status Add(std::string_view row_key, const RowVersion& version,
                                           bool superseded) = 0;
    [[nodiscard]] virtual absl::Status Finish(const AppliedMark& mark) = 0;
  };
  // kFailedPrecondition: the store holds rows already.
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<Loader>> NewLoader() = 0;

  [[nodiscard]] virtual absl::StatusOr<MaterializedFootprint> Footprint() = 0;
  // Reads everything and checks structure and checksums; `step` is told the rows checked. kDataLoss
  // names the first fault.
  [[nodiscard]] virtual absl::Status Verify(const WorkStep& step) = 0;
};

struct MaterializedOptions {
  HistoryPolicy history;
  bool read_only =
      false;  // no byte is written, no lock file made; the file must not change meanwhile
  // Every page of the file was checked (GuardVerdict::whole), or it was just made. Otherwise pages
  // are checked when they are first read, and all of them before the first write.
  bool whole = false;
};

// What the guard found of a file, without handing it to the library.
struct GuardVerdict {
  bool usable = false;
  bool whole = false;  // every page was checked, and not the metas alone
  std::string reason;  // why not: "page size 0", "last page beyond the end of the file", ...
};
// Reads the meta pages (and, `deep`, the structure of every page that they reach) of an LMDB file
// by itself. A file whose pages only LMDB can find in its map is always checked deep. Never crashes
// on any bytes. `step` is told the bytes read of pages. kNotFound: no such file.
[[nodiscard]] absl::StatusOr<GuardVerdict> GuardMaterializedFile(FileSystem& files,
                                                                 const std::string& path, bool deep,
                                                                 const WorkStep& step = {});

// Makes `path` (under a temporary name, synced, renamed, folder synced) with `mark` and no rows.
[[nodiscard]] absl::Status CreateLmdbFile(FileSystem& files, const std::string& path,
                                          const AppliedMark& mark);
// Opens an existing file that the guard found usable; damage that it did not look for is met by
// reads, as kDataLoss. kDataLoss: its contents are not ours.
[[nodiscard]] absl::StatusOr<std::unique_ptr<MaterializedStore>> OpenLmdbStore(
    const std::string& path, const MaterializedOptions& options);
// Removes `path` and its lock file, whatever is there.
[[nodiscard]] absl::Status RemoveLmdbFile(FileSystem& files, const std::string& path);

[[nodiscard]] std::unique_ptr<MaterializedStore> MakeMemoryStore(const MaterializedOptions& options,
                                                                 const AppliedMark& mark);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_MATERIALIZED_STORE_H_
