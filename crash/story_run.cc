// Living a story through: the store, its twin, and what must hold between them.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "crash/story.h"
#include "crash/story_check.h"
#include "crash/story_rot.h"
#include "crash/twin.h"
#include "crash/world.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

constexpr std::size_t kSectorBytes = 512;

class StoryRun final {
 public:
  StoryRun(const Story& story, const std::vector<Subject>& subjects, const Teller& teller)
      : story_(story), subjects_(subjects), teller_(teller) {
    world_ = std::make_unique<World>(story.seed, subjects);
    world_->clock().SetTick(0);
  }

  absl::Status Run() {
    VARVE_RETURN_IF_ERROR(CheckRepeatable(story_));
    ++counts_.stories;
    VARVE_ASSIGN_OR_RETURN(twin_, Twin::Make(subjects_));
    for (const Life& life : story_.lives) {
      Tell("life ", ++lives_, ": ", life.steps.size(), " steps");
      VARVE_RETURN_IF_ERROR(Live(life));
    }
    Tell("the last life: no crash, no fault");
    before_last_life_ = world_->files().Contents();
    VARVE_RETURN_IF_ERROR(CommitOnceMore());
    VARVE_RETURN_IF_ERROR(OpenWithoutRows());
    return story_.rot.has_value() ? OpenRotten(*story_.rot) : absl::OkStatus();
  }

  // What was met. Without a verdict.
  [[nodiscard]] const StoryReport& report() const { return report_; }

 private:
  template <typename... Parts>
  void Tell(const Parts&... parts) {
    if (!teller_) return;
    std::string line;
    (internal::AppendAnyPart(line, parts), ...);
    teller_(line);
  }

  // What `work` answers while memory ends where `fault` says so.
  template <typename Work>
  auto AnswerOf(const std::optional<MemoryFault>& fault, const Work& work) {
    std::uint64_t fired = 0;
    auto answer = WithMemory(fault, work, fired);
    memory_ended_ = fired > 0;
    if (memory_ended_) {
      ++counts_.allocations_failed;
      Tell("  memory ends at allocation ", fault->skip + 1, fault->lasts ? " and all after it" : "",
           " of what follows:");
    }
    return answer;
  }

  OpenOptions Options() const {
    OpenOptions options = SmallStoreOptions();
    options.store.log.segment_bytes_min = story_.options.segment_bytes;
    options.store.log.segment_bytes_max = 2 * story_.options.segment_bytes;
    options.store.log.unsynced_bytes_max = story_.options.unsynced_bytes;
    options.store.memtable_bytes = story_.options.memtable_bytes;
    options.snapshots.log_bytes_min = story_.options.snapshot_log_bytes;
    options.snapshots.retained = story_.options.snapshots_retained;
    return options;
  }

  absl::Status Live(const Life& life) {
    StrictFileSystem& files = world_->files();
    for (const Fault& fault : life.faults) files.AddFault(fault);
    if (life.cut_before_call != 0) files.CrashAt(life.cut_before_call);
    serves_ = true;
    const OpenOptions options = Options();
    auto opened = AnswerOf(life.memory, [&] { return world_->Open(options); });
    if (files.crashed()) {
      ++counts_.crashes_in_opening;
      Tell("  the power goes while the store is being opened");
    } else if (!opened.ok()) {
      VARVE_RETURN_IF_ERROR(CheckRefusal(opened.status()));
    } else {
      VARVE_RETURN_IF_ERROR(CheckRecovered(*opened));
      VARVE_RETURN_IF_ERROR(TakeSteps(life, *opened));
    }
    return End(life, opened.ok() ? *std::move(opened) : OpenedStore{});
  }

  // A disk that fails may refuse the store, and so may memory that ends; nothing else must.
  absl::Status CheckRefusal(const absl::Status& status) {
    Tell("  the opening is refused: ", TextOf(status));
    const bool disk_failed = world_->files().faults_fired() > 0;
    if (!disk_failed && !memory_ended_) {
      return Broken("O1: it does not open: ", TextOf(status));
    }
    ++counts_.refused;
    if (!disk_failed && !absl::IsResourceExhausted(status)) {
      return Broken("O13: an opening without memory is refused with ", TextOf(status));
    }
    const bool tells_whose_fault = absl::IsUnknown(status) || absl::IsResourceExhausted(status) ||
                                   absl::IsDataLoss(status) || absl::IsUnavailable(status);
    if (tells_whose_fault) return absl::OkStatus();
    return Broken("an opening on a failing disk is refused with ", TextOf(status));
  }

  // The state is that of one transaction that may be the last, whole, and now promised.
  absl::Status CheckRecovered(OpenedStore& opened) {
    ++counts_.openings;
    counts_.torn_tails += opened.report.torn_tail_bytes > 0 ? 1 : 0;
    counts_.from_snapshot += opened.report.base == RecoveryReport::Base::kSnapshot ? 1 : 0;
    const Lsn lsn = opened.store->visible_lsn();
    Tell("  opened at LSN ", lsn, "; promised ", durable_, ", begun ", twin_->newest(), ", ",
         opened.report.torn_tail_bytes, " bytes of a torn tail");
    if (lsn < durable_) {
      return Broken("O1: LSN ", durable_, " was durable, and only ", lsn, " is there");
    }
    if (is_perhaps_closed_ && lsn == twin_->newest().Next()) VARVE_RETURN_IF_ERROR(twin_->Close());
    is_perhaps_closed_ = false;
    if (lsn > twin_->newest()) {
      return Broken("O3: there is LSN ", lsn, ", and ", twin_->newest(), " was the last begun");
    }
    VARVE_RETURN_IF_ERROR(CheckState(*opened.store, lsn, "O2"));
    VARVE_RETURN_IF_ERROR(CheckRowsOf(*opened.store));
    counts_.lost += twin_->newest().value() - lsn.value();
    durable_ = lsn;                 // O6: what was served stays
    return twin_->TruncateTo(lsn);  // O5: what was discarded does not come back
  }

  absl::Status CheckState(Store& store, Lsn lsn, const char* oracle) {
    VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
    VARVE_ASSIGN_OR_RETURN(const snapshot::Digest found, DigestOf(view));
    const snapshot::Digest& expected = twin_->At(lsn);
    if (found == expected) return absl::OkStatus();
    if (teller_) VARVE_RETURN_IF_ERROR(TellDifference(view, lsn));
    return Broken(oracle, ": the state at LSN ", lsn, " has digest ", found.ToString(), ", not ",
                  expected.ToString());
  }

  absl::Status TellDifference(ReadView& view, Lsn lsn) {
    VARVE_ASSIGN_OR_RETURN(const std::vector<StateRow> found, RowsOf(view));
    VARVE_ASSIGN_OR_RETURN(const std::vector<StateRow> expected, twin_->RowsAt(lsn));
    Tell("the first difference at LSN ", lsn, ":\n", FirstDifference(expected, found));
    return absl::OkStatus();
  }

  absl::Status TakeSteps(const Life& life, OpenedStore& opened) {
    StrictFileSystem& files = world_->files();
    for (const Step& step : life.steps) {
      MoveClock(step.clock_micros);
      VARVE_RETURN_IF_ERROR(Take(step, opened));
      if (files.crashed()) {
        Tell("  the power goes before ", LastCall());
        return absl::OkStatus();
      }
    }
    if (!opened.store->status().ok()) return absl::OkStatus();
    return CheckState(*opened.store, opened.store->visible_lsn(), "O11");
  }

  void MoveClock(std::int64_t micros) {
    now_ = Timestamp(static_cast<std::uint64_t>(static_cast<std::int64_t>(now_.micros()) + micros));
    world_->clock().Set(now_);
  }

  std::string LastCall() { return "call " + std::to_string(world_->files().call_count() + 1); }

  absl::Status Take(const Step& step, OpenedStore& opened) {
    if (step.is_commit()) return Commit(step, *opened.store);
    serves_ = opened.store->status().ok();
    const absl::Status status = AnswerOf(step.memory, [&] { return Act(step.kind, opened); });
    Tell("  ", StepName(step.kind), ": ", status.ok() ? "OK" : TextOf(status));
    if (status.ok() && step.kind == Step::Kind::kSync) durable_ = opened.store->visible_lsn();
    VARVE_RETURN_IF_ERROR(CheckFailure(status));
    return CheckServes(status, *opened.store);
  }

  // In the last call of the store, or in one before it after which the store serves no more.
  bool MemoryAloneEnded() {
    const StrictFileSystem& files = world_->files();
    return (memory_ended_ || !serves_) && !files.crashed() && files.faults_fired() == 0;
  }

  // Where it only lacked memory for something, the store goes on.
  absl::Status CheckServes(const absl::Status& status, const Store& store) {
    if (!MemoryAloneEnded() || !absl::IsResourceExhausted(status)) return absl::OkStatus();
    if (!serves_ || store.status().ok()) return absl::OkStatus();
    return Broken("O13: ", TextOf(status),
                  ", and the store serves no more: ", TextOf(store.status()));
  }

  // A step may fail where the disk does, where memory ends, or where the process is dead.
  absl::Status CheckFailure(const absl::Status& status) {
    if (status.ok()) return status;
    if (MemoryAloneEnded()) {
      const bool is_answer = absl::IsResourceExhausted(status) || absl::IsUnknown(status) ||
                             absl::IsFailedPrecondition(status);
      if (is_answer) return absl::OkStatus();
      return Broken("O13: memory that ends is answered with ", TextOf(status));
    }
    const bool has_reason = world_->files().crashed() || world_->files().faults_fired() > 0;
    if (!has_reason) return Broken("O10: a step fails on a good disk: ", TextOf(status));
    const bool is_honest = absl::IsUnknown(status) || absl::IsResourceExhausted(status) ||
                           absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
    return is_honest ? absl::OkStatus()
                     : Broken("a failing disk is answered with ", TextOf(status));
  }

  absl::Status Commit(const Step& step, Store& store) {
    const bool durably = step.kind == Step::Kind::kCommitDurably;
    serves_ = store.status().ok();
    if (!serves_) return CheckPoisoned(store);
    const Lsn before = twin_->newest();
    std::vector<absl::StatusCode> expected;
    VARVE_ASSIGN_OR_RETURN(const Lsn lsn, twin_->Commit(step.choices, now_, expected));
    std::vector<absl::StatusCode> codes;
    const auto receipt = AnswerOf(step.memory, [&] {
      return CommitStep(store, subjects_, step.choices,
                        durably ? Durability::kDurable : Durability::kBuffered, codes);
    });
    ++counts_.commits;
    TellCommit(step, before, lsn, receipt.status());
    if (world_->files().crashed()) return absl::OkStatus();
    if (!receipt.ok()) return CheckRefusedCommit(store, receipt.status(), before);
    if (codes != expected) return Broken("O11: the operations of LSN ", lsn, " ended differently");
    if (receipt->lsn != (lsn == before ? Lsn() : lsn)) {
      return Broken("O11: committed as LSN ", receipt->lsn, ", not ", lsn);
    }
    if (durably && lsn != before) durable_ = lsn;
    return absl::OkStatus();
  }

  void TellCommit(const Step& step, Lsn before, Lsn lsn, const absl::Status& status) {
    if (!teller_) return;
    Tell("  ", StepName(step.kind), " LSN ", lsn, lsn == before ? " (nothing written)" : "", ": ",
         status.ok() ? "OK" : TextOf(status));
    if (lsn == before) return;
    const auto entries = twin_->EntriesOf(lsn);
    if (!entries.ok()) return;
    for (const std::string& entry : *entries) Tell("      ", entry);
  }

  // Absent for certain, or kUnknown and poisoned.
  absl::Status CheckRefusedCommit(Store& store, const absl::Status& status, Lsn before) {
    VARVE_RETURN_IF_ERROR(CheckFailure(status));
    if (absl::IsUnknown(status)) {
      if (!store.status().ok()) return absl::OkStatus();
      return Broken("O3: a commit is answered kUnknown, and the store takes more of them");
    }
    VARVE_RETURN_IF_ERROR(CheckServes(status, store));
    return twin_->TruncateTo(before);
  }

  absl::Status CheckPoisoned(Store& store) {
    if (absl::IsFailedPrecondition(store.Begin().status())) return absl::OkStatus();
    return Broken("O3: a poisoned store begins a transaction");
  }

  absl::Status End(const Life& life, OpenedStore opened) {
    counts_.faults_fired += world_->files().faults_fired();
    CrashChoice left = life.left;
    if (life.closes && opened.store != nullptr && !world_->files().crashed()) {
      VARVE_RETURN_IF_ERROR(Close(*opened.store, life.closing_memory));
      if (is_closed_) left = CrashChoice::Killed();
    }
    counts_.crashes += left.mode == CrashChoice::Mode::kKilled && life.closes ? 0 : 1;
    report_.calls = world_->files().call_count();
    report_.pending_changes = world_->files().pending_count();
    report_.pending_sectors = world_->files().pending_sectors(kSectorBytes);
    TellPending();
    Tell("  left behind: ", left.ToString(), life.keeps_rows ? "" : ", state.mdb lost");
    GoOnWith(left, life.keeps_rows, std::move(opened));
    return absl::OkStatus();
  }

  // The process ends; the next one finds what is left.
  void GoOnWith(const CrashChoice& left, bool keeps_rows, OpenedStore opened) {
    auto next = world_->After(left, keeps_rows);
    world_->Kill(std::move(opened));
    world_ = std::move(next);
    world_->clock().SetTick(0);
    world_->clock().Set(now_);
  }

  void TellPending() {
    if (!teller_) return;
    for (const PendingPart& part : world_->files().DescribePending()) {
      Tell("      ", part.path, ": ", part.text);
    }
  }

  // Without memory for the rest of it, a close has made everything durable.
  absl::Status Close(Store& store, const std::optional<MemoryFault>& memory = std::nullopt) {
    const Lsn newest = store.visible_lsn();
    serves_ = store.status().ok();
    const absl::Status closed = AnswerOf(memory, [&] { return store.Close(); });
    Tell("  close: ", closed.ok() ? "OK" : TextOf(closed));
    is_perhaps_closed_ = true;
    is_closed_ = closed.ok() && !world_->files().crashed();
    if (is_closed_ || (MemoryAloneEnded() && absl::IsResourceExhausted(closed))) durable_ = newest;
    return CheckFailure(closed);
  }

  // O7: a recovered store goes on.
  absl::Status CommitOnceMore() {
    VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWell());
    MoveClock(1);
    VARVE_RETURN_IF_ERROR(Commit({.kind = Step::Kind::kCommitDurably}, *opened.store));
    return CloseWell(std::move(opened));
  }

  // O8: snapshot and log give what the materialized rows gave.
  absl::Status OpenWithoutRows() {
    world_->DropRows();
    VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWell());
    VARVE_RETURN_IF_ERROR(CloseWell(std::move(opened)));
    for (const auto& [path, content] : world_->files().Contents()) {
      if (!BelongsThere(path)) return Broken("O10: ", path, " is left over");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<OpenedStore> OpenWell() {
    auto opened = world_->Open(Options());
    if (!opened.ok()) return Broken("O1: it does not open: ", TextOf(opened.status()));
    VARVE_RETURN_IF_ERROR(CheckRecovered(*opened));
    return opened;
  }

  absl::Status CloseWell(OpenedStore opened) {
    VARVE_RETURN_IF_ERROR(Close(*opened.store));
    GoOnWith(CrashChoice::All(), /*keeps_rows=*/true, std::move(opened));
    return absl::OkStatus();
  }

  // O9, O12: damage at rest is answered with the right state, or refused and left as it is.
  absl::Status OpenRotten(const Rot& rot) {
    const auto whole = world_->files().Contents();
    std::vector<std::string> paths;
    for (const auto& [path, content] : whole) {
      if (!content.empty()) paths.push_back(path);
    }
    const std::string& path = paths[rot.file % paths.size()];
    const std::uint64_t offset = rot.offset % whole.at(path).size();
    Tell("rot: ", path, ", offset ", offset, ", kind ", static_cast<int>(rot.kind));
    Spoil(rot, path, offset, before_last_life_, world_->files());
    const auto before = world_->files().Contents();
    auto opened = world_->Open(Options());
    if (opened.ok()) return CheckRecovered(*opened);
    ++counts_.refused;
    Tell("  refused: ", TextOf(opened.status()));
    if (!IsDamage(opened.status())) return Broken("O9: damage reads as ", TextOf(opened.status()));
    if (world_->files().Contents() == before) return absl::OkStatus();
    return Broken("O12: a refused opening changed the disk");
  }

  const Story& story_;
  const std::vector<Subject>& subjects_;
  const Teller& teller_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Twin> twin_;
  Timestamp now_{1'700'000'000'000'000};
  std::map<std::string, std::string> before_last_life_;
  Lsn durable_;                     // promised
  bool is_perhaps_closed_ = false;  // the mark of a clean close may stand behind the newest commit
  bool is_closed_ = false;          // the last close came to its end
  bool memory_ended_ = false;       // within the last call of the store
  bool serves_ = true;              // it did before that call
  std::uint64_t lives_ = 0;
  StoryReport report_;
  StoryCounts& counts_ = report_.counts;
};

}  // namespace

StoryReport RunStory(const Story& story, const std::vector<Subject>& subjects,
                     const Teller& teller) {
  StoryRun run(story, subjects, teller);
  const absl::Status verdict = run.Run();
  StoryReport report = run.report();
  report.verdict = verdict;
  return report;
}

}  // namespace varve::crash
