#include "primitives/json/json_arguments.h"

#include "kernel/base/status.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_limits.h"

namespace varve::json {

absl::Status CheckName(std::string_view name) {
  if (name.empty()) {
    return InvalidArgument("the JSON name is empty: names have 1 to ", kJsonNameBytesMax, " bytes");
  }
  if (name.size() > kJsonNameBytesMax) {
    return ResourceExhausted("the JSON name has ", name.size(), " bytes, more than the limit of ",
                             kJsonNameBytesMax, ": shorten it");
  }
  return absl::OkStatus();
}

absl::Status CheckOperand(const JsonValue& value) {
  VARVE_RETURN_IF_ERROR(CheckJson(value));
  const std::size_t bytes = EncodedBytes(value, kJsonDocumentBytesMax);
  if (bytes <= kJsonDocumentBytesMax) return absl::OkStatus();
  return ResourceExhausted("the JSON value has more than ", kJsonDocumentBytesMax,
                           " bytes encoded, the limit of a document: split it");
}

}  // namespace varve::json
