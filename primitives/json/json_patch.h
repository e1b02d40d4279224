// JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396) on a document as rows.
#ifndef VARVE_PRIMITIVES_JSON_JSON_PATCH_H_
#define VARVE_PRIMITIVES_JSON_JSON_PATCH_H_

#include "absl/status/status.h"
#include "primitives/json/json_editor.h"

namespace varve::json {

// kInvalidArgument: not an RFC 6902 patch: no array of operations, an operation without what it
// needs, a pointer that is none.
[[nodiscard]] absl::Status CheckPatch(const JsonValue& patch);

// All operations in order. kNotFound: what an operation names is not there. kFailedPrecondition: a
// test does not hold. kOutOfRange: an index beyond an array. As CheckPatch. The message names the
// operation.
[[nodiscard]] absl::Status ApplyPatch(JsonEditor& editor, const JsonValue& patch);

// kNotFound: there is no such document.
[[nodiscard]] absl::Status ApplyMergePatch(JsonEditor& editor, const JsonValue& patch);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_PATCH_H_
