#include <memory>

#include "crash/operations/operations.h"
#include "primitives/event/event_primitive.h"
#include "primitives/kv/kv_primitive.h"
#include "primitives/run/run_primitive.h"
#include "primitives/state/state_primitive.h"
#include "primitives/trace/trace_primitive.h"
#include "primitives/vector/vector_primitive.h"

namespace varve::crash {
namespace {

template <typename P>
Subject Builtin(decltype(Subject::operate) operate) {
  return {.make = [] { return std::make_unique<P>(); }, .operate = std::move(operate)};
}

}  // namespace

std::vector<Subject> BuiltinSubjects() {
  return {
      Builtin<KvPrimitive>(OperateKv),        {.make = MakeJsonWithMemory, .operate = OperateJson},
      Builtin<EventPrimitive>(OperateEvent),  Builtin<StatePrimitive>(OperateState),
      Builtin<TracePrimitive>(OperateTrace),  Builtin<RunPrimitive>(OperateRun),
      Builtin<VectorPrimitive>(OperateVector)};
}

}  // namespace varve::crash
