// Every limit that a caller can meet, with its unit in its name. docs/limits.md is the table for
// people; tests/ holds a case at each limit and one above it.
#ifndef VARVE_KERNEL_BASE_LIMITS_H_
#define VARVE_KERNEL_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace varve {

inline constexpr std::size_t kKeyBytesMin = 1;
inline constexpr std::size_t kKeyBytesMax = 1024;
inline constexpr std::size_t kValueBytesMax = std::size_t{16} << 20;
inline constexpr std::size_t kNameBytesMax = 256;

// The body of one log record: all entries of one transaction, with their framing.
inline constexpr std::size_t kTransactionBytesMax = std::size_t{64} << 20;

// Tables keep keys a little longer than callers may pass, so that a primitive can add its own
// prefixes (a stream name, a sequence number) to a user's key.
inline constexpr std::size_t kTableKeyBytesMax = 2048;
// Room for a primitive's own framing beside a value of the largest size.
inline constexpr std::size_t kTableValueBytesMax = kValueBytesMax + (std::size_t{64} << 10);

inline constexpr std::size_t kPrimitiveTablesMax = 16;
inline constexpr std::size_t kEntryTypesPerPrimitive = 16;

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_LIMITS_H_
