// Secondary indexes: which documents of a run have a value at a path. Normative text:
// docs/format/json.md, JSON-13 to JSON-15.
#ifndef VARVE_PRIMITIVES_JSON_JSON_INDEX_H_
#define VARVE_PRIMITIVES_JSON_JSON_INDEX_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "primitives/json/json_payload.h"
#include "primitives/json/json_tree.h"

namespace varve::json {

// Strings are indexed by so many of their first bytes; who looks one up compares the rest.
inline constexpr std::size_t kIndexedStringBytesMax = 512;

struct Index {
  std::string name;
  IndexKind kind{};
  Path path;
};

[[nodiscard]] absl::StatusOr<std::vector<Index>> ReadIndexes(JsonRows& rows);

[[nodiscard]] bool IsIndexed(IndexKind kind, const JsonValue& value);
// What the keys of all lines of one index, and of one value in it, begin with. The value is of the
// index's kind.
[[nodiscard]] std::string IndexPrefix(std::string_view index);
[[nodiscard]] std::string IndexValuePrefix(std::string_view index, const JsonValue& value);

// The key of the line that `document` must have in `index`; empty: it must have none.
[[nodiscard]] absl::StatusOr<std::string> LineOf(JsonRows& rows, const Index& index,
                                                 std::string_view document);
// The index and the document of a line. nullopt: `line` is none.
struct LineParts {
  std::string index;
  std::string document;
};
[[nodiscard]] std::optional<LineParts> ParseLine(std::string_view line);

// Keeps the lines of one document right over a change of it, inside of an Apply:
//   IndexKeeper keeper(context, name);  keeper.Before(changed path);  change it;  keeper.After();
class IndexKeeper final {
 public:
  IndexKeeper(ApplyContext& context, std::string_view name)
      : context_(&context), rows_(context), name_(name) {}

  // `changed`: nothing outside of it will change. Empty: everything may.
  [[nodiscard]] absl::Status Before(PathView changed);
  [[nodiscard]] absl::Status After();

 private:
  struct Watched {
    Index index;
    std::string line;  // key of the document's line; empty where it has none
  };

  ApplyContext* context_;
  ContextRows rows_;
  std::string name_;
  std::vector<Watched> watched_;
};

// Writes the definition and a line for every document of the run. kAlreadyExists.
[[nodiscard]] absl::Status CreateIndex(ApplyContext& context, const Index& index);
// OK where there is none.
[[nodiscard]] absl::Status DropIndex(ApplyContext& context, std::string_view name);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_INDEX_H_
