// Primitives of somebody else's in a shared library: varve --load libledger.so STORE VERB ...
//
//   #include "cli/plugin.h"
//
//   VARVE_PLUGIN(plugin) {
//     plugin.subjects.push_back(acme::LedgerSubject());
//     plugin.verb_groups.push_back(acme::AddLedgerVerbs);
//   }
//
// The library links nothing of Varve: the command that loads it holds the kernel, and gives it out.
//
// The entry point is one C function whose name has the version of this interface, varve_plugin_1;
// what it fills in is C++. So both sides must come from one version of Varve and one compiler. That
// is found out from a note in the library's file (plugin_note.h), before anything of it runs.
#ifndef VARVE_CLI_PLUGIN_H_
#define VARVE_CLI_PLUGIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/plugin_note.h"
#include "cli/program.h"
#include "cli/verbs.h"
#include "crash/subject.h"
#include "kernel/read_view.h"

namespace varve::cli {

// What the entry point of interface 1 fills in.
struct Plugin {
  // Each one's primitive is registered with every store; one that can `operate` is crash-fuzzed.
  std::vector<crash::Subject> subjects{};
  std::vector<VerbGroup> verb_groups{};
};

// Adds what the library `path` holds to `program`, for the rest of the process. After an error the
// program is as before.
//   kInvalidArgument   no library, no plug-in, or one built otherwise: nothing of it has run. Or
//                      one that cannot be loaded, or hands over nothing that could be used
//   kAlreadyExists     a primitive or a verb of it collides with one that is there
[[nodiscard]] absl::Status LoadPlugin(const std::string& path, Program& program);

// Grows with every change of Plugin, of the entry point, or of what they mean.
inline constexpr std::uint32_t kPluginInterface = 1;

// A number of the sizes of what crosses the border: a flag of the compiler, or a standard library,
// that lays these out otherwise shows here.
constexpr std::uint32_t PluginLayout() {
  std::uint32_t number = 2166136261U;
  for (const std::size_t bytes :
       {sizeof(Plugin), sizeof(crash::Subject), sizeof(crash::Decisions), sizeof(PrimitiveSpec),
        sizeof(EntrySpec), sizeof(TableSpec), sizeof(Entry), sizeof(Row), sizeof(Mutation),
        sizeof(EntryDescription), sizeof(ReadView), sizeof(Transaction), sizeof(Session),
        sizeof(Output), sizeof(VerbText), sizeof(std::string), sizeof(std::vector<int>),
        sizeof(std::function<void()>), sizeof(absl::StatusOr<std::string>)}) {
    number = (number ^ static_cast<std::uint32_t>(bytes)) * 16777619U;
  }
  return number;
}

}  // namespace varve::cli

// What both sides must have been built with.
#define VARVE_PLUGIN_BUILD "varve 0.1, compiler " __VERSION__

// The body fills `plugin`. Once in a library, outside of every namespace.
#define VARVE_PLUGIN(plugin)                                                                \
  extern "C" {                                                                              \
  __attribute__((                                                                           \
      section(".note.varve"), used, aligned(4),                                             \
      visibility("hidden"))) extern const ::varve::cli::PluginNote varve_plugin_note = {    \
      .interface = ::varve::cli::kPluginInterface,                                          \
      .layout = ::varve::cli::PluginLayout(),                                               \
      .build = VARVE_PLUGIN_BUILD};                                                         \
  __attribute__((visibility("default"))) void varve_plugin_1(::varve::cli::Plugin& plugin); \
  }                                                                                         \
  void varve_plugin_1(::varve::cli::Plugin& plugin)

#endif  // VARVE_CLI_PLUGIN_H_
