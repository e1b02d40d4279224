#include "primitives/json/json_pointer.h"

#include <charconv>

#include "kernel/base/status.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_value.h"

namespace varve::json {
namespace {

absl::StatusOr<std::string> Unescape(std::string_view token) {
  std::string plain;
  plain.reserve(token.size());
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      plain.push_back(token[i]);
      continue;
    }
    ++i;
    if (i == token.size() || (token[i] != '0' && token[i] != '1')) {
      return InvalidArgument("JSON pointer: a '~' in the token \"", token,
                             "\" is not followed by 0 or 1: write ~0 for '~' and ~1 for '/'");
    }
    plain.push_back(token[i] == '0' ? '~' : '/');
  }
  return plain;
}

absl::Status CheckText(std::string_view pointer) {
  if (pointer.size() > kJsonPathTextBytesMax) {
    return ResourceExhausted("JSON pointer: ", pointer.size(), " bytes, more than the limit of ",
                             kJsonPathTextBytesMax);
  }
  if (!pointer.empty() && pointer.front() != '/') {
    return InvalidArgument("JSON pointer \"", pointer,
                           "\": it must be empty (the whole document) or begin with '/'");
  }
  if (!IsUtf8(pointer)) return InvalidArgument("JSON pointer: not valid UTF-8");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Path> ParsePointer(std::string_view pointer) {
  VARVE_RETURN_IF_ERROR(CheckText(pointer));
  Path path;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    if (path.size() == kJsonPathSegmentsMax) {
      return ResourceExhausted("JSON pointer: more segments than the limit of ",
                               kJsonPathSegmentsMax);
    }
    VARVE_ASSIGN_OR_RETURN(std::string token, Unescape(pointer.substr(0, end)));
    path.push_back(std::move(token));
    pointer.remove_prefix(end);
  }
  return path;
}

void AppendPointerToken(std::string& to, std::string_view token) {
  to.push_back('/');
  for (const char character : token) {
    if (character == '~') {
      to.append("~0");
    } else if (character == '/') {
      to.append("~1");
    } else {
      to.push_back(character);
    }
  }
}

std::string FormatPointer(std::span<const std::string> path) {
  std::string pointer;
  for (const std::string& token : path) AppendPointerToken(pointer, token);
  return pointer;
}

std::optional<std::uint32_t> ParseArrayIndex(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  std::uint32_t index = 0;
  const char* const end = token.data() + token.size();
  const auto [stopped, error] = std::from_chars(token.data(), end, index);
  if (error != std::errc() || stopped != end || index == ~std::uint32_t{0}) return std::nullopt;
  return index;
}

}  // namespace varve::json
