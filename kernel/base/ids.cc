#include "kernel/base/ids.h"

#include <algorithm>

namespace varve {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kTextBytes = 36;

bool IsDash(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string_view Uuid::view() const {
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

std::string Uuid::ToString() const {
  std::string text;
  text.reserve(kTextBytes);
  for (const std::uint8_t byte : bytes_) {
    if (IsDash(text.size())) text.push_back('-');
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 15]);
  }
  return text;
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextBytes) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) return std::nullopt;
    bytes[nibble / 2] = static_cast<std::uint8_t>(bytes[nibble / 2] << 4 | value);
    ++nibble;
  }
  return Uuid(bytes);
}

std::optional<Uuid> Uuid::FromBytes(std::string_view bytes) {
  std::array<std::uint8_t, 16> copy{};
  if (bytes.size() != copy.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  return Uuid(copy);
}

}  // namespace varve
