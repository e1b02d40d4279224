#include "primitives/json/json_edit.h"

#include <cmath>
#include <limits>
#include <utility>

#include "kernel/base/status.h"

namespace varve::json {
namespace {

using PathView = std::span<const std::string>;

JsonValue* Child(JsonValue& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto member = parent.find(token);
    return member == parent.end() ? nullptr : &*member;
  }
  const std::optional<std::uint32_t> index = ParseArrayIndex(token);
  if (!parent.is_array() || !index.has_value() || *index >= parent.size()) return nullptr;
  return &parent[*index];
}

absl::Status SetChild(JsonValue& parent, PathView path, JsonValue value, SetMode mode) {
  const std::string& token = path.back();
  if (mode == SetMode::kReplace && Child(parent, token) == nullptr) return NothingAt(path);
  if (parent.is_object()) {
    parent[token] = std::move(value);
    return absl::OkStatus();
  }
  if (!parent.is_array()) return NoContainerAt(path.first(path.size() - 1));
  VARVE_ASSIGN_OR_RETURN(const std::uint32_t position,
                         ArrayPosition(token, static_cast<std::uint32_t>(parent.size())));
  if (position < parent.size() && mode != SetMode::kAdd) {
    parent[position] = std::move(value);
  } else {
    parent.insert(parent.begin() + position, std::move(value));
  }
  return absl::OkStatus();
}

// Wide enough for the sum of any two 64-bit integers.
__extension__ using Wide = __int128;

Wide ToWide(const JsonValue& integer) {
  return integer.is_number_unsigned() ? static_cast<Wide>(integer.get<std::uint64_t>())
                                      : static_cast<Wide>(integer.get<std::int64_t>());
}

absl::Status SumTooLarge() {
  return MakeStatus(absl::StatusCode::kOutOfRange,
                    "the sum does not fit: integers have 64 bits, doubles are finite");
}

}  // namespace

absl::Status NothingAt(PathView path) {
  return MakeStatus(absl::StatusCode::kNotFound, "the document has nothing at \"",
                    FormatPointer(path), "\"");
}

absl::Status NoContainerAt(PathView path) {
  return FailedPrecondition("the value at \"", FormatPointer(path),
                            "\" is neither an array nor an object: nothing can be put into it");
}

JsonValue Wrap(PathView path, JsonValue value) {
  for (std::size_t i = path.size(); i > 0; --i) {
    const std::string& token = path[i - 1];
    JsonValue outer = token == "-" ? JsonValue::array() : JsonValue::object();
    if (outer.is_array()) {
      outer.push_back(std::move(value));
    } else {
      outer[token] = std::move(value);
    }
    value = std::move(outer);
  }
  return value;
}

absl::Status SetIn(JsonValue& root, PathView path, JsonValue value, SetMode mode) {
  JsonValue* parent = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    JsonValue* const child = Child(*parent, path[i]);
    if (child != nullptr) {
      parent = child;
      continue;
    }
    if (!parent->is_structured()) return NoContainerAt(path.first(i));
    if (mode != SetMode::kPut) return NothingAt(path.first(i + 1));
    return SetChild(*parent, path.first(i + 1), Wrap(path.subspan(i + 1), std::move(value)), mode);
  }
  if (path.empty()) {
    root = std::move(value);
    return absl::OkStatus();
  }
  return SetChild(*parent, path, std::move(value), mode);
}

absl::StatusOr<bool> RemoveIn(JsonValue& root, PathView path) {
  JsonValue* const parent = FindIn(root, path.first(path.size() - 1));
  if (parent == nullptr || Child(*parent, path.back()) == nullptr) return false;
  if (parent->is_object()) {
    parent->erase(path.back());
  } else {
    parent->erase(*ParseArrayIndex(path.back()));
  }
  return true;
}

JsonValue* FindIn(JsonValue& root, PathView path) {
  JsonValue* value = &root;
  for (const std::string& token : path) {
    value = Child(*value, token);
    if (value == nullptr) return nullptr;
  }
  return value;
}

absl::StatusOr<std::uint32_t> ArrayPosition(const std::string& token, std::uint32_t length) {
  if (token == "-") return length;
  const std::optional<std::uint32_t> index = ParseArrayIndex(token);
  if (!index.has_value()) {
    return FailedPrecondition("\"", token, "\" is no index of an array: give a number without",
                              " leading zeros, or - to append");
  }
  if (*index > length) {
    return MakeStatus(absl::StatusCode::kOutOfRange, "the index ", *index,
                      " is beyond the end of an array of ", length, ": the next is ", length);
  }
  return *index;
}

absl::StatusOr<JsonValue> Add(const JsonValue& number, const JsonValue& amount) {
  if (!number.is_number()) {
    return FailedPrecondition("the value is a ", std::string_view(number.type_name()),
                              ", not a number: it cannot be incremented");
  }
  if (number.is_number_float() || amount.is_number_float()) {
    const double sum = number.get<double>() + amount.get<double>();
    if (!std::isfinite(sum)) return SumTooLarge();
    return JsonValue(sum);
  }
  const Wide sum = ToWide(number) + ToWide(amount);
  if (sum > static_cast<Wide>(std::numeric_limits<std::uint64_t>::max()) ||
      sum < static_cast<Wide>(std::numeric_limits<std::int64_t>::min())) {
    return SumTooLarge();
  }
  if (sum >= 0) return JsonValue(static_cast<std::uint64_t>(sum));
  return JsonValue(static_cast<std::int64_t>(sum));
}

}  // namespace varve::json
