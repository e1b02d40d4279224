#include "bindings/c/arguments.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>

#include "kernel/base/status.h"

namespace varve_c {

Arguments& Arguments::Slices(const varve_slice* slices, std::size_t count, const char* name) {
  if (slices == nullptr) return count == 0 ? *this : Given(slices, name);
  for (std::size_t i = 0; i < count; ++i) Bytes(slices[i], name);
  return *this;
}

absl::Status Arguments::Describe() const { return InvalidArgument("argument ", name_, " ", what_); }

Uuid UuidOf(const varve_uuid& uuid) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(uuid.bytes, bytes.size(), bytes.begin());
  return Uuid(bytes);
}

varve_uuid UuidOf(const Uuid& uuid) {
  varve_uuid copy{};
  std::copy_n(uuid.bytes().begin(), uuid.bytes().size(), copy.bytes);
  return copy;
}

RunId RunOf(const varve_uuid* run) { return run == nullptr ? RunId() : UuidOf(*run); }

std::vector<std::string_view> TextsOf(const varve_slice* slices, std::size_t count) {
  std::vector<std::string_view> texts;
  texts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) texts.push_back(TextOf(slices[i]));
  return texts;
}

std::vector<std::string> StringsOf(const varve_slice* slices, std::size_t count) {
  std::vector<std::string> texts;
  texts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) texts.emplace_back(TextOf(slices[i]));
  return texts;
}

std::chrono::microseconds MicrosecondsOf(std::uint64_t count) {
  constexpr std::uint64_t kCentury = std::uint64_t{100} * 366 * 86400 * 1'000'000;
  return std::chrono::microseconds(std::min(count, kCentury));
}

absl::Status TakeStruct(const void* given, void* to, std::size_t known_bytes, const char* name) {
  std::size_t size = known_bytes;
  if (given != nullptr) std::memcpy(&size, given, sizeof(size));
  if (size < sizeof(size) || size > kStructBytesMax) {
    return InvalidArgument("argument ", name, " has the struct_size ", size,
                           ": make it with VARVE_INIT");
  }
  if (given == nullptr) return absl::OkStatus();
  const auto* bytes = static_cast<const unsigned char*>(given);
  for (std::size_t i = known_bytes; i < size; ++i) {
    if (bytes[i] != 0) {
      return InvalidArgument("argument ", name, " sets a field at byte ", i,
                             ", which this version of Varve (", VARVE_VERSION, ") does not know");
    }
  }
  std::memcpy(to, given, std::min(size, known_bytes));
  return absl::OkStatus();
}

void GiveStruct(const void* from, std::size_t known_bytes, void* to) {
  std::size_t size = 0;
  std::memcpy(&size, to, sizeof(size));
  constexpr std::size_t kBegin = sizeof(size);
  auto* bytes = static_cast<unsigned char*>(to);
  std::memcpy(bytes + kBegin, static_cast<const unsigned char*>(from) + kBegin,
              std::min(size, known_bytes) - kBegin);
  if (size > known_bytes) std::memset(bytes + known_bytes, 0, size - known_bytes);
}

varve_bytes BytesOf(std::string_view text) {
  auto* data = static_cast<char*>(std::malloc(text.size() + 1));
  if (data == nullptr) throw std::bad_alloc();
  std::copy(text.begin(), text.end(), data);
  data[text.size()] = '\0';
  return {data, text.size()};
}

extern "C" {

const char* varve_version(void) { return VARVE_VERSION; }
uint32_t varve_abi_version(void) { return VARVE_ABI_VERSION; }

void varve_bytes_free(varve_bytes* bytes) {
  if (bytes == nullptr) return;
  std::free(bytes->data);
  *bytes = {};
}

void varve_uuid_format(const varve_uuid* uuid, char* text) {
  if (text == nullptr) return;
  constexpr char kDigits[] = "0123456789abcdef";
  const varve_uuid given = uuid == nullptr ? varve_uuid{} : *uuid;
  for (std::size_t i = 0; i < sizeof(given.bytes); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *text++ = '-';
    *text++ = kDigits[given.bytes[i] >> 4];
    *text++ = kDigits[given.bytes[i] & 15];
  }
  *text = '\0';
}

varve_bool varve_uuid_parse(varve_slice text, varve_uuid* uuid) {
  if (uuid == nullptr || text.data == nullptr) return 0;
  const std::optional<Uuid> parsed = Uuid::Parse(TextOf(text));
  if (!parsed.has_value()) return 0;
  *uuid = UuidOf(*parsed);
  return 1;
}

}  // extern "C"
}  // namespace varve_c
