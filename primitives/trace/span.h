// What a trace is made of. Part of trace.h: include that.
#ifndef VARVE_PRIMITIVES_TRACE_SPAN_H_
#define VARVE_PRIMITIVES_TRACE_SPAN_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/ids.h"

namespace varve {

// Limits of one span; one more answers kResourceExhausted.
inline constexpr std::size_t kSpanTagsMax = 64;  // each of 1 to kNameBytesMax bytes
inline constexpr std::size_t kSpanAttributesMax = 1024;
inline constexpr std::size_t kSpanAttributeDepthMax = 128;  // brackets open at once in one value
inline constexpr std::size_t kSpanMessageBytesMax = 65536;
// Everything that a span holds, with its framing: the size of the largest KV value.
inline constexpr std::size_t kSpanBytesMax = std::size_t{16} << 20;
// The last moment that still fits 64 bits in nanoseconds, as OpenTelemetry counts (in the year
// 2554); later ones answer kInvalidArgument.
inline constexpr Timestamp kSpanTimeMax{~std::uint64_t{0} / 1000};

// Names a span within its run. In text: 16 hexadecimal digits, as in OpenTelemetry. 0 names none.
class SpanId final {
 public:
  constexpr SpanId() = default;
  constexpr explicit SpanId(std::uint64_t value) : value_(value) {}
  // A fresh one from the system's randomness. Any thread.
  [[nodiscard]] static SpanId Draw();
  // Exactly 16 hexadecimal digits, either case, not all zero. Anything else: nullopt.
  [[nodiscard]] static std::optional<SpanId> Parse(std::string_view text);

  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  [[nodiscard]] constexpr bool is_none() const { return value_ == 0; }
  [[nodiscard]] std::string ToString() const;
  friend constexpr auto operator<=>(const SpanId&, const SpanId&) = default;

 private:
  std::uint64_t value_ = 0;
};

// On disk: never renumbered.
enum class SpanKind : std::uint8_t {
  kToolCall = 1,
  kDecision = 2,
  kQuery = 3,
  kThought = 4,
  kError = 5,
  kCustom = 6,
};
inline constexpr SpanKind kSpanKinds[] = {SpanKind::kToolCall, SpanKind::kDecision,
                                          SpanKind::kQuery,    SpanKind::kThought,
                                          SpanKind::kError,    SpanKind::kCustom};

// On disk, and as OpenTelemetry numbers them.
enum class SpanStatus : std::uint8_t { kUnset = 0, kOk = 1, kError = 2 };

// "tool_call", "decision", "query", "thought", "error", "custom"; "unset", "ok", "error".
[[nodiscard]] std::string_view NameOf(SpanKind kind);
[[nodiscard]] std::string_view NameOf(SpanStatus status);
[[nodiscard]] std::optional<SpanKind> ParseSpanKind(std::string_view name);
[[nodiscard]] std::optional<SpanStatus> ParseSpanStatus(std::string_view name);

// A span as read. Owns all it holds.
struct Span {
  SpanId id{};
  SpanId parent{};  // SpanId() for a root
  SpanKind kind = SpanKind::kCustom;
  std::string name{};
  Timestamp start{};
  std::optional<Timestamp> end{};  // nullopt: not finished yet
  SpanStatus status = SpanStatus::kUnset;
  std::string status_message{};
  std::vector<std::string> tags{};  // ascending, each once
  std::string attributes{};         // a JSON object, members ascending by key; "{}" where none
  Lsn lsn{};                        // its version; Lsn() for this transaction's own write
  Timestamp commit_time{};          // of the transaction that last changed it
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_TRACE_SPAN_H_
