// varve STORE state watch
#include <optional>
#include <string>

#include "cli/follow.h"
#include "cli/kv_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "primitives/state/state.h"
#include "primitives/state/state_primitive.h"

namespace varve::cli {
namespace {

struct WatchArguments {
  std::string name;
  std::string run;
  FollowArguments following;
};

void DeclareWatch(Arguments& arguments, WatchArguments& to) {
  arguments.Text({.name = "name", .help = "The name, 1 to 1024 bytes", .required = true}, to.name);
  DeclareRun(arguments, to.run);
  DeclareFollow(arguments, to.following);
}

// Prints the cell each time that it is not as it was at the last call.
class CellPrinter final {
 public:
  CellPrinter(const WatchArguments& arguments, const RunId& run, Output& output)
      : name_(arguments.name), run_(run), output_(output), left_(arguments.following.limit) {}

  // Whether more are wanted.
  absl::StatusOr<bool> Print(ReadView& view) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, Cells(view, run_).Get(name_));
    const Lsn lsn = cell.has_value() ? cell->lsn : Lsn();
    if (seen_ == lsn) return true;
    seen_ = lsn;
    Show(cell);
    return --left_ > 0;
  }

 private:
  void Show(const std::optional<Cell>& cell) {
    if (!cell.has_value()) {
      output_.Line("(no such cell)");
      output_.Object({{"found", false}, {"name", BytesToJson(name_)}});
      return;
    }
    output_.Line(std::to_string(cell->version) + "  " + FormatTime(cell->commit_time) + "  " +
                 EscapeBytes(cell->value));
    output_.Object({{"found", true},
                    {"name", BytesToJson(cell->name)},
                    {"value", BytesToJson(cell->value)},
                    {"version", cell->version},
                    {"lsn", cell->lsn.value()},
                    {"commit_time_us", cell->commit_time.micros()}});
  }

  const std::string name_;
  const RunId run_;
  Output& output_;
  std::optional<Lsn> seen_;  // of the row; Lsn() where there was none
  std::uint64_t left_;
};

absl::StatusOr<Answer> RunWatch(const WatchArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  CellPrinter printer(arguments, run, session.output());
  VARVE_RETURN_IF_ERROR(Follow(
      session,
      {.interval_seconds = IntervalOf(arguments.following), .entry_range = kStateInit, .run = run},
      [&printer](ReadView& view) { return printer.Print(view); }));
  return Answer::kYes;
}

}  // namespace

void AddStateWatchVerb(Verbs& state) {
  state.Add<WatchArguments>(
      {"watch",
       "Prints a cell now and each time that it is found changed, until Ctrl-C. Values that came "
       "and went between two looks are not seen: they are in state history.",
       {"state watch phase", "state watch phase --interval 0.1 --json"}},
      DeclareWatch, RunWatch);
}

}  // namespace varve::cli
