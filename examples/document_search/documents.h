// A store of documents that are found by their fields and by likeness: JSON and Vector, always
// changed in one transaction.
//
// The rule that everything here keeps: each document has one vector under its id, computed from the
// text that it has now, with the metadata that its fields are now. No reader, at any moment, after
// any crash, sees it otherwise.
#ifndef VARVE_EXAMPLES_DOCUMENT_SEARCH_DOCUMENTS_H_
#define VARVE_EXAMPLES_DOCUMENT_SEARCH_DOCUMENTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/transaction.h"
#include "primitives/json/json.h"
#include "primitives/vector/vector.h"

namespace document_search {

enum class PutOutcome { kAdded, kChanged, kUnchanged };

struct Found {
  std::string id;
  float score = 0;  // cosine: 1 is the same text
  varve::JsonValue document;
};

struct CheckReport {
  std::uint64_t documents = 0;
  std::uint64_t vectors = 0;
  std::vector<std::string> faults;  // ids whose vector is missing, stale or an orphan
};

[[nodiscard]] std::string TitleOf(const varve::JsonValue& document);  // empty: it has none

// Makes what must be there before the first document; changes nothing where it is.
[[nodiscard]] absl::Status Prepare(varve::Transaction& transaction);

// Adds or replaces a document, a JSON object whose members "title" and "text" are searched.
[[nodiscard]] absl::StatusOr<PutOutcome> Put(varve::Transaction& transaction, std::string_view id,
                                             const varve::JsonValue& document);
// Changes one place of a document. kNotFound: there is no such document.
[[nodiscard]] absl::Status Change(varve::Transaction& transaction, std::string_view id,
                                  std::string_view pointer, const varve::JsonValue& value);
// Whether there was one.
[[nodiscard]] absl::StatusOr<bool> Remove(varve::Transaction& transaction, std::string_view id);

// The `count` documents most like `text` among those whose fields pass the filter, as of the moment
// of the reader.
[[nodiscard]] absl::StatusOr<std::vector<Found>> Search(varve::Reader& reader,
                                                        std::string_view text,
                                                        const varve::VectorFilter& filter,
                                                        std::size_t count);

// Computes every vector again and compares: whether the rule holds.
[[nodiscard]] absl::StatusOr<CheckReport> Check(varve::Reader& reader);

}  // namespace document_search

#endif  // VARVE_EXAMPLES_DOCUMENT_SEARCH_DOCUMENTS_H_
