#include "tests/conformance/check_support.h"

#include "tests/conformance/simulated_store.h"
#include "tests/support/test_seed.h"

namespace varve::conformance {

namespace {

constexpr std::uint64_t kStandardSeed = 20230414;
constexpr std::size_t kRandomBytesMax = 80;

}  // namespace

absl::StatusOr<RecordedHistory> RecordHistory(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(SimulatedStore::State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kHistoryTransactions));
  VARVE_ASSIGN_OR_RETURN(RecordedHistory history, world.History());
  VARVE_RETURN_IF_ERROR(world.Close());
  for (const RecordedTransaction& transaction : history) {
    if (!transaction.entries.empty()) return history;
  }
  return Broken("Subject::operate logs nothing");
}

bool IsHonestRefusal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
      return true;
    default:
      return false;
  }
}

std::string Damaged(std::string_view bytes, std::mt19937_64& random) {
  std::string damaged(bytes);
  switch (random() % 4) {
    case 0:
      damaged.resize(random() % (damaged.size() + 1));
      break;
    case 1:
      damaged.append(1 + random() % 16, static_cast<char>(random()));
      break;
    case 2:
      damaged.resize(random() % kRandomBytesMax);
      for (char& byte : damaged) byte = static_cast<char>(random());
      break;
    default:
      for (std::uint64_t flips = 1 + random() % 3; flips > 0 && !damaged.empty(); --flips) {
        char& byte = damaged[random() % damaged.size()];
        byte = static_cast<char>(byte ^ (1 << (random() % 8)));
      }
  }
  return damaged;
}

absl::Status RunCheck(Check check, const Subject& subject) {
  const std::uint64_t seed = testing_support::TestSeed(kStandardSeed);
  const absl::Status status = check(subject, seed);
  if (status.ok()) return status;
  return AddContext(status, "VARVE_TEST_SEED=" + std::to_string(seed));
}

}  // namespace varve::conformance
