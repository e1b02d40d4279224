// The whole visible state of a store: as one digest, and row by row for people.
#ifndef VARVE_CRASH_STATE_H_
#define VARVE_CRASH_STATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/read_view.h"
#include "snapshot/digest.h"

namespace varve::crash {

// Over every row of every table of every registered primitive, derived ones included: run, key,
// value, and the LSN and commit time that wrote it. Equal for equal states, whatever base they were
// recovered from. kDataLoss: a row fails its checksum.
[[nodiscard]] absl::StatusOr<snapshot::Digest> DigestOf(ReadView& view);

struct StateRow {
  std::string place;  // "kv rows, run 0123..., key": equal for the same row of two states
  std::string value;  // the bytes
  std::string shown;  // as its primitive describes it, with LSN and commit time
};
// The same rows in the same order.
[[nodiscard]] absl::StatusOr<std::vector<StateRow>> RowsOf(ReadView& view);

// The first row that two states do not have alike, told in some lines: its place, both values, and
// the hexdump around the first byte that differs. Empty where they are equal.
[[nodiscard]] std::string FirstDifference(const std::vector<StateRow>& expected,
                                          const std::vector<StateRow>& found);

// The bytes of `text` around `offset` as lines "OFFSET  BYTES  TEXT".
[[nodiscard]] std::string HexdumpAround(std::string_view bytes, std::size_t offset);

}  // namespace varve::crash

#endif  // VARVE_CRASH_STATE_H_
