#include "kernel/table/lmdb_loader.h"

#include <utility>

#include "kernel/base/status.h"

namespace varve::table {
namespace {

// A load commits whenever it has put this much, so that LMDB's list of changed pages stays short.
constexpr std::uint64_t kLoadTransactionBytes = std::uint64_t{128} << 20;

bool KeepsHistory(const HistoryPolicy& policy) { return policy.keep.count() > 0; }

}  // namespace

absl::Status CommitWithMark(LmdbEnvironment& environment, LmdbWriter& writer,
                            const StoredMark& mark) {
  VARVE_RETURN_IF_ERROR(writer.PutMark(mark));
  VARVE_RETURN_IF_ERROR(writer.Commit());
  return environment.FillToLastPage();
}

LmdbLoader::LmdbLoader(LmdbEnvironment& environment, const HistoryPolicy& policy,
                       const StoredMark& mark, std::function<absl::Status()> prepare)
    : environment_(environment),
      policy_(policy),
      prepare_(std::move(prepare)),
      mark_(mark),
      rows_(KeepsHistory(policy)) {}

absl::Status LmdbLoader::Add(std::string_view row_key, const RowVersion& version, bool superseded) {
  VARVE_RETURN_IF_ERROR(failed_);
  failed_ = TryAdd(row_key, version, superseded);
  return failed_;
}

absl::Status LmdbLoader::Finish(const AppliedMark& mark) {
  VARVE_RETURN_IF_ERROR(failed_);
  failed_ = FailedPrecondition("the load is finished");
  if (map_ == nullptr) VARVE_RETURN_IF_ERROR(Begin());
  mark_.mark = mark;
  if (!KeepsHistory(policy_)) mark_.mark.history_from = mark.applied;
  mark_.loading = false;
  VARVE_RETURN_IF_ERROR(writer_->Sweep(mark.commit_time, sweep_));
  return CommitWithMark(environment_, *map_, mark_);
}

absl::Status LmdbLoader::Begin() {
  VARVE_RETURN_IF_ERROR(prepare_());
  VARVE_ASSIGN_OR_RETURN(map_, LmdbWriter::Begin(environment_, mark_));
  writer_.emplace(*map_, policy_, mark_);
  return absl::OkStatus();
}

absl::Status LmdbLoader::TryAdd(std::string_view row_key, const RowVersion& version,
                                bool superseded) {
  if (map_ == nullptr) VARVE_RETURN_IF_ERROR(Begin());
  VARVE_RETURN_IF_ERROR(rows_.Add(*writer_, row_key, version, superseded));
  if (map_->bytes_put() < kLoadTransactionBytes) return absl::OkStatus();
  mark_.loading = true;
  const absl::Status status = CommitWithMark(environment_, *map_, mark_);
  writer_.reset();
  map_.reset();
  return status;
}

}  // namespace varve::table
