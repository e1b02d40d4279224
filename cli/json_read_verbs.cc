// varve STORE json get|exists|info|list|query|find|indexes
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "cli/json_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

// A store that is open for reading, at its newest state or at an earlier LSN.
struct OpenedView {
  OpenedStore opened;
  ReadView view;
  RunId run;

  [[nodiscard]] varve::Json json() { return varve::Json(view, run); }
};

absl::StatusOr<OpenedView> OpenView(Session& session, const std::string& run_text,
                                    std::optional<std::uint64_t> at = {}) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(run_text));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, at ? opened.store->AsOf(Lsn(*at)) : opened.store->View());
  return OpenedView{std::move(opened), std::move(view), run};
}

struct GetArguments {
  PlaceArguments place;
  std::optional<std::uint64_t> at;
  bool pretty = false;
};

void DeclareAt(Arguments& arguments, std::optional<std::uint64_t>& at) {
  arguments.Number({.name = "--at",
                    .help = "As of this LSN, where history is kept that far",
                    .value_name = "LSN"},
                   at);
}

void DeclareGet(Arguments& arguments, GetArguments& to) {
  DeclarePlace(arguments, to.place, false);
  DeclareAt(arguments, to.at);
  arguments.Flag({.name = "--pretty", .help = "Indented, over several lines"}, to.pretty);
}

absl::StatusOr<Answer> RunGet(const GetArguments& arguments, Session& session) {
  const DocumentArguments& document = arguments.place.document;
  VARVE_ASSIGN_OR_RETURN(OpenedView at, OpenView(session, document.run, arguments.at));
  VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> value,
                         at.json().Get(document.name, arguments.place.pointer));
  Json object = PlaceToJson(arguments.place);
  object["found"] = value.has_value();
  if (value.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const std::string text, FormatJson(*value, arguments.pretty ? 2 : -1));
    session.output().Line(text);
    object["value"] = Json(*value);
  }
  session.output().Object(object);
  return value.has_value() ? Answer::kYes : Answer::kNo;
}

void DeclareExists(Arguments& arguments, PlaceArguments& to) { DeclarePlace(arguments, to, false); }

absl::StatusOr<Answer> RunExists(const PlaceArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedView at, OpenView(session, arguments.document.run));
  VARVE_ASSIGN_OR_RETURN(const bool exists,
                         at.json().Exists(arguments.document.name, arguments.pointer));
  session.output().Line(exists ? "yes" : "no");
  Json object = PlaceToJson(arguments);
  object["found"] = exists;
  session.output().Object(object);
  return exists ? Answer::kYes : Answer::kNo;
}

absl::StatusOr<Answer> RunInfo(const DocumentArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedView at, OpenView(session, arguments.run));
  VARVE_ASSIGN_OR_RETURN(const std::optional<JsonInfo> info, at.json().Info(arguments.name));
  if (!info.has_value()) {
    session.output().Object({{"name", BytesToJson(arguments.name)}, {"found", false}});
    return Answer::kNo;
  }
  FactTable facts;
  facts.Add("bytes", FormatCount(info->bytes));
  facts.Add("version", std::to_string(info->lsn.value()));
  facts.Add("changed", FormatTime(info->commit_time));
  facts.Print(session.output());
  Json object = {{"found", true}};
  object.update(JsonInfoToJson(*info));
  session.output().Object(object);
  return Answer::kYes;
}

struct ListArguments {
  std::string prefix;
  std::string after;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  std::string run;
};

void DeclarePage(Arguments& arguments, ListArguments& to) {
  arguments.Text({.name = "--after", .help = "Only names behind this one", .value_name = "NAME"},
                 to.after);
  arguments.Number({.name = "--limit", .help = "At most so many", .value_name = "N"}, to.limit,
                   {.min = 1});
  DeclareRun(arguments, to.run);
}

void DeclareList(Arguments& arguments, ListArguments& to) {
  arguments.Text({.name = "prefix", .help = "Only names that start with this"}, to.prefix);
  DeclarePage(arguments, to);
}

absl::StatusOr<Answer> RunList(const ListArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedView at, OpenView(session, arguments.run));
  VARVE_ASSIGN_OR_RETURN(const JsonList list, at.json().List({.prefix = arguments.prefix,
                                                              .after = arguments.after,
                                                              .limit = arguments.limit}));
  for (const JsonInfo& info : list.documents) {
    session.output().Line(EscapeBytes(info.name) + "\t" + FormatCount(info.bytes) + " bytes");
    session.output().Object(JsonInfoToJson(info));
  }
  if (list.more) {
    session.output().Note("there are more: go on with --after and the last name");
    session.output().Object({{"more", true}});
  }
  return Answer::kYes;
}

struct QueryArguments {
  DocumentArguments document;
  std::string query;
};

void DeclareQuery(Arguments& arguments, QueryArguments& to) {
  DeclareDocument(arguments, to.document);
  arguments.Text({.name = "query", .help = "JSONPath (RFC 9535)", .required = true}, to.query);
}

absl::StatusOr<Answer> RunQuery(const QueryArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedView at, OpenView(session, arguments.document.run));
  VARVE_ASSIGN_OR_RETURN(const std::vector<JsonMatch> matches,
                         at.json().Query(arguments.document.name, arguments.query));
  for (const JsonMatch& match : matches) {
    session.output().Line(match.value.dump());
    session.output().Object({{"pointer", match.pointer}, {"value", Json(match.value)}});
  }
  return matches.empty() ? Answer::kNo : Answer::kYes;
}

struct FindArguments {
  std::string pointer;
  std::string value;
  ListArguments page;
};

void DeclareFind(Arguments& arguments, FindArguments& to) {
  arguments.Text({.name = "pointer", .help = "JSON Pointer, as /age", .required = true},
                 to.pointer);
  arguments.Text({.name = "value", .help = "The value there, as JSON", .required = true}, to.value);
  DeclarePage(arguments, to.page);
}

absl::StatusOr<Answer> RunFind(const FindArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue value, ParseJson(arguments.value));
  VARVE_ASSIGN_OR_RETURN(OpenedView at, OpenView(session, arguments.page.run));
  VARVE_ASSIGN_OR_RETURN(const JsonNames found, at.json().Find(arguments.pointer, value,
                                                               {.after = arguments.page.after,
                                                                .limit = arguments.page.limit}));
  Json names = Json::array();
  for (const std::string& name : found.names) {
    session.output().Line(EscapeBytes(name));
    names.push_back(BytesToJson(name));
  }
  if (found.more) session.output().Note("there are more: go on with --after and the last name");
  session.output().Object({{"names", names},
                           {"more", found.more},
                           {"index", found.index.empty() ? Json() : BytesToJson(found.index)}});
  return found.names.empty() ? Answer::kNo : Answer::kYes;
}

struct RunArgument {
  std::string run;
};

void DeclareIndexes(Arguments& arguments, RunArgument& to) { DeclareRun(arguments, to.run); }

absl::StatusOr<Answer> RunIndexes(const RunArgument& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedView at, OpenView(session, arguments.run));
  VARVE_ASSIGN_OR_RETURN(const std::vector<JsonIndexInfo> indexes, at.json().Indexes());
  for (const JsonIndexInfo& index : indexes) {
    const std::string kind = index.kind == JsonIndexKind::kNumber ? "number" : "string";
    session.output().Line(EscapeBytes(index.name) + "\t" + kind + "\t" + index.pointer);
    session.output().Object(
        {{"index", BytesToJson(index.name)}, {"kind", kind}, {"pointer", index.pointer}});
  }
  return Answer::kYes;
}

}  // namespace

void AddJsonReadVerbs(Verbs& json) {
  json.Add<GetArguments>(
      {"get",
       "Prints a document or the value at a place in it. Exit 1 where there is none.",
       {"json get user/7", "json get user/7 /address/city", "json get user/7 --pretty"}},
      DeclareGet, RunGet);
  json.Add<PlaceArguments>({"exists",
                            "Says whether there is a document, or a value at a place; else exit 1.",
                            {"json exists user/7 /email"}},
                           DeclareExists, RunExists);
  json.Add<DocumentArguments>(
      {"info", "Size and version of a document. Exit 1 where there is none.", {"json info user/7"}},
      DeclareDocument, RunInfo);
  json.Add<ListArguments>({"list",
                           "Lists documents by name.",
                           {"json list", "json list user/ --limit 10", "json list --after user/7"}},
                          DeclareList, RunList);
  json.Add<QueryArguments>(
      {"query",
       "Prints what a JSONPath selects in a document, one value a line. Exit 1 where nothing.",
       {"json query shop $..book[*].title", "json query shop '$.book[?@.price<10]' --json"}},
      DeclareQuery, RunQuery);
  json.Add<FindArguments>({"find",
                           "Names the documents with a value at a place. Exit 1 where none.",
                           {"json find /age 42", "json find /city '\"London\"'"}},
                          DeclareFind, RunFind);
  json.Add<RunArgument>({"indexes", "Lists the indexes.", {"json indexes"}}, DeclareIndexes,
                        RunIndexes);
}

}  // namespace varve::cli
