#include "cli/plugin.h"

#include <dlfcn.h>

#include <string_view>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

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
  void* const library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return InvalidArgument("--load ", path, ": ", std::string(::dlerror()));
  const auto build = reinterpret_cast<const char* (*)()>(::dlsym(library, "varve_plugin_build"));
  const auto fill = reinterpret_cast<void (*)(Plugin&)>(::dlsym(library, "varve_plugin_fill"));
  if (build == nullptr || fill == nullptr) {
    return InvalidArgument("--load ", path, " is no plug-in: VARVE_PLUGIN is missing in it");
  }
  if (std::string_view(build()) != VARVE_PLUGIN_BUILD) {
    return InvalidArgument("--load ", path, " was built for \"", std::string_view(build()),
                           "\", and this command is \"", VARVE_PLUGIN_BUILD, "\": build it again");
  }
  Plugin plugin;
  fill(plugin);

  const absl::Status tried = TryRegistering(program.register_primitives, plugin.subjects);
  if (!tried.ok()) return AddContext(tried, "--load " + path);
  program.register_primitives = AndAlso(program.register_primitives, plugin.subjects);
  for (crash::Subject& subject : plugin.subjects) {
    if (subject.operate) program.subjects.push_back(std::move(subject));
  }
  for (const VerbGroup group : plugin.verb_groups) program.verb_groups.push_back(group);
  return absl::OkStatus();
}

}  // namespace varve::cli
