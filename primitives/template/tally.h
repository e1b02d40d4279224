// Step 5: the typed handle, all that your users see.
//
//   store.Update([](varve::Transaction& txn) {
//     return varve::Tally(txn).Add("requests", 1);
//   });
#ifndef VARVE_PRIMITIVES_TEMPLATE_TALLY_H_
#define VARVE_PRIMITIVES_TEMPLATE_TALLY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"

namespace varve {

struct TallyTotal {
  std::string name;
  std::int64_t total = 0;
  std::uint64_t count = 0;  // additions since the tally began, or was last reset
};

// The tallies of one run. Names: 1 to kNameBytesMax bytes, else kInvalidArgument. The transaction
// or reader must outlive the handle. One thread at a time, as its reader.
class Tally final {
 public:
  // Reads and writes.
  explicit Tally(Transaction& transaction, const RunId& run = {});
  // Reads. Writes answer kFailedPrecondition.
  explicit Tally(Reader& reader, const RunId& run = {});

  // Adds `amount`, which may be negative, and may be the sum of `count` additions (1 or more).
  // Concurrent additions never conflict. A total stays at the edge of the 64-bit range rather than
  // leave it.
  [[nodiscard]] absl::Status Add(std::string_view name, std::int64_t amount,
                                 std::uint32_t count = 1);
  // Forgets the tally. OK also where there is none.
  [[nodiscard]] absl::Status Reset(std::string_view name);

  // Zero, with a count of zero, where nothing was added.
  [[nodiscard]] absl::StatusOr<TallyTotal> Get(std::string_view name) const;
  // Tallies in the order of their names, behind `after` (empty: from the first), at most `limit`.
  [[nodiscard]] absl::StatusOr<std::vector<TallyTotal>> List(std::string_view after = {},
                                                             std::uint64_t limit = 1000) const;

 private:
  [[nodiscard]] absl::Status Write(const Entry& entry);

  Reader* reader_;
  Transaction* transaction_;  // null: read-only
  RunId run_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_TEMPLATE_TALLY_H_
