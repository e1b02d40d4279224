// The tally as a plug-in, with two verbs: what plugin_test.cc loads, and breaks.
#include <unistd.h>

#include <string_view>

#include "cli/plugin.h"
#include "kernel/base/status.h"
#include "primitives/template/tally.h"
#include "tests/conformance/tally_subject.h"

namespace varve {
namespace {

// A library that is refused must not get as far as this.
const bool kSaid = [] {
  constexpr std::string_view kLine = "code of the plug-in runs\n";
  return ::write(STDERR_FILENO, kLine.data(), kLine.size()) > 0;
}();

struct TallyArguments {
  std::string name;
  std::int64_t amount = 1;
};

void DeclareName(cli::Arguments& arguments, TallyArguments& to) {
  arguments.Text({.name = "name", .help = "The tally", .required = true}, to.name);
}

void DeclareAdd(cli::Arguments& arguments, TallyArguments& to) {
  DeclareName(arguments, to);
  arguments.Number({.name = "amount", .help = "How much (default 1)"}, to.amount);
}

absl::StatusOr<cli::Answer> RunAdd(const TallyArguments& arguments, cli::Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenOrCreate());
  const auto receipt = opened.store->Update([&](Transaction& transaction) {
    return Tally(transaction).Add(arguments.name, arguments.amount);
  });
  if (!receipt.ok()) return receipt.status();
  return cli::CloseAfter(opened, cli::Answer::kYes);
}

absl::StatusOr<cli::Answer> RunGet(const TallyArguments& arguments, cli::Session& session) {
  VARVE_ASSIGN_OR_RETURN(const OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const TallyTotal total, Tally(view).Get(arguments.name));
  session.output().Line(std::to_string(total.total));
  session.output().Object({{"total", total.total}});
  return cli::Answer::kYes;
}

void AddTallyVerbs(cli::Verbs& root) {
  cli::Verbs tally = root.Group("tally", "Named sums");
  tally.Add<TallyArguments>({"add", "Adds to a tally.", {"tally add requests 2"}}, DeclareAdd,
                            RunAdd);
  tally.Add<TallyArguments>({"get", "Prints a total.", {"tally get requests"}}, DeclareName,
                            RunGet);
}

}  // namespace
}  // namespace varve

VARVE_PLUGIN(plugin) {
  if (!varve::kSaid) return;
  plugin.subjects.push_back(varve::TallySubject());
  plugin.verb_groups.push_back(varve::AddTallyVerbs);
}
