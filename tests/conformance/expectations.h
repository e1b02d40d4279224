// What a store's rows must be, said once for all checks.
#ifndef VARVE_TESTS_CONFORMANCE_EXPECTATIONS_H_
#define VARVE_TESTS_CONFORMANCE_EXPECTATIONS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tests/conformance/simulated_store.h"

namespace varve::conformance {

// What replaying the log up to `until` leaves.
[[nodiscard]] absl::StatusOr<ModelTables> Replayed(SimulatedStore& world, Lsn until);

[[nodiscard]] absl::Status ExpectSame(const ModelTables& expected, const ModelTables& found,
                                      std::string_view when);
[[nodiscard]] absl::Status ExpectRows(SimulatedStore& world, const ModelTables& expected,
                                      std::string_view when);
// CheckRows finds nothing to complain of.
[[nodiscard]] absl::Status ExpectNoFault(SimulatedStore& world, std::string_view when);

// The rows without the LSN and time of who wrote them.
[[nodiscard]] std::string Contents(const ModelTables& tables, bool keys_only);

}  // namespace varve::conformance

#endif  // VARVE_TESTS_CONFORMANCE_EXPECTATIONS_H_
