// Transactions that write through all seven primitives at once, in one run, and what must be found
// of it after each: so that a transaction of which one primitive kept its part and another did not
// shows, whatever the part.
//
// A run lives for kLifeTransactions: the first creates it, each writes through every primitive, the
// last deletes it with all that it holds; the next creates it again. So what is there after
// transaction n follows from n alone.
#ifndef VARVE_TESTS_CRASH_ALL_SEVEN_H_
#define VARVE_TESTS_CRASH_ALL_SEVEN_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernel/store.h"

namespace varve::crash {

inline constexpr std::uint64_t kLifeTransactions = 6;

// What is found, in words, by what it is about: "json plan" -> {"done":[1],"last":1}.
using Findings = std::map<std::string, std::string>;

// Writes the transaction `number`, from 1; those before it must have been committed.
[[nodiscard]] absl::Status WriteThroughSeven(Transaction& transaction, const RunId& run,
                                             std::uint64_t number);
// What ReadSeven must find after it. After 0, and where the run was deleted: nothing.
[[nodiscard]] Findings SevenAfter(std::uint64_t number);
// Asks every primitive, through its handle, for all that it has of `run` and by every way to it:
// rows, indexes, chains, trees, searches. Of a run that is not in the register (any more) also each
// row of any table that is left of it.
[[nodiscard]] absl::StatusOr<Findings> ReadSeven(Reader& reader, const RunId& run);

// What must hold of every store that was just opened, whatever is in it: each primitive finds its
// rows in order, and the active runs are orphans, those and no others.
[[nodiscard]] absl::Status CheckFreshlyOpened(Store& store);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_ALL_SEVEN_H_
