// A fuzz target: one decoder of outside bytes, and what must hold of it whatever the bytes are.
//
//   absl::Status TryManifest(std::string_view input) {
//     const auto manifest = DecodeManifestSlot(input);
//     if (!manifest.ok()) return RefusedHonestly(manifest.status());
//     if (*EncodeManifestSlot(*manifest) != input) return Broken("encode(decode(x)) is not x");
//     return absl::OkStatus();
//   }
//   const Registration kManifest({.name = "manifest", .run = TryManifest, .seeds = ManifestSeeds});
//
// The same targets are run by libFuzzer (libfuzzer_entry.cc; preset fuzz) and by every test run
// (fuzz_smoke_test.cc: the committed corpus and some thousands of mutations of it).
#ifndef VARVE_TESTS_FUZZ_FUZZ_TARGET_H_
#define VARVE_TESTS_FUZZ_FUZZ_TARGET_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "kernel/base/status.h"

namespace varve::fuzz {

struct Target {
  // Of its corpus folder (tests/fuzz/corpus/<name>) and of its binary (fuzz_<name>).
  std::string name{};
  // OK: every promise was kept. Anything else says which was broken. A crash, a failed check or
  // memory out of proportion to the input is a broken promise too.
  std::function<absl::Status(std::string_view input)> run{};
  // Inputs made by the real encoders, the same at every call: what the corpus grows from.
  std::function<std::vector<std::string>()> seeds{};
  // Mutated inputs that a test run tries: fewer where one takes long.
  int smoke_runs = 6000;
};

// All that are linked, by name.
[[nodiscard]] const std::vector<Target>& Targets();
// Null where there is none of that name.
[[nodiscard]] const Target* FindTarget(std::string_view name);

// Makes a target known; a constant beside it.
class Registration final {
 public:
  explicit Registration(Target target);
};

// The promise that was broken.
template <typename... Parts>
[[nodiscard]] absl::Status Broken(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kInternal, parts...);
}

// OK where `status` is a code with which bytes may be refused and says why in words.
[[nodiscard]] absl::Status RefusedHonestly(const absl::Status& status);
// As RefusedHonestly, for decoders that promise no other code than these two.
[[nodiscard]] absl::Status RefusedAsDamage(const absl::Status& status);

}  // namespace varve::fuzz

#endif  // VARVE_TESTS_FUZZ_FUZZ_TARGET_H_
