// How verbs are added to the command: the whole interface between a primitive's verbs and the rest.
//
// A verb is three things: a struct of its arguments, a function that declares them, and a function
// that runs. Verbs of one subject stand in one file, which offers one function for the table of
// program.cc (or for a program of your own):
//
//   struct GetArguments { std::string key; };
//   void DeclareGet(Arguments& arguments, GetArguments& to) {
//     arguments.Text({.name = "key", .help = "The key", .required = true}, to.key);
//   }
//   absl::StatusOr<Answer> RunGet(const GetArguments& arguments, Session& session);
//
//   void AddKvVerbs(Verbs& root) {
//     Verbs kv = root.Group("kv", "Keys and values");
//     kv.Add<GetArguments>({"get", "Prints the value of a key.", {"kv get greeting"}},
//                          DeclareGet, RunGet);
//   }
//
// Rules every verb keeps: results go to session.output() in both modes, text and JSON; errors are
// returned, not printed; Answer::kNo is for questions that were answered with no.
#ifndef VARVE_CLI_VERBS_H_
#define VARVE_CLI_VERBS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/session.h"

namespace varve::cli {

struct VerbText {
  std::string name;
  std::string description;            // one sentence or more, for --help
  std::vector<std::string> examples;  // what follows "varve STORE "
};

// The verb that the command line chose, and the common flags it was given.
struct ChosenVerb {
  std::function<absl::StatusOr<Answer>(Session&)> run;
  CommonFlags flags;
};

// A place in the tree of verbs. Copyable; borrows the parser and `chosen`, which must outlive it.
class Verbs final {
 public:
  Verbs(CLI::App& app, ChosenVerb& chosen) : app_(&app), chosen_(&chosen) {}

  // A verb that only has verbs under it.
  [[nodiscard]] Verbs Group(const std::string& name, const std::string& description);

  template <typename Values>
  void Add(const VerbText& text, void (*declare)(Arguments&, Values&),
           absl::StatusOr<Answer> (*run)(const Values&, Session&)) {
    auto values = std::make_shared<Values>();
    AddVerb(
        text, [values, declare](Arguments& arguments) { declare(arguments, *values); },
        [values, run](Session& session) { return run(*values, session); });
  }

 private:
  void AddVerb(const VerbText& text, const std::function<void(Arguments&)>& declare,
               const std::function<absl::StatusOr<Answer>(Session&)>& run);

  CLI::App* app_;
  ChosenVerb* chosen_;
};

// Adds the verbs of one subject under `root`.
using VerbGroup = void (*)(Verbs& root);

}  // namespace varve::cli

#endif  // VARVE_CLI_VERBS_H_
