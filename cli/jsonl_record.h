// One line of an import or export: a row of KV as JSON. docs/cli.md, "JSONL".
#ifndef VARVE_CLI_JSONL_RECORD_H_
#define VARVE_CLI_JSONL_RECORD_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "primitives/kv/kv.h"

namespace varve::cli {

struct JsonlRecord {
  std::string key;
  std::string value;
  std::optional<Timestamp> expires;
};

// kInvalidArgument, saying what is wrong: not one JSON object, "key" or "value" missing, a member
// that is not known, a number that does not fit, base64 that is none, nesting deeper than
// kJsonDepthMax.
[[nodiscard]] absl::StatusOr<JsonlRecord> ParseJsonlRecord(std::string_view line);

// The line (without newline) that ParseJsonlRecord turns into the same row.
[[nodiscard]] std::string FormatJsonlRecord(const KvRow& row);

}  // namespace varve::cli

#endif  // VARVE_CLI_JSONL_RECORD_H_
