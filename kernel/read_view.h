// A consistent, read-only view of a store at one LSN.
#ifndef VARVE_KERNEL_READ_VIEW_H_
#define VARVE_KERNEL_READ_VIEW_H_

#include <memory>
#include <string>

#include "kernel/reader.h"

namespace varve {

namespace internal {
class LayeredReader;
class StoreCore;
}  // namespace internal

// Move-only. One thread at a time; may move between threads. Never waits for writers, and writers
// never wait for it. While it lives, what it reads stays on disk and in memory: do not keep views
// for minutes. Must end before its store does.
class ReadView final : public Reader {
 public:
  ReadView(internal::StoreCore& core, std::unique_ptr<internal::LayeredReader> layers);
  ReadView(ReadView&&) noexcept;
  ReadView& operator=(ReadView&&) noexcept;
  ~ReadView() override;

  [[nodiscard]] absl::StatusOr<std::optional<Row>> Get(TableId table, const RunId& run,
                                                       std::string_view key) override;
  [[nodiscard]] std::unique_ptr<RowScan> Scan(TableId table, const RunId& run,
                                              const KeyRange& range,
                                              Order order = Order::kForward) override;
  [[nodiscard]] absl::Status History(
      TableId table, const RunId& run, std::string_view key,
      const std::function<bool(const Row& row, bool deleted)>& visit) override;
  void VisitOwnWrites(TableId table, const RunId& run,
                      const std::function<void(const Row&, bool deleted)>& visit) override;
  [[nodiscard]] const PrimitiveRegistry& registry() const override;
  [[nodiscard]] Lsn lsn() const override;
  [[nodiscard]] Timestamp now() const override;

  // Every row of a table in the order of runs, then keys, until `visit` returns false: for
  // RebuildIndexes and for whole-store questions. kDataLoss: as for Scan.
  [[nodiscard]] absl::Status VisitTable(
      TableId table, const std::function<bool(const RunId& run, const Row& row)>& visit);

 private:
  internal::StoreCore* core_;
  std::unique_ptr<internal::LayeredReader> layers_;
  std::string row_key_;  // reused from Get to Get
};

}  // namespace varve

#endif  // VARVE_KERNEL_READ_VIEW_H_
