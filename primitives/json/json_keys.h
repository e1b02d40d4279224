// Keys of the rows of documents. Normative text: docs/format/json.md, JSON-4 and JSON-5.
//
// Byte order is: documents by name, then each container before its children, members by key,
// elements by index. So a document, and every part of it, is one range of rows.
#ifndef VARVE_PRIMITIVES_JSON_JSON_KEYS_H_
#define VARVE_PRIMITIVES_JSON_JSON_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "primitives/json/json_pointer.h"

namespace varve::json {

// Appends bytes so that none of them is 0x00, and then 0x00; keeps their order.
void AppendTerminated(std::string& to, std::string_view bytes);
// Takes what AppendTerminated appended off the front of `from`. False: it is not that.
[[nodiscard]] bool TakeTerminated(std::string_view& from, std::string& bytes);

// The key of a document's root; the keys of its parts begin with it.
[[nodiscard]] std::string RootKey(std::string_view name);
void AppendMember(std::string& key, std::string_view member);
void AppendElement(std::string& key, std::uint32_t index);

// One segment of a key.
struct Segment {
  bool is_element = false;
  std::uint32_t index = 0;  // of an element
  std::string member;       // of an object
};
// Takes the first segment off the front of `from`. nullopt: it is none.
[[nodiscard]] std::optional<Segment> TakeSegment(std::string_view& from);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_KEYS_H_
