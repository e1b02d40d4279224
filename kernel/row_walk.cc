#include "kernel/row_walk.h"

#include <optional>

#include "absl/strings/escaping.h"

namespace varve {

std::string Quoted(std::string_view bytes) {
  constexpr std::size_t kBytesMax = 64;
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kBytesMax)));
  if (bytes.size() > kBytesMax) text += "...";
  return '"' + text + '"';
}

absl::Status InRun(const absl::Status& status, const RunId& run) {
  if (status.ok()) return status;
  return AddContext(status, run.is_nil() ? "the default run" : "run " + run.ToString());
}

absl::Status RowWalk::Visit(TableId table, const Visitor& visit) {
  absl::Status answer;
  const absl::Status read = view_.VisitTable(table, [&](const RunId& run, const Row& row) {
    answer = CountRow();
    if (answer.ok()) answer = visit(run, row);
    return answer.ok();
  });
  VARVE_RETURN_IF_ERROR(answer);
  return read;
}

absl::Status RowWalk::Check(TableId table, const Visitor& check) {
  return Visit(table,
               [&](const RunId& run, const Row& row) { return InRun(check(run, row), run); });
}

absl::StatusOr<bool> RowWalk::Has(TableId table, const RunId& run, std::string_view key) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, view_.Get(table, run, key));
  return row.has_value();
}

absl::Status RowWalk::CountRow() {
  constexpr std::uint64_t kRowsPerReport = 256;
  return ++rows_ % kRowsPerReport == 0 ? progress_(rows_) : absl::OkStatus();
}

}  // namespace varve
