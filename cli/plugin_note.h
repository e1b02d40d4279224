// What a plug-in says of itself before anything of it runs: an ELF note in its file.
//
// Loading a library runs code of it, its initialisers, and calling into one that was built
// otherwise crashes. So the note is read from the bytes of the file and compared; only then is it
// loaded.
#ifndef VARVE_CLI_PLUGIN_NOTE_H_
#define VARVE_CLI_PLUGIN_NOTE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace varve::cli {

// As it lies in the section ".note.varve", 4-byte integers in the byte order of the machine. All of
// it up to `interface` has its place and its meaning in every interface there will be.
struct PluginNote {
  std::uint32_t name_bytes = 6;  // the name and its zero
  std::uint32_t description_bytes = 120;
  std::uint32_t kind = 1;
  char name[8] = "Varve";

  std::uint32_t interface = 0;  // what the entry point is called, and what it is given
  std::uint32_t layout = 0;     // of the types that cross the border, as its compiler laid them out
  char build[112] = {};         // for people, and to be equal: which Varve, which compiler
};
static_assert(sizeof(PluginNote) == 20 + 120);

// The note of the library `path`, of which nothing runs. kInvalidArgument: the file cannot be read,
// is no shared library of this kind of machine, or has no such note.
[[nodiscard]] absl::StatusOr<PluginNote> ReadPluginNote(const std::string& path);

}  // namespace varve::cli

#endif  // VARVE_CLI_PLUGIN_NOTE_H_
