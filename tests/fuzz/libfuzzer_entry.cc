// Runs one target under libFuzzer. Which one says the name that the binary is called by, fuzz_NAME:
// a binary may hold several.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_target.h"

namespace {

const varve::fuzz::Target* chosen = nullptr;

std::string_view NameOf(std::string_view program) {
  program.remove_prefix(program.rfind('/') + 1);
  constexpr std::string_view kPrefix = "fuzz_";
  return program.starts_with(kPrefix) ? program.substr(kPrefix.size()) : program;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  const std::string_view name = NameOf(*count > 0 ? (*arguments)[0] : "");
  chosen = varve::fuzz::FindTarget(name);
  if (chosen != nullptr) return 0;
  std::fprintf(stderr, "%.*s: no such target; call this binary by one of these names:\n",
               static_cast<int>(name.size()), name.data());
  for (const varve::fuzz::Target& target : varve::fuzz::Targets()) {
    std::fprintf(stderr, "  fuzz_%s\n", target.name.c_str());
  }
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const absl::Status status =
      chosen->run(std::string_view(reinterpret_cast<const char*>(data), size));
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s: %s\n", chosen->name.c_str(), status.ToString().c_str());
  std::abort();
}
