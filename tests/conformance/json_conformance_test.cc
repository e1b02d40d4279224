// Tests: primitives/json/json_primitive.cc
#include <memory>
#include <string>

#include "crash/operations/operations.h"
#include "gtest/gtest.h"
#include "primitives/json/json.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

Subject JsonSubject() {
  const auto set = [](const std::string& name, const std::string& pointer, const JsonValue& value) {
    return [=](Transaction& transaction, const RunId& run) {
      return Json(transaction, run).Set(name, pointer, value);
    };
  };
  return {
      .make = [] { return std::make_unique<JsonPrimitive>(); },
      .operate = crash::OperateJson,
      .refusals = {
          {"an empty name", set("", "/a", 1)},
          {"a name past the limit", set(std::string(kJsonNameBytesMax + 1, 'n'), "/a", 1)},
          {"a pointer without its slash", set("doc", "a", 1)},
          {"a path past the limit", set("doc", "/" + std::string(kJsonPathBytesMax, 'p'), 1)},
          {"bytes that are not UTF-8", set("doc", "/a", "\xFF")},
          {"not a number", set("doc", "/a", std::numeric_limits<double>::quiet_NaN())},
          {"a document past the limit", set("doc", "/a", std::string(kJsonDocumentBytesMax, 's'))},
          {"a patch that is none",
           [](Transaction& transaction, const RunId& run) {
             return Json(transaction, run).Patch("doc", {{"op", "add"}});
           }},
          {"an increment by a string",
           [](Transaction& transaction, const RunId& run) {
             return Json(transaction, run).Increment("doc", "/a", "1");
           }},
      }};
}

VARVE_PRIMITIVE_CONFORMANCE(Json, JsonSubject());

}  // namespace
}  // namespace varve
