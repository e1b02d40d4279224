// What a JSONPath is once it is parsed.
#ifndef VARVE_PRIMITIVES_JSON_JSON_PATH_QUERY_H_
#define VARVE_PRIMITIVES_JSON_JSON_PATH_QUERY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "primitives/json/json_value.h"

namespace varve::json {

struct Expression;

struct Selector {
  enum class Kind { kName, kWildcard, kIndex, kSlice, kFilter };
  Kind kind = Kind::kWildcard;
  std::string name{};
  std::int64_t index = 0;
  std::optional<std::int64_t> start{};  // of a slice
  std::optional<std::int64_t> end{};
  std::int64_t step = 1;
  std::shared_ptr<const Expression> filter{};
};

struct QuerySegment {
  bool descendant = false;
  std::vector<Selector> selectors{};
};

struct Query {
  bool is_absolute = true;  // from $, not from @
  std::vector<QuerySegment> segments{};

  // At most one node, whatever the value.
  [[nodiscard]] bool IsSingular() const;
};

enum class Function { kLength, kCount, kMatch, kSearch, kValue };
enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// A part of a filter. What `children` are depends on the kind: the operands, or the arguments.
struct Expression {
  enum class Kind { kOr, kAnd, kNot, kCompare, kQuery, kLiteral, kFunction };
  Kind kind = Kind::kLiteral;
  std::vector<Expression> children{};
  Comparison comparison{};
  Function function{};
  Query query{};
  JsonValue literal{};
};

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_PATH_QUERY_H_
