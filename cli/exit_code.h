// How the command ends: one number per class of answer, promised to scripts (docs/cli.md).
#ifndef VARVE_CLI_EXIT_CODE_H_
#define VARVE_CLI_EXIT_CODE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace varve::cli {

// Numbers are part of the command's interface: never changed, never reused.
enum class ExitCode : int {
  kOk = 0,
  kNo = 1,             // the answer is no: absent key, condition not met, findings of check
  kUsage = 2,          // the arguments are wrong
  kDamage = 3,         // bytes on disk are damaged; nothing was written
  kBusy = 4,           // another process holds the store
  kWrongState = 5,     // no store there, already one there, closed, poisoned
  kUnsupported = 6,    // a newer format, or an entry of an unknown primitive
  kPermission = 7,     // not allowed, or a read-only medium
  kNoRoom = 8,         // disk full, or a documented limit
  kConflict = 9,       // other writers got there first, again and again
  kDeviceFailed = 10,  // reading or writing failed; the outcome of a write is unknown
  kInternal = 11,      // a bug of Varve
  kInterrupted = 130,  // stopped by Ctrl-C; what was acknowledged stays
};

// kOk for an OK status.
[[nodiscard]] ExitCode ExitCodeOf(const absl::Status& status);

// "DATA_LOSS": the name of a status code, as it stands in JSON errors.
[[nodiscard]] std::string StatusCodeName(absl::StatusCode code);

// What a person can do about `status`, for the store at `store`; empty where the message says it.
[[nodiscard]] std::string RemedyOf(const absl::Status& status, std::string_view store);

// The table of codes, for --help.
[[nodiscard]] std::string ExitCodeTable();

}  // namespace varve::cli

#endif  // VARVE_CLI_EXIT_CODE_H_
