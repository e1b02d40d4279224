// The `varve` command with everything that comes with Varve, and nothing else.
#include "cli/program.h"

int main(int argc, char** argv) {
  return varve::cli::RunProgram(varve::cli::BuiltinProgram(), argc, argv);
}
