// The limits of JSON documents that a caller can meet; docs/limits.md is the table for people.
#ifndef VARVE_PRIMITIVES_JSON_JSON_LIMITS_H_
#define VARVE_PRIMITIVES_JSON_JSON_LIMITS_H_

#include <cstddef>

#include "kernel/base/limits.h"

namespace varve {

// A name of a document or of an index: 1 to this many bytes, any bytes.
inline constexpr std::size_t kJsonNameBytesMax = kNameBytesMax;
// A document in its compact encoding (docs/format/json.md, JSON-2).
inline constexpr std::size_t kJsonDocumentBytesMax = std::size_t{16} << 20;
// Arrays and objects within one another.
inline constexpr std::size_t kJsonDepthMax = 128;
// Segments of a path, and its bytes as text.
inline constexpr std::size_t kJsonPathSegmentsMax = 256;
inline constexpr std::size_t kJsonPathTextBytesMax = 8192;
// A path as it stands in the key of a row: 5 bytes for an element of an array, and for a member of
// an object its key and 2 bytes (a byte 0x00 or 0x01 in the key counts twice).
inline constexpr std::size_t kJsonPathBytesMax = kTableKeyBytesMax - (2 * kJsonNameBytesMax + 1);

}  // namespace varve

#endif  // VARVE_PRIMITIVES_JSON_JSON_LIMITS_H_
