// JSONPath (RFC 9535): queries over one value.
//
//   VARVE_ASSIGN_OR_RETURN(const JsonPath cheap, JsonPath::Parse("$.books[?@.price < 10].title"));
//   for (const Node& node : cheap.Select(catalogue)) Use(*node.value);
#ifndef VARVE_PRIMITIVES_JSON_JSON_PATH_H_
#define VARVE_PRIMITIVES_JSON_JSON_PATH_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "primitives/json/json_pointer.h"
#include "primitives/json/json_value.h"

namespace varve::json {

struct Query;

// A value with its place.
struct Node {
  const JsonValue* value = nullptr;  // within the value that was queried
  Path path;                         // the place as tokens of a JSON Pointer
  std::string normalized;            // as a normalized path (RFC 9535, 2.7): $['books'][0]
};

// A well-formed, well-typed query. Copyable; any thread.
class JsonPath final {
 public:
  // kInvalidArgument: it is not one; the message says where and why. The functions are those of the
  // RFC: length, count, match, search, value.
  [[nodiscard]] static absl::StatusOr<JsonPath> Parse(std::string_view text);

  // The nodes in the order of the RFC; members of an object in the byte order of their keys. The
  // first `skip` segments of the query are taken as done: `root` is what they select.
  [[nodiscard]] std::vector<Node> Select(const JsonValue& root, std::size_t skip = 0) const;

  // Names that the query begins with, where nothing outside of what they lead to can matter.
  [[nodiscard]] Path FixedPrefix() const;

 private:
  explicit JsonPath(std::shared_ptr<const Query> query) : query_(std::move(query)) {}
  std::shared_ptr<const Query> query_;
};

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_PATH_H_
