#include "primitives/json/json_value.h"

#include <cmath>
#include <utility>
#include <vector>

#include "kernel/base/status.h"
#include "primitives/json/json_limits.h"
#include "simdjson.h"

namespace varve {
namespace {

// Builds a value from the parser's calls, refusing what nlohmann would let through. Keeps its own
// stack, so that the depth of the text is no depth of ours.
class StrictBuilder final : public nlohmann::json_sax<JsonValue> {
 public:
  bool null() override { return Take(nullptr); }
  bool boolean(bool value) override { return Take(value); }
  bool number_integer(number_integer_t value) override { return Take(value); }
  bool number_unsigned(number_unsigned_t value) override { return Take(value); }
  bool number_float(number_float_t value, const string_t& text) override {
    if (text.find_first_of(".eE") == string_t::npos) {
      return Refuse("the integer " + text + " does not fit in 64 bits");
    }
    return Take(value);
  }
  bool string(string_t& value) override { return Take(std::move(value)); }
  bool binary(binary_t&) override { return Refuse("a binary value"); }
  bool start_object(std::size_t) override { return Open(JsonValue::object()); }
  bool start_array(std::size_t) override { return Open(JsonValue::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& key) override {
    if (stack_.back()->contains(key)) return Refuse("the key \"" + key + "\" twice in one object");
    key_ = std::move(key);
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    return Refuse(error.what());
  }

  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] JsonValue TakeRoot() { return std::move(root_); }

 private:
  bool Refuse(std::string fault) {
    fault_ = std::move(fault);
    return false;
  }

  JsonValue* Place(JsonValue value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    JsonValue& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  bool Take(JsonValue value) {
    Place(std::move(value));
    return true;
  }

  bool Open(JsonValue container) {
    if (stack_.size() == kJsonDepthMax) {
      return Refuse("arrays and objects more than " + std::to_string(kJsonDepthMax) + " deep");
    }
    stack_.push_back(Place(std::move(container)));
    return true;
  }

  bool Close() {
    stack_.pop_back();
    return true;
  }

  JsonValue root_;
  std::vector<JsonValue*> stack_;  // a parent does not move while a child of it is open
  std::string key_;
  std::string fault_;
};

absl::Status CheckWithin(const JsonValue& value, std::size_t depth_left) {
  if (value.is_binary() || value.is_discarded()) {
    return InvalidArgument("a value of nlohmann's type \"", std::string_view(value.type_name()),
                           "\" is not JSON");
  }
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    return InvalidArgument("NaN and infinities are not JSON: store null or a string");
  }
  if (value.is_string() && !json::IsUtf8(value.get_ref<const std::string&>())) {
    return InvalidArgument("a string is not valid UTF-8: encode bytes, as base64 for example");
  }
  if (!value.is_structured()) return absl::OkStatus();
  if (depth_left == 0) {
    return InvalidArgument("arrays and objects are more than ", kJsonDepthMax, " deep");
  }
  for (auto child = value.begin(); child != value.end(); ++child) {
    if (value.is_object() && !json::IsUtf8(child.key())) {
      return InvalidArgument("a key of an object is not valid UTF-8");
    }
    VARVE_RETURN_IF_ERROR(CheckWithin(*child, depth_left - 1));
  }
  return absl::OkStatus();
}

// An integer against a double, exactly: the double's whole part decides, then its fraction.
template <typename Integer>
std::partial_ordering CompareWithDouble(Integer integer, double real) {
  // 2^63 or 2^64: the first double beyond every Integer.
  const double beyond = std::ldexp(1.0, std::numeric_limits<Integer>::digits);
  if (std::isnan(real)) return std::partial_ordering::unordered;
  if (real >= beyond) return std::partial_ordering::less;
  if (real < static_cast<double>(std::numeric_limits<Integer>::min())) {
    return std::partial_ordering::greater;
  }
  const double whole = std::trunc(real);
  const auto order = integer <=> static_cast<Integer>(whole);
  if (order != 0) return order;
  return 0.0 <=> (real - whole);
}

template <typename Integer>
std::partial_ordering CompareInteger(Integer left, const JsonValue& right) {
  if (right.is_number_float()) return CompareWithDouble(left, right.get<double>());
  if (right.is_number_unsigned()) {
    const auto other = right.get<std::uint64_t>();
    if (std::cmp_less(left, other)) return std::partial_ordering::less;
    return std::cmp_equal(left, other) ? std::partial_ordering::equivalent
                                       : std::partial_ordering::greater;
  }
  const auto other = right.get<std::int64_t>();
  if (std::cmp_less(left, other)) return std::partial_ordering::less;
  return std::cmp_equal(left, other) ? std::partial_ordering::equivalent
                                     : std::partial_ordering::greater;
}

}  // namespace

absl::StatusOr<JsonValue> ParseJson(std::string_view text) {
  StrictBuilder builder;
  if (!JsonValue::sax_parse(text.begin(), text.end(), &builder)) {
    return InvalidArgument("not JSON as it is stored here: ", builder.fault());
  }
  return builder.TakeRoot();
}

absl::StatusOr<std::string> FormatJson(const JsonValue& value, int indent) {
  VARVE_RETURN_IF_ERROR(CheckJson(value));
  return value.dump(indent);
}

absl::Status CheckJson(const JsonValue& value) { return CheckWithin(value, kJsonDepthMax); }

bool JsonEquals(const JsonValue& left, const JsonValue& right) {
  if (left.is_number() && right.is_number()) return json::CompareNumbers(left, right) == 0;
  if (left.type() != right.type()) return false;
  if (!left.is_structured()) return left == right;
  if (left.size() != right.size()) return false;
  auto other = right.begin();
  for (auto child = left.begin(); child != left.end(); ++child, ++other) {
    if (left.is_object() && child.key() != other.key()) return false;
    if (!JsonEquals(*child, *other)) return false;
  }
  return true;
}

namespace json {

std::partial_ordering CompareNumbers(const JsonValue& left, const JsonValue& right) {
  if (left.is_number_unsigned()) return CompareInteger(left.get<std::uint64_t>(), right);
  if (left.is_number_integer()) return CompareInteger(left.get<std::int64_t>(), right);
  if (right.is_number_float()) return left.get<double>() <=> right.get<double>();
  return 0 <=> CompareNumbers(right, left);
}

bool IsUtf8(std::string_view bytes) {
  return bytes.empty() || simdjson::validate_utf8(bytes.data(), bytes.size());
}

}  // namespace json
}  // namespace varve
