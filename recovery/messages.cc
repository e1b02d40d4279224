#include "recovery/messages.h"

#include <string>
#include <utility>

#include "kernel/base/status.h"

namespace varve::recovery {
namespace {

void Tell(LogSink& sink, LogLevel level, std::string text, std::vector<LogField> fields) {
  if (!sink.Wants(level)) return;
  sink.Write({level, "recovery", std::move(text), std::move(fields)});
}

}  // namespace

void TellOpened(LogSink* sink, const RecoveryReport& report) {
  if (sink == nullptr) return;
  const auto time =
      report.plan_time + report.load_base_time + report.replay_time + report.rebuild_indexes_time;
  Tell(*sink, LogLevel::kInfo, "the store is open",
       {{"last_lsn", std::to_string(report.last_lsn.value())},
        {"base_lsn", std::to_string(report.base_lsn.value())},
        {"records_replayed", std::to_string(report.records_replayed)},
        {"bytes_replayed", std::to_string(report.bytes_replayed)},
        {"clean_close", report.clean_close ? "1" : "0"},
        {"microseconds", std::to_string(time.count())}});
  if (report.torn_tail_bytes > 0) {
    Tell(*sink, LogLevel::kWarning,
         "a torn tail of the log was dropped: bytes of a record that was never acknowledged",
         {{"bytes", std::to_string(report.torn_tail_bytes)}});
  }
  if (report.materialized_rebuilt) {
    Tell(*sink, LogLevel::kWarning, "state.mdb was built anew",
         {{"base_lsn", std::to_string(report.base_lsn.value())}});
  }
  for (const std::string& warning : report.warnings) {
    Tell(*sink, LogLevel::kWarning, warning, {});
  }
}

void TellRefused(LogSink* sink, std::string_view directory, const absl::Status& status) {
  if (sink == nullptr) return;
  Tell(*sink, LogLevel::kError, "the store was not opened",
       {{"directory", std::string(directory)}, {"error", std::string(FromAbsl(status.message()))}});
}

}  // namespace varve::recovery
