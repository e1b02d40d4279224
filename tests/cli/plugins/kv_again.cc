// A plug-in that cannot be taken: its verbs are called like some that are there.
#include "cli/plugin.h"

namespace {

void AddKvVerbsAgain(varve::cli::Verbs& root) { static_cast<void>(root.Group("kv", "Taken")); }

}  // namespace

VARVE_PLUGIN(plugin) { plugin.verb_groups.push_back(AddKvVerbsAgain); }
