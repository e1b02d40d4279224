// varve STORE replay RUN[@STEP] and varve STORE diff RUN[@STEP] RUN[@STEP]
#include <optional>
#include <string>

#include "cli/bytes_text.h"
#include "cli/run_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "primitives/run/run_replay.h"

namespace varve::cli {
namespace {

constexpr std::size_t kContentBytesMax = 60;

// The store as of a run's step, or now.
absl::StatusOr<ReadView> ViewOf(Store& store, const RunMoment& moment) {
  if (!moment.step.has_value()) return store.View();
  VARVE_ASSIGN_OR_RETURN(RunReplay replay, ReplayRun(store, moment.run, *moment.step));
  return std::move(replay.view);
}

struct ReplayArguments {
  std::string moment;
  bool steps_only = false;
};

void DeclareReplay(Arguments& arguments, ReplayArguments& to) {
  arguments.Text({.name = "run", .help = "RUN, or RUN@STEP to stop there", .required = true},
                 to.moment);
  arguments.Flag({.name = "--steps-only", .help = "Without the state at the end"}, to.steps_only);
}

// Every row that the run held then.
absl::Status PrintState(ReadView& view, const RunId& run, Session& session) {
  return VisitRun(view, run, [&](const RowChange& row) {
    session.output().Line("  " + row.primitive + " " + row.table + "  " +
                          ShortText(row.subject, kContentBytesMax) + " = " +
                          ShortText(row.after, kContentBytesMax));
    session.output().Object({{"primitive", row.primitive},
                             {"table", row.table},
                             {"subject", BytesToJson(row.subject)},
                             {"content", BytesToJson(row.after)}});
    return true;
  });
}

absl::StatusOr<Answer> RunReplayVerb(const ReplayArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunMoment moment, ParseRunMoment(arguments.moment));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewOf(*opened.store, moment));
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunStep> steps,
                         Runs(view).Steps(moment.run, 1, ~std::uint64_t{0}));
  if (steps.empty()) {
    return MakeStatus(absl::StatusCode::kNotFound, "run ", moment.run.ToString(),
                      " has no steps: nothing was written into it (`run list` shows the runs)");
  }
  for (const RunStep& step : steps) {
    session.output().Line(StepToText(step, view.registry()));
    session.output().Object(StepToJson(step, view.registry()));
  }
  VARVE_ASSIGN_OR_RETURN(const std::string digest, RunDigest(view, moment.run));
  session.output().Line("");
  session.output().Line("After step " + FormatCount(steps.back().number) + ", LSN " +
                        FormatCount(view.lsn().value()) + ", digest " + digest);
  session.output().Object(
      {{"after_step", steps.back().number}, {"lsn", view.lsn().value()}, {"digest", digest}});
  if (!arguments.steps_only) VARVE_RETURN_IF_ERROR(PrintState(view, moment.run, session));
  return Answer::kYes;
}

struct DiffArguments {
  std::string from;
  std::string to;
};

void DeclareDiff(Arguments& arguments, DiffArguments& to) {
  arguments.Text({.name = "from", .help = "RUN or RUN@STEP", .required = true}, to.from);
  arguments.Text({.name = "to", .help = "RUN or RUN@STEP", .required = true}, to.to);
}

struct Counts {
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t modified = 0;
};

void PrintChange(const RowChange& change, Counts& counts, Session& session) {
  const char* sign = "~";
  const char* kind = "modified";
  if (change.kind == RowChange::Kind::kAdded) {
    sign = "+";
    kind = "added";
    ++counts.added;
  } else if (change.kind == RowChange::Kind::kRemoved) {
    sign = "-";
    kind = "removed";
    ++counts.removed;
  } else {
    ++counts.modified;
  }
  std::string line = std::string(sign) + " " + change.primitive + " " + change.table + "  " +
                     ShortText(change.subject, kContentBytesMax) + "  ";
  if (!change.before.empty()) line += ShortText(change.before, kContentBytesMax);
  if (change.kind == RowChange::Kind::kModified) line += "  ->  ";
  line += ShortText(change.after, kContentBytesMax);
  session.output().Line(line);
  session.output().Object({{"change", kind},
                           {"primitive", change.primitive},
                           {"table", change.table},
                           {"subject", BytesToJson(change.subject)},
                           {"before", BytesToJson(change.before)},
                           {"after", BytesToJson(change.after)}});
}

absl::StatusOr<Answer> RunDiffVerb(const DiffArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunMoment from, ParseRunMoment(arguments.from));
  VARVE_ASSIGN_OR_RETURN(const RunMoment to, ParseRunMoment(arguments.to));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView from_view, ViewOf(*opened.store, from));
  VARVE_ASSIGN_OR_RETURN(ReadView to_view, ViewOf(*opened.store, to));
  Counts counts;
  VARVE_RETURN_IF_ERROR(
      DiffRuns(from_view, from.run, to_view, to.run, [&](const RowChange& change) {
        PrintChange(change, counts, session);
        return true;
      }));
  session.output().Line(FormatCount(counts.added) + " added, " + FormatCount(counts.removed) +
                        " removed, " + FormatCount(counts.modified) + " modified");
  session.output().Object(
      {{"added", counts.added}, {"removed", counts.removed}, {"modified", counts.modified}});
  return counts.added + counts.removed + counts.modified == 0 ? Answer::kNo : Answer::kYes;
}

}  // namespace

void AddReplayVerbs(Verbs& root) {
  root.Add<ReplayArguments>({"replay",
                             "Tells what happened in a run, step by step, and what it held then.",
                             {"replay RUN", "replay RUN@120 --json"}},
                            DeclareReplay, RunReplayVerb);
  root.Add<DiffArguments>({"diff",
                           "Shows the rows of every primitive in which two runs differ, or one run "
                           "at two steps. Answers no (1) where there are none.",
                           {"diff RUN@100 RUN@120", "diff RUN OTHER"}},
                          DeclareDiff, RunDiffVerb);
}

}  // namespace varve::cli
