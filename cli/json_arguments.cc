#include "cli/json_arguments.h"

#include "kernel/base/status.h"

namespace varve::cli {

void DeclareDocument(Arguments& arguments, DocumentArguments& to) {
  arguments.Text({.name = "name", .help = "The document", .required = true}, to.name);
  DeclareRun(arguments, to.run);
}

void DeclarePlace(Arguments& arguments, PlaceArguments& to, bool pointer_required) {
  DeclareDocument(arguments, to.document);
  arguments.Text({.name = "pointer",
                  .help = "JSON Pointer, as /tags/0; \"\" is the whole document",
                  .required = pointer_required},
                 to.pointer);
}

absl::StatusOr<JsonValue> JsonValueOf(const ValueArguments& arguments) {
  VARVE_ASSIGN_OR_RETURN(const std::string text, ValueBytes(arguments, false));
  return ParseJson(text);
}

Json PlaceToJson(const PlaceArguments& place) {
  Json object = {{"name", BytesToJson(place.document.name)}};
  if (!place.pointer.empty()) object["pointer"] = place.pointer;
  return object;
}

Json JsonInfoToJson(const JsonInfo& info) {
  return {{"name", BytesToJson(info.name)},
          {"bytes", info.bytes},
          {"lsn", info.lsn.value()},
          {"commit_time_us", info.commit_time.micros()}};
}

}  // namespace varve::cli
