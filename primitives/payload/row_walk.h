// Walks over whole tables, for the CheckRows of primitives. Header only.
//
//   absl::Status LedgerPrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
//     RowWalk walk(view, progress);
//     return walk.Check(kLedgerRows, [](const RunId&, const Row& row) -> absl::Status {
//       return ledger::DecodeRow(row.value).status();
//     });
//   }
#ifndef VARVE_PRIMITIVES_PAYLOAD_ROW_WALK_H_
#define VARVE_PRIMITIVES_PAYLOAD_ROW_WALK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
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
[[nodiscard]] inline std::string Quoted(std::string_view bytes) {
  constexpr std::size_t kBytesMax = 64;
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kBytesMax)));
  if (bytes.size() > kBytesMax) text += "...";
  return '"' + text + '"';
}

// `status` with the name of the run that it is about.
[[nodiscard]] inline absl::Status InRun(const absl::Status& status, const RunId& run) {
  if (status.ok()) return status;
  return AddContext(status, run.is_nil() ? "the default run" : "run " + run.ToString());
}

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
  [[nodiscard]] absl::Status Visit(TableId table, const Visitor& visit) {
    absl::Status answer;
    const absl::Status read = view_.VisitTable(table, [&](const RunId& run, const Row& row) {
      answer = CountRow();
      if (answer.ok()) answer = visit(run, row);
      return answer.ok();
    });
    VARVE_RETURN_IF_ERROR(answer);
    return read;
  }
  // The same for rows that are looked at one by one: the error names the row's run.
  [[nodiscard]] absl::Status Check(TableId table, const Visitor& check) {
    return Visit(table,
                 [&](const RunId& run, const Row& row) { return InRun(check(run, row), run); });
  }

  [[nodiscard]] absl::StatusOr<bool> Has(TableId table, const RunId& run, std::string_view key) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, view_.Get(table, run, key));
    return row.has_value();
  }

 private:
  static constexpr std::uint64_t kRowsPerReport = 256;

  absl::Status CountRow() {
    return ++rows_ % kRowsPerReport == 0 ? progress_(rows_) : absl::OkStatus();
  }

  ReadView& view_;
  const Primitive::CheckProgress& progress_;
  std::uint64_t rows_ = 0;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_PAYLOAD_ROW_WALK_H_
