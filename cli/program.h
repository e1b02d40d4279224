// The whole command as one call, so that a program with primitives of its own can offer it too:
//
//   int main(int argc, char** argv) {
//     varve::cli::Program program = varve::cli::BuiltinProgram();
//     program.verb_groups.push_back(AddLedgerVerbs);
//     program.subjects.push_back(LedgerSubject());
//     program.register_primitives = [](varve::PrimitiveRegistry& registry) {
//       varve::RegisterBuiltinPrimitives(registry);
//       VARVE_CHECK(registry.Register(std::make_unique<Ledger>()).ok());
//     };
//     return varve::cli::RunProgram(program, argc, argv);
//   }
#ifndef VARVE_CLI_PROGRAM_H_
#define VARVE_CLI_PROGRAM_H_

#include <vector>

#include "cli/session.h"
#include "cli/verbs.h"

namespace varve::cli {

struct Program {
  RegisterPrimitives register_primitives;
  std::vector<VerbGroup> verb_groups;  // in the order of --help
  // What `crash run` feeds to the stores that it breaks: a subject for each primitive.
  std::vector<crash::Subject> subjects;
};

// The built-in primitives and every verb that comes with Varve.
[[nodiscard]] Program BuiltinProgram();

// Parses `argv`, runs the verb, prints; returns the exit code (exit_code.h).
[[nodiscard]] int RunProgram(const Program& program, int argc, const char* const* argv);

}  // namespace varve::cli

#endif  // VARVE_CLI_PROGRAM_H_
