#include "tests/fuzz/fuzz_target.h"

#include <algorithm>
#include <utility>

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
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
      if (status.message().empty()) return Broken("bytes are refused without a word");
      return absl::OkStatus();
    default:
      return Broken("bytes are answered with ", FromAbsl(status.ToString()));
  }
}

absl::Status RefusedAsDamage(const absl::Status& status) {
  if (!absl::IsDataLoss(status) && !absl::IsUnimplemented(status)) {
    return Broken("bytes are answered with ", FromAbsl(status.ToString()));
  }
  return RefusedHonestly(status);
}

}  // namespace varve::fuzz
