#include "primitives/json/json_keys.h"

#include "kernel/base/codec.h"

namespace varve::json {
namespace {

constexpr char kEnd = 0x00;
constexpr char kEscape = 0x01;  // followed by the byte that stands there, plus one
constexpr char kElementSegment = 0x01;
constexpr char kMemberSegment = 0x02;
constexpr std::size_t kIndexBytes = 4;

}  // namespace

void AppendTerminated(std::string& to, std::string_view bytes) {
  for (const char byte : bytes) {
    if (byte == kEnd || byte == kEscape) {
      to.push_back(kEscape);
      to.push_back(static_cast<char>(byte + 1));
    } else {
      to.push_back(byte);
    }
  }
  to.push_back(kEnd);
}

bool TakeTerminated(std::string_view& from, std::string& bytes) {
  bytes.clear();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] == kEnd) {
      from.remove_prefix(i + 1);
      return true;
    }
    if (from[i] != kEscape) {
      bytes.push_back(from[i]);
      continue;
    }
    ++i;
    if (i == from.size() || (from[i] != kEnd + 1 && from[i] != kEscape + 1)) return false;
    bytes.push_back(static_cast<char>(from[i] - 1));
  }
  return false;
}

std::string RootKey(std::string_view name) {
  std::string key;
  key.reserve(name.size() + 1);
  AppendTerminated(key, name);
  return key;
}

void AppendMember(std::string& key, std::string_view member) {
  key.push_back(kMemberSegment);
  AppendTerminated(key, member);
}

void AppendElement(std::string& key, std::uint32_t index) {
  key.push_back(kElementSegment);
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(index >> shift));
}

std::optional<Segment> TakeSegment(std::string_view& from) {
  if (from.empty()) return std::nullopt;
  const char kind = from.front();
  from.remove_prefix(1);
  Segment segment;
  if (kind == kMemberSegment) {
    if (!TakeTerminated(from, segment.member)) return std::nullopt;
    return segment;
  }
  if (kind != kElementSegment || from.size() < kIndexBytes) return std::nullopt;
  segment.is_element = true;
  segment.index = __builtin_bswap32(LoadLittleEndian<std::uint32_t>(from.data()));
  from.remove_prefix(kIndexBytes);
  return segment;
}

}  // namespace varve::json
