// The `varve` command that knows the ledger too: the whole of it.
#include <memory>

#include "acme/ledger_primitive.h"
#include "acme/ledger_subject.h"
#include "acme/ledger_verbs.h"
#include "cli/program.h"
#include "kernel/base/check.h"
#include "primitives/builtin.h"

int main(int argc, char** argv) {
  varve::cli::Program program = varve::cli::BuiltinProgram();
  program.register_primitives = [](varve::PrimitiveRegistry& registry) {
    varve::RegisterBuiltinPrimitives(registry);
    VARVE_CHECK(registry.Register(std::make_unique<acme::LedgerPrimitive>()).ok());
  };
  program.subjects.push_back(acme::LedgerSubject());
  program.verb_groups.push_back(acme::AddLedgerVerbs);
  return varve::cli::RunProgram(program, argc, argv);
}
