#include "tests/support/source_files.h"

#include <fstream>
#include <sstream>

#include "kernel/base/check.h"

namespace varve::testing_support {

std::string ReadSource(std::string_view path) {
  std::ifstream file(std::string(VARVE_SOURCE_DIR "/").append(path));
  VARVE_CHECK(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string ParseHexdump(const std::string& text) {
  constexpr std::size_t kOffsetDigits = 4;
  constexpr std::size_t kDigitsBegin = kOffsetDigits + 2;
  constexpr std::size_t kDigitsWidth = 16 * 3 - 1;
  std::string bytes;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::size_t offset = std::stoul(line.substr(0, kOffsetDigits), nullptr, 16);
    std::istringstream digits(line.substr(kDigitsBegin, kDigitsWidth));
    for (std::string pair; digits >> pair; ++offset) {
      if (bytes.size() <= offset) bytes.resize(offset + 1, '\0');
      bytes[offset] = static_cast<char>(std::stoul(pair, nullptr, 16));
    }
  }
  return bytes;
}

std::vector<std::string> DocumentedPayloads(std::string_view path) {
  std::istringstream document(ReadSource(path));
  std::vector<std::string> payloads;
  bool in_example = false;
  bool in_block = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("## ")) in_example = line == "## Example";
    const bool indented = line.starts_with("    ");
    if (in_example && indented && !in_block) payloads.emplace_back();
    in_block = in_example && indented;
    if (!in_block) continue;
    std::istringstream digits(line.substr(0, line.find(';')));
    for (unsigned byte = 0; digits >> std::hex >> byte;) {
      payloads.back().push_back(static_cast<char>(byte));
    }
  }
  return payloads;
}

}  // namespace varve::testing_support
