#include "tests/conformance/expectations.h"

#include <span>

#include "tests/conformance/check_support.h"

namespace varve::conformance {

absl::StatusOr<ModelTables> Replayed(SimulatedStore& world, Lsn until) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, world.History());
  std::span<const RecordedTransaction> kept(history);
  while (!kept.empty() && kept.back().lsn > until) kept = kept.first(kept.size() - 1);
  ModelTables rows;
  VARVE_RETURN_IF_ERROR(Replay(kept, world.primitive(), rows));
  return rows.Current();
}

absl::Status ExpectSame(const ModelTables& expected, const ModelTables& found,
                        std::string_view when) {
  const std::string difference = expected.Difference(found);
  if (difference.empty()) return absl::OkStatus();
  return Broken(when, ": ", difference);
}

absl::Status ExpectRows(SimulatedStore& world, const ModelTables& expected, std::string_view when) {
  VARVE_ASSIGN_OR_RETURN(const ModelTables found, world.DumpNow());
  return ExpectSame(expected, found, when);
}

absl::Status ExpectNoFault(SimulatedStore& world, std::string_view when) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, world.store().View());
  const absl::Status found =
      world.live().CheckRows(view, [](std::uint64_t /*rows*/) { return absl::OkStatus(); });
  if (found.ok()) return found;
  return Broken("CheckRows finds a fault in the rows of ", when, ": ", FromAbsl(found.ToString()));
}

std::string Contents(const ModelTables& tables, bool keys_only) {
  std::string contents;
  for (const auto& [row_key, versions] : tables.rows()) {
    contents += std::to_string(row_key.size()) + ":" + row_key;
    if (keys_only) continue;
    contents += std::to_string(versions.front().value.size()) + ":" + versions.front().value;
  }
  return contents;
}

}  // namespace varve::conformance
