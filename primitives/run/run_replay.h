// A run's past and its relatives: what it was at a step, how it differs from another, a run that
// goes on from a step of another. All of it costs what the run holds, not what the store holds.
//
// The past is read from the history that the store keeps (StoreOptions::history): without it, or
// once it was trimmed, the answer is kOutOfRange, and it names where the history begins.
//
//   absl::StatusOr<varve::RunReplay> then = varve::ReplayRun(store, run, 120);
//   varve::Kv(then->view, run).Get("plan");                       // as it was after step 120
//
//   absl::StatusOr<varve::RunId> other = varve::ForkRun(store, run, 120, {.name = "what if"});
//   varve::DiffRuns(now, run, now, *other,
//                   [](const varve::RowChange& change) { return Show(change); });
#ifndef VARVE_PRIMITIVES_RUN_RUN_REPLAY_H_
#define VARVE_PRIMITIVES_RUN_RUN_REPLAY_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/read_view.h"
#include "kernel/reader.h"
#include "kernel/store.h"
#include "primitives/run/runs.h"

namespace varve {

struct RunReplay {
  ReadView view;  // the whole store as of the transaction that holds the step
  RunId run;
  RunStep step;  // the last one that is in it: those of one transaction come together
};

// kNotFound: the run has no such step. kOutOfRange: the history does not reach back that far.
[[nodiscard]] absl::StatusOr<RunReplay> ReplayRun(Store& store, const RunId& run,
                                                  std::uint64_t step);

struct RowChange {
  enum class Kind : std::uint8_t { kAdded, kRemoved, kModified };
  Kind kind = Kind::kAdded;
  std::string primitive;  // "varve.kv"
  std::string table;      // "rows"
  std::string subject;    // which row, as its primitive names it
  std::string before;     // what it held, as its primitive describes it; empty where added
  std::string after;      // likewise; empty where removed
  std::string key;        // its bytes
};

// Every row of every primitive in which run `to_run`, as `to` sees it, differs from run `from_run`,
// as `from` sees it, until `visit` returns false. The same run at two moments, two runs at one, or
// both. Tables that are derived from others are left out. What the register of runs says is seen
// too: status and outcome, tags and metadata, and the name where it is one run at two moments.
[[nodiscard]] absl::Status DiffRuns(Reader& from, const RunId& from_run, Reader& to,
                                    const RunId& to_run,
                                    const std::function<bool(const RowChange&)>& visit);

// Every row that the run holds, as its difference (kAdded) from one that holds nothing.
[[nodiscard]] absl::Status VisitRun(Reader& reader, const RunId& run,
                                    const std::function<bool(const RowChange&)>& visit);

// Of everything the run holds: XXH3-128 in 32 hexadecimal digits over table, key and value of each
// row in order; derived tables left out. Independent of LSNs, times and of how the store keeps it.
[[nodiscard]] absl::StatusOr<std::string> RunDigest(Reader& reader, const RunId& run);

// Begins a new run with what `run` held after `step` (0: with what it holds now), as a child of
// nothing, with RunInfo::forked_from set. Tags and metadata that `options` leaves empty are those
// of `run` then. Errors as ReplayRun and Transaction::CopyRun.
[[nodiscard]] absl::StatusOr<RunId> ForkRun(Store& store, const RunId& run, std::uint64_t step,
                                            RunOptions options = {});

}  // namespace varve

#endif  // VARVE_PRIMITIVES_RUN_RUN_REPLAY_H_
