#include "agent_memory/rules.h"

#include <charconv>
#include <cstdio>

#include "kernel/base/status.h"
#include "primitives/json/json.h"
#include "primitives/kv/kv.h"
#include "primitives/trace/trace.h"

namespace agent_memory {
namespace {

using varve::JsonValue;

constexpr std::size_t kRecalledMax = 3;

// What stands behind `word` and a space; nullopt: the text begins otherwise.
std::optional<std::string> Behind(std::string_view text, std::string_view word) {
  if (!text.starts_with(word) || text.size() <= word.size() + 1 || text[word.size()] != ' ') {
    return std::nullopt;
  }
  return std::string(text.substr(word.size() + 1));
}

absl::StatusOr<std::string> Remember(varve::Transaction& transaction, const varve::RunId& run,
                                     const std::string& sentence) {
  const std::size_t is = sentence.find(" is ");
  if (is == std::string::npos) return "Tell me: remember KEY is VALUE.";
  const std::string key = sentence.substr(0, is);
  const std::string value = sentence.substr(is + 4);
  VARVE_RETURN_IF_ERROR(varve::Kv(transaction, run).Put(std::string(kFactPrefix) + key, value));
  return key + " is " + value + ".";
}

absl::StatusOr<std::string> WhatIs(varve::Transaction& transaction, const varve::RunId& run,
                                   const std::string& key) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::KvRow> fact,
                         varve::Kv(transaction, run).Get(std::string(kFactPrefix) + key));
  if (!fact.has_value()) return "Nobody has told me what " + key + " is.";
  return key + " is " + std::string(fact->value) + ".";
}

absl::StatusOr<std::string> Plan(varve::Transaction& transaction, const varve::RunId& run,
                                 const std::string& item) {
  varve::Json json(transaction, run);
  VARVE_RETURN_IF_ERROR(json.Push(kPlan, "/items", {{"what", item}, {"done", false}}));
  VARVE_ASSIGN_OR_RETURN(const auto count, json.ArrayLength(kPlan, "/items"));
  return "Item " + std::to_string(count.value_or(0)) + " of the plan: " + item + ".";
}

absl::StatusOr<std::string> Done(varve::Transaction& transaction, const varve::RunId& run,
                                 const std::string& digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  varve::Json json(transaction, run);
  const std::string item = "/items/" + std::to_string(number - 1);
  VARVE_ASSIGN_OR_RETURN(const bool there, json.Exists(kPlan, number == 0 ? "/none" : item));
  if (!there) return "The plan has no item " + digits + ".";
  VARVE_RETURN_IF_ERROR(json.Set(kPlan, item + "/done", true));
  VARVE_ASSIGN_OR_RETURN(const auto what, json.Get(kPlan, item + "/what"));
  return "Done: " + what.value_or(JsonValue("")).get<std::string>() + ".";
}

// Looks for what is like it, then keeps it: a text is not like itself before it was said.
absl::StatusOr<std::string> RecallAndMemorize(varve::Transaction& transaction,
                                              const varve::RunId& run, const Step& step,
                                              std::string_view said) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<Memory> memories,
                         Recall(transaction, run, said, kRecalledMax));
  VARVE_RETURN_IF_ERROR(
      Memorize(transaction, run, "said/" + std::to_string(step.number), said, step.number));
  const std::string attributes = JsonValue{{"found", memories.size()}}.dump();
  varve::Trace trace(transaction, run);
  VARVE_ASSIGN_OR_RETURN(const varve::SpanId query,
                         trace.RecordChild(step.span, {.kind = varve::SpanKind::kQuery,
                                                       .name = "recall",
                                                       .attributes = attributes}));
  VARVE_RETURN_IF_ERROR(trace.Finish(query, {.status = varve::SpanStatus::kOk}));
  if (memories.empty()) return "I will remember that; it reminds me of nothing.";
  std::string answer = "That reminds me of:";
  for (const Memory& memory : memories) {
    char score[32];
    std::snprintf(score, sizeof(score), "%.2f", static_cast<double>(memory.score));
    answer +=
        "\n  " + std::string(score) + "  step " + std::to_string(memory.step) + "  " + memory.text;
  }
  return answer;
}

}  // namespace

std::optional<std::string> PathToRead(std::string_view said) { return Behind(said, "read"); }

absl::StatusOr<std::string> AnswerTo(varve::Transaction& transaction, const varve::RunId& run,
                                     const Step& step, std::string_view said) {
  if (const auto rest = Behind(said, "remember")) return Remember(transaction, run, *rest);
  if (const auto rest = Behind(said, "what is")) return WhatIs(transaction, run, *rest);
  if (const auto rest = Behind(said, "plan")) return Plan(transaction, run, *rest);
  if (const auto rest = Behind(said, "done")) return Done(transaction, run, *rest);
  return RecallAndMemorize(transaction, run, step, said);
}

}  // namespace agent_memory
