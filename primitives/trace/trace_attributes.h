// JSON text of attributes, and the members that a row keeps.
//
// A row holds the members of the object one by one, ascending by key, each value as compact JSON
// text. So Apply merges an annotation by comparing bytes, and no replay depends on a JSON library.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_ATTRIBUTES_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_ATTRIBUTES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace varve::trace {

// One member. `value` is compact JSON text; empty where an annotation removes the member. Borrows.
struct Attribute {
  std::string_view key{};
  std::string_view value{};
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

// Members that own their bytes.
class AttributeList final {
 public:
  // The members of `object`, JSON text of an object (empty text: none), ascending by key. A member
  // that is null has an empty value. Numbers keep 64-bit integers exactly.
  //   kInvalidArgument    not a JSON object in UTF-8, a key twice (at any depth), a number beyond
  //                       the range of doubles, a key of 0 or more than kNameBytesMax bytes
  //   kResourceExhausted  more than kSpanAttributesMax members, or deeper than
  //                       kSpanAttributeDepthMax
  [[nodiscard]] static absl::StatusOr<AttributeList> Parse(std::string_view object);

  void Add(std::string key, std::string value);
  // Ascending by key; valid until this list changes.
  [[nodiscard]] std::vector<Attribute> Sorted() const;
  [[nodiscard]] bool empty() const { return members_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

// JSON text of the object with these members.
[[nodiscard]] std::string ToJson(std::span<const Attribute> attributes);

// Well-formed UTF-8 (RFC 3629).
[[nodiscard]] bool IsUtf8(std::string_view bytes);

}  // namespace varve::trace

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_ATTRIBUTES_H_
