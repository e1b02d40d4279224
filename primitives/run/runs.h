// Runs: one execution each of an agent, a workflow, a job. Every primitive keeps its rows in runs;
// this one keeps the register of them: who is active, what became of it, what it was forked from.
//
//   absl::StatusOr<varve::RunId> run = varve::CreateRun(store, {.name = "nightly report"});
//   store.Update([&](varve::Transaction& txn) -> absl::Status {
//     VARVE_RETURN_IF_ERROR(varve::Kv(txn, *run).Put("step", "fetched"));
//     return varve::Runs(txn).End(*run, varve::RunStatus::kCompleted, "42 rows");
//   });
//
//   absl::StatusOr<std::vector<varve::RunInfo>> lost = varve::Runs(view).Orphans();  // by a crash
//
// A closed run (completed, failed, cancelled, archived) refuses entries of every primitive with
// kFailedPrecondition. A run that was never created needs no register: it is open, and unlisted.
//
// Each entry written into a run is a step of it. What the run was at a step, how two runs differ
// and how one goes on from a step of another: run_replay.h.
//
// Limits: names and tags of up to 256 bytes, 64 tags, metadata and outcome of up to 64 KiB; past
// them kResourceExhausted and nothing is written. Every read can also answer kDataLoss.
#ifndef VARVE_PRIMITIVES_RUN_RUNS_H_
#define VARVE_PRIMITIVES_RUN_RUNS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"
#include "primitives/run/run_types.h"

namespace varve {

class Store;

inline constexpr std::size_t kRunTagsMax = 64;
inline constexpr std::size_t kRunTextBytesMax = std::size_t{64} << 10;

struct RunOptions {
  std::optional<RunId> id{};  // else a new one, whose order is that of time (RFC 9562, version 7)
  std::string name{};
  RunId parent{};                   // must exist
  std::vector<std::string> tags{};  // no tag empty or with a zero byte
  std::string metadata{};           // JSON object text
  bool paused = false;              // not active before Begin
  RunId forked_from{};              // as ForkRun sets it
  Lsn forked_at{};
};

// What Update changes; what is not set stays.
struct RunChanges {
  std::optional<std::string> name{};
  std::optional<std::vector<std::string>> tags{};
  std::optional<std::string> metadata{};
};

// Runs that meet every condition that is set, in the order of their ids.
struct RunFilter {
  std::optional<RunStatus> status{};
  std::optional<std::string> tag{};
  std::optional<RunId> parent{};
  RunId after{};  // the last one of the page before
  std::uint64_t limit = 1000;
};

// Not thread-safe. Must not outlive its reader or transaction.
class Runs final {
 public:
  explicit Runs(Transaction& transaction) : reader_(&transaction), transaction_(&transaction) {}
  // Reads. Writes answer kFailedPrecondition.
  explicit Runs(Reader& reader) : reader_(&reader) {}

  // kAlreadyExists: the id is taken. kNotFound: no such parent. kInvalidArgument: the default run
  // as id, a bad tag, metadata that is no JSON object.
  [[nodiscard]] absl::StatusOr<RunId> Create(const RunOptions& options = {});
  // Paused -> active. Of an active run: takes it over, so that it is no orphan any more.
  // kNotFound; kFailedPrecondition: closed.
  [[nodiscard]] absl::Status Begin(const RunId& run);
  // Any other status than active. kFailedPrecondition: not from the present one (MayFollow).
  [[nodiscard]] absl::Status End(const RunId& run, RunStatus status, std::string_view outcome = {});
  // Also of a closed run. kNotFound.
  [[nodiscard]] absl::Status Update(const RunId& run, const RunChanges& changes);
  // Deletes the run and every row in it, of every primitive. kNotFound. kFailedPrecondition: it is
  // the parent of runs, and `with_children` is not set.
  [[nodiscard]] absl::Status Delete(const RunId& run, bool with_children = false);

  [[nodiscard]] absl::StatusOr<std::optional<RunInfo>> Get(const RunId& run) const;
  [[nodiscard]] absl::StatusOr<std::vector<RunInfo>> List(const RunFilter& filter = {}) const;
  // Active runs that nobody has begun since this store was opened: a crash left them open.
  [[nodiscard]] absl::StatusOr<std::vector<RunInfo>> Orphans(std::uint64_t limit = 1000) const;

  // What was written into the run, from step `from` on.
  [[nodiscard]] absl::StatusOr<std::vector<RunStep>> Steps(const RunId& run, std::uint64_t from = 1,
                                                           std::uint64_t limit = 1000) const;
  [[nodiscard]] absl::StatusOr<std::uint64_t> StepCount(const RunId& run) const;

 private:
  [[nodiscard]] absl::Status Write(EntryType type, std::string_view payload);
  [[nodiscard]] absl::Status DeleteOne(const RunId& run);

  Reader* reader_;
  Transaction* transaction_ = nullptr;  // null: read-only
};

// Runs::Create in a durable transaction of its own.
[[nodiscard]] absl::StatusOr<RunId> CreateRun(Store& store, const RunOptions& options = {});

}  // namespace varve

#endif  // VARVE_PRIMITIVES_RUN_RUNS_H_
