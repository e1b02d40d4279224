// varve STORE run create|begin|end|get|list|orphans|update|delete|steps|fork
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cli/run_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "primitives/run/run_replay.h"

namespace varve::cli {
namespace {

const std::vector<std::string> kStatuses = {"active", "paused",    "completed",
                                            "failed", "cancelled", "archived"};
const std::vector<std::string> kEnds = {"completed", "failed", "cancelled", "archived", "paused"};

std::vector<std::string> SplitTags(const std::string& text) {
  std::vector<std::string> tags;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    tags.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return tags;
}

// Runs `body` on the register of runs in one durable transaction.
template <typename Body>
absl::StatusOr<Answer> Change(Session& session, const Body& body) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  const auto change = [&]() -> absl::StatusOr<Answer> {
    const auto receipt = opened.store->Update([&](Transaction& transaction) {
      Runs runs(transaction);
      return body(runs);
    });
    if (!receipt.ok()) return receipt.status();
    session.output().Object({{"lsn", receipt->lsn.value()}});
    return Answer::kYes;
  };
  return CloseAfter(opened, change());
}

void PrintRuns(const std::vector<RunInfo>& runs, Session& session) {
  for (const RunInfo& info : runs) {
    session.output().Line(RunInfoToText(info));
    session.output().Object(RunInfoToJson(info));
  }
}

struct CreateArguments {
  std::string id;
  std::string name;
  std::string parent;
  std::string tags;
  std::string metadata;
  bool paused = false;
};

void DeclareCreate(Arguments& arguments, CreateArguments& to) {
  arguments.Text({.name = "--name", .help = "For people", .value_name = "TEXT"}, to.name);
  arguments.Text({.name = "--id", .help = "Else a new one", .value_name = "UUID"}, to.id);
  arguments.Text({.name = "--parent", .help = "The run it belongs to", .value_name = "RUN"},
                 to.parent);
  arguments.Text({.name = "--tags", .help = "Separated by commas", .value_name = "TAGS"}, to.tags);
  arguments.Text({.name = "--metadata", .help = "A JSON object", .value_name = "JSON"},
                 to.metadata);
  arguments.Flag({.name = "--paused", .help = "Not active before `run begin`"}, to.paused);
}

absl::StatusOr<RunOptions> OptionsOf(const CreateArguments& arguments) {
  RunOptions options;
  if (!arguments.id.empty()) {
    VARVE_ASSIGN_OR_RETURN(options.id, ParseRunId(arguments.id));
  }
  if (!arguments.parent.empty()) {
    VARVE_ASSIGN_OR_RETURN(options.parent, ParseRunId(arguments.parent));
  }
  options.name = arguments.name;
  options.tags = SplitTags(arguments.tags);
  options.metadata = arguments.metadata;
  options.paused = arguments.paused;
  return options;
}

absl::StatusOr<Answer> PrintNewRun(const absl::StatusOr<RunId>& run, Session& session) {
  if (!run.ok()) return run.status();
  session.output().Line(run->ToString());
  session.output().Object({{"run", run->ToString()}});
  return Answer::kYes;
}

absl::StatusOr<Answer> RunCreateVerb(const CreateArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunOptions options, OptionsOf(arguments));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenOrCreate());
  return CloseAfter(opened, PrintNewRun(CreateRun(*opened.store, options), session));
}

struct OneRun {
  std::string run;
};

void DeclareRunId(Arguments& arguments, std::string& run) {
  arguments.Text({.name = "run", .help = "Its id", .required = true}, run);
}

void DeclareOneRun(Arguments& arguments, OneRun& to) { DeclareRunId(arguments, to.run); }

absl::StatusOr<Answer> RunBeginVerb(const OneRun& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRunId(arguments.run));
  return Change(session, [&](Runs& runs) { return runs.Begin(run); });
}

struct EndArguments {
  std::string run;
  std::string status;
  std::string outcome;
};

void DeclareEnd(Arguments& arguments, EndArguments& to) {
  DeclareRunId(arguments, to.run);
  arguments.Choice({.name = "status", .help = "What became of it", .required = true}, kEnds,
                   to.status);
  arguments.Text({.name = "--outcome", .help = "A result or an error", .value_name = "TEXT"},
                 to.outcome);
}

absl::StatusOr<Answer> RunEndVerb(const EndArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRunId(arguments.run));
  const RunStatus status = *ParseRunStatus(arguments.status);
  return Change(session, [&](Runs& runs) { return runs.End(run, status, arguments.outcome); });
}

absl::StatusOr<Answer> RunGetVerb(const OneRun& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRunId(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<RunInfo> info, Runs(view).Get(run));
  if (!info.has_value()) return Answer::kNo;
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t steps, Runs(view).StepCount(run));
  FactTable facts;
  facts.Add("run", info->id.ToString());
  facts.Add("name", ShortText(info->name, 256));
  facts.Add("status",
            std::string(RunStatusName(info->status)) + " since " + FormatTime(info->status_since));
  facts.Add("created", FormatTime(info->created));
  facts.Add("steps", FormatCount(steps));
  if (!info->parent.is_nil()) facts.Add("parent", info->parent.ToString());
  if (!info->forked_from.is_nil()) {
    facts.Add("forked from",
              info->forked_from.ToString() + " at LSN " + std::to_string(info->forked_at.value()));
  }
  if (!info->metadata.empty()) facts.Add("metadata", ShortText(info->metadata, 1000));
  if (!info->outcome.empty()) facts.Add("outcome", ShortText(info->outcome, 1000));
  facts.Print(session.output());
  Json object = RunInfoToJson(*info);
  object["steps"] = steps;
  session.output().Object(object);
  return Answer::kYes;
}

struct ListArguments {
  std::string status;
  std::string tag;
  std::string parent;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

void DeclareList(Arguments& arguments, ListArguments& to) {
  arguments.Choice({.name = "--status", .help = "Only those", .value_name = "STATUS"}, kStatuses,
                   to.status);
  arguments.Text({.name = "--tag", .help = "Only those with this tag", .value_name = "TAG"},
                 to.tag);
  arguments.Text({.name = "--parent", .help = "Only children of this run", .value_name = "RUN"},
                 to.parent);
  arguments.Number({.name = "--limit", .help = "At most so many", .value_name = "N"}, to.limit);
}

absl::StatusOr<Answer> RunListVerb(const ListArguments& arguments, Session& session) {
  RunFilter filter;
  if (!arguments.status.empty()) filter.status = ParseRunStatus(arguments.status);
  if (!arguments.tag.empty()) filter.tag = arguments.tag;
  if (!arguments.parent.empty()) {
    VARVE_ASSIGN_OR_RETURN(filter.parent, ParseRunId(arguments.parent));
  }
  filter.limit = arguments.limit;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunInfo> runs, Runs(view).List(filter));
  PrintRuns(runs, session);
  return Answer::kYes;
}

struct NoArguments {};
void DeclareNothing(Arguments& /*arguments*/, NoArguments& /*to*/) {}

absl::StatusOr<Answer> RunOrphansVerb(const NoArguments& /*arguments*/, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunInfo> runs, Runs(view).Orphans());
  PrintRuns(runs, session);
  return runs.empty() ? Answer::kNo : Answer::kYes;
}

struct UpdateArguments {
  std::string run;
  std::optional<std::string> name;
  std::optional<std::string> tags;
  std::optional<std::string> metadata;
};

void DeclareUpdate(Arguments& arguments, UpdateArguments& to) {
  DeclareRunId(arguments, to.run);
  arguments.Text({.name = "--name", .help = "For people", .value_name = "TEXT"}, to.name);
  arguments.Text({.name = "--tags", .help = "In place of all it has", .value_name = "TAGS"},
                 to.tags);
  arguments.Text({.name = "--metadata", .help = "A JSON object", .value_name = "JSON"},
                 to.metadata);
}

absl::StatusOr<Answer> RunUpdateVerb(const UpdateArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRunId(arguments.run));
  RunChanges changes{arguments.name, std::nullopt, arguments.metadata};
  if (arguments.tags.has_value()) changes.tags = SplitTags(*arguments.tags);
  return Change(session, [&](Runs& runs) { return runs.Update(run, changes); });
}

struct DeleteArguments {
  std::string run;
  bool with_children = false;
};

void DeclareDelete(Arguments& arguments, DeleteArguments& to) {
  DeclareRunId(arguments, to.run);
  arguments.Flag({.name = "--with-children", .help = "And every run below it"}, to.with_children);
}

absl::StatusOr<Answer> RunDeleteVerb(const DeleteArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRunId(arguments.run));
  return Change(session, [&](Runs& runs) { return runs.Delete(run, arguments.with_children); });
}

struct StepsArguments {
  std::string run;
  std::uint64_t from = 1;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

void DeclareSteps(Arguments& arguments, StepsArguments& to) {
  DeclareRunId(arguments, to.run);
  arguments.Number({.name = "--from", .help = "The first one", .value_name = "STEP"}, to.from);
  arguments.Number({.name = "--limit", .help = "At most so many", .value_name = "N"}, to.limit);
}

absl::StatusOr<Answer> RunStepsVerb(const StepsArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRunId(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunStep> steps,
                         Runs(view).Steps(run, arguments.from, arguments.limit));
  for (const RunStep& step : steps) {
    session.output().Line(StepToText(step, view.registry()));
    session.output().Object(StepToJson(step, view.registry()));
  }
  return Answer::kYes;
}

struct ForkArguments {
  std::string moment;
  std::string name;
};

void DeclareFork(Arguments& arguments, ForkArguments& to) {
  arguments.Text({.name = "run", .help = "RUN, or RUN@STEP for its past", .required = true},
                 to.moment);
  arguments.Text({.name = "--name", .help = "Of the new run", .value_name = "TEXT"}, to.name);
}

absl::StatusOr<Answer> RunForkVerb(const ForkArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunMoment moment, ParseRunMoment(arguments.moment));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  RunOptions options;
  options.name = arguments.name;
  const auto fork = ForkRun(*opened.store, moment.run, moment.step.value_or(0), options);
  return CloseAfter(opened, PrintNewRun(fork, session));
}

}  // namespace

void AddRunVerbs(Verbs& root) {
  Verbs run = root.Group("run", "Runs: who is active, what became of them");
  run.Add<CreateArguments>({"create",
                            "Creates a run and prints its id.",
                            {"run create --name report --tags nightly,eu"}},
                           DeclareCreate, RunCreateVerb);
  run.Add<OneRun>({"begin",
                   "Makes a paused run active, or takes over one that a crash left.",
                   {"run begin RUN"}},
                  DeclareOneRun, RunBeginVerb);
  run.Add<EndArguments>({"end",
                         "Gives an open run its end (or pauses it).",
                         {"run end RUN completed --outcome '42 rows'"}},
                        DeclareEnd, RunEndVerb);
  run.Add<OneRun>({"get", "Shows one run.", {"run get RUN"}}, DeclareOneRun, RunGetVerb);
  run.Add<ListArguments>({"list", "Lists runs.", {"run list --status active"}}, DeclareList,
                         RunListVerb);
  run.Add<NoArguments>({"orphans", "Lists runs that a crash left active.", {"run orphans"}},
                       DeclareNothing, RunOrphansVerb);
  run.Add<UpdateArguments>(
      {"update", "Changes name, tags or metadata.", {"run update RUN --tags done"}}, DeclareUpdate,
      RunUpdateVerb);
  run.Add<DeleteArguments>({"delete",
                            "Deletes a run and all that every primitive has in it.",
                            {"run delete RUN --with-children"}},
                           DeclareDelete, RunDeleteVerb);
  run.Add<StepsArguments>(
      {"steps", "Lists what was written into a run.", {"run steps RUN --from 100 --limit 20"}},
      DeclareSteps, RunStepsVerb);
  run.Add<ForkArguments>(
      {"fork", "Starts a new run from a step of another.", {"run fork RUN@120 --name 'what if'"}},
      DeclareFork, RunForkVerb);
}

}  // namespace varve::cli
