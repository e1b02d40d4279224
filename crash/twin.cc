#include "crash/twin.h"

#include <utility>

#include "crash/workload.h"
#include "kernel/base/status.h"
#include "kernel/change_feed.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kNever = std::uint64_t{1} << 40;
constexpr std::uint64_t kTwinSeed = 2;

OpenOptions TwinOptions() {
  OpenOptions options = SmallStoreOptions();
  options.store.log.unsynced_bytes_max = kNever;
  options.store.memtable_bytes = kNever;
  options.snapshots.log_bytes_min = kNever;
  return options;
}

}  // namespace

Twin::Twin(std::vector<Subject> subjects) : subjects_(std::move(subjects)), states_(1) {}

Twin::~Twin() = default;

absl::StatusOr<std::unique_ptr<Twin>> Twin::Make(std::vector<Subject> subjects) {
  std::unique_ptr<Twin> twin(new Twin(std::move(subjects)));
  VARVE_RETURN_IF_ERROR(twin->Start());
  return twin;
}

absl::StatusOr<Lsn> Twin::Commit(const std::string& choices, Timestamp now,
                                 std::vector<absl::StatusCode>& codes) {
  VARVE_RETURN_IF_ERROR(Start());
  const Past past{.choices = choices, .now = now};
  VARVE_ASSIGN_OR_RETURN(const Lsn lsn, Run(past, codes));
  if (lsn == Lsn()) return newest();
  past_.push_back(past);
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened_.store->View());
  VARVE_ASSIGN_OR_RETURN(const snapshot::Digest digest, DigestOf(view));
  states_.push_back(digest);
  return lsn;
}

absl::Status Twin::Close() {
  VARVE_RETURN_IF_ERROR(Start());
  VARVE_RETURN_IF_ERROR(Reopen());
  past_.push_back({.closes = true});
  states_.push_back(states_.back());
  return absl::OkStatus();
}

absl::Status Twin::TruncateTo(Lsn lsn) {
  if (lsn >= newest()) return absl::OkStatus();
  states_.resize(lsn.value() + 1);
  past_.resize(lsn.value());
  opened_ = {};
  world_ = nullptr;
  return absl::OkStatus();
}

absl::Status Twin::Start() {
  if (opened_.store != nullptr) return absl::OkStatus();
  world_ = std::make_unique<World>(kTwinSeed, subjects_);
  world_->clock().SetTick(0);
  VARVE_ASSIGN_OR_RETURN(opened_, world_->Open(TwinOptions()));
  for (const Past& past : past_) {
    std::vector<absl::StatusCode> codes;
    VARVE_RETURN_IF_ERROR(Run(past, codes).status());
  }
  if (past_.empty()) {
    VARVE_ASSIGN_OR_RETURN(ReadView view, opened_.store->View());
    VARVE_ASSIGN_OR_RETURN(states_[0], DigestOf(view));
  }
  return absl::OkStatus();
}

absl::StatusOr<Lsn> Twin::Run(const Past& past, std::vector<absl::StatusCode>& codes) {
  if (past.closes) {
    VARVE_RETURN_IF_ERROR(Reopen());
    return Lsn();
  }
  world_->clock().Set(past.now);
  VARVE_ASSIGN_OR_RETURN(const Receipt receipt, CommitStep(*opened_.store, subjects_, past.choices,
                                                           Durability::kBuffered, codes));
  return receipt.lsn;
}

// The store under test committed something in the life that it closed, and so has this one: its
// close takes an LSN, too.
absl::Status Twin::Reopen() {
  VARVE_RETURN_IF_ERROR(opened_.store->Close());
  opened_ = {};
  VARVE_ASSIGN_OR_RETURN(opened_, world_->Open(TwinOptions()));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Twin::EntriesOf(Lsn lsn) {
  VARVE_RETURN_IF_ERROR(Start());
  VARVE_RETURN_IF_ERROR(opened_.store->Sync());
  VARVE_ASSIGN_OR_RETURN(ChangeFeed feed, opened_.store->Changes(Lsn(lsn.value() - 1)));
  VARVE_ASSIGN_OR_RETURN(const std::optional<CommittedChanges> changes, feed.Next());
  std::vector<std::string> lines;
  if (!changes.has_value()) return lines;
  for (const Entry& entry : changes->entries) {
    const EntryDescription description = feed.Describe(entry);
    std::string line = description.operation + " " + description.subject;
    if (!description.detail.empty()) line += " " + description.detail;
    if (!entry.run.is_nil()) line += " (run " + entry.run.ToString() + ")";
    lines.push_back(std::move(line));
  }
  return lines;
}

absl::StatusOr<std::vector<StateRow>> Twin::RowsAt(Lsn lsn) {
  Twin past(subjects_);
  past.past_.assign(past_.begin(), past_.begin() + static_cast<std::ptrdiff_t>(lsn.value()));
  VARVE_RETURN_IF_ERROR(past.Start());
  VARVE_ASSIGN_OR_RETURN(ReadView view, past.opened_.store->View());
  return RowsOf(view);
}

}  // namespace varve::crash
