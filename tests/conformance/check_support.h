// What the checks of the suite share.
#ifndef VARVE_TESTS_CONFORMANCE_CHECK_SUPPORT_H_
#define VARVE_TESTS_CONFORMANCE_CHECK_SUPPORT_H_

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/status.h"
#include "tests/conformance/primitive_conformance.h"
#include "tests/conformance/recorded_history.h"

namespace varve::conformance {

inline constexpr int kHistoryTransactions = 80;

// The promise that was broken.
template <typename... Parts>
[[nodiscard]] absl::Status Broken(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kInternal, parts...);
}

// What random operations through the typed handle logged. kInternal where they logged nothing: such
// a subject would pass every check.
[[nodiscard]] absl::StatusOr<RecordedHistory> RecordHistory(const Subject& subject,
                                                            std::uint64_t seed);

// Codes with which bytes or requests may be refused: those that say whose fault it is.
[[nodiscard]] bool IsHonestRefusal(const absl::Status& status);

// `bytes` cut short, with some bytes changed, or replaced by random ones.
[[nodiscard]] std::string Damaged(std::string_view bytes, std::mt19937_64& random);

}  // namespace varve::conformance

#endif  // VARVE_TESTS_CONFORMANCE_CHECK_SUPPORT_H_
