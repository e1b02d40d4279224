// play_run play STORE RECORDING [KILL_AFTER]  plays the recording into a run, one durable
//                                             transaction a step; goes on where a killed one ended
// play_run verify STORE RECORDING RUN         compares the run with the recording
// play_run search STORE RUN TEXT KIND         the nearest texts among steps of one kind
//
// KILL_AFTER: the process kills itself (SIGKILL) once so many steps are durable.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "examples/agent_run/recorded_state.h"
#include "examples/agent_run/recording.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "primitives/run/run_replay.h"
#include "primitives/vector/vector.h"
#include "recovery/open.h"

namespace varve::agent_run {
namespace {

using Words = std::vector<std::string>;

absl::StatusOr<OpenedStore> Open(const std::string& path) {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  OpenOptions options;
  options.store.history.keep = std::chrono::microseconds::max();
  return OpenStore(path, std::move(registry), options);
}

// The run that a killed player left, taken over; or a new one.
absl::StatusOr<RunId> FindOrCreateRun(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunInfo> orphans, Runs(view).Orphans());
  RunId run;
  const auto receipt = store.Update([&](Transaction& transaction) -> absl::Status {
    Runs runs(transaction);
    if (!orphans.empty()) {
      run = orphans[0].id;
      return runs.Begin(run);
    }
    VARVE_ASSIGN_OR_RETURN(run, runs.Create({.name = "support agent", .tags = {"recorded"}}));
    return Prepare(transaction, run);
  });
  if (!receipt.ok()) return receipt.status();
  std::printf("%s run %s\n", orphans.empty() ? "new" : "orphaned", run.ToString().c_str());
  return run;
}

absl::StatusOr<std::uint64_t> StepsPlayed(Store& store, const RunId& run) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row, Kv(view, run).Get(kProgressKey));
  if (!row.has_value()) return 0;
  return std::strtoull(std::string(row->value).c_str(), nullptr, 10);
}

absl::Status PlayAll(const Words& words) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<Step> steps, ReadRecording(words[1]));
  const std::uint64_t kill_after = words.size() > 2 ? std::strtoull(words[2].c_str(), nullptr, 10)
                                                    : std::numeric_limits<std::uint64_t>::max();
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, Open(words[0]));
  VARVE_ASSIGN_OR_RETURN(const RunId run, FindOrCreateRun(*opened.store));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t played, StepsPlayed(*opened.store, run));
  std::printf("%llu steps are in\n", static_cast<unsigned long long>(played));
  for (std::uint64_t i = played; i < steps.size(); ++i) {
    const auto receipt = opened.store->Update(
        [&](Transaction& transaction) { return Play(steps[i], transaction, run); });
    if (!receipt.ok()) return AddContext(receipt.status(), "step " + std::to_string(i + 1));
    if (i + 1 == kill_after) std::raise(SIGKILL);
  }
  const auto ended = opened.store->Update([&](Transaction& transaction) {
    return Runs(transaction).End(run, RunStatus::kCompleted, "the recording is in");
  });
  if (!ended.ok()) return ended.status();
  std::printf("completed, %zu steps\n", steps.size());
  return opened.store->Close();
}

absl::Status Verify(const Words& words) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<Step> steps, ReadRecording(words[1]));
  const std::optional<Uuid> run = Uuid::Parse(words[2]);
  if (!run.has_value()) return InvalidArgument(words[2], " is no run id");
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, Open(words[0]));
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t played, StepsPlayed(*opened.store, *run));
  const RecordedState expected = StateAfter(steps, played);
  VARVE_RETURN_IF_ERROR(Compare(expected, view, *run));
  std::printf(
      "after %llu steps: %zu values, %zu documents, %zu streams, %zu cells, %zu spans, %zu texts, "
      "all equal to the recording\n",
      static_cast<unsigned long long>(played), expected.values.size(), expected.documents.size(),
      expected.streams.size(), expected.cells.size(), expected.spans.size(), expected.texts.size());
  return absl::OkStatus();
}

absl::Status Search(const Words& words) {
  const std::optional<Uuid> run = Uuid::Parse(words[1]);
  if (!run.has_value()) return InvalidArgument(words[1], " is no run id");
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, Open(words[0]));
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VectorSearchOptions options;
  options.k = 3;
  options.filter = VectorFilter::Eq("kind", words[3]);
  VARVE_ASSIGN_OR_RETURN(const std::vector<VectorHit> hits,
                         Vectors(view, *run).Search(kTexts, Embed(words[2]), options));
  for (const VectorHit& hit : hits) {
    const auto metadata = nlohmann::json::parse(hit.metadata, nullptr, false);
    std::printf("%.3f  step %s  %s\n", static_cast<double>(hit.score),
                metadata["step"].dump().c_str(), metadata["text"].get<std::string>().c_str());
  }
  return hits.empty() ? FailedPrecondition("nothing was found") : absl::OkStatus();
}

absl::Status Main(const std::string& verb, const Words& words) {
  if (verb == "play" && (words.size() == 2 || words.size() == 3)) return PlayAll(words);
  if (verb == "verify" && words.size() == 3) return Verify(words);
  if (verb == "search" && words.size() == 4) return Search(words);
  return InvalidArgument(
      "usage: play_run play STORE RECORDING [KILL_AFTER] | verify STORE RECORDING RUN | "
      "search STORE RUN TEXT KIND");
}

}  // namespace
}  // namespace varve::agent_run

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 1 ? 2 : 1), argv + argc);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const absl::Status status = varve::agent_run::Main(argc > 1 ? argv[1] : "", words);
  if (status.ok()) return 0;
  std::fprintf(stderr, "play_run: %s\n", status.ToString().c_str());
  return 1;
}
