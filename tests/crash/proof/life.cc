#include "tests/crash/proof/life.h"

#include <functional>
#include <optional>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/registry.h"
#include "tests/crash/all_seven.h"
#include "tests/crash/proof/planted.h"

namespace varve::crash {
namespace {

std::string TextOf(const absl::Status& status) { return status.ToString(); }

// The first line in which they differ.
std::string Difference(const State& found, const State& expected) {
  for (const auto& [key, value] : expected) {
    const auto other = found.find(key);
    if (other == found.end()) return "\"" + key + "\" is missing";
    if (other->second != value) {
      return "\"" + key + "\" is " + other->second.substr(0, 60) + ", not " + value.substr(0, 60);
    }
  }
  for (const auto& [key, value] : found) {
    if (!expected.contains(key)) return "\"" + key + "\" is there";
  }
  return "nothing";
}

void Mix(std::uint64_t& hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  hash ^= hash >> 29;
}

absl::Status MixTable(Reader& reader, TableId table, const RunId& run, std::uint64_t& hash) {
  const auto rows = reader.Scan(table, run, KeyRange::All());
  for (; rows->valid(); rows->Next()) {
    const Row& row = rows->row();
    Mix(hash, std::hash<std::string_view>()(row.key));
    Mix(hash, std::hash<std::string_view>()(row.value));
    Mix(hash, row.lsn.value());
    Mix(hash, row.commit_time.micros());
  }
  return rows->status();
}

absl::Status CheckLock(World& world) {
  const auto lock =
      world.files().Lock(std::string(kStoreDirectory) + "/LOCK", LockMode::kExclusive);
  if (absl::IsUnavailable(lock.status())) return absl::OkStatus();
  return Wrong("an open store does not hold its lock", TextOf(lock.status()));
}

SweepStep DrawCommit(Dice& dice, bool through_seven) {
  SweepStep step;
  step.through_seven = through_seven;
  step.operations.push_back({"after", MarkerText(dice.Below(1000)), dice.Chance(20)});
  return step;
}

SweepStep StepOf(SweepStep::Kind kind) {
  SweepStep step;
  step.kind = kind;
  return step;
}

// What is done to a recovered store: first a snapshot of just what was recovered, sometimes.
std::vector<SweepStep> StepsAfterRecovery(Dice& dice, bool through_seven) {
  std::vector<SweepStep> steps;
  if (dice.Chance(40)) steps.push_back(StepOf(SweepStep::Kind::kSnapshot));
  const std::uint64_t commits = 1 + dice.Below(3);
  for (std::uint64_t i = 0; i < commits; ++i) steps.push_back(DrawCommit(dice, through_seven));
  if (dice.Chance(30)) steps.push_back(StepOf(SweepStep::Kind::kCheckpoint));
  if (dice.Chance(30)) steps.push_back(StepOf(SweepStep::Kind::kSnapshot));
  if (dice.Chance(20)) steps.push_back(StepOf(SweepStep::Kind::kReopen));
  steps.push_back(DrawCommit(dice, through_seven));
  return steps;
}

Promises From(const Promises& promises, std::uint64_t number) {
  Promises chosen{promises.history.From(number), promises.fingerprints};
  chosen.fingerprints.erase(chosen.fingerprints.upper_bound(number), chosen.fingerprints.end());
  return chosen;
}

absl::Status CheckStays(std::unique_ptr<World> world, const OpenOptions& options,
                        const Promises& promises, std::string_view when) {
  absl::StatusOr<Served> served = OpenAndRead(*world, options);
  if (!served.ok()) return AddContext(served.status(), when);
  const absl::Status status = CheckServed(*served, promises).status();
  world->Kill(std::move(served->opened));
  return status.ok() ? status : AddContext(status, when);
}

}  // namespace

absl::Status Wrong(std::string_view what, std::string_view detail) {
  return MakeStatus(absl::StatusCode::kInternal, what, detail.empty() ? "" : ": ", detail);
}

OpenOptions DrawOptions(Dice& dice) {
  OpenOptions options = SmallStoreOptions();
  options.store.log.segment_bytes_min = std::uint64_t{8} << (10 + dice.Below(2));
  options.store.log.segment_bytes_max = options.store.log.segment_bytes_min << dice.Below(2);
  options.store.memtable_bytes = std::uint64_t{8} << (10 + dice.Below(3));
  options.snapshots.log_bytes_min = std::uint64_t{8} << (10 + dice.Below(4));
  options.snapshots.retained = 1 + static_cast<int>(dice.Below(3));
  return options;
}

std::vector<SweepStep> DrawSteps(Dice& dice, std::size_t count, bool through_seven) {
  const std::uint64_t seed = dice.Next();
  std::vector<SweepStep> steps =
      through_seven ? MakeStepsThroughSeven(seed, count) : MakeSteps(seed, count);
  std::vector<SweepStep> drawn;
  for (SweepStep& step : steps) {
    if (dice.Chance(8)) step.operations.clear();  // the marker alone
    drawn.push_back(step);
    // Opened for nothing: the segment that it made goes again.
    if (step.kind == SweepStep::Kind::kReopen && dice.Chance(50)) drawn.push_back(step);
  }
  return drawn;
}

CrashChoice DrawChoice(Dice& dice) {
  const std::uint64_t kind = dice.Below(100);
  if (kind < 25) return CrashChoice::Nothing();
  if (kind < 35) return CrashChoice::All();
  if (kind < 50) return CrashChoice::Killed();
  if (kind < 60) return CrashChoice::Prefix(dice.Below(12));
  if (kind < 80) return CrashChoice::Random(dice.Next(), 512);
  if (kind < 88) return CrashChoice::Random(dice.Next(), 4096);
  return CrashChoice::Random(dice.Next(), 8);
}

absl::StatusOr<std::uint64_t> Fingerprint(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  std::uint64_t hash = 1;
  for (const auto& primitive : store.registry().primitives()) {
    const PrimitiveSpec& spec = primitive->spec();
    for (const TableSpec& table : spec.tables) {
      for (const RunId& run : {RunId(), kSevenRun}) {
        VARVE_RETURN_IF_ERROR(MixTable(view, {spec.id, table.number}, run, hash));
      }
    }
  }
  return hash;
}

absl::StatusOr<Served> OpenAndRead(World& world, const OpenOptions& options) {
  absl::StatusOr<OpenedStore> opened = world.Open(options);
  if (!opened.ok()) return Wrong("it does not open", TextOf(opened.status()));
  Served served;
  served.opened = *std::move(opened);
  Store& store = *served.opened.store;
  VARVE_RETURN_IF_ERROR(CheckLock(world));
  if (const absl::Status fresh = CheckFreshlyOpened(store); !fresh.ok()) {
    return Wrong("what was opened is not in order", TextOf(fresh));
  }
  absl::StatusOr<State> state = ReadState(store);
  if (!state.ok()) return Wrong("what was opened cannot be read", TextOf(state.status()));
  served.state = *std::move(state);
  const absl::StatusOr<std::uint64_t> fingerprint = Fingerprint(store);
  if (!fingerprint.ok()) return Wrong("its rows cannot be read", TextOf(fingerprint.status()));
  served.fingerprint = *fingerprint;
  return served;
}

absl::StatusOr<std::uint64_t> CheckServed(const Served& served, const Promises& promises) {
  const History& history = promises.history;
  const std::uint64_t number = MarkerOf(served.state);
  const std::string place = "transaction " + std::to_string(number) + ", durable were " +
                            std::to_string(history.durable()) + ", started " +
                            std::to_string(history.started());
  if (number < history.durable()) return Wrong("a durable transaction is gone", place);
  if (number > history.started()) return Wrong("a transaction that never was", place);
  if (served.state != history.At(number)) {
    return Wrong("not the state of one transaction",
                 place + ": " + Difference(served.state, history.At(number)));
  }
  const auto known = promises.fingerprints.find(number);
  if (known != promises.fingerprints.end() && known->second != served.fingerprint) {
    return Wrong("rows differ, or their LSNs or times, from when it was committed", place);
  }
  return number;
}

absl::Status RunStepAndCompare(const SweepStep& step, World& world, const OpenOptions& options,
                               OpenedStore& opened, Promises& promises) {
  if (step.kind == SweepStep::Kind::kReopen) {
    const absl::Status closed = opened.store->Close();
    opened = {};
    VARVE_RETURN_IF_ERROR(closed);
    promises.history.AllDurable();
    VARVE_ASSIGN_OR_RETURN(opened, world.Open(options));
  } else {
    VARVE_RETURN_IF_ERROR(RunStep(step, world, opened, promises.history));
  }
  VARVE_ASSIGN_OR_RETURN(const State state, ReadState(*opened.store));
  if (state != promises.history.Newest()) {
    return Wrong("the store does not show what was committed",
                 Difference(state, promises.history.Newest()));
  }
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t fingerprint, Fingerprint(*opened.store));
  const auto [known, is_new] =
      promises.fingerprints.emplace(promises.history.started(), fingerprint);
  if (is_new || known->second == fingerprint) return absl::OkStatus();
  return Wrong("rows, LSNs or times changed though nothing was written");
}

absl::Status CheckImage(std::unique_ptr<World> world, const OpenOptions& options,
                        const Promises& promises, std::uint64_t seed, bool may_nest) {
  Dice dice(seed);
  absl::Status nested;
  if (may_nest && dice.Chance(30)) {
    world->files().SetHook([&](const Call& call) {
      if (!nested.ok() || !dice.Chance(25)) return;
      NoteCrash();
      const CrashChoice choice = DrawChoice(dice);
      nested = CheckImage(world->After(choice, dice.Chance(50)), options, promises, dice.Next(),
                          /*may_nest=*/false);
      if (!nested.ok()) {
        nested = AddContext(
            nested, "recovery cut before " + call.ToString() + " (" + choice.ToString() + ")");
      }
    });
  }
  absl::StatusOr<Served> first = OpenAndRead(*world, options);
  world->files().SetHook(nullptr);
  VARVE_RETURN_IF_ERROR(first.status());
  VARVE_RETURN_IF_ERROR(nested);
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t number, CheckServed(*first, promises));

  Promises chosen = From(promises, number);
  chosen.fingerprints[number] = first->fingerprint;
  VARVE_RETURN_IF_ERROR(CheckStays(world->After(CrashChoice::Nothing(), dice.Chance(50)), options,
                                   chosen, "once more, after a power cut"));
  for (const SweepStep& step : StepsAfterRecovery(dice, promises.history.through_seven())) {
    const absl::Status status = RunStepAndCompare(step, *world, options, first->opened, chosen);
    if (!status.ok()) return Wrong("after recovery", TextOf(status));
  }
  std::unique_ptr<World> again = world->After(DrawChoice(dice), dice.Chance(50));
  world->Kill(std::move(first->opened));
  return CheckStays(std::move(again), options, chosen, "after recovery, commits and a crash");
}

}  // namespace varve::crash
