#include "agent_memory/agent.h"

#include <fstream>
#include <iostream>
#include <vector>

#include "agent_memory/rules.h"
#include "kernel/base/status.h"
#include "primitives/run/runs.h"

namespace agent_memory {
namespace {

constexpr std::size_t kParagraphsMax = 1000;

// The paragraphs of a text file: what empty lines divide. nullopt: it cannot be read.
std::optional<std::vector<std::string>> ParagraphsOf(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::vector<std::string> paragraphs(1);
  for (std::string line; std::getline(file, line) && paragraphs.size() <= kParagraphsMax;) {
    if (line.empty() && !paragraphs.back().empty()) paragraphs.emplace_back();
    if (line.empty()) continue;
    paragraphs.back() += (paragraphs.back().empty() ? "" : " ") + line;
  }
  if (paragraphs.back().empty()) paragraphs.pop_back();
  return paragraphs;
}

}  // namespace

absl::StatusOr<Agent> Agent::Start(varve::Store& store, const std::optional<varve::RunId>& run,
                                   const std::string& name) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::RunInfo> orphans, varve::Runs(view).Orphans());
  varve::RunId taken = run.value_or(orphans.empty() ? varve::RunId() : orphans.back().id);
  const auto receipt = store.Update([&](varve::Transaction& transaction) -> absl::Status {
    varve::Runs runs(transaction);
    if (!taken.is_nil()) return runs.Begin(taken);
    VARVE_ASSIGN_OR_RETURN(const varve::RunId created, runs.Create({.name = name}));
    VARVE_RETURN_IF_ERROR(Prepare(transaction, created));
    taken = created;
    return absl::OkStatus();
  });
  if (!receipt.ok()) return receipt.status();
  return Agent(store, taken);
}

absl::StatusOr<std::string> Agent::Hear(std::string_view said) {
  const std::optional<std::string> path = PathToRead(said);
  std::string answer;
  const auto receipt = store_->Update([&](varve::Transaction& transaction) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const Step step, BeginStep(transaction, run_, said));
    if (path.has_value()) return BeginCall(transaction, run_, step, *path);
    VARVE_ASSIGN_OR_RETURN(answer, AnswerTo(transaction, run_, step, said));
    return EndStep(transaction, run_, step, answer);
  });
  if (!receipt.ok()) return receipt.status();
  if (!path.has_value()) return answer;
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store_->View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<Call> call, CallUnderWay(view, run_));
  return ReadFile(*call);
}

absl::StatusOr<std::optional<std::string>> Agent::Resume() {
  std::optional<Call> call;
  const auto receipt = store_->Update([&](varve::Transaction& transaction) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const std::optional<Call> lost, CallUnderWay(transaction, run_));
    if (!lost.has_value()) return absl::OkStatus();
    VARVE_RETURN_IF_ERROR(
        EndCall(transaction, run_, *lost, varve::SpanStatus::kError, "interrupted by a crash"));
    VARVE_RETURN_IF_ERROR(BeginCall(transaction, run_, lost->step, lost->path));
    VARVE_ASSIGN_OR_RETURN(call, CallUnderWay(transaction, run_));
    return absl::OkStatus();
  });
  if (!receipt.ok()) return receipt.status();
  if (!call.has_value()) return std::optional<std::string>();
  return ReadFile(*call);
}

absl::StatusOr<std::string> Agent::ReadFile(const Call& call) {
  std::cout << "reading " << call.path << "\n" << std::flush;
  // What may take long happens outside of any transaction or view.
  const std::optional<std::vector<std::string>> paragraphs = ParagraphsOf(call.path);
  const std::string answer = paragraphs.has_value()
                                 ? "I have read " + std::to_string(paragraphs->size()) +
                                       " paragraphs of " + call.path + "."
                                 : "I cannot read " + call.path + ".";
  const auto receipt = store_->Update([&](varve::Transaction& transaction) -> absl::Status {
    for (std::size_t i = 0; paragraphs.has_value() && i < paragraphs->size(); ++i) {
      const std::string key = "read/" + std::to_string(call.step.number) + "/" + std::to_string(i);
      VARVE_RETURN_IF_ERROR(Memorize(transaction, run_, key, paragraphs->at(i), call.step.number));
    }
    VARVE_RETURN_IF_ERROR(
        EndCall(transaction, run_, call,
                paragraphs.has_value() ? varve::SpanStatus::kOk : varve::SpanStatus::kError,
                paragraphs.has_value() ? "" : "cannot be read"));
    return EndStep(transaction, run_, call.step, answer);
  });
  if (!receipt.ok()) return receipt.status();
  return answer;
}

absl::Status Agent::End() {
  return store_
      ->Update([&](varve::Transaction& transaction) -> absl::Status {
        VARVE_ASSIGN_OR_RETURN(const std::uint64_t steps, StepCount(transaction, run_));
        return varve::Runs(transaction)
            .End(run_, varve::RunStatus::kCompleted, std::to_string(steps) + " steps");
      })
      .status();
}

absl::Status Agent::Pause() {
  return store_
      ->Update([&](varve::Transaction& transaction) {
        return varve::Runs(transaction).End(run_, varve::RunStatus::kPaused);
      })
      .status();
}

}  // namespace agent_memory
