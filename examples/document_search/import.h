// Documents from JSON lines into the store, some hundred a transaction.
#ifndef VARVE_EXAMPLES_DOCUMENT_SEARCH_IMPORT_H_
#define VARVE_EXAMPLES_DOCUMENT_SEARCH_IMPORT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>

#include "absl/status/statusor.h"
#include "kernel/store.h"

namespace document_search {

struct ImportReport {
  std::uint64_t lines = 0;
  std::uint64_t added = 0;
  std::uint64_t changed = 0;
  std::uint64_t unchanged = 0;
};

// Each line: a JSON object with the member "id", a string. `progress` is called behind each
// transaction, once it is durable. An import that was killed is begun again from the first line:
// what is there already is left as it is. kInvalidArgument: a line that is no such object; the
// transactions before it stay.
[[nodiscard]] absl::StatusOr<ImportReport> Import(
    varve::Store& store, std::istream& lines, std::size_t lines_per_transaction,
    const std::function<void(const ImportReport&)>& progress);

}  // namespace document_search

#endif  // VARVE_EXAMPLES_DOCUMENT_SEARCH_IMPORT_H_
