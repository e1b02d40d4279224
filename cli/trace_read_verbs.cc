// varve STORE trace get|find|tree|count|export
#include <limits>
#include <optional>
#include <string>

#include "cli/kv_arguments.h"
#include "cli/trace_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "primitives/trace/trace_otlp.h"

namespace varve::cli {
namespace {

// Deeper levels are shown at this one: a line must stay a line.
constexpr std::uint64_t kIndentLevelsMax = 60;
constexpr std::uint64_t kPageSpans = 1000;
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

void DeclareAt(Arguments& arguments, std::optional<std::uint64_t>& at) {
  arguments.Number({.name = "--at",
                    .help = "As of this LSN, where history is kept that far",
                    .value_name = "LSN"},
                   at);
}

// The newest state, or that of an earlier LSN.
absl::StatusOr<ReadView> ViewAt(Store& store, std::optional<std::uint64_t> at) {
  return at ? store.AsOf(Lsn(*at)) : store.View();
}

struct GetArguments {
  SpanArguments span;
  std::optional<std::uint64_t> at;
};

void DeclareGet(Arguments& arguments, GetArguments& to) {
  DeclareSpan(arguments, to.span);
  DeclareAt(arguments, to.at);
}

void PrintSpan(const Span& span, Output& output) {
  FactTable facts;
  facts.Add("id", span.id.ToString());
  if (!span.parent.is_none()) facts.Add("parent", span.parent.ToString());
  facts.Add("kind", std::string(NameOf(span.kind)));
  facts.Add("name", EscapeBytes(span.name));
  facts.Add("start", FormatTime(span.start));
  if (span.end) facts.Add("end", FormatTime(*span.end));
  facts.Add("duration", DurationText(span));
  std::string status(NameOf(span.status));
  if (!span.status_message.empty()) status += ": " + EscapeBytes(span.status_message);
  facts.Add("status", status);
  std::string tags;
  for (const std::string& tag : span.tags) tags += (tags.empty() ? "" : ", ") + EscapeBytes(tag);
  if (!tags.empty()) facts.Add("tags", tags);
  facts.Add("attributes", EscapeBytes(span.attributes));
  facts.Print(output);
}

absl::StatusOr<Answer> RunGet(const GetArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const SpanId id, ParseSpan(arguments.span.span, "span"));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.span.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.at));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Span> span, Trace(view, run).Get(id));
  if (!span) {
    session.output().Object({{"found", false}, {"id", id.ToString()}});
    return Answer::kNo;
  }
  PrintSpan(*span, session.output());
  Json object = {{"found", true}};
  object.update(SpanToJson(*span));
  session.output().Object(object);
  return Answer::kYes;
}

struct FindArguments {
  std::string parent;
  bool roots = false;
  std::string kind;
  std::string tags;
  std::optional<std::uint64_t> from;
  std::optional<std::uint64_t> until;
  std::optional<std::string> name;
  bool open = false;
  bool finished = false;
  bool reverse = false;
  std::uint64_t limit = kNoLimit;
  std::string cursor;
  std::string run;
  std::optional<std::uint64_t> at;
};

// Which spans; the words of find, count and export.
void DeclareFilter(Arguments& arguments, FindArguments& to) {
  arguments.Text(
      {.name = "--parent", .help = "Only the children of this span", .value_name = "SPAN"},
      to.parent);
  arguments.Flag({.name = "--roots", .help = "Only spans without a parent"}, to.roots);
  arguments.Choice({.name = "--kind", .help = "Only spans of this kind", .value_name = "KIND"},
                   SpanKindNames(), to.kind);
  arguments.Text(
      {.name = "--tags", .help = "Only spans that have all of these tags", .value_name = "TAG,TAG"},
      to.tags);
  arguments.Number({.name = "--from",
                    .help = "Only spans that started then or later, microseconds since 1970",
                    .value_name = "MICROS"},
                   to.from);
  arguments.Number({.name = "--until",
                    .help = "Only spans that started before, microseconds since 1970",
                    .value_name = "MICROS"},
                   to.until);
  arguments.Text({.name = "--name", .help = "Only spans of this name", .value_name = "NAME"},
                 to.name);
  arguments.Flag({.name = "--open", .help = "Only spans that have not ended"}, to.open);
  arguments.Flag({.name = "--finished", .help = "Only spans that have ended"}, to.finished);
  DeclareTraceRun(arguments, to.run);
  DeclareAt(arguments, to.at);
}

void DeclareFind(Arguments& arguments, FindArguments& to) {
  DeclareFilter(arguments, to);
  arguments.Flag({.name = "--reverse", .help = "The latest start first"}, to.reverse);
  arguments.Number({.name = "--limit", .help = "At most so many spans", .value_name = "N"},
                   to.limit, {.min = 1});
  arguments.Text(
      {.name = "--cursor", .help = "Go on where a find with --limit ended", .value_name = "TOKEN"},
      to.cursor);
}

absl::StatusOr<SpanQuery> QueryOf(const FindArguments& arguments) {
  SpanQuery query;
  if (arguments.open && arguments.finished) {
    return InvalidArgument("--open and --finished exclude each other");
  }
  if (arguments.roots && !arguments.parent.empty()) {
    return InvalidArgument("--roots and --parent exclude each other");
  }
  if (arguments.roots) query.parent = SpanId();
  if (!arguments.parent.empty()) {
    VARVE_ASSIGN_OR_RETURN(query.parent, ParseSpan(arguments.parent, "parent"));
  }
  query.kind = ParseSpanKind(arguments.kind);
  query.tags = SplitTags(arguments.tags);
  query.from = Timestamp(arguments.from.value_or(0));
  query.until = TimeOf(arguments.until);
  query.name = arguments.name;
  if (arguments.open || arguments.finished) query.finished = arguments.finished;
  query.reverse = arguments.reverse;
  VARVE_ASSIGN_OR_RETURN(query.cursor, DecodeArgument(arguments.cursor, true, "cursor"));
  return query;
}

void PrintLine(const Span& span, Output& output) {
  std::string line = span.id.ToString() + '\t' + FormatTime(span.start) + '\t' +
                     DurationText(span) + '\t' + std::string(NameOf(span.kind)) + '\t' +
                     EscapeBytes(span.name);
  for (const std::string& tag : span.tags) line += "\t#" + EscapeBytes(tag);
  output.Line(line);
  output.Object(SpanToJson(span));
}

void PrintCursor(const std::string& cursor, Output& output) {
  if (cursor.empty()) return;
  const std::string token = EncodeBase64(cursor);
  output.Object({{"cursor", token}});
  if (!output.json()) output.Note("there is more: --cursor " + token);
}

absl::StatusOr<Answer> RunFind(const FindArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(SpanQuery query, QueryOf(arguments));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.at));
  std::uint64_t left = arguments.limit;
  do {
    if (Interrupted()) return absl::CancelledError("interrupted");
    query.limit = std::min(left, kPageSpans);
    VARVE_ASSIGN_OR_RETURN(const SpanPage page, Trace(view, run).Find(query));
    for (const Span& span : page.spans) PrintLine(span, session.output());
    left -= page.spans.size();
    query.cursor = page.cursor;
  } while (left > 0 && !query.cursor.empty());
  PrintCursor(query.cursor, session.output());
  return Answer::kYes;
}

absl::StatusOr<Answer> RunCount(const FindArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const SpanQuery query, QueryOf(arguments));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.at));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, Trace(view, run).Count(query));
  session.output().Line(std::to_string(count));
  session.output().Object({{"count", count}});
  return Answer::kYes;
}

struct TreeArguments {
  std::string root;
  std::optional<std::uint64_t> depth;
  std::uint64_t limit = kNoLimit;
  std::string cursor;
  std::string run;
  std::optional<std::uint64_t> at;
};

void DeclareTree(Arguments& arguments, TreeArguments& to) {
  arguments.Text({.name = "span", .help = "Whose tree (default: those of all roots)"}, to.root);
  arguments.Number(
      {.name = "--depth", .help = "Only so many levels below the root", .value_name = "N"},
      to.depth);
  arguments.Number({.name = "--limit", .help = "At most so many spans", .value_name = "N"},
                   to.limit, {.min = 1});
  arguments.Text(
      {.name = "--cursor", .help = "Go on where a tree with --limit ended", .value_name = "TOKEN"},
      to.cursor);
  DeclareTraceRun(arguments, to.run);
  DeclareAt(arguments, to.at);
}

void PrintTreeSpan(const TreeSpan& at, Output& output) {
  const std::string indent(2 * std::min(at.depth, kIndentLevelsMax), ' ');
  output.Line(indent + std::string(NameOf(at.span.kind)) + ' ' + EscapeBytes(at.span.name) + "  (" +
              DurationText(at.span) + ", " + at.span.id.ToString() + ')');
  Json object = {{"depth", at.depth}};
  object.update(SpanToJson(at.span));
  output.Object(object);
}

absl::StatusOr<Answer> RunTree(const TreeArguments& arguments, Session& session) {
  TreeQuery query;
  if (!arguments.root.empty()) {
    VARVE_ASSIGN_OR_RETURN(query.root, ParseSpan(arguments.root, "span"));
  }
  query.depth_max = arguments.depth.value_or(query.depth_max);
  VARVE_ASSIGN_OR_RETURN(query.cursor, DecodeArgument(arguments.cursor, true, "cursor"));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.at));
  std::uint64_t left = arguments.limit;
  bool any = false;
  do {
    if (Interrupted()) return absl::CancelledError("interrupted");
    query.limit = std::min(left, kPageSpans);
    VARVE_ASSIGN_OR_RETURN(const TreePage page, Trace(view, run).Tree(query));
    for (const TreeSpan& at : page.spans) PrintTreeSpan(at, session.output());
    any = any || !page.spans.empty();
    left -= page.spans.size();
    query.cursor = page.cursor;
  } while (left > 0 && !query.cursor.empty());
  PrintCursor(query.cursor, session.output());
  return any || arguments.root.empty() ? Answer::kYes : Answer::kNo;
}

struct ExportArguments {
  FindArguments filter;
  std::string service = "varve";
  std::uint64_t batch = kPageSpans;
};

void DeclareExport(Arguments& arguments, ExportArguments& to) {
  DeclareFilter(arguments, to.filter);
  arguments.Text({.name = "--service",
                  .help = "The resource attribute service.name (default varve)",
                  .value_name = "NAME"},
                 to.service);
  arguments.Number(
      {.name = "--batch", .help = "Spans of one request (default 1000)", .value_name = "N"},
      to.batch, {.min = 1});
}

absl::StatusOr<Answer> RunExport(const ExportArguments& arguments, Session& session) {
  OtlpExportOptions options;
  VARVE_ASSIGN_OR_RETURN(options.query, QueryOf(arguments.filter));
  options.query.limit = arguments.batch;
  options.service_name = arguments.service;
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.filter.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  if (run.is_nil()) options.trace_id = opened.store->uuid();
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.filter.at));
  do {
    if (Interrupted()) return absl::CancelledError("interrupted");
    VARVE_ASSIGN_OR_RETURN(const OtlpRequest request, ExportOtlp(view, run, options));
    if (request.spans == 0) break;
    // The result is JSON by its nature, so --json changes nothing.
    session.output().Line(request.json);
    if (session.output().json()) session.output().Object(Json::parse(request.json));
    options.query.cursor = request.cursor;
  } while (!options.query.cursor.empty());
  return Answer::kYes;
}

}  // namespace

void AddTraceReadVerbs(Verbs& trace) {
  trace.Add<GetArguments>({"get",
                           "Prints one span. Exit 1 where there is none.",
                           {"trace get 00f067aa0ba902b7", "trace get 00f067aa0ba902b7 --json"}},
                          DeclareGet, RunGet);
  trace.Add<FindArguments>(
      {"find",
       "Prints the spans for which everything given holds, in the order of their starts.",
       {"trace find --kind tool_call --tags web,slow", "trace find --roots --reverse --limit 10",
        "trace find --parent 00f067aa0ba902b7 --json", "trace find --open"}},
      DeclareFind, RunFind);
  trace.Add<TreeArguments>(
      {"tree",
       "Prints spans with everything below them, indented. Exit 1 where there is no such span.",
       {"trace tree", "trace tree 00f067aa0ba902b7 --depth 2"}},
      DeclareTree, RunTree);
  trace.Add<FindArguments>(
      {"count", "Counts the spans that find would print.", {"trace count --kind error"}},
      DeclareFilter, RunCount);
  trace.Add<ExportArguments>(
      {"export",
       "Prints spans for OpenTelemetry: OTLP/JSON requests, one on a line. The default run takes "
       "the store's uuid for its trace id.",
       {"trace export > trace.jsonl", "trace export --service booking --batch 200"}},
      DeclareExport, RunExport);
}

}  // namespace varve::cli
