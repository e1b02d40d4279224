// What the verbs of JSON have in common: which document and place, a value as an argument.
#ifndef VARVE_CLI_JSON_ARGUMENTS_H_
#define VARVE_CLI_JSON_ARGUMENTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/kv_arguments.h"
#include "cli/output.h"
#include "primitives/json/json.h"

namespace varve::cli {

struct DocumentArguments {
  std::string name;
  std::string run;
};
void DeclareDocument(Arguments& arguments, DocumentArguments& to);

// A document and a JSON Pointer into it; "" where none was given.
struct PlaceArguments {
  DocumentArguments document;
  std::string pointer;
};
void DeclarePlace(Arguments& arguments, PlaceArguments& to, bool pointer_required);

// The JSON text of a value, given as an argument or as a file. kInvalidArgument: not JSON.
[[nodiscard]] absl::StatusOr<JsonValue> JsonValueOf(const ValueArguments& arguments);

// {"name", "pointer" where it is not the whole document}
[[nodiscard]] Json PlaceToJson(const PlaceArguments& place);
// {"name", "bytes", "lsn", "commit_time_us"}
[[nodiscard]] Json JsonInfoToJson(const JsonInfo& info);

}  // namespace varve::cli

#endif  // VARVE_CLI_JSON_ARGUMENTS_H_
