// Errors that a program meets, each brought about for real: what docs/errors.md shows is compared
// with them.
#ifndef VARVE_TESTS_DOCS_ERROR_SITUATIONS_H_
#define VARVE_TESTS_DOCS_ERROR_SITUATIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace varve {

// In the order of the document. Each is an error, else the test that asked for it fails.
// `folder` is empty and for this call alone; paths in it stand in the messages.
[[nodiscard]] std::vector<absl::Status> OpeningErrors(const std::string& folder);
[[nodiscard]] std::vector<absl::Status> TransactionErrors(const std::string& folder);
[[nodiscard]] std::vector<absl::Status> DiskErrors();
[[nodiscard]] std::vector<absl::Status> PrimitiveErrors();

}  // namespace varve

#endif  // VARVE_TESTS_DOCS_ERROR_SITUATIONS_H_
