// What a store takes on disk, by kind of file, without opening it.
#ifndef VARVE_CLI_DISK_USE_H_
#define VARVE_CLI_DISK_USE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/output.h"
#include "kernel/io/file_system.h"
#include "kernel/store_files.h"

namespace varve::cli {

struct FileTotals {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t allocated_bytes = 0;  // what they take on disk
};

struct DiskUse {
  FileTotals log;
  FileTotals snapshots;
  FileTotals state;
  FileTotals manifest;
  FileTotals other;  // not the store's, or left over
  [[nodiscard]] FileTotals Total() const;
};

// Folders that are not there count as empty.
[[nodiscard]] absl::StatusOr<DiskUse> MeasureDiskUse(FileSystem& files, const StoreFiles& names);

// "12.3 MiB in 4 files, 12.5 MiB on disk"
[[nodiscard]] std::string DescribeTotals(const FileTotals& totals);
// "files", "bytes", "allocated_bytes"
[[nodiscard]] Json TotalsToJson(const FileTotals& totals);
// One member for each kind of file, and "total".
[[nodiscard]] Json DiskUseToJson(const DiskUse& use);

}  // namespace varve::cli

#endif  // VARVE_CLI_DISK_USE_H_
