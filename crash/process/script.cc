#include "crash/process/script.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <utility>

#include "crash/world.h"
#include "kernel/base/status.h"
#include "snapshot/snapshotter.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kStart = 1'700'000'000'000'000;  // some day in 2023
constexpr std::uint64_t kMicrosApart = 3'600'000'000;    // an hour
constexpr std::uint64_t kSeedsApart = 1'000;
constexpr std::uint64_t kOpeningsMax = 3;
constexpr std::string_view kStarted = "started ";
constexpr std::string_view kDurable = "durable ";
constexpr std::string_view kServed = "served ";
constexpr std::string_view kFailed = "failed ";
constexpr std::string_view kAbsent = "absent ";      // what was started behind this LSN
constexpr std::string_view kAnswered = "answered ";  // an error that was expected
constexpr std::string_view kMemoryEnded = "memory ended";

void Tell(int marker, std::string text) {
  // To /dev/null: the tracer has read it by then.
  if (::write(marker, text.data(), text.size()) < 0) ::_exit(2);
}

bool IsHonest(const absl::Status& status) {
  return absl::IsUnknown(status) || absl::IsResourceExhausted(status) ||
         absl::IsFailedPrecondition(status) || absl::IsDataLoss(status) ||
         absl::IsUnavailable(status);
}

// The life of one process.
class ScriptRun final {
 public:
  ScriptRun(const Script& script, const std::vector<Subject>& subjects, const std::string& folder,
            int marker)
      : script_(script),
        subjects_(subjects),
        folder_(folder),
        marker_(marker),
        environment_(script),
        options_(script.options) {
    options_.environment = environment_.environment();
  }

  absl::Status Run() {
    for (const std::vector<Step>& steps : script_.openings) {
      part_ = 0;
      VARVE_RETURN_IF_ERROR(RunOpening(steps));
      ++opening_;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status RunOpening(const std::vector<Step>& steps) {
    OpenedStore opened;
    VARVE_RETURN_IF_ERROR(Try([&]() -> absl::Status {
      VARVE_ASSIGN_OR_RETURN(opened, OpenReal(folder_, subjects_, options_));
      return absl::OkStatus();
    }));
    Tell(kServed, opened.store->visible_lsn());
    for (const Step& step : steps) {
      ++part_;
      environment_.Begin(step);
      VARVE_RETURN_IF_ERROR(RunStep(step, opened));
    }
    ++part_;
    const Lsn last = opened.store->visible_lsn();
    // A close that follows a commit logs a mark of its own, with an LSN.
    Tell(kStarted, last.Next());
    VARVE_RETURN_IF_ERROR(Try([&] { return opened.store->Close(); }));
    Tell(kDurable, last);
    return absl::OkStatus();
  }

  absl::Status RunStep(const Step& step, OpenedStore& opened) {
    Store& store = *opened.store;
    const Lsn before = store.visible_lsn();
    Lsn durable;
    if (step.is_commit()) Tell(kStarted, before.Next());
    const auto act = [&] { return Act(step, opened, durable); };
    // What was refused is absent: the same again takes its place.
    const auto refused = [&] {
      if (step.is_commit()) Tell(kAbsent, before);
      if (step.is_commit()) Tell(kStarted, before.Next());
    };
    VARVE_RETURN_IF_ERROR(Try(act, refused));
    Tell(kDurable, std::max(durable, store.durable_lsn()));
    return absl::OkStatus();
  }

  absl::Status Act(const Step& step, OpenedStore& opened, Lsn& durable) {
    Store& store = *opened.store;
    if (step.is_commit()) {
      const bool durably = step.kind == Step::Kind::kCommitDurably;
      std::vector<absl::StatusCode> codes;
      VARVE_ASSIGN_OR_RETURN(
          const Receipt receipt,
          CommitStep(store, subjects_, step.choices,
                     durably ? Durability::kDurable : Durability::kBuffered, codes));
      if (durably) durable = receipt.lsn;
      return absl::OkStatus();
    }
    if (step.kind == Step::Kind::kCheckpoint) return store.Checkpoint();
    if (step.kind == Step::Kind::kSnapshot)
      return opened.snapshotter->CreateSnapshot(store).status();
    VARVE_RETURN_IF_ERROR(store.Sync());
    durable = store.visible_lsn();
    return absl::OkStatus();
  }

  // Where errors are expected: once more behind kResourceExhausted; behind another one the process
  // is at its end.
  absl::Status Try(
      const std::function<absl::Status()>& act, const std::function<void()>& refused = [] {}) {
    absl::Status status = WithMemoryOf(act);
    if (status.ok() || !script_.expects_errors) return status;
    if (!IsHonest(status)) return AddContext(status, "an error that is no answer to a failed call");
    Answer(status);
    if (!absl::IsResourceExhausted(status)) ::_exit(0);
    refused();
    status = act();
    if (status.ok()) return status;
    if (!IsHonest(status)) return AddContext(status, "an error that is no answer to a failed call");
    Answer(status);
    ::_exit(0);
  }

  absl::Status WithMemoryOf(const std::function<absl::Status()>& act) {
    const bool here = script_.memory.has_value() && script_.memory->opening == opening_ &&
                      script_.memory->part == part_;
    if (!here) return act();
    std::uint64_t fired = 0;
    absl::Status status = WithMemory(std::optional(script_.memory->fault), act, fired);
    if (fired > 0) crash::Tell(marker_, std::string(kMemoryEnded));
    return status;
  }

  void Answer(const absl::Status& status) {
    crash::Tell(marker_, std::string(kAnswered) + status.ToString());
  }
  void Tell(std::string_view what, Lsn lsn) {
    crash::Tell(marker_, std::string(what) + std::to_string(lsn.value()));
  }

  const Script& script_;
  const std::vector<Subject>& subjects_;
  const std::string& folder_;
  const int marker_;
  ScriptEnvironment environment_;
  OpenOptions options_;
  std::size_t opening_ = 0;
  std::size_t part_ = 0;
};

Step PlainStep(Step::Kind kind) {
  Step step;
  step.kind = kind;
  return step;
}

// None of them may matter to the state: it is looked at by stores with other ones (O11).
OpenOptions DrawOptions(Decisions& random) {
  constexpr std::array<std::uint64_t, 3> kSegmentKibs = {16, 64, 256};
  constexpr std::array<std::uint64_t, 3> kUnsyncedBytes = {2'048, 256, 65'536};
  constexpr std::array<std::uint64_t, 3> kMemtableKibs = {24, 4, 256};
  constexpr std::array<std::uint64_t, 3> kSnapshotKibs = {40, 8, 1'024};
  constexpr std::array<int, 3> kRetained = {2, 1, 3};
  const auto draw = [&](const auto& values) { return values[random.Below(values.size())]; };
  OpenOptions options = SmallStoreOptions();
  options.store.log.segment_bytes_min = draw(kSegmentKibs) << 10;
  options.store.log.segment_bytes_max = options.store.log.segment_bytes_min * 2;
  options.store.log.unsynced_bytes_max = draw(kUnsyncedBytes);
  options.store.memtable_bytes = draw(kMemtableKibs) << 10;
  options.snapshots.log_bytes_min = draw(kSnapshotKibs) << 10;
  options.snapshots.retained = draw(kRetained);
  return options;
}

}  // namespace

Script DrawScript(Decisions& random, std::size_t steps, std::uint64_t life) {
  Script script;
  script.seed = kSeedsApart * (1 + life) + random.Below(256);
  script.start = Timestamp(kStart + kMicrosApart * life);
  script.options = DrawOptions(random);
  script.openings.resize(1 + random.Below(kOpeningsMax));
  const std::size_t each = std::max<std::size_t>(1, steps / script.openings.size());
  for (std::vector<Step>& opening : script.openings) {
    for (std::size_t i = 0; i < each; ++i) opening.push_back(DrawStep(random));
    for (const Step::Kind kind : {Step::Kind::kCheckpoint, Step::Kind::kSnapshot}) {
      const auto at = static_cast<std::ptrdiff_t>(random.Below(opening.size() + 1));
      opening.insert(opening.begin() + at, PlainStep(kind));
    }
  }
  return script;
}

ScriptEnvironment::ScriptEnvironment(const Script& script)
    : now_(script.start), entropy_(script.seed) {
  clock_.SetTick(0);
  clock_.Set(now_);
}

void ScriptEnvironment::Begin(const Step& step) {
  now_ = Timestamp(now_.micros() + static_cast<std::uint64_t>(step.clock_micros));
  clock_.Set(now_);
}

absl::StatusOr<OpenedStore> OpenReal(const std::string& folder,
                                     const std::vector<Subject>& subjects,
                                     const OpenOptions& options) {
  // What the harness needs before the store is asked: it finds its memory.
  std::optional<AllocationsSucceed> harness(std::in_place);
  VARVE_ASSIGN_OR_RETURN(PrimitiveRegistry registry, MakeRegistry(subjects));
  const std::string path = folder + "/" + kStoreDirectory;
  harness.reset();
  return OpenStore(path, std::move(registry), options);
}

int RunScript(const Script& script, const std::vector<Subject>& subjects, const std::string& folder,
              int marker) {
  const absl::Status status = ScriptRun(script, subjects, folder, marker).Run();
  if (status.ok()) return 0;
  Tell(marker, std::string(kFailed) + status.ToString());
  return 1;
}

void Promise::Take(std::string_view marker) {
  const auto number = [&](std::string_view title) {
    std::uint64_t value = 0;
    marker.remove_prefix(title.size());
    std::from_chars(marker.data(), marker.data() + marker.size(), value);
    return Lsn(value);
  };
  if (marker.starts_with(kStarted)) {
    started = std::max(started, number(kStarted));
  } else if (marker.starts_with(kDurable)) {
    durable = std::max(durable, number(kDurable));
  } else if (marker.starts_with(kServed)) {
    TakeServed(number(kServed));
  } else if (marker.starts_with(kFailed)) {
    failure = marker.substr(kFailed.size());
  } else if (marker.starts_with(kAbsent)) {
    started = std::min(started, number(kAbsent));
  } else if (marker.starts_with(kAnswered)) {
    ++answers;
    last_answer = marker.substr(kAnswered.size());
  } else if (marker == kMemoryEnded) {
    memory_ended = true;
  }
}

void Promise::TakeServed(Lsn lsn) {
  if (lsn < durable || lsn > started) {
    failure = (lsn < durable ? "O1: " : "O3: ") + std::string("recovery served transaction ") +
              std::to_string(lsn.value()) + ", but " + std::to_string(durable.value()) +
              " was promised to be durable, and " + std::to_string(started.value()) +
              " was the last begun";
  }
  ++served;
  durable = started = lsn;
}

absl::Status RunOnTwin(const Script& script, Twin& twin) {
  ScriptEnvironment environment(script);
  for (const std::vector<Step>& steps : script.openings) {
    const Lsn before = twin.newest();
    for (const Step& step : steps) {
      environment.Begin(step);
      std::vector<absl::StatusCode> codes;
      if (step.is_commit()) {
        VARVE_RETURN_IF_ERROR(twin.Commit(step.choices, environment.now(), codes).status());
      }
    }
    if (twin.newest() > before) VARVE_RETURN_IF_ERROR(twin.Close());
  }
  return absl::OkStatus();
}

}  // namespace varve::crash
