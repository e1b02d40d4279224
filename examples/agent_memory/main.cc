// agent_memory STORE chat [NAME]           answers its input, line by line, in a new run; first
// goes on
//                                          with a run that a crash has left, if there is one
// agent_memory STORE continue RUN          the same in this run, a fork say
// agent_memory STORE runs
// agent_memory STORE show RUN [STEP]       what it remembered after that step; as it is now
// agent_memory STORE trace RUN             what it did, as a tree
// agent_memory STORE fork RUN STEP NAME    a run that goes on from that step
// agent_memory STORE diff RUN RUN          how what they hold differs
// agent_memory STORE check RUN
//
// RUN: its id, or its name. What can be said: rules.h; and "end", which completes the run.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "agent_memory/agent.h"
#include "agent_memory/past.h"
#include "agent_memory/report.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/run/run_replay.h"
#include "recovery/open.h"

namespace agent_memory {
namespace {

using Words = std::vector<std::string>;

// Everything is kept for ever, so that every step can be gone back to.
absl::StatusOr<varve::OpenedStore> Open(const std::string& directory, bool read_only) {
  varve::PrimitiveRegistry registry;
  varve::RegisterBuiltinPrimitives(registry);
  varve::OpenOptions options;
  options.store.history.keep = std::chrono::microseconds::max();
  options.read_only = read_only;  // then it works beside a chat that is going on
  return varve::OpenStore(directory, std::move(registry), options);
}

absl::StatusOr<varve::RunId> RunNamed(varve::Store& store, const std::string& text) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.View());
  return FindRun(view, text);
}

absl::Status Converse(varve::Store& store, const std::optional<varve::RunId>& run,
                      const std::string& name) {
  VARVE_ASSIGN_OR_RETURN(Agent agent, Agent::Start(store, run, name));
  std::cout << "run " << agent.run().ToString() << "\n" << std::flush;
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string> resumed, agent.Resume());
  if (resumed.has_value()) std::cout << *resumed << "\n" << std::flush;
  for (std::string said; std::getline(std::cin, said);) {
    if (said.empty()) continue;
    if (said == "end") return agent.End();
    VARVE_ASSIGN_OR_RETURN(const std::string answer, agent.Hear(said));
    std::cout << answer << "\n" << std::flush;
  }
  return agent.Pause();
}

absl::Status Diff(varve::Store& store, const Words& words) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const varve::RunId from, FindRun(view, words[0]));
  VARVE_ASSIGN_OR_RETURN(const varve::RunId to, FindRun(view, words[1]));
  return varve::DiffRuns(view, from, view, to, [](const varve::RowChange& change) {
    constexpr const char* kSigns[] = {"+", "-", "~"};
    std::cout << kSigns[static_cast<int>(change.kind)] << " " << change.primitive << "  "
              << change.subject << "  " << change.before
              << (change.before.empty() || change.after.empty() ? "" : "  ->  ") << change.after
              << "\n";
    return true;
  });
}

absl::Status Fork(varve::Store& store, const Words& words) {
  VARVE_ASSIGN_OR_RETURN(const varve::RunId run, RunNamed(store, words[0]));
  VARVE_ASSIGN_OR_RETURN(
      const varve::RunId fork,
      ForkAfter(store, run, std::strtoull(words[1].c_str(), nullptr, 10), words[2]));
  std::cout << "run " << fork.ToString() << "\n";
  return absl::OkStatus();
}

absl::Status ListRuns(varve::Store& store, const Words& /*words*/) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.View());
  return PrintRuns(view);
}

absl::Status Chat(varve::Store& store, const Words& words) {
  return Converse(store, std::nullopt, words.empty() ? "chat" : words[0]);
}

absl::Status Continue(varve::Store& store, const Words& words) {
  VARVE_ASSIGN_OR_RETURN(const varve::RunId run, RunNamed(store, words[0]));
  return Converse(store, run, "");
}

absl::Status Show(varve::Store& store, const Words& words) {
  const std::uint64_t step = words.size() > 1 ? std::strtoull(words[1].c_str(), nullptr, 10) : 0;
  VARVE_ASSIGN_OR_RETURN(const varve::RunId run, RunNamed(store, words[0]));
  VARVE_ASSIGN_OR_RETURN(Moment moment, After(store, run, step));
  return PrintMemory(moment.view, moment.run);
}

template <absl::Status (*print)(varve::Reader&, const varve::RunId&)>
absl::Status Print(varve::Store& store, const Words& words) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const varve::RunId run, FindRun(view, words[0]));
  return print(view, run);
}

struct Verb {
  const char* name;
  std::size_t words_min;
  std::size_t words_max;
  bool reads;
  absl::Status (*run)(varve::Store& store, const Words& words);
};
constexpr Verb kVerbs[] = {{"chat", 0, 1, false, &Chat},
                           {"continue", 1, 1, false, &Continue},
                           {"runs", 0, 0, true, &ListRuns},
                           {"show", 1, 2, true, &Show},
                           {"trace", 1, 1, true, &Print<&PrintTrace>},
                           {"fork", 3, 3, false, &Fork},
                           {"diff", 2, 2, true, &Diff},
                           {"check", 1, 1, true, &Print<&CheckRun>}};

absl::Status Main(const std::string& directory, const std::string& name, const Words& words) {
  for (const Verb& verb : kVerbs) {
    if (name != verb.name || words.size() < verb.words_min || words.size() > verb.words_max) {
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(varve::OpenedStore opened, Open(directory, verb.reads));
    VARVE_RETURN_IF_ERROR(verb.run(*opened.store, words));
    return opened.store->Close();
  }
  return varve::InvalidArgument(
      "usage: agent_memory STORE chat [NAME] | continue RUN | runs | show RUN [STEP] | trace RUN | "
      "fork RUN STEP NAME | diff RUN RUN | check RUN");
}

}  // namespace
}  // namespace agent_memory

int main(int argc, char** argv) {
  const bool enough = argc > 2;
  const std::vector<std::string> words(argv + (enough ? 3 : argc), argv + argc);
  const absl::Status status =
      agent_memory::Main(enough ? argv[1] : "", enough ? argv[2] : "", words);
  if (status.ok()) return 0;
  std::cerr << "agent_memory: " << status.ToString() << "\n";
  return 1;
}
