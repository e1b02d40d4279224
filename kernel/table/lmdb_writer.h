// The EntryWriter of LMDB: one write transaction, long keys taken apart.
#ifndef VARVE_KERNEL_TABLE_LMDB_WRITER_H_
#define VARVE_KERNEL_TABLE_LMDB_WRITER_H_

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/lmdb_view.h"
#include "kernel/table/materialized_map.h"
#include "kernel/table/stored_row.h"

namespace varve::table {

// Bound to the thread that began it. Destroying it without a commit changes nothing.
class LmdbWriter final : public EntryWriter {
 public:
  // `mark` gives out the numbers of continuations and counts heads; it must outlive the writer.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<LmdbWriter>> Begin(
      LmdbEnvironment& environment, StoredMark& mark);
  ~LmdbWriter() override;
  LmdbWriter(const LmdbWriter&) = delete;
  LmdbWriter& operator=(const LmdbWriter&) = delete;

  absl::StatusOr<std::optional<std::string_view>> Get(std::string_view map_key) override;
  absl::StatusOr<std::optional<Entry>> AtOrAfter(std::string_view map_key) override;
  absl::Status Put(std::string_view map_key, std::string_view head, std::string_view rest) override;
  absl::StatusOr<bool> Delete(std::string_view map_key) override;
  absl::Status ReportDamage(std::string_view what) override;

  [[nodiscard]] absl::Status PutMark(const StoredMark& mark);
  // Makes everything durable. The writer is spent, whatever the answer.
  [[nodiscard]] absl::Status Commit();
  [[nodiscard]] std::uint64_t bytes_put() const { return bytes_put_; }

 private:
  LmdbWriter(LmdbEnvironment& environment, StoredMark& mark);

  [[nodiscard]] absl::StatusOr<MDB_cursor*> CursorOf(std::string_view physical_key);
  [[nodiscard]] absl::StatusOr<std::optional<std::string_view>> GetPhysical(std::string_view key);
  // With its checksum.
  [[nodiscard]] absl::Status PutPhysical(std::string_view key, std::string_view head,
                                         std::string_view rest);
  [[nodiscard]] absl::StatusOr<bool> DeletePhysical(std::string_view key);
  // The number that the head leads to; nullopt where there is no such head.
  [[nodiscard]] absl::StatusOr<std::optional<std::uint64_t>> GetHead(std::string_view head);
  [[nodiscard]] absl::StatusOr<std::uint64_t> MakeHead(std::string_view head);
  [[nodiscard]] absl::StatusOr<bool> ContinuationIsEmpty(std::uint64_t number);
  [[nodiscard]] absl::Status DropEmptyHeads(const std::vector<std::string>& heads,
                                            const std::vector<std::uint64_t>& numbers);
  [[nodiscard]] absl::Status ReadLastKey();
  [[nodiscard]] absl::Status Failed(int code, std::string_view call);
  void CloseCursors();

  LmdbEnvironment& environment_;
  StoredMark& mark_;
  LmdbView view_;
  std::array<MDB_cursor*, 4> cursors_{};  // by space: each keeps its place
  // No key is greater: one that is may be appended without a search.
  std::string last_key_;
  std::uint64_t bytes_put_ = 0;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_WRITER_H_
