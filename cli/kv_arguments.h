// What the verbs of KV have in common: which key, which run, which value, and a row as JSON.
#ifndef VARVE_CLI_KV_ARGUMENTS_H_
#define VARVE_CLI_KV_ARGUMENTS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "kernel/base/ids.h"
#include "primitives/kv/kv.h"

namespace varve::cli {

// --run: nil where it was not given.
void DeclareRun(Arguments& arguments, std::string& run);
[[nodiscard]] absl::StatusOr<RunId> ParseRun(const std::string& run);

struct KeyArguments {
  std::string key;
  bool base64 = false;
  std::string run;
};
void DeclareKey(Arguments& arguments, KeyArguments& to);
// The key's bytes. kInvalidArgument: not base64 although --base64 was given.
[[nodiscard]] absl::StatusOr<std::string> KeyBytes(const KeyArguments& arguments);

struct ValueArguments {
  std::optional<std::string> value;
  std::string file;
};
void DeclareValue(Arguments& arguments, ValueArguments& to);
// The value's bytes: the argument, a file, or standard input. kInvalidArgument: none or two of
// them. kNotFound, kPermissionDenied: of the file.
[[nodiscard]] absl::StatusOr<std::string> ValueBytes(const ValueArguments& arguments, bool base64);

// `text` as bytes, decoded where `base64`; `what` names it in the error.
[[nodiscard]] absl::StatusOr<std::string> DecodeArgument(std::string_view text, bool base64,
                                                         std::string_view what);

// {"key", "value", "lsn", "commit_time_us", "expires_us" where it expires}
[[nodiscard]] Json KvRowToJson(const KvRow& row);

}  // namespace varve::cli

#endif  // VARVE_CLI_KV_ARGUMENTS_H_
