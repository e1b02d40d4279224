#include "kernel/io/file_system.h"

#include <algorithm>

#include "kernel/base/status.h"

namespace varve {

std::string JoinPath(std::string_view folder, std::string_view name) {
  std::string path;
  path.reserve(folder.size() + 1 + name.size());
  path.append(folder);
  path.push_back('/');
  path.append(name);
  return path;
}

absl::Status ZeroFill(File& file, std::uint64_t bytes) {
  constexpr std::uint64_t kChunkBytes = std::uint64_t{1} << 20;
  const std::string zeros(std::min(bytes, kChunkBytes), '\0');
  for (std::uint64_t offset = 0; offset < bytes; offset += kChunkBytes) {
    const std::uint64_t count = std::min(bytes - offset, kChunkBytes);
    VARVE_RETURN_IF_ERROR(file.WriteAt(offset, std::string_view(zeros).substr(0, count)));
  }
  return file.Sync();
}

absl::StatusOr<std::string> ReadWholeFile(FileSystem& files, std::string_view path,
                                          std::uint64_t bytes_max) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t bytes, file->Size());
  if (bytes > bytes_max) {
    return ResourceExhausted("read ", path, ": the file has ", bytes, " bytes, more than the ",
                             bytes_max, " that may be read at once");
  }
  std::string content(bytes, '\0');
  VARVE_ASSIGN_OR_RETURN(const std::size_t count, file->ReadAt(0, content));
  content.resize(count);  // shorter where the file was cut meanwhile
  return content;
}

}  // namespace varve
