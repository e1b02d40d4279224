#include "document_search/import.h"

#include <string>
#include <vector>

#include "document_search/documents.h"
#include "kernel/base/status.h"

namespace document_search {
namespace {

// The documents of the next lines, at most `count`; fewer at the end.
absl::StatusOr<std::vector<varve::JsonValue>> ReadBatch(std::istream& lines, std::size_t count,
                                                        std::uint64_t first_line) {
  std::vector<varve::JsonValue> batch;
  for (std::string line; batch.size() < count && std::getline(lines, line);) {
    absl::StatusOr<varve::JsonValue> document = varve::ParseJson(line);
    if (document.ok() &&
        !(document->is_object() && document->contains("id") && document->at("id").is_string())) {
      document = varve::InvalidArgument("no object with a member \"id\" that is a string");
    }
    if (!document.ok()) {
      return varve::AddContext(document.status(),
                               "line " + std::to_string(first_line + batch.size()));
    }
    batch.push_back(*std::move(document));
  }
  return batch;
}

// All of the batch or, where anything is wrong with it, nothing.
absl::Status PutBatch(varve::Store& store, const std::vector<varve::JsonValue>& batch,
                      ImportReport& report) {
  ImportReport counted;
  const auto receipt = store.Update([&](varve::Transaction& transaction) -> absl::Status {
    counted = report;  // this may run again, after a conflict
    for (const varve::JsonValue& document : batch) {
      VARVE_ASSIGN_OR_RETURN(const PutOutcome outcome,
                             Put(transaction, document.at("id").get<std::string>(), document));
      ++counted.lines;
      if (outcome == PutOutcome::kAdded) ++counted.added;
      if (outcome == PutOutcome::kChanged) ++counted.changed;
      if (outcome == PutOutcome::kUnchanged) ++counted.unchanged;
    }
    return absl::OkStatus();
  });
  if (!receipt.ok()) return receipt.status();
  report = counted;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImportReport> Import(varve::Store& store, std::istream& lines,
                                    std::size_t lines_per_transaction,
                                    const std::function<void(const ImportReport&)>& progress) {
  ImportReport report;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const std::vector<varve::JsonValue> batch,
                           ReadBatch(lines, lines_per_transaction, report.lines + 1));
    if (batch.empty()) return report;
    VARVE_RETURN_IF_ERROR(PutBatch(store, batch, report));
    progress(report);
  }
}

}  // namespace document_search
