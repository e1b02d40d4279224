#include "primitives/builtin.h"

#include <memory>

#include "kernel/base/check.h"
#include "primitives/event/event_primitive.h"
#include "primitives/json/json_primitive.h"
#include "primitives/kv/kv_primitive.h"
#include "primitives/run/run_primitive.h"
#include "primitives/state/state_primitive.h"
#include "primitives/trace/trace_primitive.h"
#include "primitives/vector/vector_primitive.h"

namespace varve {

namespace {

// A built-in that is refused here contradicts itself or another: our own bug, and for every store.
void MustRegister(PrimitiveRegistry& registry, std::unique_ptr<Primitive> primitive) {
  const absl::Status status = registry.Register(std::move(primitive));
  VARVE_CHECK(status.ok());
}

}  // namespace

void RegisterBuiltinPrimitives(PrimitiveRegistry& registry) {
  MustRegister(registry, std::make_unique<KvPrimitive>());
  MustRegister(registry, std::make_unique<StatePrimitive>());
  MustRegister(registry, std::make_unique<JsonPrimitive>());
  MustRegister(registry, std::make_unique<EventPrimitive>());
  MustRegister(registry, std::make_unique<RunPrimitive>());
  MustRegister(registry, std::make_unique<TracePrimitive>());
  MustRegister(registry, std::make_unique<VectorPrimitive>());
}

}  // namespace varve
