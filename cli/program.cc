#include "cli/program.h"

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "cli/exit_code.h"
#include "cli/plugin.h"
#include "cli/verb_groups.h"
#include "crash/operations/operations.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"

namespace varve::cli {
namespace {

constexpr const char* kVersion = "varve 0.1.0";

struct CommandLine {
  std::string store;                   // empty where none was given
  std::vector<std::string> arguments;  // what follows it
};

// The one verb that works on no store; a store of that name is ./crash.
constexpr std::string_view kStorelessVerb = "crash";

// STORE is always the first word, so that it may be called like a verb; only --help, --version and
// the crash harness do without it.
CommandLine SplitCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  int first = 1;
  if (argc > 1 && argv[1][0] != '-' && argv[1] != kStorelessVerb) {
    line.store = argv[1];
    first = 2;
  }
  for (int i = first; i < argc; ++i) line.arguments.emplace_back(argv[i]);
  return line;
}

void DescribeProgram(CLI::App& app) {
  app.name("varve STORE");
  app.description(
      "Works on a Varve store: a folder that holds a log, snapshots and a materialized view.\n"
      "STORE is its path. Read verbs never write and work beside a writing process.\n"
      "varve --load LIBRARY STORE ... knows the primitives of a shared library, too.");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  varve agent.varve init\n"
      "  varve agent.varve kv put greeting hello\n"
      "  varve agent.varve kv get greeting\n"
      "  varve agent.varve stat --json\n"
      "  varve agent.varve wal dump --from 10 --to 20\n"
      "  varve crash run --minutes 5\n"
      "`varve STORE VERB --help` shows the options and examples of one verb.\n\n" +
      ExitCodeTable());
}

// `varve --help` and `varve kv --help` ask for help, whatever the first word is.
bool AsksForHelp(int argc, const char* const* argv) {
  for (int i = 2; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--help" || std::string_view(argv[i]) == "-h") return true;
  }
  return false;
}

bool IsVerb(CLI::App& app, const std::string& name) {
  return !app.get_subcommands([&](CLI::App* verb) { return verb->get_name() == name; }).empty();
}

int UsageError(CLI::App& app, const CLI::ParseError& error) {
  const int code = app.exit(error);
  return static_cast<int>(code == 0 ? ExitCode::kOk : ExitCode::kUsage);
}

int ReportError(Output& output, const absl::Status& status, const std::string& store) {
  output.Error(status, store);
  return static_cast<int>(ExitCodeOf(status));
}

int RunChosen(const Program& program, const ChosenVerb& chosen, const std::string& store) {
  CatchInterrupts();
  Session session(store, chosen.flags, program.register_primitives, program.subjects);
  const absl::StatusOr<Answer> answer = chosen.run(session);
  if (!answer.ok()) return ReportError(session.output(), answer.status(), store);
  const absl::Status finished = session.output().Finish();
  if (!finished.ok()) return ReportError(session.output(), finished, store);
  return static_cast<int>(*answer == Answer::kYes ? ExitCode::kOk : ExitCode::kNo);
}

// Takes "--load FILE" and "--load=FILE" out of the words before STORE, and out of any of the crash
// harness.
absl::Status LoadPlugins(std::vector<const char*>& words, Program& program) {
  constexpr std::string_view kLoad = "--load";
  constexpr std::string_view kLoadWith = "--load=";
  bool before_store = true;
  for (std::size_t i = 1; i < words.size() && std::string_view(words[i]) != "--";) {
    const std::string_view word = words[i];
    const bool is_joined = word.starts_with(kLoadWith);
    if (word != kLoad && !is_joined) {
      before_store = before_store && (word.starts_with('-') || words[1] == kStorelessVerb);
      ++i;
      continue;
    }
    if (!before_store) {
      return InvalidArgument("--load stands before the store: varve --load LIBRARY STORE VERB ...");
    }
    const std::size_t count = is_joined ? 1 : 2;
    if (i + count > words.size()) return InvalidArgument("--load: name the library behind it");
    const std::string_view path = is_joined ? word.substr(kLoadWith.size()) : words[i + 1];
    VARVE_RETURN_IF_ERROR(LoadPlugin(std::string(path), program));
    const auto begin = words.begin() + static_cast<std::ptrdiff_t>(i);
    words.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  return absl::OkStatus();
}

int ParseAndRun(const Program& program, int argc, const char* const* argv) {
  CLI::App app;
  ChosenVerb chosen;
  DescribeProgram(app);
  Verbs root(app, chosen);
  for (const VerbGroup group : program.verb_groups) group(root);

  CommandLine line = SplitCommandLine(argc, argv);
  if (IsVerb(app, line.store) && AsksForHelp(argc, argv)) {
    line.arguments.insert(line.arguments.begin(), line.store);
  }
  // CLI11 takes the words from the back.
  std::vector<std::string> words(line.arguments.rbegin(), line.arguments.rend());
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  const bool needs_store = line.arguments.empty() || line.arguments.front() != kStorelessVerb;
  if (needs_store == line.store.empty()) {
    std::fputs(needs_store
                   ? "varve: the first word must be the path of the store: varve STORE VERB ...\n"
                   : "varve: `crash` works on no store: varve crash run ...\n",
               stderr);
    return static_cast<int>(ExitCode::kUsage);
  }
  return RunChosen(program, chosen, line.store);
}

}  // namespace

Program BuiltinProgram() {
  return {RegisterBuiltinPrimitives,
          {AddInitVerb,    AddKvVerbs,    AddEventVerbs,    AddStateVerbs,  AddJsonVerbs,
           AddImportVerb,  AddExportVerb, AddStatVerb,      AddStatsVerb,   AddCheckVerb,
           AddTraceVerbs,  AddWalVerbs,   AddSnapshotVerbs, AddBackupVerb,  AddRestoreVerb,
           AddSalvageVerb, AddRunVerbs,   AddReplayVerbs,   AddVectorVerbs, AddCrashVerbs},
          crash::BuiltinSubjects()};
}

int RunProgram(const Program& program, int argc, const char* const* argv) {
  // The kernel throws nothing; the parsers that this program links do.
  try {
    Program loaded = program;
    std::vector<const char*> words(argv, argv + argc);
    if (const absl::Status status = LoadPlugins(words, loaded); !status.ok()) {
      Output(/*json=*/false).Error(status, "");
      return static_cast<int>(ExitCodeOf(status));
    }
    return ParseAndRun(loaded, static_cast<int>(words.size()), words.data());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "varve: internal error: %s\n", error.what());
    return static_cast<int>(ExitCode::kInternal);
  }
}

}  // namespace varve::cli
