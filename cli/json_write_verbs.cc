// varve STORE json
// create|set|cas|delete|destroy|merge|patch|push|insert|pop|increment|create-index| drop-index
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "cli/json_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

// Runs `body` in a durable transaction on the documents of a run, closes the store and prints the
// receipt beside `fields`. `body` answers whether its condition held.
using JsonBody = std::function<absl::StatusOr<bool>(varve::Json& json, Json& fields)>;

absl::StatusOr<Answer> RunInTransaction(Session& session, const std::string& run_text, Json fields,
                                        const JsonBody& body) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(run_text));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  bool held = false;
  const absl::StatusOr<Receipt> receipt = opened.store->Update([&](Transaction& txn) {
    varve::Json json(txn, run);
    absl::StatusOr<bool> answer = body(json, fields);
    held = answer.value_or(false);
    return answer.status();
  });
  // The error of the write is worth more than one of the close.
  if (!receipt.ok()) return CloseAfter(opened, receipt.status());
  VARVE_ASSIGN_OR_RETURN(const Answer answer,
                         CloseAfter(opened, held ? Answer::kYes : Answer::kNo));
  fields["written"] = held;
  if (held) {
    fields["lsn"] = receipt->lsn.value();
    fields["commit_time_us"] = receipt->commit_time.micros();
  }
  session.output().Object(fields);
  return answer;
}

absl::StatusOr<bool> Written(const absl::Status& status) {
  if (!status.ok()) return status;
  return true;
}

// A document, and a value for it.
struct DocumentValueArguments {
  DocumentArguments document;
  ValueArguments value;
};

void DeclareDocumentValue(Arguments& arguments, DocumentValueArguments& to) {
  DeclareDocument(arguments, to.document);
  DeclareValue(arguments, to.value);
}

using DocumentWrite = absl::Status (varve::Json::*)(std::string_view name, const JsonValue& value);

template <DocumentWrite write>
absl::StatusOr<Answer> RunDocumentWrite(const DocumentValueArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue value, JsonValueOf(arguments.value));
  const DocumentArguments& document = arguments.document;
  return RunInTransaction(
      session, document.run, PlaceToJson({document, ""}),
      [&](varve::Json& json, Json&) { return Written((json.*write)(document.name, value)); });
}

// A place in a document, and a value for it.
struct PlaceValueArguments {
  PlaceArguments place;
  ValueArguments value;
};

void DeclarePlaceValue(Arguments& arguments, PlaceValueArguments& to) {
  DeclarePlace(arguments, to.place, true);
  DeclareValue(arguments, to.value);
}

using PlaceWrite = absl::Status (varve::Json::*)(std::string_view name, std::string_view pointer,
                                                 const JsonValue& value);

template <PlaceWrite write>
absl::StatusOr<Answer> RunPlaceWrite(const PlaceValueArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue value, JsonValueOf(arguments.value));
  const PlaceArguments& place = arguments.place;
  return RunInTransaction(
      session, place.document.run, PlaceToJson(place), [&](varve::Json& json, Json&) {
        return Written((json.*write)(place.document.name, place.pointer, value));
      });
}

struct CasArguments {
  PlaceValueArguments what;
  std::uint64_t version = 0;
};

void DeclareCas(Arguments& arguments, CasArguments& to) {
  DeclarePlaceValue(arguments, to.what);
  arguments.Number({.name = "--if-lsn",
                    .help = "Only where the document was last changed at this LSN",
                    .value_name = "LSN",
                    .required = true},
                   to.version);
}

absl::StatusOr<Answer> RunCas(const CasArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue value, JsonValueOf(arguments.what.value));
  const PlaceArguments& place = arguments.what.place;
  return RunInTransaction(session, place.document.run, PlaceToJson(place),
                          [&](varve::Json& json, Json&) {
                            return json.CompareAndSet(place.document.name, Lsn(arguments.version),
                                                      place.pointer, value);
                          });
}

struct InsertArguments {
  PlaceArguments place;
  std::uint64_t index = 0;
  ValueArguments value;
};

void DeclareInsert(Arguments& arguments, InsertArguments& to) {
  DeclarePlace(arguments, to.place, true);
  arguments.Number({.name = "index", .help = "Before this element", .required = true}, to.index,
                   {.max = std::numeric_limits<std::uint32_t>::max()});
  DeclareValue(arguments, to.value);
}

absl::StatusOr<Answer> RunInsert(const InsertArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue value, JsonValueOf(arguments.value));
  const PlaceArguments& place = arguments.place;
  return RunInTransaction(
      session, place.document.run, PlaceToJson(place), [&](varve::Json& json, Json&) {
        return Written(json.Insert(place.document.name, place.pointer,
                                   static_cast<std::uint32_t>(arguments.index), value));
      });
}

void DeclareDelete(Arguments& arguments, PlaceArguments& to) { DeclarePlace(arguments, to, true); }

absl::StatusOr<Answer> RunDelete(const PlaceArguments& place, Session& session) {
  return RunInTransaction(
      session, place.document.run, PlaceToJson(place),
      [&](varve::Json& json, Json&) -> absl::StatusOr<bool> {
        VARVE_ASSIGN_OR_RETURN(const bool exists, json.Exists(place.document.name, place.pointer));
        if (exists) VARVE_RETURN_IF_ERROR(json.Delete(place.document.name, place.pointer));
        return exists;
      });
}

absl::StatusOr<Answer> RunDestroy(const DocumentArguments& document, Session& session) {
  return RunInTransaction(session, document.run, PlaceToJson({document, ""}),
                          [&](varve::Json& json, Json&) -> absl::StatusOr<bool> {
                            VARVE_ASSIGN_OR_RETURN(const bool exists, json.Exists(document.name));
                            if (exists) VARVE_RETURN_IF_ERROR(json.Destroy(document.name));
                            return exists;
                          });
}

absl::StatusOr<Answer> RunPop(const PlaceArguments& place, Session& session) {
  std::optional<JsonValue> last;
  VARVE_ASSIGN_OR_RETURN(
      const Answer answer,
      RunInTransaction(session, place.document.run, PlaceToJson(place),
                       [&](varve::Json& json, Json& fields) -> absl::StatusOr<bool> {
                         VARVE_ASSIGN_OR_RETURN(last, json.Pop(place.document.name, place.pointer));
                         if (last.has_value()) fields["value"] = Json(*last);
                         return last.has_value();
                       }));
  if (last.has_value()) session.output().Line(last->dump());
  return answer;
}

struct IncrementArguments {
  PlaceArguments place;
  std::string amount = "1";
};

void DeclareIncrement(Arguments& arguments, IncrementArguments& to) {
  DeclarePlace(arguments, to.place, true);
  arguments.Text({.name = "amount", .help = "How much to add; may be negative (default 1)"},
                 to.amount);
}

absl::StatusOr<Answer> RunIncrement(const IncrementArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue amount, ParseJson(arguments.amount));
  const PlaceArguments& place = arguments.place;
  JsonValue sum;
  VARVE_ASSIGN_OR_RETURN(
      const Answer answer,
      RunInTransaction(session, place.document.run, PlaceToJson(place),
                       [&](varve::Json& json, Json& fields) -> absl::StatusOr<bool> {
                         VARVE_ASSIGN_OR_RETURN(
                             sum, json.IncrementAndGet(place.document.name, place.pointer, amount));
                         fields["value"] = Json(sum);
                         return true;
                       }));
  session.output().Line(sum.dump());
  return answer;
}

struct IndexArguments {
  std::string index;
  std::string pointer;
  std::string kind;
  std::string run;
};

void DeclareDropIndex(Arguments& arguments, IndexArguments& to) {
  arguments.Text({.name = "index", .help = "The name of the index", .required = true}, to.index);
  DeclareRun(arguments, to.run);
}

void DeclareCreateIndex(Arguments& arguments, IndexArguments& to) {
  DeclareDropIndex(arguments, to);
  arguments.Text({.name = "pointer", .help = "JSON Pointer, as /age", .required = true},
                 to.pointer);
  arguments.Choice({.name = "kind", .help = "Which values it finds", .required = true},
                   {"number", "string"}, to.kind);
}

absl::StatusOr<Answer> RunCreateIndex(const IndexArguments& arguments, Session& session) {
  const JsonIndexKind kind =
      arguments.kind == "number" ? JsonIndexKind::kNumber : JsonIndexKind::kString;
  return RunInTransaction(
      session, arguments.run, {{"index", BytesToJson(arguments.index)}},
      [&](varve::Json& json, Json&) {
        return Written(json.CreateIndex(arguments.index, arguments.pointer, kind));
      });
}

absl::StatusOr<Answer> RunDropIndex(const IndexArguments& arguments, Session& session) {
  return RunInTransaction(
      session, arguments.run, {{"index", BytesToJson(arguments.index)}},
      [&](varve::Json& json, Json&) { return Written(json.DropIndex(arguments.index)); });
}

void AddArrayVerbs(Verbs& json) {
  json.Add<PlaceValueArguments>(
      {"push", "Adds a last element to an array.", {"json push user/7 /tags '\"new\"'"}},
      DeclarePlaceValue, RunPlaceWrite<&varve::Json::Push>);
  json.Add<InsertArguments>(
      {"insert", "Adds an element before another.", {"json insert user/7 /tags 0 '\"first\"'"}},
      DeclareInsert, RunInsert);
  json.Add<PlaceArguments>({"pop",
                            "Takes the last element out and prints it. Exit 1 where it is empty.",
                            {"json pop queue /jobs"}},
                           DeclareDelete, RunPop);
}

void AddIndexVerbs(Verbs& json) {
  json.Add<IndexArguments>({"create-index",
                            "Looks documents up by the value at a place from now on.",
                            {"json create-index by-age /age number"}},
                           DeclareCreateIndex, RunCreateIndex);
  json.Add<IndexArguments>({"drop-index", "Takes an index away.", {"json drop-index by-age"}},
                           DeclareDropIndex, RunDropIndex);
}

}  // namespace

void AddJsonWriteVerbs(Verbs& json) {
  json.Add<DocumentValueArguments>(
      {"create",
       "Makes a new document; refused where there is one of this name.",
       {"json create user/7 '{\"name\":\"Ada\"}'", "json create big --file big.json"}},
      DeclareDocumentValue, RunDocumentWrite<&varve::Json::Create>);
  json.Add<PlaceValueArguments>(
      {"set",
       "Sets the value at a place; what is missing on the way is made.",
       {"json set user/7 /name '\"Ada\"'", "json set user/7 /tags/- 1", "json set user/7 '' {}"}},
      DeclarePlaceValue, RunPlaceWrite<&varve::Json::Set>);
  json.Add<CasArguments>({"cas",
                          "As set, where the document is still at a version; else exit 1.",
                          {"json cas user/7 /name '\"Eve\"' --if-lsn 42"}},
                         DeclareCas, RunCas);
  json.Add<PlaceArguments>({"delete",
                            "Deletes the value at a place. Exit 1 where there is none.",
                            {"json delete user/7 /name"}},
                           DeclareDelete, RunDelete);
  json.Add<DocumentArguments>(
      {"destroy", "Deletes a document. Exit 1 where there is none.", {"json destroy user/7"}},
      DeclareDocument, RunDestroy);
  json.Add<DocumentValueArguments>(
      {"merge", "Applies a merge patch (RFC 7396).", {"json merge user/7 '{\"name\":null}'"}},
      DeclareDocumentValue, RunDocumentWrite<&varve::Json::MergePatch>);
  json.Add<DocumentValueArguments>(
      {"patch",
       "Applies a JSON patch (RFC 6902), all of it or nothing.",
       {"json patch user/7 '[{\"op\":\"remove\",\"path\":\"/name\"}]'"}},
      DeclareDocumentValue, RunDocumentWrite<&varve::Json::Patch>);
  json.Add<IncrementArguments>({"increment",
                                "Adds to a number and prints the sum; absent counts as 0.",
                                {"json increment user/7 /logins", "json increment user/7 /x 0.5"}},
                               DeclareIncrement, RunIncrement);
  AddArrayVerbs(json);
  AddIndexVerbs(json);
}

void AddJsonVerbs(Verbs& root) {
  Verbs json = root.Group("json", "Documents: get, set, patch, query, find, ...");
  AddJsonReadVerbs(json);
  AddJsonWriteVerbs(json);
}

}  // namespace varve::cli
