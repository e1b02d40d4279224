// One document as rows: changing its parts inside of an Apply.
#ifndef VARVE_PRIMITIVES_JSON_JSON_EDITOR_H_
#define VARVE_PRIMITIVES_JSON_JSON_EDITOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "primitives/json/json_edit.h"
#include "primitives/json/json_tree.h"

namespace varve::json {

// A value with a longer encoding gets a row for each child. On disk: JSON-6.
inline constexpr std::size_t kWholeRowBytesMax = 512;

// Call what changes the document, then Finish once. After an error, give up: the rows may be half
// changed, and the kernel drops them.
class JsonEditor final {
 public:
  JsonEditor(ApplyContext& context, std::string_view name)
      : context_(&context), rows_(context), tree_(rows_, name), name_(name) {}

  [[nodiscard]] JsonTree& tree() { return tree_; }

  // kPut also creates the document; the other modes answer kNotFound where there is none.
  [[nodiscard]] absl::Status Set(PathView path, JsonValue value, SetMode mode);
  // False: there was nothing there. `path` must not be empty.
  [[nodiscard]] absl::StatusOr<bool> Remove(PathView path);
  // A new element before the one at `index` of the array at `path`; at its end where nullopt.
  // kNotFound, kFailedPrecondition: no such value, no array. kOutOfRange: index beyond its length.
  [[nodiscard]] absl::Status Insert(PathView path, std::optional<std::uint32_t> index,
                                    JsonValue value);
  // All of it; OK where there is none.
  [[nodiscard]] absl::Status Destroy();

  // Writes the row of the document: its new size, and so its new version. kResourceExhausted: it
  // is larger than kJsonDocumentBytesMax.
  [[nodiscard]] absl::Status Finish();

 private:
  // Put a value with all its rows under a key that has none; takes it out, with all rows below.
  absl::Status Write(const std::string& key, std::size_t depth, const JsonValue& value);
  absl::Status WriteRows(const std::string& key, const JsonValue& value);
  absl::Status Erase(const std::string& key);
  absl::Status SetInSplit(const Spot& spot, PathView path, JsonValue value, SetMode mode);
  absl::Status InsertElement(const std::string& array, std::size_t depth, std::uint32_t length,
                             std::uint32_t index, const JsonValue& value);
  absl::Status RemoveElement(const std::string& array, std::uint32_t index);
  // Moves the elements from `first` on by one place, up or down.
  absl::Status Shift(const std::string& array, std::uint32_t first, int by);
  // What stands whole in a row, changed.
  absl::Status Rewrite(const Spot& spot, const JsonValue& value);

  ApplyContext* context_;
  ContextRows rows_;
  JsonTree tree_;
  std::string name_;
  std::int64_t growth_ = 0;  // of the encoding, so far
  bool destroyed_ = false;
};

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_EDITOR_H_
