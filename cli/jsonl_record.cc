#include "cli/jsonl_record.h"

#include <algorithm>
#include <array>

#include "cli/bytes_text.h"
#include "kernel/base/status.h"
#include "primitives/json/json_limits.h"

namespace varve::cli {
namespace {

// Whether brackets stand within one another deeper than a JSON document of a store may have them.
// Reading such a line is harmless; writing its value out again takes a call for each level, and a
// line of a few hundred kilobytes would end the process.
bool IsTooDeep(std::string_view line) {
  constexpr std::size_t kDepthMax = kJsonDepthMax + 1;  // the line itself is an object
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char letter = line[i];
    if (in_string && letter == '\\') ++i;
    if (letter == '"') in_string = !in_string;
    if (in_string) continue;
    if ((letter == '[' || letter == '{') && ++depth > kDepthMax) return true;
    if ((letter == ']' || letter == '}') && depth > 0) --depth;
  }
  return false;
}

absl::StatusOr<Json> ParseObject(std::string_view line) {
  if (IsTooDeep(line)) {
    return InvalidArgument("the value is nested deeper than ", kJsonDepthMax, " levels");
  }
  try {
    Json object = Json::parse(line);
    if (object.is_object()) return object;
    return InvalidArgument("not a JSON object but ", object.type_name());
  } catch (const Json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 9: ...": the number in
    // brackets and the line, always 1, say nothing to a person.
    std::string_view what = error.what();
    what = what.substr(std::min(what.find("] ") + 2, what.size()));
    return InvalidArgument("not JSON: ", what);
  }
}

// Members beside key, value and expires_us that a line may have, because `kv scan --json` prints
// them; they describe where the row came from and are not imported.
constexpr std::array<std::string_view, 3> kIgnoredMembers = {"lsn", "commit_time_us", "found"};

absl::Status CheckMembers(const Json& object) {
  for (const auto& [name, value] : object.items()) {
    if (name == "key" || name == "value" || name == "expires_us") continue;
    if (std::find(kIgnoredMembers.begin(), kIgnoredMembers.end(), name) != kIgnoredMembers.end()) {
      continue;
    }
    return InvalidArgument("unknown member \"", EscapeBytes(name),
                           "\"; a line has \"key\", \"value\" and perhaps \"expires_us\"");
  }
  for (const char* name : {"key", "value"}) {
    if (!object.contains(name)) return InvalidArgument("the member \"", name, "\" is missing");
  }
  const Json& key = object["key"];
  if (!key.is_string() && !key.is_object()) {
    return InvalidArgument("\"key\" must be a string or {\"base64\": \"...\"}");
  }
  if (object.contains("expires_us") && !object["expires_us"].is_number_unsigned()) {
    return InvalidArgument("\"expires_us\" must be a number of microseconds since 1970");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JsonlRecord> ParseJsonlRecord(std::string_view line) {
  VARVE_ASSIGN_OR_RETURN(const Json object, ParseObject(line));
  VARVE_RETURN_IF_ERROR(CheckMembers(object));
  JsonlRecord record;
  VARVE_ASSIGN_OR_RETURN(record.key, BytesFromJson(object["key"]));
  VARVE_ASSIGN_OR_RETURN(record.value, BytesFromJson(object["value"]));
  if (object.contains("expires_us")) {
    record.expires = Timestamp(object["expires_us"].get<std::uint64_t>());
  }
  return record;
}

std::string FormatJsonlRecord(const KvRow& row) {
  Json object = {{"key", BytesToJson(row.key)}, {"value", BytesToJson(row.value)}};
  if (row.expires) object["expires_us"] = row.expires->micros();
  return object.dump();
}

}  // namespace varve::cli
