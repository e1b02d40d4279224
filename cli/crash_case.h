// Case files of the crash harness, on disk.
#ifndef VARVE_CLI_CRASH_CASE_H_
#define VARVE_CLI_CRASH_CASE_H_

#include <string>

#include "absl/status/statusor.h"
#include "crash/case_file.h"

namespace varve::cli {

// kInvalidArgument, with the file's name: not there, not readable, or no case.
[[nodiscard]] absl::StatusOr<crash::Case> ReadCaseFile(const std::string& path);
// Replaces what is there.
[[nodiscard]] absl::Status WriteCaseFile(const crash::Case& the_case, const std::string& path);

}  // namespace varve::cli

#endif  // VARVE_CLI_CRASH_CASE_H_
