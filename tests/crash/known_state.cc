#include "tests/crash/known_state.h"

#include <algorithm>
#include <utility>

#include "kernel/base/status.h"
#include "primitives/kv/kv.h"
#include "tests/crash/all_seven.h"

namespace varve::crash {
namespace {

constexpr std::size_t kMarkerDigits = 6;

}  // namespace

absl::StatusOr<State> ReadState(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  State state;
  KvScan scan = Kv(view).Scan({.limit = 1'000'000});
  for (const KvRow& row : scan) state[std::string(row.key)] = std::string(row.value);
  VARVE_RETURN_IF_ERROR(scan.status());
  VARVE_ASSIGN_OR_RETURN(const Findings findings, ReadSeven(view, kSevenRun));
  for (const auto& [title, finding] : findings) state[kSevenPrefix + title] = finding;
  return state;
}

std::uint64_t MarkerOf(const State& state) {
  const auto marker = state.find(kMarkerKey);
  return marker == state.end() ? 0 : std::stoull(marker->second);
}

std::string MarkerText(std::uint64_t number) {
  std::string text = std::to_string(number);
  return std::string(kMarkerDigits - std::min(kMarkerDigits, text.size()), '0') + text;
}

}  // namespace varve::crash
