// Writes of JSON. Reads: json.cc.
#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/varve_json.h"
#include "primitives/json/json.h"

namespace varve_c {
namespace {

absl::Status CheckPlace(const varve_txn* txn, const varve_slice& name, const varve_slice& pointer) {
  return Arguments().Given(txn, "txn").Bytes(name, "name").Bytes(pointer, "pointer").status();
}

Json JsonOf(const varve_txn* txn, const varve_uuid* run) {
  return Json(*txn->transaction, RunOf(run));
}

absl::StatusOr<JsonValue> ValueOf(const varve_slice& text, const char* name) {
  VARVE_RETURN_IF_ERROR(Arguments().Bytes(text, name).status());
  return ParseJson(TextOf(text));
}

}  // namespace

extern "C" {

varve_status varve_json_create(varve_txn* txn, const varve_uuid* run, varve_slice name,
                               varve_slice value, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, {}));
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(value, "value"));
    return JsonOf(txn, run).Create(TextOf(name), parsed);
  });
}

varve_status varve_json_set(varve_txn* txn, const varve_uuid* run, varve_slice name,
                            varve_slice pointer, varve_slice value, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, pointer));
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(value, "value"));
    return JsonOf(txn, run).Set(TextOf(name), TextOf(pointer), parsed);
  });
}

varve_status varve_json_set_many(varve_txn* txn, const varve_uuid* run, const varve_slice* names,
                                 const varve_slice* pointers, const varve_slice* values,
                                 size_t count, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(txn, "txn")
                              .Slices(names, count, "names")
                              .Slices(pointers, count, "pointers")
                              .Slices(values, count, "values")
                              .status());
    std::vector<JsonAssignment> assignments;
    assignments.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      VARVE_ASSIGN_OR_RETURN(JsonValue parsed, ParseJson(TextOf(values[i])));
      assignments.push_back({TextOf(names[i]), TextOf(pointers[i]), std::move(parsed)});
    }
    return JsonOf(txn, run).SetMany(assignments);
  });
}

varve_status varve_json_delete(varve_txn* txn, const varve_uuid* run, varve_slice name,
                               varve_slice pointer, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, pointer));
    return JsonOf(txn, run).Delete(TextOf(name), TextOf(pointer));
  });
}

varve_status varve_json_destroy(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, {}));
    return JsonOf(txn, run).Destroy(TextOf(name));
  });
}

varve_status varve_json_merge_patch(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                    varve_slice patch, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, {}));
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(patch, "patch"));
    return JsonOf(txn, run).MergePatch(TextOf(name), parsed);
  });
}

varve_status varve_json_patch(varve_txn* txn, const varve_uuid* run, varve_slice name,
                              varve_slice patch, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, {}));
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(patch, "patch"));
    return JsonOf(txn, run).Patch(TextOf(name), parsed);
  });
}

varve_status varve_json_push(varve_txn* txn, const varve_uuid* run, varve_slice name,
                             varve_slice pointer, varve_slice value, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, pointer));
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(value, "value"));
    return JsonOf(txn, run).Push(TextOf(name), TextOf(pointer), parsed);
  });
}

varve_status varve_json_insert(varve_txn* txn, const varve_uuid* run, varve_slice name,
                               varve_slice pointer, uint32_t index, varve_slice value,
                               varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, pointer));
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(value, "value"));
    return JsonOf(txn, run).Insert(TextOf(name), TextOf(pointer), index, parsed);
  });
}

varve_status varve_json_pop(varve_txn* txn, const varve_uuid* run, varve_slice name,
                            varve_slice pointer, varve_bytes* value, varve_bool* found,
                            varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, pointer));
    VARVE_RETURN_IF_ERROR(Arguments().Given(value, "value").Given(found, "found").status());
    VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> taken,
                           JsonOf(txn, run).Pop(TextOf(name), TextOf(pointer)));
    varve_bytes text{};
    if (taken.has_value()) {
      VARVE_ASSIGN_OR_RETURN(const std::string formatted, FormatJson(*taken));
      text = BytesOf(formatted);
    }
    *value = text;
    *found = taken.has_value() ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_json_increment(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                  varve_slice pointer, varve_slice amount, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, pointer));
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(amount, "amount"));
    return JsonOf(txn, run).Increment(TextOf(name), TextOf(pointer), parsed);
  });
}

varve_status varve_json_increment_and_get(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                          varve_slice pointer, varve_slice amount, varve_bytes* sum,
                                          varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, pointer));
    VARVE_RETURN_IF_ERROR(Arguments().Given(sum, "sum").status());
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(amount, "amount"));
    VARVE_ASSIGN_OR_RETURN(const JsonValue known,
                           JsonOf(txn, run).IncrementAndGet(TextOf(name), TextOf(pointer), parsed));
    VARVE_ASSIGN_OR_RETURN(const std::string text, FormatJson(known));
    *sum = BytesOf(text);
    return absl::OkStatus();
  });
}

varve_status varve_json_compare_and_set(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                        uint64_t expected, varve_slice pointer, varve_slice value,
                                        varve_bool* written, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, name, pointer));
    VARVE_RETURN_IF_ERROR(Arguments().Given(written, "written").status());
    VARVE_ASSIGN_OR_RETURN(const JsonValue parsed, ValueOf(value, "value"));
    VARVE_ASSIGN_OR_RETURN(
        const bool known,
        JsonOf(txn, run).CompareAndSet(TextOf(name), Lsn(expected), TextOf(pointer), parsed));
    *written = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_json_create_index(varve_txn* txn, const varve_uuid* run, varve_slice index,
                                     varve_slice pointer, int32_t kind, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, index, pointer));
    if (kind != VARVE_JSON_INDEX_NUMBER && kind != VARVE_JSON_INDEX_STRING) {
      return InvalidArgument("argument kind is no VARVE_JSON_INDEX_...");
    }
    return JsonOf(txn, run).CreateIndex(
        TextOf(index), TextOf(pointer),
        kind == VARVE_JSON_INDEX_NUMBER ? JsonIndexKind::kNumber : JsonIndexKind::kString);
  });
}

varve_status varve_json_drop_index(varve_txn* txn, const varve_uuid* run, varve_slice index,
                                   varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(txn, index, {}));
    return JsonOf(txn, run).DropIndex(TextOf(index));
  });
}

}  // extern "C"
}  // namespace varve_c
