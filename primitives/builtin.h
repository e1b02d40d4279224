// The one list of the primitives that come with Varve.
#ifndef VARVE_PRIMITIVES_BUILTIN_H_
#define VARVE_PRIMITIVES_BUILTIN_H_

#include "kernel/registry.h"

namespace varve {

// Registers every built-in. `registry` must not hold one of them already.
void RegisterBuiltinPrimitives(PrimitiveRegistry& registry);

}  // namespace varve

#endif  // VARVE_PRIMITIVES_BUILTIN_H_
