#include <limits>
#include <memory>

#include "kernel/base/limits.h"
#include "primitives/builtin.h"
#include "primitives/event/event.h"
#include "primitives/json/json.h"
#include "primitives/kv/kv.h"
#include "primitives/run/run_replay.h"
#include "primitives/run/runs.h"
#include "primitives/state/lease.h"
#include "primitives/trace/trace.h"
#include "primitives/vector/vector.h"
#include "recovery/open.h"
#include "tests/docs/error_situations.h"

namespace varve {
namespace {

using Errors = std::vector<absl::Status>;

void AddKvErrors(Transaction& transaction, Errors& errors) {
  Kv kv(transaction);
  (void)kv.Put("text", "some text");
  (void)kv.Put("largest", "9223372036854775807");
  errors.push_back(kv.Put("", "v"));
  errors.push_back(kv.Put(std::string(kKeyBytesMax + 1, 'k'), "v"));
  errors.push_back(kv.Put("k", std::string(kValueBytesMax + 1, 'v')));
  errors.push_back(kv.Increment("text").status());
  errors.push_back(kv.Increment("largest").status());
}

void AddJsonErrors(Transaction& transaction, Errors& errors) {
  Json json(transaction);
  (void)json.Create("user/7", {{"name", "Ada"}, {"tags", JsonValue::array({"a"})}});
  errors.push_back(json.Create("user/7", JsonValue::object()));
  errors.push_back(json.MergePatch("user/8", JsonValue::object()));
  errors.push_back(json.Set("user/7", "name", "Grace"));
  errors.push_back(json.Set("user/7", "/name/first", "Grace"));
  errors.push_back(json.Set("user/7", "/tags/5", "b"));
  errors.push_back(json.Push("user/7", "/name", "b"));
  errors.push_back(json.Query("user/7", "$.tags[").status());
}

void AddEventAndStateErrors(Transaction& transaction, Errors& errors) {
  (void)Events(transaction).Append("s", "type", "{}");
  errors.push_back(Events(transaction).CommitPosition("s", "consumer", 5));
  errors.push_back(
      Leases(transaction).Acquire("leader", "me", std::chrono::microseconds(0)).status());
}

void AddTraceErrors(Transaction& transaction, Errors& errors) {
  Trace trace(transaction);
  const SpanId span = *trace.Record({.id = SpanId(7), .name = "call"});
  errors.push_back(trace.RecordChild(SpanId(8), {.name = "below"}).status());
  (void)trace.Finish(span);
  errors.push_back(trace.Finish(span));
}

void AddVectorErrors(Transaction& transaction, Errors& errors) {
  Vectors vectors(transaction);
  const std::vector<float> three = {1, 2, 3};
  errors.push_back(vectors.Insert("docs", "apple", three));
  (void)vectors.Create("docs", {.dimension = 4});
  errors.push_back(vectors.Insert("docs", "apple", three));
  errors.push_back(vectors.Insert("docs", "apple", std::vector<float>(4, 0.0F)));
  errors.push_back(vectors.Search("docs", std::vector<float>(4, 1.0F), {.k = 0}).status());
}

void AddRunErrors(Store& store, Errors& errors) {
  const RunId run = *CreateRun(store, {.name = "report"});
  errors.push_back(ReplayRun(store, run, 9).status());
  const auto written = store.Update([&](Transaction& transaction) -> absl::Status {
    (void)Runs(transaction).End(run, RunStatus::kCompleted);
    errors.push_back(Kv(transaction, run).Put("late", "v"));
    errors.push_back(Runs(transaction).Begin(run));
    errors.push_back(Runs(transaction).Begin(Uuid(std::array<std::uint8_t, 16>{1})));
    return absl::OkStatus();
  });
  if (!written.ok()) errors.push_back(written.status());
}

}  // namespace

Errors PrimitiveErrors() {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  auto store = OpenInMemory(std::move(registry));
  Errors errors;
  auto transaction = (*store)->Begin();
  AddKvErrors(*transaction, errors);
  AddJsonErrors(*transaction, errors);
  AddEventAndStateErrors(*transaction, errors);
  AddTraceErrors(*transaction, errors);
  AddVectorErrors(*transaction, errors);
  AddRunErrors(**store, errors);
  return errors;
}

}  // namespace varve
