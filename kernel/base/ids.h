// The strong types of everything that is stored as a number. None converts to another.
#ifndef VARVE_KERNEL_BASE_IDS_H_
#define VARVE_KERNEL_BASE_IDS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

// Log sequence number: the position of one transaction in the order of all of them. The first
// transaction of a store has 1; 0 (`Lsn()`) is "before everything".
class Lsn final {
 public:
  constexpr Lsn() = default;
  constexpr explicit Lsn(std::uint64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  [[nodiscard]] constexpr Lsn Next() const { return Lsn(value_ + 1); }
  friend constexpr auto operator<=>(const Lsn&, const Lsn&) = default;

 private:
  std::uint64_t value_ = 0;
};

// Later than every LSN that a store can reach: "as of now".
inline constexpr Lsn kLsnMax{~std::uint64_t{0}};

// A moment: microseconds since the Unix epoch, UTC.
class Timestamp final {
 public:
  constexpr Timestamp() = default;
  constexpr explicit Timestamp(std::uint64_t micros) : micros_(micros) {}
  [[nodiscard]] constexpr std::uint64_t micros() const { return micros_; }
  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;

 private:
  std::uint64_t micros_ = 0;
};

// Which primitive an entry, a table or a snapshot section belongs to. On disk, never reused:
// docs/format/registry.md. 0 belongs to the kernel.
class PrimitiveId final {
 public:
  constexpr PrimitiveId() = default;
  constexpr explicit PrimitiveId(std::uint8_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint8_t value() const { return value_; }
  friend constexpr auto operator<=>(const PrimitiveId&, const PrimitiveId&) = default;

 private:
  std::uint8_t value_ = 0;
};

// One ordered table of one primitive.
struct TableId {
  PrimitiveId primitive;
  std::uint8_t number = 0;
  friend constexpr auto operator<=>(const TableId&, const TableId&) = default;
};

// 16 opaque bytes, written in text as a UUID ("6ba7b810-9dad-11d1-80b4-00c04fd430c8").
class Uuid {
 public:
  constexpr Uuid() = default;
  constexpr explicit Uuid(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}
  [[nodiscard]] constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  [[nodiscard]] constexpr bool is_nil() const { return *this == Uuid(); }
  // The 16 bytes as a string view; valid as long as this object.
  [[nodiscard]] std::string_view view() const;
  [[nodiscard]] std::string ToString() const;
  // Accepts the 36-character form, either case. Anything else: nullopt.
  static std::optional<Uuid> Parse(std::string_view text);
  // `bytes` must be 16 long, else nullopt.
  static std::optional<Uuid> FromBytes(std::string_view bytes);
  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// The run that a row belongs to. Nil is the default run, for programs that need none.
using RunId = Uuid;

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_IDS_H_
