#include "primitives/trace/span.h"

#include <random>

namespace varve {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kSpanIdDigits = 16;

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

SpanId SpanId::Draw() {
  // The system's source each time and no generator of our own: a forked child would repeat it.
  thread_local std::random_device source;
  std::uint64_t value = 0;
  while (value == 0) value = std::uint64_t{source()} << 32 | source();
  return SpanId(value);
}

std::optional<SpanId> SpanId::Parse(std::string_view text) {
  if (text.size() != kSpanIdDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : text) {
    const int number = HexValue(digit);
    if (number < 0) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(number);
  }
  if (value == 0) return std::nullopt;
  return SpanId(value);
}

std::string SpanId::ToString() const {
  std::string text(kSpanIdDigits, '0');
  for (std::size_t i = 0; i < kSpanIdDigits; ++i) {
    text[i] = kHexDigits[value_ >> (4 * (kSpanIdDigits - 1 - i)) & 0xF];
  }
  return text;
}

std::string_view NameOf(SpanKind kind) {
  switch (kind) {
    case SpanKind::kToolCall:
      return "tool_call";
    case SpanKind::kDecision:
      return "decision";
    case SpanKind::kQuery:
      return "query";
    case SpanKind::kThought:
      return "thought";
    case SpanKind::kError:
      return "error";
    case SpanKind::kCustom:
      return "custom";
  }
  return "unknown";
}

std::string_view NameOf(SpanStatus status) {
  switch (status) {
    case SpanStatus::kUnset:
      return "unset";
    case SpanStatus::kOk:
      return "ok";
    case SpanStatus::kError:
      return "error";
  }
  return "unknown";
}

std::optional<SpanKind> ParseSpanKind(std::string_view name) {
  for (const SpanKind kind : kSpanKinds) {
    if (NameOf(kind) == name) return kind;
  }
  return std::nullopt;
}

std::optional<SpanStatus> ParseSpanStatus(std::string_view name) {
  for (const SpanStatus status : {SpanStatus::kUnset, SpanStatus::kOk, SpanStatus::kError}) {
    if (NameOf(status) == name) return status;
  }
  return std::nullopt;
}

}  // namespace varve
