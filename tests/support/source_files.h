// Bytes that are written down in the source tree: golden files, and the examples of the format
// documents, which tests hold to their word.
#ifndef VARVE_TESTS_SUPPORT_SOURCE_FILES_H_
#define VARVE_TESTS_SUPPORT_SOURCE_FILES_H_

#include <string>
#include <string_view>
#include <vector>

namespace varve::testing_support {

// The content of a file of the source tree ("docs/format/wal.md"), which must be there.
[[nodiscard]] std::string ReadSource(std::string_view path);

// The bytes of lines "OFFSET  BYTES[  comment]", all hexadecimal, up to 16 bytes to a line; what no
// line gives is zero. Lines that begin with # are none.
[[nodiscard]] std::string ParseHexdump(const std::string& text);

// The payloads that a format document shows, in their order: the indented blocks under "##
// Example", hexadecimal, each line up to a semicolon.
[[nodiscard]] std::vector<std::string> DocumentedPayloads(std::string_view path);

}  // namespace varve::testing_support

#endif  // VARVE_TESTS_SUPPORT_SOURCE_FILES_H_
