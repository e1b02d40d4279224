// What a store logged, kept so that it can be replayed at will.
#ifndef VARVE_TESTS_CONFORMANCE_RECORDED_HISTORY_H_
#define VARVE_TESTS_CONFORMANCE_RECORDED_HISTORY_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "kernel/primitive.h"
#include "tests/conformance/model_tables.h"

namespace varve::conformance {

struct RecordedEntry {
  EntryType type = 0;
  std::uint8_t payload_version = 1;
  bool safe_ignore = false;
  RunId run;
  std::string payload;

  // Borrows from this object.
  [[nodiscard]] Entry view() const;
};

struct RecordedTransaction {
  Lsn lsn;
  Timestamp commit_time;
  std::vector<RecordedEntry> entries;
};

using RecordedHistory = std::vector<RecordedTransaction>;

// Every transaction in the log of the store `uuid` in `directory`; of their entries, those in the
// range of `primitive`.
[[nodiscard]] absl::StatusOr<RecordedHistory> ReadHistory(FileSystem& files,
                                                          const std::string& directory,
                                                          const Uuid& uuid,
                                                          const PrimitiveSpec& primitive);

// Applies every entry to `tables`, in order. The first error, with the LSN it happened at.
[[nodiscard]] absl::Status Replay(std::span<const RecordedTransaction> history,
                                  const Primitive& primitive, ModelTables& tables);

}  // namespace varve::conformance

#endif  // VARVE_TESTS_CONFORMANCE_RECORDED_HISTORY_H_
