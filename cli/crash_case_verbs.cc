// varve crash replay, shrink, explain: what to do with a case that was found.
#include <string>
#include <vector>

#include "cli/crash_case.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include "cli/verb_groups.h"
#include "crash/process/explorer.h"
#include "crash/shrink.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

using crash::Case;
using crash::Driver;

struct CaseArguments {
  std::string file;
};

void DeclareCase(Arguments& arguments, CaseArguments& to) {
  arguments.Text({.name = "file", .help = "The case, as `crash run` wrote it", .required = true},
                 to.file);
}

struct ShrinkArguments {
  std::string file;
  std::string out;
};

void DeclareShrink(Arguments& arguments, ShrinkArguments& to) {
  arguments.Text({.name = "file", .help = "The case, as `crash run` wrote it", .required = true},
                 to.file);
  arguments.Text({.name = "--out",
                  .help = "Where the smaller case goes (default: over FILE)",
                  .value_name = "FILE"},
                 to.out);
}

// What a case breaks when it is run: kInternal, or OK where it breaks nothing. Any other error: it
// could not be run.
absl::Status Judge(const Case& the_case, Session& session, const crash::Teller& teller = nullptr) {
  if (the_case.driver == Driver::kDisk) {
    return crash::RunStory(the_case.story, session.subjects(), teller).verdict;
  }
  crash::ExplorerOptions options;
  options.subjects = session.subjects();
  options.steps = the_case.script.steps;
  options.kill_stride = the_case.script.kill_stride;
  options.threads = the_case.script.threads;
  options.allocations = the_case.script.allocations;
  crash::ExplorerReport report;
  const auto replay = the_case.driver == Driver::kTrace  ? crash::ReplayTraceCase
                      : the_case.driver == Driver::kKill ? crash::ReplayKillCase
                                                         : crash::ReplayFaultCase;
  VARVE_RETURN_IF_ERROR(replay(options, the_case.stream, report));
  if (!report.failure.has_value()) return absl::OkStatus();
  return absl::InternalError(ToAbsl(report.failure->message));
}

Answer Tell(const absl::Status& verdict, Session& session) {
  Output& output = session.output();
  const std::string found(FromAbsl(verdict.message()));
  output.Line(verdict.ok() ? "no promise was broken" : "FOUND " + found);
  output.Object({{"found", verdict.ok() ? Json(nullptr) : Json(found)}});
  return verdict.ok() ? Answer::kYes : Answer::kNo;
}

absl::StatusOr<Answer> RunReplay(const CaseArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const Case the_case, ReadCaseFile(arguments.file));
  const absl::Status verdict = Judge(the_case, session);
  if (!verdict.ok() && !absl::IsInternal(verdict)) return verdict;
  return Tell(verdict, session);
}

absl::StatusOr<Answer> RunExplain(const CaseArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const Case the_case, ReadCaseFile(arguments.file));
  std::vector<std::string> lines;
  const absl::Status verdict = Judge(the_case, session, [&](const std::string& line) {
    session.output().Line(line);
    lines.push_back(line);
  });
  if (!verdict.ok() && !absl::IsInternal(verdict)) return verdict;
  const std::string found(FromAbsl(verdict.message()));
  session.output().Line(verdict.ok() ? "no promise was broken" : "FOUND " + found);
  session.output().Object(
      {{"found", verdict.ok() ? Json(nullptr) : Json(found)}, {"story", lines}});
  return verdict.ok() ? Answer::kYes : Answer::kNo;
}

// The same case with everything left out that does not matter.
Case Shrunk(const Case& the_case, const std::string& promise, Session& session) {
  Progress progress(session.output(), "attempts", Progress::Unit::kRecords, 0);
  std::uint64_t attempts = 0;
  Case smallest = the_case;
  const auto fails = [&](const Case& candidate) {
    progress.Update(++attempts);
    return crash::BrokenPromise(Judge(candidate, session)) == promise;
  };
  if (the_case.driver == Driver::kDisk) {
    const crash::ShrinkOptions options{.progress = {}, .cancelled = Interrupted};
    smallest.story = crash::ShrinkStory(
        the_case.story,
        [&](const crash::Story& story) {
          return fails({.driver = the_case.driver, .story = story});
        },
        options);
  } else {
    smallest.stream = crash::ShrinkStream(
        the_case.stream,
        [&](const std::string& stream) {
          return fails({.driver = the_case.driver, .stream = stream, .script = the_case.script});
        },
        Interrupted);
  }
  smallest.found = std::string(FromAbsl(Judge(smallest, session).message()));
  return smallest;
}

absl::StatusOr<Answer> RunShrink(const ShrinkArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const Case the_case, ReadCaseFile(arguments.file));
  const absl::Status verdict = Judge(the_case, session);
  if (verdict.ok()) return FailedPrecondition(arguments.file, ": the case breaks no promise");
  if (!absl::IsInternal(verdict)) return verdict;
  const Case smallest = Shrunk(the_case, crash::BrokenPromise(verdict), session);
  const std::string& out = arguments.out.empty() ? arguments.file : arguments.out;
  VARVE_RETURN_IF_ERROR(WriteCaseFile(smallest, out));
  const std::size_t before = CaseToText(the_case).size();
  const std::size_t after = CaseToText(smallest).size();
  session.output().Line("FOUND " + smallest.found);
  session.output().Line("  " + FormatCount(before) + " bytes of case became " + FormatCount(after) +
                        ", in " + out);
  session.output().Object(
      {{"found", smallest.found}, {"case", out}, {"bytes_before", before}, {"bytes_after", after}});
  return Answer::kNo;
}

}  // namespace

void AddCrashCaseVerbs(Verbs& crash) {
  crash.Add<CaseArguments>({"replay",
                            "Runs a case again. Exit 1 where it still breaks a promise.",
                            {"crash replay crash-case.json"}},
                           DeclareCase, RunReplay);
  crash.Add<ShrinkArguments>({"shrink",
                              "Leaves out of a case all that does not matter to its failure.",
                              {"crash shrink crash-case.json"}},
                             DeclareShrink, RunShrink);
  crash.Add<CaseArguments>(
      {"explain",
       "Tells a case as a story: operations, what was durable and what pending at each crash, and "
       "at a failure what differs, byte by byte.",
       {"crash explain crash-case.json"}},
      DeclareCase, RunExplain);
}

}  // namespace varve::cli
