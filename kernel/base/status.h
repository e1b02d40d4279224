// Status macros, the bridge to Abseil's strings, and the typed payload of refused opens.
//
// The meaning of each code in Varve is in docs/errors.md.
#ifndef VARVE_KERNEL_BASE_STATUS_H_
#define VARVE_KERNEL_BASE_STATUS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernel/base/ids.h"

#define VARVE_STATUS_CONCAT_INNER_(a, b) a##b
#define VARVE_STATUS_CONCAT_(a, b) VARVE_STATUS_CONCAT_INNER_(a, b)

// The name is another one each time: `expression` may be a call with a lambda that has one too.
#define VARVE_RETURN_IF_ERROR(expression) \
  VARVE_RETURN_IF_ERROR_(VARVE_STATUS_CONCAT_(varve_status_, __COUNTER__), expression)
#define VARVE_RETURN_IF_ERROR_(temporary, expression) \
  do {                                                \
    absl::Status temporary = (expression);            \
    if (__builtin_expect(!temporary.ok(), 0)) {       \
      return temporary;                               \
    }                                                 \
  } while (false)

#define VARVE_ASSIGN_OR_RETURN(target, expression) \
  VARVE_ASSIGN_OR_RETURN_(VARVE_STATUS_CONCAT_(varve_or_, __COUNTER__), target, expression)
#define VARVE_ASSIGN_OR_RETURN_(temporary, target, expression) \
  auto temporary = (expression);                               \
  if (__builtin_expect(!temporary.ok(), 0)) {                  \
    return std::move(temporary).status();                      \
  }                                                            \
  target = *std::move(temporary)

namespace varve {

// Debian's absl::string_view is not std::string_view and neither converts to the other: these
// two are the only places that know.
[[nodiscard]] inline absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}
[[nodiscard]] inline std::string_view FromAbsl(absl::string_view text) {
  return {text.data(), text.size()};
}

// A status of `code` whose message is the `parts` (text and integers) joined.
template <typename... Parts>
[[nodiscard]] absl::Status MakeStatus(absl::StatusCode code, const Parts&... parts);

// The same code and payloads, the message preceded by `context` and ": ".
[[nodiscard]] absl::Status AddContext(const absl::Status& status, std::string_view context);

// Why bytes on disk were refused, for programs; the status message says the same for people.
struct Damage {
  enum class Kind : std::uint8_t {
    kCorrupt = 1,     // bytes contradict the format or their checksum
    kMissing = 2,     // a file or a part of one that must exist does not
    kUnreadable = 3,  // the device failed the read
    kForeign = 4,     // whole and intact, but of another store, place or time
  };
  Kind kind = Kind::kCorrupt;
  std::string file;          // path as opened
  std::uint64_t offset = 0;  // byte offset in `file` of the first bad structure
  Lsn lsn;                   // the record expected or concerned; Lsn() where none is
  std::string found;         // what is wrong there
  std::string evidence;      // what proves that it is damage and not a torn tail; may be empty

  // kDataLoss with this as payload.
  [[nodiscard]] absl::Status ToStatus() const;
};

// The payload that Damage::ToStatus attached, if `status` carries one.
[[nodiscard]] std::optional<Damage> DamageOf(const absl::Status& status);

namespace internal {
void AppendPart(std::string& to, std::string_view part);
void AppendPart(std::string& to, std::uint64_t part);
void AppendPart(std::string& to, Lsn part);

template <typename Part>
void AppendAnyPart(std::string& to, const Part& part) {
  if constexpr (std::is_integral_v<Part>) {
    AppendPart(to, static_cast<std::uint64_t>(part));
  } else {
    AppendPart(to, part);
  }
}
}  // namespace internal

template <typename... Parts>
absl::Status MakeStatus(absl::StatusCode code, const Parts&... parts) {
  std::string message;
  (internal::AppendAnyPart(message, parts), ...);
  return absl::Status(code, ToAbsl(message));
}

template <typename... Parts>
[[nodiscard]] absl::Status InvalidArgument(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, parts...);
}
template <typename... Parts>
[[nodiscard]] absl::Status FailedPrecondition(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, parts...);
}
template <typename... Parts>
[[nodiscard]] absl::Status ResourceExhausted(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kResourceExhausted, parts...);
}
template <typename... Parts>
[[nodiscard]] absl::Status Unimplemented(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kUnimplemented, parts...);
}

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_STATUS_H_
