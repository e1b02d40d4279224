// The hash chain of a stream: what makes a change in the middle of it show.
#ifndef VARVE_PRIMITIVES_EVENT_EVENT_HASH_H_
#define VARVE_PRIMITIVES_EVENT_EVENT_HASH_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/ids.h"

namespace varve {

// SHA-256. All zeros stands before the first event of a stream.
using EventHash = std::array<std::uint8_t, 32>;

namespace event {

[[nodiscard]] inline std::string_view AsBytes(const EventHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}
// 64 hexadecimal digits.
[[nodiscard]] std::string HashText(const EventHash& hash);

// The hash of an event behind `previous` (docs/format/event.md, EVENT-9). `event` is the event as
// it stands in its batch: lengths, type, payload.
[[nodiscard]] EventHash ChainHash(const EventHash& previous, std::uint64_t sequence, Timestamp time,
                                  std::string_view event);

}  // namespace event
}  // namespace varve

#endif  // VARVE_PRIMITIVES_EVENT_EVENT_HASH_H_
