// VectorFilter::Parse: filters as JSON. Messages do not repeat what they met: it may be of any
// depth.
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/status.h"
#include "nlohmann/json.hpp"
#include "primitives/vector/vector_filter.h"

namespace varve {

namespace {

using Json = nlohmann::json;

struct Comparison {
  std::string_view name;
  VectorFilter (*make)(std::string_view, VectorValue);
};
constexpr std::array<Comparison, 7> kComparisons = {{{"eq", VectorFilter::Eq},
                                                     {"ne", VectorFilter::Ne},
                                                     {"lt", VectorFilter::Lt},
                                                     {"le", VectorFilter::Le},
                                                     {"gt", VectorFilter::Gt},
                                                     {"ge", VectorFilter::Ge},
                                                     {"contains", VectorFilter::Contains}}};

absl::StatusOr<VectorValue> ParseValue(const Json& json) {
  if (json.is_null()) return VectorValue(nullptr);
  if (json.is_boolean()) return VectorValue(json.get<bool>());
  if (json.is_number_unsigned()) return VectorValue(json.get<std::uint64_t>());
  if (json.is_number_integer()) return VectorValue(json.get<std::int64_t>());
  if (json.is_number_float()) return VectorValue(json.get<double>());
  if (json.is_string()) return VectorValue(json.get<std::string>());
  return InvalidArgument(
      "a filter compares with a text, a number, true, false or null, not with an ",
      json.type_name());
}

absl::StatusOr<VectorFilter> ParseNode(const Json& json, std::size_t depth);

absl::StatusOr<std::vector<VectorFilter>> ParseParts(std::string_view name, const Json& json,
                                                     std::size_t depth) {
  if (!json.is_array()) return InvalidArgument("the filter's ", name, " takes an array of filters");
  std::vector<VectorFilter> parts;
  for (const Json& element : json) {
    VARVE_ASSIGN_OR_RETURN(VectorFilter part, ParseNode(element, depth + 1));
    parts.push_back(std::move(part));
  }
  return parts;
}

// The field of ["field", what to compare with].
absl::StatusOr<std::string> FieldOf(std::string_view name, const Json& json) {
  if (!json.is_array() || json.size() != 2 || !json[0].is_string()) {
    return InvalidArgument("the filter's ", name, " takes an array of a field name and what to",
                           " compare with");
  }
  return json[0].get<std::string>();
}

absl::StatusOr<VectorFilter> ParseMembership(std::string_view name, const Json& json) {
  VARVE_ASSIGN_OR_RETURN(const std::string field, FieldOf(name, json));
  if (!json[1].is_array()) {
    return InvalidArgument("the filter's ", name, " compares with an array of values");
  }
  std::vector<VectorValue> values;
  for (const Json& element : json[1]) {
    VARVE_ASSIGN_OR_RETURN(VectorValue value, ParseValue(element));
    values.push_back(std::move(value));
  }
  return name == "in" ? VectorFilter::In(field, std::move(values))
                      : VectorFilter::NotIn(field, std::move(values));
}

absl::StatusOr<VectorFilter> ParseComparison(std::string_view name, const Json& json) {
  for (const Comparison& comparison : kComparisons) {
    if (comparison.name != name) continue;
    VARVE_ASSIGN_OR_RETURN(const std::string field, FieldOf(name, json));
    VARVE_ASSIGN_OR_RETURN(VectorValue value, ParseValue(json[1]));
    return comparison.make(field, std::move(value));
  }
  return InvalidArgument("a filter has no operation \"", name.substr(0, 64),
                         "\": there are eq, ne, lt, le, gt, ge, in, not_in, contains, exists, and,",
                         " or, not");
}

absl::StatusOr<VectorFilter> ParseNode(const Json& json, std::size_t depth) {
  if (depth > kVectorFilterDepthMax) {
    return ResourceExhausted("the filter is deeper than the limit of ", kVectorFilterDepthMax);
  }
  if (!json.is_object() || json.size() > 1) {
    return InvalidArgument("a filter is a JSON object with one member, such as ",
                           R"({"eq":["lang","en"]}, not an )", json.type_name(), " of ",
                           json.size());
  }
  if (json.empty()) return VectorFilter();
  const std::string& name = json.begin().key();
  const Json& value = json.begin().value();
  if (name == "and" || name == "or") {
    VARVE_ASSIGN_OR_RETURN(std::vector<VectorFilter> parts, ParseParts(name, value, depth));
    return name == "and" ? VectorFilter::And(std::move(parts)) : VectorFilter::Or(std::move(parts));
  }
  if (name == "not") {
    VARVE_ASSIGN_OR_RETURN(VectorFilter part, ParseNode(value, depth + 1));
    return VectorFilter::Not(std::move(part));
  }
  if (name == "exists") {
    if (!value.is_string()) return InvalidArgument("the filter's exists takes a field name");
    return VectorFilter::Exists(value.get<std::string>());
  }
  if (name == "in" || name == "not_in") return ParseMembership(name, value);
  return ParseComparison(name, value);
}

}  // namespace

absl::StatusOr<VectorFilter> VectorFilter::Parse(std::string_view json) {
  if (json.size() > kVectorFilterBytesMax) {
    return ResourceExhausted("the filter has ", json.size(), " bytes, more than the limit of ",
                             kVectorFilterBytesMax);
  }
  const Json parsed = Json::parse(json.begin(), json.end(), nullptr, false);
  if (parsed.is_discarded()) return InvalidArgument("the filter is not JSON");
  VARVE_ASSIGN_OR_RETURN(VectorFilter filter, ParseNode(parsed, 1));
  VARVE_RETURN_IF_ERROR(filter.Check());
  return filter;
}

}  // namespace varve
