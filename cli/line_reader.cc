#include "cli/line_reader.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/io/file_system.h"

namespace varve::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

absl::Status OpenError(const std::string& path, int error) {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  if (error == ENOENT) code = absl::StatusCode::kInvalidArgument;
  if (error == EACCES) code = absl::StatusCode::kPermissionDenied;
  return MakeStatus(code, "cannot read ", path, ": ", std::strerror(error));
}

}  // namespace

LineReader::LineReader(std::string path, FileHandle file, std::uint64_t bytes_total)
    : path_(std::move(path)), file_(std::move(file)), bytes_total_(bytes_total) {}

absl::StatusOr<LineReader> LineReader::Open(const std::string& path) {
  if (path == "-") return LineReader("standard input", FileHandle(stdin), 0);
  FileHandle file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return OpenError(path, errno);
  const absl::StatusOr<FileInfo> info = PosixFileSystem().Stat(path);
  return LineReader(path, std::move(file), info.ok() ? info->bytes : 0);
}

bool LineReader::TakeFromBuffer(std::string& line) {
  const std::size_t newline = buffer_.find('\n', position_);
  const bool whole = newline != std::string::npos;
  const std::size_t end = whole ? newline : buffer_.size();
  line.append(buffer_, position_, end - position_);
  const std::size_t next = whole ? end + 1 : end;
  bytes_ += next - position_;
  position_ = next;
  return whole;
}

absl::StatusOr<bool> LineReader::Next(std::string& line) {
  line.clear();
  while (!TakeFromBuffer(line)) {
    if (line.size() > kLineBytesMax) {
      return InvalidArgument(path_, " line ", lines_ + 1, " is longer than ", kLineBytesMax,
                             " bytes; is this a JSONL file?");
    }
    buffer_.resize(kBufferBytes);
    position_ = 0;
    buffer_.resize(std::fread(buffer_.data(), 1, buffer_.size(), file_.get()));
    if (!buffer_.empty()) continue;
    if (std::ferror(file_.get()) != 0) {
      return MakeStatus(absl::StatusCode::kUnknown, "reading ", path_, " failed behind line ",
                        lines_, ": ", std::strerror(errno));
    }
    // The end: a last line may lack its newline.
    if (line.empty()) return false;
    break;
  }
  ++lines_;
  return true;
}

}  // namespace varve::cli
