#include "tests/fuzz/fuzz_target.h"

#include <algorithm>
#include <utility>

#include "tests/conformance/check_support.h"

namespace varve::fuzz {
namespace {

// A function's own, so that it is there before the first constant of another file registers.
std::vector<Target>& Registered() {
  static std::vector<Target> targets;
  return targets;
}

}  // namespace

const std::vector<Target>& Targets() { return Registered(); }

const Target* FindTarget(std::string_view name) {
  for (const Target& target : Registered()) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

Registration::Registration(Target target) {
  std::vector<Target>& targets = Registered();
  const auto place = std::lower_bound(
      targets.begin(), targets.end(), target,
      [](const Target& left, const Target& right) { return left.name < right.name; });
  targets.insert(place, std::move(target));
}

absl::Status RefusedHonestly(const absl::Status& status) {
  if (!conformance::IsHonestRefusal(status)) {
    return Broken("bytes are refused with a code that blames nobody: " + status.ToString());
  }
  return status.message().empty() ? Broken("bytes are refused without a word") : absl::OkStatus();
}

absl::Status RefusedAsDamage(const absl::Status& status) {
  if (!absl::IsDataLoss(status) && !absl::IsUnimplemented(status)) {
    return Broken("bytes are answered with ", FromAbsl(status.ToString()));
  }
  return RefusedHonestly(status);
}

}  // namespace varve::fuzz
