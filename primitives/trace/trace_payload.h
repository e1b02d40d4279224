// The bytes of Trace: entry payloads, row values, table keys. Normative text:
// docs/format/trace.md.
//
// A TraceRecord carries its row value ready made (TRACE-1), so that Apply stores a slice of it.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_PAYLOAD_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "primitives/trace/span.h"
#include "primitives/trace/trace_attributes.h"

namespace varve::trace {

struct RowLayout {  // docs/format/trace.md, TRACE-2. Frozen at payload version 1.
  static constexpr std::size_t kKindOffset = 0;             // u8
  static constexpr std::size_t kStatusOffset = 1;           // u8
  static constexpr std::size_t kFlagsOffset = 2;            // u16
  static constexpr std::size_t kNameLengthOffset = 4;       // u16
  static constexpr std::size_t kTagCountOffset = 6;         // u16
  static constexpr std::size_t kParentOffset = 8;           // u64
  static constexpr std::size_t kStartOffset = 16;           // u64
  static constexpr std::size_t kEndOffset = 24;             // u64
  static constexpr std::size_t kMessageLengthOffset = 32;   // u32
  static constexpr std::size_t kAttributeCountOffset = 36;  // u32
  static constexpr std::size_t kBytes = 40;                 // then name, message, tags, attributes
  static constexpr std::uint16_t kEndedFlag = 1 << 0;       // all other bits are zero
};

struct FinishLayout {  // docs/format/trace.md, TRACE-5. Frozen at payload version 1.
  static constexpr std::size_t kSpanOffset = 0;     // u64
  static constexpr std::size_t kEndOffset = 8;      // u64
  static constexpr std::size_t kStatusOffset = 16;  // u8
  static constexpr std::size_t kFlagsOffset = 17;   // u8
  static constexpr std::size_t kBytes = 18;         // then the message, to the end
  static constexpr std::uint8_t kNotBeforeStartFlag = 1 << 0;
  static constexpr std::uint8_t kStatusFlag = 1 << 1;  // all other bits are zero
};

struct AnnotateLayout {  // docs/format/trace.md, TRACE-6. Frozen at payload version 1.
  static constexpr std::size_t kSpanOffset = 0;              // u64
  static constexpr std::size_t kAddedTagCountOffset = 8;     // u16
  static constexpr std::size_t kRemovedTagCountOffset = 10;  // u16
  static constexpr std::size_t kAttributeCountOffset = 12;   // u32
  static constexpr std::size_t kBytes = 16;  // then added tags, removed tags, attributes
};

using TagList = std::vector<std::string_view>;  // ascending, each once

// What a row value says. Borrows from the bytes it was decoded from.
struct RowImage {
  SpanKind kind = SpanKind::kCustom;
  SpanStatus status = SpanStatus::kUnset;
  SpanId parent{};
  Timestamp start{};
  std::optional<Timestamp> end{};
  std::string_view name{};
  std::string_view message{};
  TagList tags{};
  std::vector<Attribute> attributes{};  // ascending by key, no empty value
};

struct RecordPayload {
  SpanId span{};
  std::string_view row{};  // the row value as it is stored
  RowImage image{};        // the same, decoded
};

struct FinishPayload {
  SpanId span{};
  Timestamp end{};
  bool not_before_start = false;       // an end before the start means the start
  std::optional<SpanStatus> status{};  // nullopt: status and message stay
  std::string_view message{};
};

struct AnnotatePayload {
  SpanId span{};
  TagList added{};
  TagList removed{};
  std::vector<Attribute> attributes{};  // ascending by key; an empty value removes
};

// Encoders take what is within its limits (the caller's bug where not).
[[nodiscard]] std::string EncodeRow(const RowImage& image);
// How long that is, or would be: an image may be past its limits here.
[[nodiscard]] std::size_t EncodedRowBytes(const RowImage& image);
[[nodiscard]] std::string EncodeRecord(SpanId span, const RowImage& image);
[[nodiscard]] std::string EncodeFinish(const FinishPayload& finish);
[[nodiscard]] std::string EncodeAnnotate(const AnnotatePayload& annotate);
[[nodiscard]] std::string EncodeDelete(SpanId span);

// Decoders answer kDataLoss for whatever the encoders cannot have written (TRACE-8). Results borrow
// from the argument.
[[nodiscard]] absl::StatusOr<RowImage> DecodeRow(std::string_view row);
[[nodiscard]] absl::StatusOr<RecordPayload> DecodeRecord(std::string_view payload);
[[nodiscard]] absl::StatusOr<FinishPayload> DecodeFinish(std::string_view payload);
[[nodiscard]] absl::StatusOr<AnnotatePayload> DecodeAnnotate(std::string_view payload);
[[nodiscard]] absl::StatusOr<SpanId> DecodeDelete(std::string_view payload);

// The rules that writers and readers share. A name or a tag: 1 to kNameBytesMax bytes of UTF-8
// without NUL. A message: up to kSpanMessageBytesMax bytes of UTF-8.
[[nodiscard]] bool IsName(std::string_view name);
[[nodiscard]] bool IsMessage(std::string_view message);

}  // namespace varve::trace

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_PAYLOAD_H_
