#include "primitives/json/json_path_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kernel/base/status.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_path_scanner.h"

namespace varve::json {
namespace {

// How deep brackets and parentheses may stand within one another.
constexpr int kNestingMax = 64;
constexpr std::size_t kQueryTextBytesMax = kJsonPathTextBytesMax;

// What an expression gives (RFC 9535, 2.4.1). A singular query also serves as a value.
enum class Type { kValue, kLogical, kNodes, kSingularNodes };

struct FunctionRule {
  std::string_view name;
  Function function;
  Type result;
  std::size_t arguments;
  Type argument;  // of all of them: kValue or kNodes
};

constexpr std::array kFunctions = {
    FunctionRule{"length", Function::kLength, Type::kValue, 1, Type::kValue},
    FunctionRule{"count", Function::kCount, Type::kValue, 1, Type::kNodes},
    FunctionRule{"match", Function::kMatch, Type::kLogical, 2, Type::kValue},
    FunctionRule{"search", Function::kSearch, Type::kLogical, 2, Type::kValue},
    FunctionRule{"value", Function::kValue, Type::kValue, 1, Type::kNodes},
};

Type TypeOf(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::kLiteral:
      return Type::kValue;
    case Expression::Kind::kQuery:
      return expression.query.IsSingular() ? Type::kSingularNodes : Type::kNodes;
    case Expression::Kind::kFunction:
      return std::find_if(
                 kFunctions.begin(), kFunctions.end(),
                 [&](const FunctionRule& rule) { return rule.function == expression.function; })
          ->result;
    default:
      return Type::kLogical;
  }
}

bool IsComparable(const Expression& expression) {
  const Type type = TypeOf(expression);
  return type == Type::kValue || type == Type::kSingularNodes;
}

class Parser final {
 public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  absl::StatusOr<Query> ParseWhole() {
    if (!scanner_.Take("$")) return scanner_.Fault("a query begins with $");
    Query query;
    VARVE_RETURN_IF_ERROR(ParseSegments(query));
    if (!scanner_.at_end()) return scanner_.Fault("expected a segment, or the end");
    return query;
  }

 private:
  absl::Status ParseSegments(Query& query);
  absl::Status ParseSegment(QuerySegment& segment, bool after_dots);
  absl::Status ParseBracketed(QuerySegment& segment);
  absl::StatusOr<Selector> ParseSelector();
  absl::StatusOr<Selector> ParseIndexOrSlice();
  absl::StatusOr<Expression> ParseOr();
  absl::StatusOr<Expression> ParseAnd();
  absl::StatusOr<Expression> ParseBasic();
  absl::StatusOr<Expression> ParseParenthesized();
  absl::StatusOr<Expression> ParseOperand();
  absl::StatusOr<Expression> ParseLiteral();
  absl::StatusOr<Expression> ParseFilterQuery();
  absl::StatusOr<Expression> ParseFunction();
  absl::StatusOr<Expression> ParseComparison(Expression left, Comparison comparison);
  absl::Status CheckTest(const Expression& expression) const;
  bool TakeComparison(Comparison& comparison);

  PathScanner scanner_;
  int nesting_ = 0;
};

absl::Status Parser::ParseSegments(Query& query) {
  for (;;) {
    const std::size_t before = scanner_.position();
    scanner_.SkipBlanks();
    QuerySegment segment;
    if (scanner_.Take("..")) {
      segment.descendant = true;
      VARVE_RETURN_IF_ERROR(ParseSegment(segment, true));
    } else if (scanner_.Take(".")) {
      VARVE_RETURN_IF_ERROR(ParseSegment(segment, true));
      if (segment.selectors.empty()) return scanner_.Fault("expected a name or *");
    } else if (scanner_.peek() == '[') {
      VARVE_RETURN_IF_ERROR(ParseSegment(segment, false));
    } else {
      scanner_.GoBackTo(before);  // the blanks belong to what follows
      return absl::OkStatus();
    }
    query.segments.push_back(std::move(segment));
  }
}

absl::Status Parser::ParseSegment(QuerySegment& segment, bool after_dots) {
  if (scanner_.peek() == '[') {
    if (after_dots && !segment.descendant) return scanner_.Fault("a single . before [");
    return ParseBracketed(segment);
  }
  Selector selector;
  if (!scanner_.Take("*")) {
    selector.kind = Selector::Kind::kName;
    VARVE_ASSIGN_OR_RETURN(selector.name, scanner_.TakeName());
  }
  segment.selectors.push_back(std::move(selector));
  return absl::OkStatus();
}

absl::Status Parser::ParseBracketed(QuerySegment& segment) {
  scanner_.Take("[");
  if (++nesting_ > kNestingMax) return scanner_.Fault("nested more than ", kNestingMax, " deep");
  do {
    scanner_.SkipBlanks();
    VARVE_ASSIGN_OR_RETURN(Selector selector, ParseSelector());
    segment.selectors.push_back(std::move(selector));
    scanner_.SkipBlanks();
  } while (scanner_.Take(","));
  --nesting_;
  return scanner_.Take("]") ? absl::OkStatus() : scanner_.Fault("expected , or ]");
}

absl::StatusOr<Selector> Parser::ParseSelector() {
  Selector selector;
  if (scanner_.Take("*")) return selector;
  if (scanner_.Take("?")) {
    scanner_.SkipBlanks();
    VARVE_ASSIGN_OR_RETURN(Expression filter, ParseOr());
    selector.kind = Selector::Kind::kFilter;
    selector.filter = std::make_shared<const Expression>(std::move(filter));
    return selector;
  }
  if (scanner_.peek() == '"' || scanner_.peek() == '\'') {
    selector.kind = Selector::Kind::kName;
    VARVE_ASSIGN_OR_RETURN(selector.name, scanner_.TakeQuoted());
    return selector;
  }
  return ParseIndexOrSlice();
}

absl::StatusOr<Selector> Parser::ParseIndexOrSlice() {
  Selector selector;
  selector.kind = Selector::Kind::kIndex;
  if (scanner_.peek() != ':') {
    VARVE_ASSIGN_OR_RETURN(selector.index, scanner_.TakeInteger());
    selector.start = selector.index;
  }
  const std::size_t before = scanner_.position();
  scanner_.SkipBlanks();
  if (!scanner_.Take(":")) {
    scanner_.GoBackTo(before);
    return selector;
  }
  selector.kind = Selector::Kind::kSlice;
  scanner_.SkipBlanks();
  if (scanner_.StartsNumber()) {
    VARVE_ASSIGN_OR_RETURN(selector.end, scanner_.TakeInteger());
    scanner_.SkipBlanks();
  }
  if (scanner_.Take(":")) {
    scanner_.SkipBlanks();
    if (scanner_.StartsNumber()) {
      VARVE_ASSIGN_OR_RETURN(selector.step, scanner_.TakeInteger());
    }
  }
  return selector;
}

absl::StatusOr<Expression> Parser::ParseOr() {
  VARVE_ASSIGN_OR_RETURN(Expression first, ParseAnd());
  Expression any{.kind = Expression::Kind::kOr};
  any.children.push_back(std::move(first));
  for (;;) {
    const std::size_t before = scanner_.position();
    scanner_.SkipBlanks();
    if (!scanner_.Take("||")) {
      scanner_.GoBackTo(before);
      break;
    }
    scanner_.SkipBlanks();
    VARVE_ASSIGN_OR_RETURN(Expression next, ParseAnd());
    any.children.push_back(std::move(next));
  }
  return any;
}

absl::StatusOr<Expression> Parser::ParseAnd() {
  VARVE_ASSIGN_OR_RETURN(Expression first, ParseBasic());
  Expression all{.kind = Expression::Kind::kAnd};
  all.children.push_back(std::move(first));
  for (;;) {
    const std::size_t before = scanner_.position();
    scanner_.SkipBlanks();
    if (!scanner_.Take("&&")) {
      scanner_.GoBackTo(before);
      break;
    }
    scanner_.SkipBlanks();
    VARVE_ASSIGN_OR_RETURN(Expression next, ParseBasic());
    all.children.push_back(std::move(next));
  }
  return all;
}

absl::StatusOr<Expression> Parser::ParseBasic() {
  if (scanner_.Take("!")) {
    scanner_.SkipBlanks();
    Expression negated{.kind = Expression::Kind::kNot};
    absl::StatusOr<Expression> inner =
        scanner_.peek() == '(' ? ParseParenthesized() : ParseOperand();
    if (!inner.ok()) return inner.status();
    VARVE_RETURN_IF_ERROR(CheckTest(*inner));
    negated.children.push_back(*std::move(inner));
    return negated;
  }
  if (scanner_.peek() == '(') return ParseParenthesized();
  VARVE_ASSIGN_OR_RETURN(Expression left, ParseOperand());
  const std::size_t before = scanner_.position();
  scanner_.SkipBlanks();
  Comparison comparison{};
  if (TakeComparison(comparison)) return ParseComparison(std::move(left), comparison);
  scanner_.GoBackTo(before);
  VARVE_RETURN_IF_ERROR(CheckTest(left));
  return left;
}

absl::StatusOr<Expression> Parser::ParseParenthesized() {
  scanner_.Take("(");
  if (++nesting_ > kNestingMax) return scanner_.Fault("nested more than ", kNestingMax, " deep");
  scanner_.SkipBlanks();
  VARVE_ASSIGN_OR_RETURN(Expression inner, ParseOr());
  scanner_.SkipBlanks();
  --nesting_;
  if (!scanner_.Take(")")) return scanner_.Fault("expected )");
  return inner;
}

absl::Status Parser::CheckTest(const Expression& expression) const {
  if (TypeOf(expression) != Type::kValue) return absl::OkStatus();
  return scanner_.Fault("a value is not a test: compare it with something");
}

bool Parser::TakeComparison(Comparison& comparison) {
  // The longer of two that begin alike comes first.
  constexpr std::pair<std::string_view, Comparison> kOperators[] = {
      {"==", Comparison::kEqual},       {"!=", Comparison::kNotEqual},
      {"<=", Comparison::kLessOrEqual}, {">=", Comparison::kGreaterOrEqual},
      {"<", Comparison::kLess},         {">", Comparison::kGreater}};
  for (const auto& [text, meaning] : kOperators) {
    if (scanner_.Take(text)) {
      comparison = meaning;
      return true;
    }
  }
  return false;
}

absl::StatusOr<Expression> Parser::ParseComparison(Expression left, Comparison comparison) {
  scanner_.SkipBlanks();
  VARVE_ASSIGN_OR_RETURN(Expression right, ParseOperand());
  if (!IsComparable(left) || !IsComparable(right)) {
    return scanner_.Fault("only values and queries of at most one node can be compared");
  }
  Expression compare{.kind = Expression::Kind::kCompare};
  compare.comparison = comparison;
  compare.children.push_back(std::move(left));
  compare.children.push_back(std::move(right));
  return compare;
}

// A literal, a query or a function.
absl::StatusOr<Expression> Parser::ParseOperand() {
  const char next = scanner_.peek();
  if (next == '@' || next == '$') return ParseFilterQuery();
  if (next == '"' || next == '\'' || scanner_.StartsNumber()) return ParseLiteral();
  const std::size_t before = scanner_.position();
  const std::string word = scanner_.TakeFunctionName();
  const bool is_call = scanner_.peek() == '(';
  scanner_.GoBackTo(before);
  return is_call && !word.empty() ? ParseFunction() : ParseLiteral();
}

absl::StatusOr<Expression> Parser::ParseLiteral() {
  Expression literal{.kind = Expression::Kind::kLiteral};
  if (scanner_.StartsNumber()) {
    VARVE_ASSIGN_OR_RETURN(literal.literal, scanner_.TakeNumber());
  } else if (scanner_.peek() == '"' || scanner_.peek() == '\'') {
    VARVE_ASSIGN_OR_RETURN(literal.literal, scanner_.TakeQuoted());
  } else if (scanner_.Take("true")) {
    literal.literal = true;
  } else if (scanner_.Take("false")) {
    literal.literal = false;
  } else if (!scanner_.Take("null")) {
    return scanner_.Fault("expected a query, a literal, a function or (");
  }
  return literal;
}

absl::StatusOr<Expression> Parser::ParseFilterQuery() {
  Expression expression{.kind = Expression::Kind::kQuery};
  expression.query.is_absolute = scanner_.Take("$");
  if (!expression.query.is_absolute) scanner_.Take("@");
  VARVE_RETURN_IF_ERROR(ParseSegments(expression.query));
  return expression;
}

absl::StatusOr<Expression> Parser::ParseFunction() {
  const std::string name = scanner_.TakeFunctionName();
  const auto rule = std::find_if(kFunctions.begin(), kFunctions.end(),
                                 [&](const FunctionRule& one) { return one.name == name; });
  if (rule == kFunctions.end()) return scanner_.Fault("there is no function ", name);
  scanner_.Take("(");
  if (++nesting_ > kNestingMax) return scanner_.Fault("nested more than ", kNestingMax, " deep");
  Expression call{.kind = Expression::Kind::kFunction};
  call.function = rule->function;
  do {
    scanner_.SkipBlanks();
    VARVE_ASSIGN_OR_RETURN(Expression argument, ParseOperand());
    const bool fits = rule->argument == Type::kNodes ? argument.kind == Expression::Kind::kQuery
                                                     : IsComparable(argument);
    if (!fits) return scanner_.Fault("an argument of ", name, " is of the wrong type");
    call.children.push_back(std::move(argument));
    scanner_.SkipBlanks();
  } while (scanner_.Take(","));
  --nesting_;
  if (!scanner_.Take(")")) return scanner_.Fault("expected , or )");
  if (call.children.size() != rule->arguments) {
    return scanner_.Fault(name, " takes ", rule->arguments, " arguments");
  }
  return call;
}

}  // namespace

bool Query::IsSingular() const {
  return std::all_of(segments.begin(), segments.end(), [](const QuerySegment& segment) {
    return !segment.descendant && segment.selectors.size() == 1 &&
           (segment.selectors[0].kind == Selector::Kind::kName ||
            segment.selectors[0].kind == Selector::Kind::kIndex);
  });
}

absl::StatusOr<Query> ParseQuery(std::string_view text) {
  if (text.size() > kQueryTextBytesMax) {
    return ResourceExhausted("the JSONPath has ", text.size(), " bytes, more than the limit of ",
                             kQueryTextBytesMax);
  }
  if (!IsUtf8(text)) return InvalidArgument("the JSONPath is not valid UTF-8");
  return Parser(text).ParseWhole();
}

}  // namespace varve::json
