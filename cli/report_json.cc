#include "cli/report_json.h"

#include <string>

namespace varve::cli {
namespace {

const char* BaseName(RecoveryReport::Base base) {
  switch (base) {
    case RecoveryReport::Base::kCreated:
      return "created";
    case RecoveryReport::Base::kMaterialized:
      return "materialized";
    case RecoveryReport::Base::kSnapshot:
      return "snapshot";
    case RecoveryReport::Base::kLogStart:
      return "log_start";
  }
  return "";
}

}  // namespace

Json RecoveryReportToJson(const RecoveryReport& report) {
  Json primitives = Json::array();
  for (const RecoveryReport::PerPrimitive& primitive : report.primitives) {
    primitives.push_back(Json{{"id", primitive.id.value()},
                              {"name", primitive.name},
                              {"entries_replayed", primitive.entries_replayed}});
  }
  return Json{{"base", BaseName(report.base)},
              {"base_lsn", report.base_lsn.value()},
              {"last_lsn", report.last_lsn.value()},
              {"records_replayed", report.records_replayed},
              {"bytes_replayed", report.bytes_replayed},
              {"torn_tail_bytes", report.torn_tail_bytes},
              {"clean_close", report.clean_close},
              {"materialized_rebuilt", report.materialized_rebuilt},
              {"primitives", primitives},
              {"plan_us", report.plan_time.count()},
              {"load_base_us", report.load_base_time.count()},
              {"replay_us", report.replay_time.count()},
              {"rebuild_indexes_us", report.rebuild_indexes_time.count()},
              {"warnings", report.warnings}};
}

Json SnapshotInfoToJson(const snapshot::SnapshotInfo& info) {
  Json sections = Json::array();
  for (const snapshot::SectionInfo& section : info.sections) {
    sections.push_back(Json{{"primitive", section.primitive.value()},
                            {"version", section.version},
                            {"flags", section.flags},
                            {"content_bytes", section.content_bytes},
                            {"stored_bytes", section.stored_bytes}});
  }
  return Json{{"lsn", info.lsn.value()},
              {"path", info.path},
              {"file_bytes", info.file_bytes},
              {"store", info.store.ToString()},
              {"commit_time_us", info.commit_time.micros()},
              {"created_us", info.created.micros()},
              {"history_from", info.history_from.value()},
              {"digest", info.digest.ToString()},
              {"sections", sections}};
}

void PrintRecoveryReport(const RecoveryReport& report, std::string_view indent, Output& output) {
  const std::string text = report.ToString();
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    output.Line(std::string(indent) + std::string(rest.substr(0, end)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

std::string DescribeRestore(const RecoveryReport& report) {
  std::string text = "state of LSN " + std::to_string(report.last_lsn.value()) + ", from ";
  text += report.base == RecoveryReport::Base::kSnapshot
              ? "a snapshot of LSN " + std::to_string(report.base_lsn.value())
              : "the start of the log";
  text += " and " + FormatCount(report.records_replayed) + " transactions above it";
  return text;
}

std::uint64_t EntriesReplayed(const RecoveryReport& report) {
  std::uint64_t entries = 0;
  for (const RecoveryReport::PerPrimitive& primitive : report.primitives) {
    entries += primitive.entries_replayed;
  }
  return entries;
}

}  // namespace varve::cli
