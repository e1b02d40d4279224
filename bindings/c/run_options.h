// How C describes a run that begins, for varve_run_create and varve_run_fork.
#ifndef VARVE_BINDINGS_C_RUN_OPTIONS_H_
#define VARVE_BINDINGS_C_RUN_OPTIONS_H_

#include "absl/status/statusor.h"
#include "bindings/c/listing.h"
#include "bindings/c/varve_run.h"
#include "primitives/run/runs.h"

namespace varve_c {

[[nodiscard]] absl::StatusOr<RunOptions> RunOptionsOf(const varve_run_options* given);
void FillStep(const RunStep& known, varve_run_step& item, Listing<varve_run_step>& listing);

}  // namespace varve_c

#endif  // VARVE_BINDINGS_C_RUN_OPTIONS_H_
