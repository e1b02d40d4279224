// Primitives of somebody else's in a shared library: varve --load libtickets.so STORE VERB ...
//
//   #include "cli/plugin.h"
//
//   VARVE_PLUGIN(plugin) {
//     plugin.subjects.push_back(TicketsSubject());
//     plugin.verb_groups.push_back(AddTicketVerbs);
//   }
//
// The library links nothing of Varve: the command that loads it holds the kernel, and gives it out.
// C++ crosses the border, so both must come from one compiler and one version of Varve; a library
// of another one is refused before anything of it runs.
#ifndef VARVE_CLI_PLUGIN_H_
#define VARVE_CLI_PLUGIN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/program.h"
#include "cli/verbs.h"
#include "crash/subject.h"

namespace varve::cli {

struct Plugin {
  // Each one's primitive is registered with every store; one that can `operate` is crash-fuzzed.
  std::vector<crash::Subject> subjects{};
  std::vector<VerbGroup> verb_groups{};
};

// Adds what the library `path` holds to `program`, for the rest of the process.
//   kInvalidArgument   no library, no plug-in, or one built otherwise
//   kAlreadyExists     a primitive of it collides with one that is there
[[nodiscard]] absl::Status LoadPlugin(const std::string& path, Program& program);

}  // namespace varve::cli

// What both sides must have been built with.
#define VARVE_PLUGIN_BUILD "varve 0.1, plug-in interface 1, compiler " __VERSION__

// The body fills `plugin`. Once in a library.
#define VARVE_PLUGIN(plugin)                                                           \
  extern "C" __attribute__((visibility("default"))) const char* varve_plugin_build() { \
    return VARVE_PLUGIN_BUILD;                                                         \
  }                                                                                    \
  extern "C" __attribute__((visibility("default"))) void varve_plugin_fill(            \
      ::varve::cli::Plugin& plugin)

#endif  // VARVE_CLI_PLUGIN_H_
