#include "primitives/event/event_json.h"

#include <simdjson.h>

#include <algorithm>
#include <memory>

#include "kernel/base/status.h"

namespace varve::event {

namespace {

// Memory that a thread keeps between two payloads; what a larger one needs is given back.
constexpr std::size_t kKeptCapacity = std::size_t{64} << 10;

// The parser counts the document itself as a level.
constexpr std::size_t kParserDepth = kPayloadDepthMax + 1;

absl::Status Explain(std::string_view why) {
  return InvalidArgument("the payload of an event must be one JSON object: ", why);
}

absl::Status Check(simdjson::dom::parser& parser, std::string_view text) {
  if (parser.capacity() < text.size() || parser.max_depth() != kParserDepth) {
    const std::size_t capacity = std::max(text.size(), kKeptCapacity);
    if (const simdjson::error_code error = parser.allocate(capacity, kParserDepth)) {
      return ResourceExhausted("checking a payload: ", simdjson::error_message(error));
    }
  }
  const simdjson::simdjson_result<simdjson::dom::element> parsed =
      parser.parse(text.data(), text.size());
  if (parsed.error() != simdjson::SUCCESS) return Explain(simdjson::error_message(parsed.error()));
  if (!parsed.is_object()) return Explain("it is another kind of JSON value");
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckJsonObject(std::string_view text) {
  thread_local auto parser = std::make_unique<simdjson::dom::parser>();
  absl::Status status = Check(*parser, text);
  if (parser->capacity() > kKeptCapacity) parser = std::make_unique<simdjson::dom::parser>();
  return status;
}

}  // namespace varve::event
