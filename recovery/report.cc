#include <sstream>
#include <string_view>

#include "recovery/open.h"

namespace varve {
namespace {

std::string_view BaseName(RecoveryReport::Base base) {
  switch (base) {
    case RecoveryReport::Base::kCreated:
      return "a new store";
    case RecoveryReport::Base::kMaterialized:
      return "state.mdb";
    case RecoveryReport::Base::kSnapshot:
      return "a snapshot";
    case RecoveryReport::Base::kLogStart:
      return "the start of the log";
  }
  return "?";
}

std::string Milliseconds(std::chrono::microseconds time) {
  std::ostringstream out;
  out.precision(1);
  out << std::fixed << static_cast<double>(time.count()) / 1000.0 << " ms";
  return out.str();
}

}  // namespace

std::string RecoveryReport::ToString() const {
  std::ostringstream out;
  out << "last session    "
      << (base == Base::kCreated ? "none"
          : clean_close          ? "closed cleanly"
                                 : "did not close")
      << "\nbase            " << BaseName(base) << ", LSN " << base_lsn.value();
  if (materialized_rebuilt) out << " (state.mdb rebuilt)";
  out << "\nreplayed        " << records_replayed << " transactions, " << bytes_replayed
      << " bytes of log, to LSN " << last_lsn.value();
  for (const PerPrimitive& primitive : primitives) {
    out << "\n  " << primitive.name << ": " << primitive.entries_replayed << " entries";
  }
  out << "\ntorn tail       "
      << (torn_tail_bytes == 0
              ? std::string("none")
              : std::to_string(torn_tail_bytes) + " bytes, never acknowledged, discarded")
      << "\ntime            plan " << Milliseconds(plan_time) << ", base "
      << Milliseconds(load_base_time) << ", replay " << Milliseconds(replay_time) << ", indexes "
      << Milliseconds(rebuild_indexes_time);
  for (const std::string& warning : warnings) out << "\nwarning         " << warning;
  out << "\n";
  return out.str();
}

}  // namespace varve
