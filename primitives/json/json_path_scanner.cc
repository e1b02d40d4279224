#include "primitives/json/json_path_scanner.h"

#include <charconv>

#include "absl/strings/ascii.h"

namespace varve::json {
namespace {

constexpr std::int64_t kIntegerMax = (std::int64_t{1} << 53) - 1;

bool IsLower(char character) { return character >= 'a' && character <= 'z'; }
bool IsNameStart(char character) {
  return IsLower(character) || (character >= 'A' && character <= 'Z') || character == '_' ||
         static_cast<unsigned char>(character) >= 0x80;
}

void AppendUtf8(std::string& to, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      put(0xE0 | (point >> 12));
    } else {
      put(0xF0 | (point >> 18));
      put(0x80 | ((point >> 12) & 0x3F));
    }
    put(0x80 | ((point >> 6) & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

}  // namespace

void PathScanner::SkipBlanks() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++position_;
}

bool PathScanner::Take(std::string_view word) {
  if (!text_.substr(position_).starts_with(word)) return false;
  position_ += word.size();
  return true;
}

bool PathScanner::StartsName() const { return IsNameStart(peek()); }

bool PathScanner::StartsNumber() const { return absl::ascii_isdigit(peek()) || peek() == '-'; }

absl::StatusOr<std::string> PathScanner::TakeName() {
  if (!StartsName()) return Fault("expected a name, [ or *");
  const std::size_t begin = position_;
  while (IsNameStart(peek()) || absl::ascii_isdigit(peek())) ++position_;
  return std::string(text_.substr(begin, position_ - begin));
}

std::string PathScanner::TakeFunctionName() {
  const std::size_t begin = position_;
  if (!IsLower(peek())) return "";
  while (IsLower(peek()) || absl::ascii_isdigit(peek()) || peek() == '_') ++position_;
  return std::string(text_.substr(begin, position_ - begin));
}

std::string_view PathScanner::TakeDigits() {
  const std::size_t begin = position_;
  while (absl::ascii_isdigit(peek())) ++position_;
  return text_.substr(begin, position_ - begin);
}

absl::StatusOr<std::int64_t> PathScanner::TakeInteger() {
  const std::size_t begin = position_;
  const bool negative = Take("-");
  const std::string_view digits = TakeDigits();
  const std::string_view whole = text_.substr(begin, position_ - begin);
  if (digits.empty()) return Fault("expected an integer");
  if (digits.front() == '0' && (digits.size() > 1 || negative)) {
    return Fault("the integer ", whole, " begins with a zero");
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  if (error != std::errc() || value > kIntegerMax || value < -kIntegerMax) {
    return Fault("the integer ", whole, " is beyond 2^53 - 1");
  }
  return value;
}

absl::StatusOr<JsonValue> PathScanner::TakeNumber() {
  const std::size_t begin = position_;
  Take("-");
  const std::string_view digits = TakeDigits();
  if (digits.empty() || (digits.front() == '0' && digits.size() > 1)) {
    return Fault("not a number as JSON writes them");
  }
  bool is_integer = true;
  if (Take(".")) {
    is_integer = false;
    if (TakeDigits().empty()) return Fault("a digit must follow the decimal point");
  }
  if (Take("e") || Take("E")) {
    is_integer = false;
    if (!Take("+")) Take("-");
    if (TakeDigits().empty()) return Fault("a digit must follow the exponent");
  }
  const std::string_view text = text_.substr(begin, position_ - begin);
  if (is_integer) {
    absl::StatusOr<JsonValue> exact = ParseJson(text);
    if (exact.ok()) return exact;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return Fault("the number ", text, " is beyond a double");
  return JsonValue(value);
}

absl::StatusOr<std::string> PathScanner::TakeQuoted() {
  const char quote = peek();
  if (quote != '"' && quote != '\'') return Fault("expected a string in quotes");
  ++position_;
  std::string text;
  while (peek() != quote) {
    if (at_end()) return Fault("the string does not end");
    if (static_cast<unsigned char>(peek()) < 0x20) {
      return Fault("a control character in a string: escape it");
    }
    if (Take("\\")) {
      VARVE_RETURN_IF_ERROR(TakeEscape(quote, text));
    } else {
      text.push_back(text_[position_++]);
    }
  }
  ++position_;
  return text;
}

absl::Status PathScanner::TakeEscape(char quote, std::string& to) {
  constexpr std::string_view kEscapes = "bfnrt/\\";
  constexpr std::string_view kMeanings = "\b\f\n\r\t/\\";
  if (Take("u")) return TakeUnicodeEscape(to);
  if (!at_end() && peek() == quote) {
    to.push_back(text_[position_++]);
    return absl::OkStatus();
  }
  const std::size_t which = at_end() ? std::string_view::npos : kEscapes.find(peek());
  if (which == std::string_view::npos) return Fault("an escape that is not defined");
  to.push_back(kMeanings[which]);
  ++position_;
  return absl::OkStatus();
}

absl::StatusOr<std::uint32_t> PathScanner::TakeFourHexDigits() {
  const std::string_view digits = text_.substr(position_, 4);
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) {
    return Fault("four hexadecimal digits must follow \\u");
  }
  position_ += 4;
  return value;
}

absl::Status PathScanner::TakeUnicodeEscape(std::string& to) {
  VARVE_ASSIGN_OR_RETURN(std::uint32_t point, TakeFourHexDigits());
  if (point >= 0xDC00 && point < 0xE000) return Fault("half of a surrogate pair");
  if (point >= 0xD800 && point < 0xDC00) {
    if (!Take("\\u")) return Fault("half of a surrogate pair");
    VARVE_ASSIGN_OR_RETURN(const std::uint32_t low, TakeFourHexDigits());
    if (low < 0xDC00 || low >= 0xE000) return Fault("half of a surrogate pair");
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(to, point);
  return absl::OkStatus();
}

}  // namespace varve::json
