// Walks over whole tables, for the CheckRows of primitives.
//
//   absl::Status LedgerPrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
//     RowWalk walk(view, progress);
//     return walk.Check(kLedgerRows, [](const RunId&, const Row& row) -> absl::Status {
//       return ledger::DecodeRow(row.value).status();
//     });
//   }
#ifndef VARVE_KERNEL_ROW_WALK_H_
#define VARVE_KERNEL_ROW_WALK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/status.h"
#include "kernel/primitive.h"
#include "kernel/read_view.h"

namespace varve {

// A row that is not what its primitive promises.
template <typename... Parts>
[[nodiscard]] absl::Status Broken(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, parts...);
}

// What users chose, in a message: escaped, cut where it is long, in quotes.
[[nodiscard]] std::string Quoted(std::string_view bytes);

// `status` with the name of the run that it is about.
[[nodiscard]] absl::Status InRun(const absl::Status& status, const RunId& run);

// One check of one store: knows the view, and tells how far it is. Not thread-safe.
class RowWalk final {
 public:
  using Visitor = std::function<absl::Status(const RunId& run, const Row& row)>;

  // Both must outlive it.
  RowWalk(ReadView& view, const Primitive::CheckProgress& progress)
      : view_(view), progress_(progress) {}

  [[nodiscard]] ReadView& view() const { return view_; }

  // Every row of a table in the order of runs, then keys. The first error of `visit`, or of the
  // progress, ends the walk and is the answer.
  [[nodiscard]] absl::Status Visit(TableId table, const Visitor& visit);
  // The same for rows that are looked at one by one: the error names the row's run.
  [[nodiscard]] absl::Status Check(TableId table, const Visitor& check);

  [[nodiscard]] absl::StatusOr<bool> Has(TableId table, const RunId& run, std::string_view key);

 private:
  absl::Status CountRow();

  ReadView& view_;
  const Primitive::CheckProgress& progress_;
  std::uint64_t rows_ = 0;
};

}  // namespace varve

#endif  // VARVE_KERNEL_ROW_WALK_H_
