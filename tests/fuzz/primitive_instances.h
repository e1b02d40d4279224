// The built-in primitives as fuzz targets see them: instances, and what a store logged for each.
#ifndef VARVE_TESTS_FUZZ_PRIMITIVE_INSTANCES_H_
#define VARVE_TESTS_FUZZ_PRIMITIVE_INSTANCES_H_

#include <memory>
#include <string>
#include <vector>

#include "kernel/primitive.h"
#include "kernel/registry.h"
#include "tests/conformance/recorded_history.h"

namespace varve::fuzz {

// Every built-in, registered once and shared by all runs: Apply, Save, Load and Describe keep no
// state.
[[nodiscard]] const PrimitiveRegistry& Builtins();
[[nodiscard]] PrimitiveRegistry NewBuiltins();

// "varve.kv" -> "kv": the name in targets.
[[nodiscard]] std::string ShortName(const Primitive& primitive);

// What random operations through the primitive's handle logged in a store, the same at every call.
[[nodiscard]] const conformance::RecordedHistory& HistoryOf(const Primitive& primitive);

// Two runs, and with the nil run three, that inputs can name in a few bits.
[[nodiscard]] RunId RunOf(unsigned number);

// Describe and DescribeRow promise short, printable text.
[[nodiscard]] absl::Status CheckDescription(const EntryDescription& description);
[[nodiscard]] absl::Status CheckDescription(const RowDescription& description);

}  // namespace varve::fuzz

#endif  // VARVE_TESTS_FUZZ_PRIMITIVE_INSTANCES_H_
