// Reads of JSON. Writes: json_write.cc.
#include "primitives/json/json.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/varve_json.h"

namespace varve_c {
namespace {

absl::Status CheckPlace(const varve_reader* reader, const varve_slice& name,
                        const varve_slice& pointer) {
  return Arguments().Given(reader, "reader").Bytes(name, "name").Bytes(pointer, "pointer").status();
}

Json JsonOf(const varve_reader* reader, const varve_uuid* run) {
  return Json(*reader->reader, RunOf(run));
}

void FillInfo(const JsonInfo& known, varve_json_info& info, Listing<varve_json_info>& /*listing*/) {
  info.name = SliceOf(known.name);
  info.bytes = known.bytes;
  info.lsn = known.lsn.value();
  info.commit_time = known.commit_time.micros();
}

}  // namespace

extern "C" {

const varve_json_info* varve_result_json_info(const varve_result* result, size_t index) {
  return ItemOf<varve_json_info>(result, index);
}

const varve_json_match* varve_result_json_match(const varve_result* result, size_t index) {
  return ItemOf<varve_json_match>(result, index);
}

const varve_json_index* varve_result_json_index(const varve_result* result, size_t index) {
  return ItemOf<varve_json_index>(result, index);
}

varve_status varve_json_get(varve_reader* reader, const varve_uuid* run, varve_slice name,
                            varve_slice pointer, varve_bytes* value, varve_bool* found,
                            varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(reader, name, pointer));
    VARVE_RETURN_IF_ERROR(Arguments().Given(value, "value").Given(found, "found").status());
    VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> known,
                           JsonOf(reader, run).Get(TextOf(name), TextOf(pointer)));
    varve_bytes text{};
    if (known.has_value()) {
      VARVE_ASSIGN_OR_RETURN(const std::string formatted, FormatJson(*known));
      text = BytesOf(formatted);
    }
    *value = text;
    *found = known.has_value() ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_json_get_many(varve_reader* reader, const varve_uuid* run,
                                 const varve_slice* names, const varve_slice* pointers,
                                 size_t count, varve_result** values, varve_error** error) {
  if (values != nullptr) *values = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(reader, "reader")
                              .Slices(names, count, "names")
                              .Slices(pointers, count, "pointers")
                              .Given(values, "values")
                              .status());
    std::vector<JsonPlace> places;
    places.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      places.push_back({TextOf(names[i]), TextOf(pointers[i])});
    }
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::optional<JsonValue>> known,
                           JsonOf(reader, run).GetMany(places));
    auto listing = std::make_unique<Listing<varve_slice>>();
    for (const std::optional<JsonValue>& each : known) {
      if (!each.has_value()) {
        listing->AddAbsent();
        continue;
      }
      VARVE_ASSIGN_OR_RETURN(std::string text, FormatJson(*each));
      listing->Add() = listing->Keep(std::move(text));
    }
    *values = listing.release();
    return absl::OkStatus();
  });
}

varve_status varve_json_exists(varve_reader* reader, const varve_uuid* run, varve_slice name,
                               varve_slice pointer, varve_bool* exists, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(reader, name, pointer));
    VARVE_RETURN_IF_ERROR(Arguments().Given(exists, "exists").status());
    VARVE_ASSIGN_OR_RETURN(const bool known,
                           JsonOf(reader, run).Exists(TextOf(name), TextOf(pointer)));
    *exists = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_json_array_length(varve_reader* reader, const varve_uuid* run, varve_slice name,
                                     varve_slice pointer, uint32_t* length, varve_bool* found,
                                     varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(reader, name, pointer));
    VARVE_RETURN_IF_ERROR(Arguments().Given(length, "length").Given(found, "found").status());
    VARVE_ASSIGN_OR_RETURN(const std::optional<std::uint32_t> known,
                           JsonOf(reader, run).ArrayLength(TextOf(name), TextOf(pointer)));
    *found = known.has_value() ? 1 : 0;
    *length = known.value_or(0);
    return absl::OkStatus();
  });
}

varve_status varve_json_describe(varve_reader* reader, const varve_uuid* run, varve_slice name,
                                 varve_result** info, varve_error** error) {
  if (info != nullptr) *info = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(reader, name, {}));
    VARVE_RETURN_IF_ERROR(Arguments().Given(info, "info").status());
    VARVE_ASSIGN_OR_RETURN(std::optional<JsonInfo> known, JsonOf(reader, run).Info(TextOf(name)));
    *info = ListOf<varve_json_info>(std::move(known), FillInfo).release();
    return absl::OkStatus();
  });
}

varve_status varve_json_list(varve_reader* reader, const varve_uuid* run,
                             const varve_name_options* options, varve_result** infos,
                             varve_error** error) {
  if (infos != nullptr) *infos = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(infos, "infos").status());
    VARVE_ASSIGN_OR_RETURN(const varve_name_options taken, NameOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(JsonList known, JsonOf(reader, run)
                                               .List({TextOf(taken.prefix), TextOf(taken.after),
                                                      LimitOf(taken.limit)}));
    const std::string last = known.documents.empty() ? "" : known.documents.back().name;
    GivePage(ListOf<varve_json_info>(std::move(known.documents), FillInfo), known.more, last,
             infos);
    return absl::OkStatus();
  });
}

varve_status varve_json_query(varve_reader* reader, const varve_uuid* run, varve_slice name,
                              varve_slice json_path, varve_result** matches, varve_error** error) {
  if (matches != nullptr) *matches = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(reader, name, {}));
    VARVE_RETURN_IF_ERROR(
        Arguments().Bytes(json_path, "json_path").Given(matches, "matches").status());
    VARVE_ASSIGN_OR_RETURN(const std::vector<JsonMatch> known,
                           JsonOf(reader, run).Query(TextOf(name), TextOf(json_path)));
    auto listing = std::make_unique<Listing<varve_json_match>>();
    for (const JsonMatch& each : known) {
      VARVE_ASSIGN_OR_RETURN(std::string text, FormatJson(each.value));
      varve_json_match& match = listing->Add();
      match.pointer = listing->Keep(each.pointer);
      match.value = listing->Keep(std::move(text));
    }
    *matches = listing.release();
    return absl::OkStatus();
  });
}

varve_status varve_json_find(varve_reader* reader, const varve_uuid* run, varve_slice pointer,
                             varve_slice value, const varve_name_options* options,
                             varve_result** names, varve_bytes* index, varve_error** error) {
  if (names != nullptr) *names = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckPlace(reader, {}, pointer));
    VARVE_RETURN_IF_ERROR(Arguments().Bytes(value, "value").Given(names, "names").status());
    VARVE_ASSIGN_OR_RETURN(const varve_name_options taken, NameOptionsOf(options));
    if (taken.prefix.size != 0) return InvalidArgument("a find has no prefix");
    VARVE_ASSIGN_OR_RETURN(const JsonValue wanted, ParseJson(TextOf(value)));
    VARVE_ASSIGN_OR_RETURN(JsonNames known, JsonOf(reader, run)
                                                .Find(TextOf(pointer), wanted,
                                                      {TextOf(taken.after), LimitOf(taken.limit)}));
    const std::string last = known.names.empty() ? "" : known.names.back();
    auto listing = ListOf<varve_slice>(
        std::move(known.names), [](const std::string& name, varve_slice& item,
                                   Listing<varve_slice>& /*listing*/) { item = SliceOf(name); });
    if (index != nullptr) *index = BytesOf(known.index);
    GivePage(std::move(listing), known.more, last, names);
    return absl::OkStatus();
  });
}

varve_status varve_json_indexes(varve_reader* reader, const varve_uuid* run, varve_result** indexes,
                                varve_error** error) {
  if (indexes != nullptr) *indexes = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(indexes, "indexes").status());
    VARVE_ASSIGN_OR_RETURN(std::vector<JsonIndexInfo> known, JsonOf(reader, run).Indexes());
    *indexes =
        ListOf<varve_json_index>(std::move(known), [](const JsonIndexInfo& each,
                                                      varve_json_index& item,
                                                      Listing<varve_json_index>& /*listing*/) {
          item.name = SliceOf(each.name);
          item.pointer = SliceOf(each.pointer);
          item.kind = each.kind == JsonIndexKind::kNumber ? VARVE_JSON_INDEX_NUMBER
                                                          : VARVE_JSON_INDEX_STRING;
        }).release();
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
