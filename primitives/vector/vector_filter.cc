#include "primitives/vector/vector_filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <optional>

#include "kernel/base/status.h"
#include "primitives/vector/vector_metadata.h"

namespace varve {

namespace {

using vector::Field;
using vector::FieldType;

enum Operation : int {
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kIn,
  kNotIn,
  kContains,
  kExists,
  kAnd,
  kOr,
  kNot
};

// 2^63: the least double above every signed 64-bit integer.
constexpr double kSignedEnd = 9223372036854775808.0;
constexpr double kUnsignedEnd = 18446744073709551616.0;

struct Number {
  enum class Kind { kSigned, kUnsigned, kDouble } kind = Kind::kSigned;
  std::int64_t signed_value = 0;
  std::uint64_t unsigned_value = 0;  // above the signed range
  double double_value = 0;
};

std::partial_ordering CompareFraction(double value, double whole) {
  return value > whole   ? std::partial_ordering::less
         : value < whole ? std::partial_ordering::greater
                         : std::partial_ordering::equivalent;
}

// The exact order of an integer and a double; no conversion rounds.
std::partial_ordering CompareWithDouble(const Number& integer, double value) {
  if (std::isnan(value)) return std::partial_ordering::unordered;
  if (integer.kind == Number::Kind::kSigned) {
    if (value >= kSignedEnd) return std::partial_ordering::less;
    if (value < -kSignedEnd) return std::partial_ordering::greater;
    const double whole = std::trunc(value);
    const auto order = integer.signed_value <=> static_cast<std::int64_t>(whole);
    return order != 0 ? std::partial_ordering(order) : CompareFraction(value, whole);
  }
  if (value >= kUnsignedEnd) return std::partial_ordering::less;
  if (value < kSignedEnd) return std::partial_ordering::greater;
  return integer.unsigned_value <=> static_cast<std::uint64_t>(value);
}

std::partial_ordering Reversed(std::partial_ordering order) { return 0 <=> order; }

std::partial_ordering CompareNumbers(const Number& a, const Number& b) {
  using Kind = Number::Kind;
  if (a.kind == Kind::kDouble && b.kind == Kind::kDouble) return a.double_value <=> b.double_value;
  if (b.kind == Kind::kDouble) return CompareWithDouble(a, b.double_value);
  if (a.kind == Kind::kDouble) return Reversed(CompareWithDouble(b, a.double_value));
  if (a.kind != b.kind) {
    return a.kind == Kind::kSigned ? std::partial_ordering::less : std::partial_ordering::greater;
  }
  return a.kind == Kind::kSigned ? a.signed_value <=> b.signed_value
                                 : a.unsigned_value <=> b.unsigned_value;
}

std::optional<Number> NumberOf(const Field& field) {
  switch (field.type) {
    case FieldType::kSigned:
      return Number{.signed_value = static_cast<std::int64_t>(field.number)};
    case FieldType::kUnsigned:
      return Number{.kind = Number::Kind::kUnsigned, .unsigned_value = field.number};
    case FieldType::kDouble:
      return Number{.kind = Number::Kind::kDouble,
                    .double_value = std::bit_cast<double>(field.number)};
    default:
      return std::nullopt;
  }
}

std::optional<Number> NumberOf(const VectorValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.value())) {
    return Number{.signed_value = *number};
  }
  if (const auto* number = std::get_if<std::uint64_t>(&value.value())) {
    if (*number <= static_cast<std::uint64_t>(INT64_MAX)) {
      return Number{.signed_value = static_cast<std::int64_t>(*number)};
    }
    return Number{.kind = Number::Kind::kUnsigned, .unsigned_value = *number};
  }
  if (const auto* number = std::get_if<double>(&value.value())) {
    return Number{.kind = Number::Kind::kDouble, .double_value = *number};
  }
  return std::nullopt;
}

// Unordered where the two are of different types.
std::partial_ordering CompareOrdered(const Field& field, const VectorValue& value) {
  if (field.type == FieldType::kText) {
    const auto* text = std::get_if<std::string>(&value.value());
    if (text == nullptr) return std::partial_ordering::unordered;
    return field.text <=> std::string_view(*text);
  }
  const std::optional<Number> a = NumberOf(field);
  const std::optional<Number> b = NumberOf(value);
  if (!a.has_value() || !b.has_value()) return std::partial_ordering::unordered;
  return CompareNumbers(*a, *b);
}

bool Equal(const Field& field, const VectorValue& value) {
  if (std::holds_alternative<std::nullptr_t>(value.value())) return field.type == FieldType::kNull;
  if (const auto* truth = std::get_if<bool>(&value.value())) {
    return field.type == (*truth ? FieldType::kTrue : FieldType::kFalse);
  }
  return CompareOrdered(field, value) == 0;
}

absl::StatusOr<std::string> PointerOf(std::string_view field) {
  if (!field.starts_with('/')) {
    std::string pointer;
    vector::AppendPointerPart(pointer, field);
    return pointer;
  }
  for (std::size_t at = field.find('~'); at != std::string_view::npos;
       at = field.find('~', at + 1)) {
    if (at + 1 == field.size() || (field[at + 1] != '0' && field[at + 1] != '1')) {
      return InvalidArgument("the filter's field \"", field,
                             "\" is no JSON Pointer: behind ~ stands 0 or 1");
    }
  }
  return std::string(field);
}

}  // namespace

struct VectorFilter::Node {
  int operation = kAnd;
  std::string pointer{};  // of comparisons
  std::string fault{};    // why the field is no pointer
  std::vector<VectorValue> values{};
  std::vector<std::shared_ptr<const Node>> parts{};  // null: every row
  std::size_t nodes = 1;                             // with all below
  std::size_t depth = 1;
};

namespace {

using Node = VectorFilter::Node;

bool HoldsFor(const Node& node, const Field& field) {
  const auto equal = [&](const VectorValue& value) { return Equal(field, value); };
  switch (node.operation) {
    case kEq:
    case kIn:
      return std::ranges::any_of(node.values, equal);
    case kNe:
    case kNotIn:
      return std::ranges::none_of(node.values, equal);
    case kLt:
      return CompareOrdered(field, node.values[0]) < 0;
    case kLe:
      return CompareOrdered(field, node.values[0]) <= 0;
    case kGt:
      return CompareOrdered(field, node.values[0]) > 0;
    case kGe:
      return CompareOrdered(field, node.values[0]) >= 0;
    case kContains: {
      const auto* text = std::get_if<std::string>(&node.values[0].value());
      return field.type == FieldType::kText && text != nullptr &&
             field.text.find(*text) != std::string_view::npos;
    }
    default:
      return true;  // kExists
  }
}

bool CompareMatches(const Node& node, std::string_view image) {
  vector::FieldReader reader(image);
  Field field;
  while (reader.Next(field)) {
    if (field.path != node.pointer) continue;
    if (field.element) {
      if (node.operation == kContains && Equal(field, node.values[0])) return true;
    } else if (HoldsFor(node, field)) {
      return true;
    }
  }
  return false;
}

bool NodeMatches(const Node* node, std::string_view image) {
  const auto part_matches = [&](const std::shared_ptr<const Node>& part) {
    return NodeMatches(part.get(), image);
  };
  if (node == nullptr) return true;
  switch (node->operation) {
    case kAnd:
      return std::ranges::all_of(node->parts, part_matches);
    case kOr:
      return std::ranges::any_of(node->parts, part_matches);
    case kNot:
      return std::ranges::none_of(node->parts, part_matches);
    default:
      return CompareMatches(*node, image);
  }
}

absl::Status CheckNode(const Node& node) {
  if (!node.fault.empty()) return InvalidArgument(node.fault);
  for (const std::shared_ptr<const Node>& part : node.parts) {
    if (part != nullptr) VARVE_RETURN_IF_ERROR(CheckNode(*part));
  }
  return absl::OkStatus();
}

}  // namespace

VectorFilter VectorFilter::Compare(int operation, std::string_view field,
                                   std::vector<VectorValue> values) {
  auto node = std::make_shared<Node>();
  node->operation = operation;
  absl::StatusOr<std::string> pointer = PointerOf(field);
  if (pointer.ok()) {
    node->pointer = *std::move(pointer);
  } else {
    node->fault = FromAbsl(pointer.status().message());
  }
  node->nodes += values.size();
  node->values = std::move(values);
  return VectorFilter(std::move(node));
}

VectorFilter VectorFilter::Combine(int operation, std::vector<VectorFilter> parts) {
  auto node = std::make_shared<Node>();
  node->operation = operation;
  for (VectorFilter& part : parts) {
    if (part.root_ != nullptr) {
      node->nodes += part.root_->nodes;
      node->depth = std::max(node->depth, part.root_->depth + 1);
    }
    node->parts.push_back(std::move(part.root_));
  }
  return VectorFilter(std::move(node));
}

VectorFilter VectorFilter::Eq(std::string_view field, VectorValue value) {
  return Compare(kEq, field, {std::move(value)});
}
VectorFilter VectorFilter::Ne(std::string_view field, VectorValue value) {
  return Compare(kNe, field, {std::move(value)});
}
VectorFilter VectorFilter::Lt(std::string_view field, VectorValue value) {
  return Compare(kLt, field, {std::move(value)});
}
VectorFilter VectorFilter::Le(std::string_view field, VectorValue value) {
  return Compare(kLe, field, {std::move(value)});
}
VectorFilter VectorFilter::Gt(std::string_view field, VectorValue value) {
  return Compare(kGt, field, {std::move(value)});
}
VectorFilter VectorFilter::Ge(std::string_view field, VectorValue value) {
  return Compare(kGe, field, {std::move(value)});
}
VectorFilter VectorFilter::In(std::string_view field, std::vector<VectorValue> values) {
  return Compare(kIn, field, std::move(values));
}
VectorFilter VectorFilter::NotIn(std::string_view field, std::vector<VectorValue> values) {
  return Compare(kNotIn, field, std::move(values));
}
VectorFilter VectorFilter::Contains(std::string_view field, VectorValue value) {
  return Compare(kContains, field, {std::move(value)});
}
VectorFilter VectorFilter::Exists(std::string_view field) { return Compare(kExists, field, {}); }
VectorFilter VectorFilter::And(std::vector<VectorFilter> parts) {
  return Combine(kAnd, std::move(parts));
}
VectorFilter VectorFilter::Or(std::vector<VectorFilter> parts) {
  return Combine(kOr, std::move(parts));
}
VectorFilter VectorFilter::Not(VectorFilter part) {
  std::vector<VectorFilter> parts;
  parts.push_back(std::move(part));
  return Combine(kNot, std::move(parts));
}

absl::Status VectorFilter::Check() const {
  if (root_ == nullptr) return absl::OkStatus();
  if (root_->nodes > kVectorFilterNodesMax) {
    return ResourceExhausted("the filter has ", root_->nodes, " nodes and values, more than the ",
                             "limit of ", kVectorFilterNodesMax);
  }
  if (root_->depth > kVectorFilterDepthMax) {
    return ResourceExhausted("the filter is ", root_->depth, " nodes deep, more than the limit of ",
                             kVectorFilterDepthMax);
  }
  return CheckNode(*root_);
}

bool VectorFilter::Matches(std::string_view image) const { return NodeMatches(root_.get(), image); }

}  // namespace varve
