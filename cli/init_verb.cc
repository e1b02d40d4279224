// varve STORE init
#include <string>

#include "cli/report_json.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

struct InitArguments {
  std::string snapshot;
  bool if_missing = false;
};

void DeclareInit(Arguments& arguments, InitArguments& to) {
  arguments.Text({.name = "--snapshot",
                  .help = "Start with the state of this snapshot file (a backup)",
                  .value_name = "FILE"},
                 to.snapshot);
  arguments.Flag({.name = "--if-missing", .help = "Do nothing where there is a store already"},
                 to.if_missing);
}

absl::StatusOr<Answer> InitFromSnapshot(const InitArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenOptions options, session.MakeOpenOptions());
  options.create_if_missing = true;
  VARVE_ASSIGN_OR_RETURN(
      const RecoveryReport report,
      RestoreSnapshot(arguments.snapshot, session.store(), session.MakeRegistry(), options));
  Output& output = session.output();
  output.Line("made " + session.store() + " from " + arguments.snapshot);
  output.Object({{"store", session.store()},
                 {"created", true},
                 {"snapshot", arguments.snapshot},
                 {"recovery", RecoveryReportToJson(report)}});
  return Answer::kYes;
}

absl::StatusOr<Answer> RunInit(const InitArguments& arguments, Session& session) {
  if (!arguments.snapshot.empty()) return InitFromSnapshot(arguments, session);
  VARVE_ASSIGN_OR_RETURN(OpenOptions options, session.MakeOpenOptions());
  options.create_if_missing = true;
  options.error_if_exists = !arguments.if_missing;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(session.store(), session.MakeRegistry(), options));
  const bool created = opened.report.base == RecoveryReport::Base::kCreated;
  Output& output = session.output();
  output.Line((created ? "made " : "is there already: ") + session.store() + " (" +
              opened.store->uuid().ToString() + ")");
  output.Object({{"store", session.store()},
                 {"uuid", opened.store->uuid().ToString()},
                 {"created", created}});
  return CloseAfter(opened, Answer::kYes);
}

}  // namespace

void AddInitVerb(Verbs& root) {
  root.Add<InitArguments>(
      {"init",
       "Makes an empty store, or one from a snapshot file.",
       {"init", "init --if-missing", "init --snapshot backup/0000000000000042.snapshot"}},
      DeclareInit, RunInit);
}

}  // namespace varve::cli
