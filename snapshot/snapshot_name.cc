#include <algorithm>

#include "snapshot/snapshot.h"

namespace varve::snapshot {
namespace {
constexpr std::string_view kSuffix = ".snapshot";
constexpr std::size_t kDigits = 16;
constexpr std::string_view kHexadecimal = "0123456789abcdef";
}  // namespace

std::string SnapshotFileName(Lsn lsn) {
  std::string name;
  for (int shift = 60; shift >= 0; shift -= 4) {
    name.push_back(kHexadecimal[(lsn.value() >> shift) & 15]);
  }
  return name.append(kSuffix);
}

std::optional<Lsn> ParseSnapshotFileName(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : name.substr(0, kDigits)) {
    const std::size_t nibble = kHexadecimal.find(digit);
    if (nibble == std::string_view::npos) return std::nullopt;
    value = value << 4 | nibble;
  }
  return Lsn(value);
}

}  // namespace varve::snapshot
