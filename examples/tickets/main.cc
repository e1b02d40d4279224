// The `varve` command with the tickets in it: tickets crash run.
#include "cli/program.h"
#include "examples/tickets/tickets.h"
#include "kernel/base/check.h"
#include "primitives/builtin.h"

int main(int argc, char** argv) {
  varve::cli::Program program = varve::cli::BuiltinProgram();
  program.subjects.push_back(tickets::TicketsSubject());
  program.register_primitives = [](varve::PrimitiveRegistry& registry) {
    varve::RegisterBuiltinPrimitives(registry);
    VARVE_CHECK(registry.Register(tickets::TicketsSubject().make()).ok());
  };
  return varve::cli::RunProgram(program, argc, argv);
}
