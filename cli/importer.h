// Rows into a store in transactions of a fixed number of lines, several of them on their way to the
// disk at once, each acknowledged when it is durable.
#ifndef VARVE_CLI_IMPORTER_H_
#define VARVE_CLI_IMPORTER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cli/jsonl_record.h"
#include "kernel/store.h"

namespace varve::cli {

struct ImportOptions {
  RunId run;
  std::uint64_t batch = 1000;    // lines per transaction
  std::uint64_t in_flight = 16;  // transactions on their way to the disk at once
  Durability durability = Durability::kDurable;
  // Not empty: every transaction also puts {"lines":N,"records":N} here, so that the key tells
  // which lines are in, exactly, at any moment and after any crash.
  std::string resume_key;
};

// How far the import is: the lines up to `lines` are in, as `records` rows.
struct ImportMark {
  std::uint64_t lines = 0;
  std::uint64_t records = 0;
};

// One transaction that was answered.
struct Acknowledgement {
  ImportMark mark;
  Receipt receipt;
  bool durable = true;  // false: buffered
};

// Not thread-safe. `store` must outlive it.
class Importer final {
 public:
  // `acknowledge` is called once per transaction, in order.
  Importer(Store& store, const ImportOptions& options,
           std::function<void(const Acknowledgement&)> acknowledge);

  // What resume_key holds: where to go on. Zero where there is no such key yet.
  // kFailedPrecondition: the key holds something else.
  [[nodiscard]] absl::StatusOr<ImportMark> ReadMark();
  // Start counting there; before the first AddRecord.
  void Resume(const ImportMark& mark);

  // Line `line` of the input is this row. Errors of Kv::Put: the row was not taken, all before are
  // as they were. Other errors: of commits.
  [[nodiscard]] absl::Status AddRecord(std::uint64_t line, const JsonlRecord& record);

  // Commits what is left and waits until all is acknowledged (buffered: durable all the same).
  [[nodiscard]] absl::Status Finish();

  // What was acknowledged.
  [[nodiscard]] const ImportMark& acknowledged() const { return acknowledged_; }

 private:
  struct Pending {
    ImportMark mark;
    CommitTicket ticket;
  };
  [[nodiscard]] absl::Status Put(const JsonlRecord& record);
  [[nodiscard]] absl::Status CommitBatch();
  [[nodiscard]] absl::Status WaitForOldest();
  void Acknowledge(const ImportMark& mark, const Receipt& receipt, bool durable);

  Store& store_;
  const ImportOptions options_;
  const std::function<void(const Acknowledgement&)> acknowledge_;
  std::optional<Transaction> transaction_;
  std::uint64_t batch_records_ = 0;  // in transaction_
  ImportMark added_;                 // with what is in transaction_
  ImportMark acknowledged_;
  std::deque<Pending> pending_;
};

}  // namespace varve::cli

#endif  // VARVE_CLI_IMPORTER_H_
