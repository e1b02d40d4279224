// One document as rows: finding and reading its parts.
//
// A value stands in one row, whole, where it is a scalar or its encoding is short; a longer array
// or object is split: its row says only that, and each child has a row. A read walks down from the
// root and touches the rows on its way and no others.
#ifndef VARVE_PRIMITIVES_JSON_JSON_TREE_H_
#define VARVE_PRIMITIVES_JSON_JSON_TREE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_keys.h"
#include "primitives/json/json_pointer.h"
#include "primitives/json/json_rows.h"
#include "primitives/json/json_value.h"

namespace varve::json {

using PathView = std::span<const std::string>;

// The deepest row on the way to a path.
struct Spot {
  std::string key;         // of that row
  std::string_view value;  // its bytes; borrows from the rows
  Tag tag = Tag::kNull;    // its first byte
  std::size_t used = 0;    // how many tokens of the path lead to it
  bool in_array = false;   // it is an element of a split array
};

class JsonTree final {
 public:
  JsonTree(JsonRows& rows, std::string_view name) : rows_(&rows), root_key_(RootKey(name)) {}

  // nullopt: there is no such document. Where used < path.size(), the row is whole and what is
  // asked for is inside of it or absent; or it is split and the next child is absent.
  [[nodiscard]] absl::StatusOr<std::optional<Spot>> Locate(PathView path);

  // nullopt: there is no such document, or nothing at the path.
  [[nodiscard]] absl::StatusOr<std::optional<JsonValue>> Read(PathView path);
  // The same where a scalar stands there; nullopt also for arrays and objects, which are not read.
  [[nodiscard]] absl::StatusOr<std::optional<JsonValue>> ReadScalar(PathView path);
  // What stands at the path: kArray and kObject also where split. nullopt: nothing.
  [[nodiscard]] absl::StatusOr<std::optional<Tag>> KindAt(PathView path);
  // How many elements the array at the path has. nullopt: there is no array.
  [[nodiscard]] absl::StatusOr<std::optional<std::uint32_t>> ArrayLength(PathView path);

  // Of the split array in the row `key`.
  [[nodiscard]] absl::StatusOr<std::uint32_t> SplitLength(const std::string& key);
  // The value of the row `key` with all rows below it.
  [[nodiscard]] absl::StatusOr<JsonValue> Assemble(const std::string& key);

  [[nodiscard]] const std::string& root_key() const { return root_key_; }

 private:
  [[nodiscard]] absl::StatusOr<std::optional<std::string_view>> FindInline(const Spot& spot,
                                                                           PathView path) const;
  JsonRows* rows_;
  std::string root_key_;
};

[[nodiscard]] constexpr bool IsSplit(Tag tag) {
  return tag == Tag::kSplitArray || tag == Tag::kSplitObject;
}

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_TREE_H_
