#include "cli/plugin.h"

#include <dlfcn.h>

#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "cli/bytes_text.h"
#include "kernel/base/check.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

// What the file says of itself is what this command is. Nothing of the library runs.
absl::Status CheckBuild(const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const PluginNote note, ReadPluginNote(path));
  if (note.interface != kPluginInterface) {
    return InvalidArgument("--load ", path, " speaks plug-in interface ", note.interface,
                           ", and this command speaks ", kPluginInterface,
                           ": build it against the Varve of this command");
  }
  const std::string_view build(note.build, ::strnlen(note.build, sizeof note.build));
  if (build != VARVE_PLUGIN_BUILD) {
    return InvalidArgument("--load ", path, " was built with \"", EscapeBytes(build),
                           "\", and this command with \"", VARVE_PLUGIN_BUILD,
                           "\": build it with the same");
  }
  if (note.layout != PluginLayout()) {
    return InvalidArgument("--load ", path, " lays types out otherwise than this command does:",
                           " build it without flags that change the standard library");
  }
  return absl::OkStatus();
}

// kInvalidArgument where one could not be used at all.
absl::Status CheckWhole(const Plugin& plugin) {
  for (const crash::Subject& subject : plugin.subjects) {
    if (!subject.make) return InvalidArgument("a subject of it cannot `make` its primitive");
  }
  for (const VerbGroup group : plugin.verb_groups) {
    if (group == nullptr) return InvalidArgument("a group of verbs is null");
  }
  return absl::OkStatus();
}

// The first error of registering the primitives of `subjects` behind those of `before`.
absl::Status TryRegistering(const RegisterPrimitives& before,
                            const std::vector<crash::Subject>& subjects) {
  PrimitiveRegistry registry;
  before(registry);
  for (const crash::Subject& subject : subjects) {
    VARVE_RETURN_IF_ERROR(registry.Register(subject.make()));
  }
  return absl::OkStatus();
}

// The first error of adding the verbs of `groups` behind those of `before`.
absl::Status TryAdding(const std::vector<VerbGroup>& before, const std::vector<VerbGroup>& groups) {
  CLI::App app;
  ChosenVerb chosen;
  Verbs root(app, chosen);
  for (const VerbGroup group : before) group(root);
  try {
    for (const VerbGroup group : groups) group(root);
  } catch (const CLI::Error& error) {
    return MakeStatus(absl::StatusCode::kAlreadyExists, "its verbs: ", error.what());
  }
  return absl::OkStatus();
}

// Registers as before, and then those of `subjects`, which were tried.
RegisterPrimitives AndAlso(const RegisterPrimitives& before,
                           const std::vector<crash::Subject>& subjects) {
  return [before, subjects](PrimitiveRegistry& registry) {
    before(registry);
    for (const crash::Subject& subject : subjects) {
      VARVE_CHECK(registry.Register(subject.make()).ok());
    }
  };
}

}  // namespace

absl::Status LoadPlugin(const std::string& path, Program& program) {
  // A name without a slash would be looked for in the system's folders alone.
  const std::string place = path.find('/') == std::string::npos ? "./" + path : path;
  VARVE_RETURN_IF_ERROR(CheckBuild(place));
  void* const library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return InvalidArgument("--load ", path, ": ", std::string(::dlerror()));
  const auto fill = reinterpret_cast<void (*)(Plugin&)>(::dlsym(library, "varve_plugin_1"));
  if (fill == nullptr) {
    return InvalidArgument("--load ", path, " has no entry point varve_plugin_1: is it hidden?");
  }
  Plugin plugin;
  fill(plugin);

  absl::Status tried = CheckWhole(plugin);
  if (tried.ok()) tried = TryRegistering(program.register_primitives, plugin.subjects);
  if (tried.ok()) tried = TryAdding(program.verb_groups, plugin.verb_groups);
  if (!tried.ok()) return AddContext(tried, "--load " + path);
  program.register_primitives = AndAlso(program.register_primitives, plugin.subjects);
  for (crash::Subject& subject : plugin.subjects) {
    if (subject.operate) program.subjects.push_back(std::move(subject));
  }
  for (const VerbGroup group : plugin.verb_groups) program.verb_groups.push_back(group);
  return absl::OkStatus();
}

}  // namespace varve::cli
