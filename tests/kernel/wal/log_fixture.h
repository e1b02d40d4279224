// A log on the strict file system, with verbs that let a test read as a story.
#ifndef VARVE_TESTS_KERNEL_WAL_LOG_FIXTURE_H_
#define VARVE_TESTS_KERNEL_WAL_LOG_FIXTURE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "crash/simulated/simulated_environment.h"
#include "kernel/wal/log.h"
#include "kernel/wal/reader.h"
#include "kernel/wal/writer.h"

namespace varve::wal {

inline constexpr char kFolder[] = "wal";

// `text` padded with dots to a multiple of 8.
[[nodiscard]] std::string Body(std::string_view text);
// A body of about `bytes` that is different for every `seed`.
[[nodiscard]] std::string LargeBody(std::size_t bytes, std::uint64_t seed);

[[nodiscard]] Uuid TestStore();

struct FoundRecord {
  Lsn lsn;
  std::string body;
  RecordKind kind = RecordKind::kTransaction;
  std::uint64_t offset = 0;
  friend bool operator==(const FoundRecord&, const FoundRecord&) = default;
};

// What a simple recovery makes of the log: the intact records of all segments in order.
struct FoundLog {
  std::vector<SegmentFile> segments;
  std::vector<FoundRecord> records;
  SegmentTail tail;  // of the newest segment in use
  LogPosition position;

  // Bodies of the transactions.
  [[nodiscard]] std::vector<std::string> bodies() const;
};

// kDataLoss where a segment before the newest does not end as stated.
[[nodiscard]] absl::StatusOr<FoundLog> ReadLog(FileSystem& files);

// Scans the segment file `path`.
struct ScannedSegment {
  std::vector<FoundRecord> records;
  SegmentTail tail;
};
[[nodiscard]] absl::StatusOr<ScannedSegment> Scan(FileSystem& files, const SegmentFile& segment);

class LogHarness {
 public:
  LogHarness();

  [[nodiscard]] LogOptions InlineOptions() const;
  [[nodiscard]] LogOptions ThreadedOptions() const;

  // Recovers and starts the log behind what is there. Fails the test on an error.
  void Open(const LogOptions& options);
  absl::Status TryOpen(const LogOptions& options);

  // Appends `body`; fails the test on an error.
  Lsn Append(const std::string& body);
  absl::StatusOr<Lsn> TryAppend(const std::string& body);
  // Append and WaitDurable.
  Lsn Commit(const std::string& body);
  void Close();

  [[nodiscard]] FoundLog Read();
  [[nodiscard]] std::vector<Lsn> announced() const;
  [[nodiscard]] crash::StrictFileSystem& files() { return *environment.files; }

  crash::SimulatedEnvironment environment{7};
  std::unique_ptr<Log> log;

 private:
  mutable std::mutex mutex_;
  std::vector<Lsn> announced_;  // what on_durable was called with
  std::uint64_t commit_micros_ = 1'700'000'000'000'000;
};

}  // namespace varve::wal

#endif  // VARVE_TESTS_KERNEL_WAL_LOG_FIXTURE_H_
