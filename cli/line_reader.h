// The lines of a text file or of standard input, with a limit, so that a file that is not text
// cannot fill the memory.
#ifndef VARVE_CLI_LINE_READER_H_
#define VARVE_CLI_LINE_READER_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace varve::cli {

// Not thread-safe.
class LineReader final {
 public:
  // Long enough for a value of 16 MiB in base64 or with every byte escaped as \u00XX.
  static constexpr std::size_t kLineBytesMax = std::size_t{128} << 20;

  // `path` "-": standard input. kNotFound, kPermissionDenied, kUnknown: it cannot be opened.
  [[nodiscard]] static absl::StatusOr<LineReader> Open(const std::string& path);

  // The next line into `line`, without its newline; false at the end. kInvalidArgument: a line of
  // more than kLineBytesMax. kUnknown: the read failed.
  [[nodiscard]] absl::StatusOr<bool> Next(std::string& line);

  [[nodiscard]] std::uint64_t lines() const { return lines_; }              // read so far
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }              // read so far
  [[nodiscard]] std::uint64_t bytes_total() const { return bytes_total_; }  // 0: unknown

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

  LineReader(std::string path, FileHandle file, std::uint64_t bytes_total);
  // What of the buffer belongs to the current line is moved into `line`; true at its newline.
  [[nodiscard]] bool TakeFromBuffer(std::string& line);

  std::string path_;
  FileHandle file_;
  std::string buffer_;
  std::size_t position_ = 0;  // in buffer_
  std::uint64_t lines_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t bytes_total_;
};

}  // namespace varve::cli

#endif  // VARVE_CLI_LINE_READER_H_
