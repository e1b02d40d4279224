// A store with data of a primitive that not every program has.
#ifndef VARVE_TESTS_CRASH_PROOF_TALLIED_STORE_H_
#define VARVE_TESTS_CRASH_PROOF_TALLIED_STORE_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/crash/proof/ground.h"

namespace varve::crash {

// The primitive's calls are places.
[[nodiscard]] PrimitiveRegistry RegistryWithTally();
// With the primitive, or carrying what it has.
[[nodiscard]] absl::StatusOr<OpenedStore> OpenWith(Ground& ground, std::string_view name,
                                                   bool tally);

// Adds one to the tally. `ground.started` and `ground.durable` count them.
[[nodiscard]] absl::Status AddOne(Ground& ground, Store& store);
// A snapshot of LSN 1, and some transactions more, of a process that was killed.
[[nodiscard]] absl::Status MakeTallied(std::unique_ptr<Ground>& ground);

[[nodiscard]] absl::Status CheckTally(Ground& ground, Store& store);
// What must hold of Path("store") after anything.
[[nodiscard]] absl::Status CheckTallied(Ground& ground, const absl::Status& result);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_TALLIED_STORE_H_
