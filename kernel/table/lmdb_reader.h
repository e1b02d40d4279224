// One consistent state of state.mdb. See MaterializedReader.
#ifndef VARVE_KERNEL_TABLE_LMDB_READER_H_
#define VARVE_KERNEL_TABLE_LMDB_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/table/lmdb_open_file.h"
#include "kernel/table/materialized_map.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {

class LmdbReader final : public MaterializedReader, private EntryReader {
 public:
  // Gives `pooled` back when destroyed.
  LmdbReader(std::shared_ptr<LmdbOpenFile> file, PooledReader& pooled)
      : file_(std::move(file)), pooled_(pooled) {}
  ~LmdbReader() override { file_->readers.Return(&pooled_); }
  LmdbReader(const LmdbReader&) = delete;
  LmdbReader& operator=(const LmdbReader&) = delete;

  [[nodiscard]] const AppliedMark& mark() const override { return pooled_.mark.mark; }
  absl::StatusOr<std::optional<RowVersion>> Get(std::string_view row_key, Lsn at) override;
  std::unique_ptr<Cursor> NewCursor(Lsn at) override;
  absl::Status VisitVersions(std::string_view row_key, Lsn at,
                             const std::function<bool(const RowVersion&)>& visit) override;
  std::unique_ptr<VersionStream> NewVersionStream(std::string_view begin,
                                                  std::string_view end) override;

  [[nodiscard]] PooledReader& pooled() { return pooled_; }
  [[nodiscard]] const StoredMark& stored_mark() const { return pooled_.mark; }
  // Every entry in physical order, whatever it means: structure, checksum, order, count.
  [[nodiscard]] absl::Status CheckEntries(const WorkStep& step);
  // Every row and version through its long key, if any; their numbers must be what the mark says.
  [[nodiscard]] absl::Status CheckSpaces(const WorkStep& step);

 private:
  absl::StatusOr<std::optional<std::string_view>> Get(std::string_view map_key) override;
  std::unique_ptr<EntryCursor> NewCursor(Space space) override;
  std::string_view Keep(std::string bytes) override;
  absl::Status ReportDamage(std::string_view what) override;
  absl::StatusOr<std::optional<std::string_view>> GetPhysical(std::string_view key);

  const std::shared_ptr<LmdbOpenFile> file_;
  PooledReader& pooled_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_READER_H_
