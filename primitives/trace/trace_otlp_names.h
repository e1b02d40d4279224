// Names and numbers of OTLP/JSON that export and import share. Used by trace_otlp_*.cc only.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_OTLP_NAMES_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_OTLP_NAMES_H_

#include <cstdint>

namespace varve::otlp {

// Attributes that carry our fields to OpenTelemetry, and those that carry its fields to us.
inline constexpr const char* kKindAttribute = "varve.kind";
inline constexpr const char* kTagsAttribute = "varve.tags";
inline constexpr const char* kOtlpKindAttribute = "otlp.kind";
inline constexpr const char* kEventsAttribute = "otlp.events";
inline constexpr const char* kLinksAttribute = "otlp.links";
inline constexpr const char* kParentAttribute = "otlp.parent";

inline constexpr int kKindInternal = 1;  // SPAN_KIND_INTERNAL
inline constexpr int kKindClient = 3;    // SPAN_KIND_CLIENT

inline constexpr std::uint64_t kNanosPerMicro = 1000;

}  // namespace varve::otlp

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_OTLP_NAMES_H_
