#include "crash/crash_fuzz.h"

#include <string>
#include <vector>

#include "crash/case_file.h"
#include "crash/explorer.h"
#include "crash/operations/operations.h"
#include "crash/shrink.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

// The built-ins, and `subject` in place of the one that has its id. Without its refusals, which may
// hold arguments past every limit: subjects are copied for each world.
std::vector<Subject> WithBuiltins(const Subject& subject) {
  std::vector<Subject> subjects = {{.make = subject.make, .operate = subject.operate}};
  const PrimitiveId id = subject.make()->spec().id;
  for (Subject& builtin : BuiltinSubjects()) {
    if (builtin.make()->spec().id != id) subjects.push_back(std::move(builtin));
  }
  return subjects;
}

absl::Status Told(const Story& story, const std::vector<Subject>& subjects) {
  std::string text;
  const StoryReport report =
      RunStory(story, subjects, [&](const std::string& line) { text += line + "\n"; });
  const std::string promise(FromAbsl(report.verdict.message()));
  return MakeStatus(absl::StatusCode::kInternal, promise, "\n", text, "The case file:\n",
                    CaseToText({.story = story, .found = promise}));
}

}  // namespace

absl::Status CrashFuzzSubject(const Subject& subject, const CrashFuzzOptions& options) {
  const std::vector<Subject> subjects = WithBuiltins(subject);
  const ExploreReport report = ExploreBySeed(options.first_seed, {.subjects = subjects,
                                                                  .stories = options.stories,
                                                                  .time = options.time,
                                                                  .threads = options.threads});
  if (!report.failure.has_value()) return absl::OkStatus();
  const std::string promise = BrokenPromise(report.verdict);
  const Story smallest = ShrinkStory(*report.failure, [&](const Story& story) {
    return BrokenPromise(RunStory(story, subjects).verdict) == promise;
  });
  return Told(smallest, subjects);
}

}  // namespace varve::crash
