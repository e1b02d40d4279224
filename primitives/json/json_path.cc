#include "primitives/json/json_path.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "kernel/base/status.h"
#include "primitives/json/json_path_parser.h"
#include "primitives/json/json_path_query.h"
#include "primitives/json/json_path_regexp.h"

namespace varve::json {
namespace {

// The way from the root to a value, backwards.
struct Step {
  const Step* parent = nullptr;
  const std::string* name = nullptr;  // null: an element
  std::size_t index = 0;
};

struct Place {
  const JsonValue* value = nullptr;
  const Step* step = nullptr;
};

// What a comparable is: nothing, a value within the document, or one of its own.
struct Operand {
  const JsonValue* value = nullptr;
  JsonValue own{};

  [[nodiscard]] const JsonValue* get() const { return own.is_discarded() ? value : &own; }
};

Operand Borrowed(const JsonValue* value) {
  return {value, JsonValue(JsonValue::value_t::discarded)};
}
Operand Owned(JsonValue value) { return {nullptr, std::move(value)}; }

// Characters, not bytes (RFC 9535, 2.4.4).
std::size_t CharactersOf(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

bool Equal(const JsonValue* left, const JsonValue* right) {
  if (left == nullptr || right == nullptr) return left == right;
  return JsonEquals(*left, *right);
}

bool Less(const JsonValue* left, const JsonValue* right) {
  if (left == nullptr || right == nullptr) return false;
  if (left->is_number() && right->is_number()) return CompareNumbers(*left, *right) < 0;
  if (!left->is_string() || !right->is_string()) return false;
  return left->get_ref<const std::string&>() < right->get_ref<const std::string&>();
}

bool Compare(Comparison comparison, const JsonValue* left, const JsonValue* right) {
  switch (comparison) {
    case Comparison::kEqual:
      return Equal(left, right);
    case Comparison::kNotEqual:
      return !Equal(left, right);
    case Comparison::kLess:
      return Less(left, right);
    case Comparison::kLessOrEqual:
      return Less(left, right) || Equal(left, right);
    case Comparison::kGreater:
      return Less(right, left);
    case Comparison::kGreaterOrEqual:
      return Less(right, left) || Equal(left, right);
  }
  return false;
}

class Evaluator final {
 public:
  explicit Evaluator(const JsonValue& root) : root_(root) {}

  std::vector<Place> Evaluate(const Query& query, Place start, std::size_t skip) {
    std::vector<Place> places{start};
    for (std::size_t i = skip; i < query.segments.size(); ++i) {
      std::vector<Place> next;
      for (const Place& place : places) Follow(query.segments[i], place, next);
      places = std::move(next);
    }
    return places;
  }

 private:
  Place Member(const Place& parent, const std::string& name, const JsonValue& value) {
    return {&value, &steps_.emplace_back(Step{parent.step, &name, 0})};
  }
  Place Element(const Place& parent, std::size_t index) {
    return {&(*parent.value)[index], &steps_.emplace_back(Step{parent.step, nullptr, index})};
  }

  template <typename Visit>
  void ForEachChild(const Place& place, const Visit& visit) {
    if (place.value->is_array()) {
      for (std::size_t i = 0; i < place.value->size(); ++i) visit(Element(place, i));
    } else if (place.value->is_object()) {
      for (const auto& [name, value] : place.value->get_ref<const JsonValue::object_t&>()) {
        visit(Member(place, name, value));
      }
    }
  }

  void Follow(const QuerySegment& segment, const Place& place, std::vector<Place>& to) {
    for (const Selector& selector : segment.selectors) Apply(selector, place, to);
    if (!segment.descendant) return;
    ForEachChild(place, [&](const Place& child) { Follow(segment, child, to); });
  }

  void Apply(const Selector& selector, const Place& place, std::vector<Place>& to) {
    switch (selector.kind) {
      case Selector::Kind::kName:
        return SelectName(selector, place, to);
      case Selector::Kind::kIndex:
        return SelectIndex(selector, place, to);
      case Selector::Kind::kSlice:
        return SelectSlice(selector, place, to);
      case Selector::Kind::kWildcard:
        return ForEachChild(place, [&](const Place& child) { to.push_back(child); });
      case Selector::Kind::kFilter:
        return ForEachChild(place, [&](const Place& child) {
          if (Test(*selector.filter, child)) to.push_back(child);
        });
    }
  }

  void SelectName(const Selector& selector, const Place& place, std::vector<Place>& to) {
    if (!place.value->is_object()) return;
    const auto& members = place.value->get_ref<const JsonValue::object_t&>();
    const auto member = members.find(selector.name);
    if (member != members.end()) to.push_back(Member(place, member->first, member->second));
  }

  void SelectIndex(const Selector& selector, const Place& place, std::vector<Place>& to) {
    if (!place.value->is_array()) return;
    const auto length = static_cast<std::int64_t>(place.value->size());
    const std::int64_t index = selector.index < 0 ? selector.index + length : selector.index;
    if (index < 0 || index >= length) return;
    to.push_back(Element(place, static_cast<std::size_t>(index)));
  }

  // RFC 9535, 2.3.4.2.2.
  void SelectSlice(const Selector& selector, const Place& place, std::vector<Place>& to) {
    if (!place.value->is_array() || selector.step == 0) return;
    const auto length = static_cast<std::int64_t>(place.value->size());
    const std::int64_t step = selector.step;
    const auto normalize = [&](std::int64_t index) { return index < 0 ? index + length : index; };
    const std::int64_t start = normalize(selector.start.value_or(step > 0 ? 0 : length - 1));
    const std::int64_t end = selector.end.has_value() ? normalize(*selector.end)
                             : step > 0               ? length
                                                      : -1;
    if (step > 0) {
      const std::int64_t lower = std::clamp<std::int64_t>(start, 0, length);
      const std::int64_t upper = std::clamp<std::int64_t>(end, 0, length);
      for (std::int64_t i = lower; i < upper; i += step) {
        to.push_back(Element(place, static_cast<std::size_t>(i)));
      }
      return;
    }
    const std::int64_t upper = std::clamp<std::int64_t>(start, -1, length - 1);
    const std::int64_t lower = std::clamp<std::int64_t>(end, -1, length - 1);
    for (std::int64_t i = upper; i > lower; i += step) {
      to.push_back(Element(place, static_cast<std::size_t>(i)));
    }
  }

  std::vector<Place> Nodes(const Query& query, const Place& current) {
    return Evaluate(query, query.is_absolute ? Place{&root_, nullptr} : current, 0);
  }

  bool Test(const Expression& expression, const Place& current) {
    const auto test = [&](const Expression& child) { return Test(child, current); };
    const auto& children = expression.children;
    switch (expression.kind) {
      case Expression::Kind::kOr:
        return std::any_of(children.begin(), children.end(), test);
      case Expression::Kind::kAnd:
        return std::all_of(children.begin(), children.end(), test);
      case Expression::Kind::kNot:
        return !test(children.front());
      case Expression::Kind::kCompare: {
        const Operand left = Value(children[0], current);
        const Operand right = Value(children[1], current);
        return Compare(expression.comparison, left.get(), right.get());
      }
      case Expression::Kind::kQuery:
        return !Nodes(expression.query, current).empty();
      case Expression::Kind::kFunction:
        return TestMatch(expression, current);
      case Expression::Kind::kLiteral:
        return false;  // the parser lets none through
    }
    return false;
  }

  bool TestMatch(const Expression& call, const Place& current) {
    const Operand text = Value(call.children[0], current);
    const Operand pattern = Value(call.children[1], current);
    if (text.get() == nullptr || !text.get()->is_string()) return false;
    if (pattern.get() == nullptr || !pattern.get()->is_string()) return false;
    const auto& subject = text.get()->get_ref<const std::string&>();
    const auto& regexp = pattern.get()->get_ref<const std::string&>();
    return call.function == Function::kMatch ? regexps_.Matches(subject, regexp)
                                             : regexps_.IsFoundIn(subject, regexp);
  }

  Operand Value(const Expression& expression, const Place& current) {
    if (expression.kind == Expression::Kind::kLiteral) return Borrowed(&expression.literal);
    if (expression.kind == Expression::Kind::kFunction) return Call(expression, current);
    const std::vector<Place> nodes = Nodes(expression.query, current);
    return Borrowed(nodes.size() == 1 ? nodes.front().value : nullptr);
  }

  Operand Call(const Expression& call, const Place& current) {
    const Expression& argument = call.children.front();
    if (call.function == Function::kCount) {
      return Owned(Nodes(argument.query, current).size());
    }
    const Operand operand = Value(argument, current);  // value() is just this
    if (call.function == Function::kValue) return operand;
    const JsonValue* const value = operand.get();
    if (value == nullptr) return Borrowed(nullptr);
    if (value->is_string()) return Owned(CharactersOf(value->get_ref<const std::string&>()));
    if (value->is_structured()) return Owned(value->size());
    return Borrowed(nullptr);
  }

  const JsonValue& root_;
  std::deque<Step> steps_;  // never moves what it holds
  Regexps regexps_;
};

// RFC 9535, 2.7.
void AppendNormalizedName(std::string& to, const std::string& name) {
  constexpr std::string_view kControls = "\b\f\n\r\t'\\";
  constexpr std::string_view kEscapes = "bfnrt'\\";
  constexpr std::string_view kHex = "0123456789abcdef";
  to.append("['");
  for (const char character : name) {
    const std::size_t escape = kControls.find(character);
    if (escape != std::string_view::npos) {
      to.push_back('\\');
      to.push_back(kEscapes[escape]);
    } else if (static_cast<unsigned char>(character) < 0x20) {
      to.append("\\u00");
      to.push_back(kHex[static_cast<std::size_t>(character) >> 4]);
      to.push_back(kHex[static_cast<std::size_t>(character) & 15]);
    } else {
      to.push_back(character);
    }
  }
  to.append("']");
}

Node ToNode(const Place& place) {
  std::vector<const Step*> way;
  for (const Step* step = place.step; step != nullptr; step = step->parent) way.push_back(step);
  Node node;
  node.value = place.value;
  node.normalized = "$";
  for (auto step = way.rbegin(); step != way.rend(); ++step) {
    if ((*step)->name != nullptr) {
      node.path.push_back(*(*step)->name);
      AppendNormalizedName(node.normalized, *(*step)->name);
    } else {
      node.path.push_back(std::to_string((*step)->index));
      node.normalized += "[" + node.path.back() + "]";
    }
  }
  return node;
}

bool HasAbsoluteQuery(const Expression& expression);

bool HasAbsoluteQuery(const Query& query) {
  for (const QuerySegment& segment : query.segments) {
    for (const Selector& selector : segment.selectors) {
      if (selector.filter != nullptr && HasAbsoluteQuery(*selector.filter)) return true;
    }
  }
  return false;
}

bool HasAbsoluteQuery(const Expression& expression) {
  if (expression.kind == Expression::Kind::kQuery) {
    return expression.query.is_absolute || HasAbsoluteQuery(expression.query);
  }
  return std::any_of(expression.children.begin(), expression.children.end(),
                     [](const Expression& child) { return HasAbsoluteQuery(child); });
}

}  // namespace

absl::StatusOr<JsonPath> JsonPath::Parse(std::string_view text) {
  VARVE_ASSIGN_OR_RETURN(Query query, ParseQuery(text));
  return JsonPath(std::make_shared<const Query>(std::move(query)));
}

std::vector<Node> JsonPath::Select(const JsonValue& root, std::size_t skip) const {
  Evaluator evaluator(root);
  std::vector<Node> nodes;
  for (const Place& place : evaluator.Evaluate(*query_, {&root, nullptr}, skip)) {
    nodes.push_back(ToNode(place));
  }
  return nodes;
}

Path JsonPath::FixedPrefix() const {
  Path prefix;
  if (HasAbsoluteQuery(*query_)) return prefix;
  for (const QuerySegment& segment : query_->segments) {
    if (segment.descendant || segment.selectors.size() != 1) break;
    const Selector& selector = segment.selectors.front();
    // A pointer would take such a name for an element of an array.
    if (selector.kind != Selector::Kind::kName || ParseArrayIndex(selector.name)) break;
    prefix.push_back(selector.name);
  }
  return prefix;
}

}  // namespace varve::json
