// Whether a text is one JSON object.
#ifndef VARVE_PRIMITIVES_EVENT_EVENT_JSON_H_
#define VARVE_PRIMITIVES_EVENT_EVENT_JSON_H_

#include <string_view>

#include "absl/status/status.h"

namespace varve::event {

// How deep objects and arrays may stand within each other, the outermost counted, empty ones not.
inline constexpr int kPayloadDepthMax = 128;

// kInvalidArgument: not JSON (RFC 8259, UTF-8, numbers within 64 bits or a double), not an object,
// or nested deeper than kPayloadDepthMax.
[[nodiscard]] absl::Status CheckJsonObject(std::string_view text);

}  // namespace varve::event

#endif  // VARVE_PRIMITIVES_EVENT_EVENT_JSON_H_
