#include "cli/verbs.h"

#include "CLI/CLI.hpp"

namespace varve::cli {
namespace {

void AddCommonFlags(Arguments& arguments, CommonFlags& flags) {
  const std::string group = "Common options";
  arguments.Flag(
      {.name = "--json", .help = "One JSON object per line instead of text", .group = group},
      flags.json);
  arguments.Number({.name = "--wait",
                    .help = "How long to wait for another process that holds the store (default 5)",
                    .value_name = "SECONDS",
                    .group = group},
                   flags.wait_seconds, {0, 86400});
  arguments.Text(
      {.name = "--keep-history",
       .help = "How long superseded versions stay: forever (default), 0, 90s, 15m, 12h, 7d",
       .value_name = "TIME",
       .group = group},
      flags.keep_history);
  arguments.Flag({.name = "--carry-unknown",
                  .help = "Keep entries of primitives that this program does not know, untouched",
                  .group = group},
                 flags.carry_unknown);
  arguments.Flag({.name = "--allow-network-file-system",
                  .help = "Trust the locks and flushes of a network file system",
                  .group = group},
                 flags.allow_network_file_system);
}

}  // namespace

Verbs Verbs::Group(const std::string& name, const std::string& description) {
  CLI::App* group = app_->add_subcommand(name, description);
  // Exactly one: so a key or a file may be called like a verb.
  group->require_subcommand(1);
  return Verbs(*group, *chosen_);
}

void Verbs::AddVerb(const VerbText& text, const std::function<void(Arguments&)>& declare,
                    const std::function<absl::StatusOr<Answer>(Session&)>& run) {
  CLI::App* app = app_->add_subcommand(text.name, text.description);
  std::string footer = "Examples:\n";
  for (const std::string& example : text.examples) {
    footer += (example.starts_with("crash ") ? "  varve " : "  varve STORE ") + example + "\n";
  }
  app->footer(footer);
  Arguments arguments(*app);
  declare(arguments);
  AddCommonFlags(arguments, chosen_->flags);
  ChosenVerb* chosen = chosen_;
  app->callback([chosen, run] { chosen->run = run; });
}

}  // namespace varve::cli
