#include "crash/process/script.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
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

void Tell(int marker, std::string text) {
  // To /dev/null: the tracer has read it by then.
  if (::write(marker, text.data(), text.size()) < 0) ::_exit(2);
}

absl::Status RunStep(const Step& step, const std::vector<Subject>& subjects, OpenedStore& opened,
                     int marker) {
  Store& store = *opened.store;
  Lsn durable;
  if (step.is_commit()) {
    const bool durably = step.kind == Step::Kind::kCommitDurably;
    Tell(marker, std::string(kStarted) + std::to_string(store.visible_lsn().Next().value()));
    std::vector<absl::StatusCode> codes;
    VARVE_ASSIGN_OR_RETURN(
        const Receipt receipt,
        CommitStep(store, subjects, step.choices,
                   durably ? Durability::kDurable : Durability::kBuffered, codes));
    if (durably) durable = receipt.lsn;
  } else if (step.kind == Step::Kind::kSync) {
    VARVE_RETURN_IF_ERROR(store.Sync());
    durable = store.visible_lsn();
  } else if (step.kind == Step::Kind::kCheckpoint) {
    VARVE_RETURN_IF_ERROR(store.Checkpoint());
  } else {
    VARVE_RETURN_IF_ERROR(opened.snapshotter->CreateSnapshot(store).status());
  }
  durable = std::max(durable, store.durable_lsn());
  Tell(marker, std::string(kDurable) + std::to_string(durable.value()));
  return absl::OkStatus();
}

absl::Status RunOpening(const std::vector<Step>& steps, const std::vector<Subject>& subjects,
                        const std::string& folder, const OpenOptions& options,
                        ScriptEnvironment& environment, int marker) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenReal(folder, subjects, options));
  Tell(marker, std::string(kServed) + std::to_string(opened.store->visible_lsn().value()));
  for (const Step& step : steps) {
    environment.Begin(step);
    VARVE_RETURN_IF_ERROR(RunStep(step, subjects, opened, marker));
  }
  const Lsn last = opened.store->visible_lsn();
  // A close that follows a commit logs a mark of its own, with an LSN.
  Tell(marker, std::string(kStarted) + std::to_string(last.Next().value()));
  VARVE_RETURN_IF_ERROR(opened.store->Close());
  Tell(marker, std::string(kDurable) + std::to_string(last.value()));
  return absl::OkStatus();
}

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
  VARVE_ASSIGN_OR_RETURN(PrimitiveRegistry registry, MakeRegistry(subjects));
  return OpenStore(folder + "/" + kStoreDirectory, std::move(registry), options);
}

int RunScript(const Script& script, const std::vector<Subject>& subjects, const std::string& folder,
              int marker) {
  ScriptEnvironment environment(script);
  OpenOptions options = script.options;
  options.environment = environment.environment();
  for (const std::vector<Step>& steps : script.openings) {
    const absl::Status status = RunOpening(steps, subjects, folder, options, environment, marker);
    if (status.ok()) continue;
    Tell(marker, std::string(kFailed) + status.ToString());
    return 1;
  }
  return 0;
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
