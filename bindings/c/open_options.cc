#include "bindings/c/open_options.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "bindings/c/answer.h"
#include "primitives/builtin.h"

namespace varve_c {
namespace {

std::chrono::milliseconds Milliseconds(std::uint64_t count) {
  const std::uint64_t micros = count > ~std::uint64_t{0} / 1000 ? ~std::uint64_t{0} : count * 1000;
  return std::chrono::duration_cast<std::chrono::milliseconds>(MicrosecondsOf(micros));
}

template <typename Value, typename Given>
void TakeWhereSet(Value& value, Given given) {
  if (given != 0) value = static_cast<Value>(given);
}

void TakeStoreOptions(const varve_open_options& given, StoreOptions& options) {
  options.history.keep = given.keep_history_us == VARVE_KEEP_FOREVER
                             ? std::chrono::microseconds::max()
                             : MicrosecondsOf(given.keep_history_us);
  TakeWhereSet(options.memtable_bytes, given.memtable_bytes);
  if (given.checkpoint_interval_ms != 0) {
    options.checkpoint_interval = Milliseconds(given.checkpoint_interval_ms);
  }
  options.background_threads = given.no_background_threads == 0;
  options.log.background_threads = options.background_threads;
  TakeWhereSet(options.log.unsynced_bytes_max, given.unsynced_bytes_max);
  if (given.unsynced_ms_max != 0) {
    options.log.unsynced_time_max = Milliseconds(given.unsynced_ms_max);
  }
  TakeWhereSet(options.log.segment_bytes_min, given.segment_bytes_min);
  TakeWhereSet(options.log.segment_bytes_max, given.segment_bytes_max);
}

absl::Status CheckNumbers(const OpenOptions& options) {
  if (options.store.log.segment_bytes_min > options.store.log.segment_bytes_max) {
    return InvalidArgument("segment_bytes_min is ", options.store.log.segment_bytes_min,
                           ", above segment_bytes_max, which is ",
                           options.store.log.segment_bytes_max);
  }
  if (!std::isfinite(options.snapshots.log_to_state_ratio) ||
      options.snapshots.log_to_state_ratio < 0) {
    return InvalidArgument("snapshot_log_to_state_ratio must be a number of at least 0");
  }
  if (options.snapshots.retained < 1) {
    return InvalidArgument("snapshots_retained must be at least 1");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Control> Control::From(const varve_control* given) {
  Control control;
  VARVE_ASSIGN_OR_RETURN(control.control_, Take(given, "control"));
  return control;
}

std::function<bool()> Control::cancelled() const {
  if (control_.cancelled == nullptr) return nullptr;
  return [control = control_] { return control.cancelled(control.user) != 0; };
}

absl::StatusOr<OpenOptions> OpenOptionsOf(const varve_open_options* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_open_options taken, Take(given, "options"));
  VARVE_ASSIGN_OR_RETURN(const Control control, Control::From(taken.control));
  OpenOptions options;
  TakeStoreOptions(taken, options.store);
  options.create_if_missing = taken.must_exist == 0;
  options.error_if_exists = taken.must_not_exist != 0;
  options.read_only = taken.read_only != 0;
  options.unknown_entries =
      taken.carry_unknown == 0 ? UnknownEntries::kRefuse : UnknownEntries::kCarry;
  options.allow_network_file_system = taken.allow_network_file_system != 0;
  options.lock_timeout = Milliseconds(taken.lock_timeout_ms);
  TakeWhereSet(options.snapshots.log_bytes_min, taken.snapshot_log_bytes_min);
  TakeWhereSet(options.snapshots.log_to_state_ratio, taken.snapshot_log_to_state_ratio);
  TakeWhereSet(options.snapshots.retained, taken.snapshots_retained);
  options.progress = control.progress(&RecoveryProgress::done, &RecoveryProgress::total);
  options.cancelled = control.cancelled();
  VARVE_RETURN_IF_ERROR(CheckNumbers(options));
  return options;
}

absl::StatusOr<StoreOptions> MemoryOptionsOf(const varve_open_options* given) {
  VARVE_ASSIGN_OR_RETURN(varve_open_options rest, Take(given, "options"));
  StoreOptions options;
  TakeStoreOptions(rest, options);
  rest.struct_size = 0;
  rest.no_background_threads = 0;
  rest.keep_history_us = 0;
  rest.memtable_bytes = 0;
  rest.checkpoint_interval_ms = 0;
  const varve_open_options none{};
  if (std::memcmp(&rest, &none, sizeof(none)) != 0) {
    return InvalidArgument(
        "a store in memory has only no_background_threads, keep_history_us, memtable_bytes and "
        "checkpoint_interval_ms: leave all else as VARVE_INIT made it");
  }
  return options;
}

std::unique_ptr<varve_result> ListingOf(const RecoveryReport& report) {
  auto listing = std::make_unique<Listing<varve_recovery>>();
  varve_recovery& item = listing->Add();
  item.base = static_cast<int32_t>(report.base);
  item.clean_close = report.clean_close ? 1 : 0;
  item.materialized_rebuilt = report.materialized_rebuilt ? 1 : 0;
  item.base_lsn = report.base_lsn.value();
  item.last_lsn = report.last_lsn.value();
  item.records_replayed = report.records_replayed;
  item.bytes_replayed = report.bytes_replayed;
  item.torn_tail_bytes = report.torn_tail_bytes;
  item.plan_us = static_cast<std::uint64_t>(report.plan_time.count());
  item.load_base_us = static_cast<std::uint64_t>(report.load_base_time.count());
  item.replay_us = static_cast<std::uint64_t>(report.replay_time.count());
  item.rebuild_indexes_us = static_cast<std::uint64_t>(report.rebuild_indexes_time.count());
  std::vector<std::string> names;
  std::vector<std::uint64_t> entries;
  for (const RecoveryReport::PerPrimitive& each : report.primitives) {
    names.push_back(each.name);
    entries.push_back(each.entries_replayed);
  }
  item.primitive_count = names.size();
  item.primitive_names = listing->Keep(listing->KeepSource(std::move(names)));
  item.primitive_entries = listing->KeepSource(std::move(entries)).data();
  item.warning_count = report.warnings.size();
  item.warnings = listing->Keep(listing->KeepSource(report.warnings));
  item.text = listing->Keep(report.ToString());
  return listing;
}

PrimitiveRegistry BuiltinRegistry() {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  return registry;
}

}  // namespace varve_c
