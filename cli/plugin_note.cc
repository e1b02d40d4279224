#include "cli/plugin_note.h"

#include <elf.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/io/file_system.h"

namespace varve::cli {
namespace {

constexpr std::uint64_t kSegmentsMax = 1024;
constexpr std::uint64_t kNoteBytesMax = std::uint64_t{64} << 10;  // of one segment of notes
constexpr std::size_t kNoteHeaderBytes = 12;                      // two lengths and a kind
constexpr char kMachine[] = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB};

// The part of a file that a header speaks of.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t alignment = 1;
};

template <typename Number>
Number Field(std::string_view header, std::size_t offset) {
  return LoadLittleEndian<Number>(header.data() + offset);
}

// All of it, or kOutOfRange where the file ends before.
absl::StatusOr<std::string> ReadExtent(const File& file, const Extent& extent) {
  std::string bytes(extent.bytes, '\0');
  VARVE_ASSIGN_OR_RETURN(const std::size_t read, file.ReadAt(extent.offset, bytes));
  if (read == bytes.size()) return bytes;
  return MakeStatus(absl::StatusCode::kOutOfRange, "the file ends too early");
}

// Where the program headers lie; nullopt where the file is no shared library that could be loaded.
std::optional<Extent> FindSegments(std::string_view header) {
  if (!header.starts_with(std::string_view(kMachine, sizeof kMachine))) return std::nullopt;
  if (Field<std::uint16_t>(header, offsetof(Elf64_Ehdr, e_type)) != ET_DYN) return std::nullopt;
  if (Field<std::uint16_t>(header, offsetof(Elf64_Ehdr, e_phentsize)) != sizeof(Elf64_Phdr)) {
    return std::nullopt;
  }
  const auto count = Field<std::uint16_t>(header, offsetof(Elf64_Ehdr, e_phnum));
  if (count > kSegmentsMax) return std::nullopt;
  return Extent{.offset = Field<std::uint64_t>(header, offsetof(Elf64_Ehdr, e_phoff)),
                .bytes = count * sizeof(Elf64_Phdr)};
}

bool IsOfKind(std::string_view segment, std::uint32_t kind) {
  return Field<std::uint32_t>(segment, offsetof(Elf64_Phdr, p_type)) == kind;
}

Extent ExtentOf(std::string_view segment) {
  return {.offset = Field<std::uint64_t>(segment, offsetof(Elf64_Phdr, p_offset)),
          .bytes = Field<std::uint64_t>(segment, offsetof(Elf64_Phdr, p_filesz)),
          .alignment = Field<std::uint64_t>(segment, offsetof(Elf64_Phdr, p_align))};
}

// Skips what makes `bytes` a multiple of `alignment`.
void SkipPadding(ByteReader& reader, std::uint64_t bytes, std::uint64_t alignment) {
  const std::uint64_t padding = (alignment - bytes % alignment) % alignment;
  if (padding <= reader.rest().size()) reader.ReadBytes(padding);
}

// Ours among `notes`, which lie behind one another.
std::optional<PluginNote> FindNote(std::string_view notes, std::uint64_t alignment) {
  if (alignment != 8) alignment = 4;
  for (ByteReader reader(notes); reader.rest().size() >= kNoteHeaderBytes;) {
    const std::string_view begin = reader.rest();
    const auto name_bytes = reader.Read<std::uint32_t>();
    const auto description_bytes = reader.Read<std::uint32_t>();
    const auto kind = reader.Read<std::uint32_t>();
    const std::string_view name = reader.ReadBytes(name_bytes);
    SkipPadding(reader, kNoteHeaderBytes + std::uint64_t{name_bytes}, alignment);
    reader.ReadBytes(description_bytes);
    if (!reader.ok()) return std::nullopt;
    PluginNote note;
    if (kind == note.kind && name == std::string_view(note.name, note.name_bytes) &&
        description_bytes == note.description_bytes && begin.size() >= sizeof note) {
      std::memcpy(&note, begin.data(), sizeof note);
      return note;
    }
    SkipPadding(reader, description_bytes, alignment);
  }
  return std::nullopt;
}

// Ours in the file with these program headers; nullopt where there is none. kOutOfRange: the file
// ends before what the headers speak of, which the system's loader would crash on.
absl::StatusOr<std::optional<PluginNote>> SearchSegments(const File& file,
                                                         std::string_view segments) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t file_bytes, file.Size());
  std::optional<PluginNote> note;
  for (; !segments.empty(); segments.remove_prefix(sizeof(Elf64_Phdr))) {
    const Extent extent = ExtentOf(segments);
    if (IsOfKind(segments, PT_LOAD) &&
        (extent.offset > file_bytes || extent.bytes > file_bytes - extent.offset)) {
      return MakeStatus(absl::StatusCode::kOutOfRange, "the file ends too early");
    }
    if (!IsOfKind(segments, PT_NOTE) || extent.bytes > kNoteBytesMax || note.has_value()) continue;
    VARVE_ASSIGN_OR_RETURN(const std::string notes, ReadExtent(file, extent));
    note = FindNote(notes, extent.alignment);
  }
  return note;
}

}  // namespace

absl::StatusOr<PluginNote> ReadPluginNote(const std::string& path) {
  const absl::StatusOr<std::unique_ptr<File>> file = PosixFileSystem().Open(path, OpenMode::kRead);
  if (!file.ok()) {
    return InvalidArgument("--load ", path, ": ", FromAbsl(file.status().message()));
  }
  const auto header = ReadExtent(**file, {.bytes = sizeof(Elf64_Ehdr)});
  const std::optional<Extent> place = header.ok() ? FindSegments(*header) : std::nullopt;
  if (!place.has_value()) {
    return InvalidArgument("--load ", path, " is no shared library for this machine");
  }
  const auto segments = ReadExtent(**file, *place);
  const auto note = segments.ok() ? SearchSegments(**file, *segments)
                                  : absl::StatusOr<std::optional<PluginNote>>(segments.status());
  if (!note.ok()) return InvalidArgument("--load ", path, " is cut short: copy or build it again");
  if (note->has_value()) return **note;
  return InvalidArgument("--load ", path, " is no plug-in: VARVE_PLUGIN (cli/plugin.h) is missing");
}

}  // namespace varve::cli
