#include "cli/bytes_text.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernel/base/status.h"

template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace varve::cli {
namespace {

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

unsigned char ByteAt(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

// How long the well-formed character at the start of `bytes` is; 0 where there is none.
std::size_t Utf8CharacterBytes(std::string_view bytes) {
  const unsigned char first = ByteAt(bytes, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < length) return 0;
  // The second byte alone decides overlong forms, surrogates and the upper end.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (ByteAt(bytes, 1) < low || ByteAt(bytes, 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((ByteAt(bytes, i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

void AppendHexEscape(std::string& to, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  to += "\\x";
  to.push_back(kDigits[byte >> 4]);
  to.push_back(kDigits[byte & 15]);
}

void AppendEscaped(std::string& to, unsigned char byte) {
  switch (byte) {
    case '\\':
      to += "\\\\";
      return;
    case '\n':
      to += "\\n";
      return;
    case '\t':
      to += "\\t";
      return;
    case '\r':
      to += "\\r";
      return;
    default:
      if (byte < 0x20 || byte >= 0x7F) {
        AppendHexEscape(to, byte);
      } else {
        to.push_back(static_cast<char>(byte));
      }
  }
}

std::optional<std::uint32_t> Base64Value(char digit) {
  const std::size_t position = kBase64Digits.find(digit);
  if (position == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(position);
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = Utf8CharacterBytes(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string EncodeBase64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? ByteAt(bytes, i + j) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text.push_back(j <= count ? kBase64Digits[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return text;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t padded = i + 4 == text.size() ? padding : 0;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const std::optional<std::uint32_t> digit = j < 4 - padded ? Base64Value(text[i + j]) : 0u;
      if (!digit) return std::nullopt;
      group = group << 6 | *digit;
    }
    for (std::size_t j = 0; j < 3 - padded; ++j) {
      bytes.push_back(static_cast<char>(group >> (16 - 8 * j)));
    }
  }
  // Unused bits of the last digit must be zero, so that every byte string has one encoding.
  if (EncodeBase64(bytes) != text) return std::nullopt;
  return bytes;
}

std::string EscapeBytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = Utf8CharacterBytes(bytes);
    if (length > 1) {
      text.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
    } else {
      AppendEscaped(text, ByteAt(bytes, 0));
      bytes.remove_prefix(1);
    }
  }
  return text;
}

Json BytesToJson(std::string_view bytes) {
  if (IsUtf8(bytes)) return Json(std::string(bytes));
  return Json{{"base64", EncodeBase64(bytes)}};
}

absl::StatusOr<std::string> BytesFromJson(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.size() == 1 && value.contains("base64")) {
    const Json& encoded = value["base64"];
    std::optional<std::string> bytes;
    if (encoded.is_string()) bytes = DecodeBase64(encoded.get_ref<const std::string&>());
    if (bytes) return *std::move(bytes);
    return InvalidArgument(
        "the member \"base64\" is not base64 (RFC 4648 section 4, with padding); correct it, or "
        "write the value as a JSON string to store it as text");
  }
  return value.dump();
}

}  // namespace varve::cli
