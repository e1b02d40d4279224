// A store whose transactions are numbered, each leaving a state that follows from its number alone.
// Up to the first clean close the number is the LSN.
#ifndef VARVE_TESTS_CRASH_PROOF_NUMBERED_STORE_H_
#define VARVE_TESTS_CRASH_PROOF_NUMBERED_STORE_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/crash/known_state.h"
#include "tests/crash/proof/ground.h"

namespace varve::crash {

[[nodiscard]] PrimitiveRegistry BuiltinRegistry();

[[nodiscard]] absl::StatusOr<OpenedStore> OpenNumbered(Ground& ground, std::string_view name);

// Commits the next `count` transactions of Path("store"), and keeps `ground.durable` and
// `ground.started` true at every call: every third one is only buffered.
[[nodiscard]] absl::Status CommitNext(Ground& ground, OpenedStore& opened, int count);

[[nodiscard]] absl::Status TakeSnapshot(OpenedStore& opened);
// Goes on with Path("store"): a snapshot after `before` transactions, and `more` of them. Its
// process then ends without closing it: `ground` becomes what that leaves.
[[nodiscard]] absl::Status ExtendNumbered(std::unique_ptr<Ground>& ground, int before, int more);
// A store of some segments with a snapshot after transaction 9, and 18 in all.
[[nodiscard]] absl::Status MakeNumbered(std::unique_ptr<Ground>& ground);

[[nodiscard]] State StateAfter(std::uint64_t number);
// The transaction after which `store` is; an error where it is after none of those from `first`
// to `last`.
[[nodiscard]] absl::StatusOr<std::uint64_t> FindNumber(Store& store, std::uint64_t first,
                                                       std::uint64_t last);

// What must hold of Path("store") after anything: it opens, with all that was durable and nothing
// that was not started, takes another transaction, closes, and has that one when it opens again.
[[nodiscard]] absl::Status CheckGoesOn(Ground& ground);
// The same of a store that was made of it, which must be after transaction `number`.
[[nodiscard]] absl::Status CheckMade(Ground& ground, std::string_view name, std::uint64_t number);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_NUMBERED_STORE_H_
