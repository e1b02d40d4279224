// varve STORE trace record|finish|annotate|delete|import
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/kv_arguments.h"
#include "cli/line_reader.h"
#include "cli/trace_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "primitives/trace/trace_otlp.h"

namespace varve::cli {
namespace {

// Runs `body` on a Trace of `run` in a durable transaction, closes the store and prints `fields`
// with the receipt. `body` answers whether there was something to write.
using TraceBody = std::function<absl::StatusOr<bool>(Trace& trace, Json& fields)>;

absl::StatusOr<Answer> RunInTransaction(Session& session, const std::string& run_text,
                                        const TraceBody& body, std::string* line = nullptr) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(run_text));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  bool written = false;
  Json fields;
  const absl::StatusOr<Receipt> receipt = opened.store->Update([&](Transaction& txn) {
    Trace trace(txn, run);
    fields = Json::object();
    absl::StatusOr<bool> answer = body(trace, fields);
    written = answer.value_or(false);
    return answer.status();
  });
  // The error of the write is worth more than one of the close.
  if (!receipt.ok()) return CloseAfter(opened, receipt.status());
  VARVE_ASSIGN_OR_RETURN(const Answer answer,
                         CloseAfter(opened, written ? Answer::kYes : Answer::kNo));
  fields["written"] = written;
  if (written) {
    fields["lsn"] = receipt->lsn.value();
    fields["commit_time_us"] = receipt->commit_time.micros();
  }
  if (line != nullptr) session.output().Line(*line);
  session.output().Object(fields);
  return answer;
}

std::vector<std::string_view> ViewsOf(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

struct RecordArguments {
  std::string name;
  std::string id;
  std::string parent;
  std::string kind = "custom";
  std::optional<std::uint64_t> start;
  std::optional<std::uint64_t> end;
  std::string status;
  std::string message;
  std::string tags;
  std::string attributes;
  std::string run;
};

void DeclareMoment(Arguments& arguments, const std::string& name, const std::string& help,
                   std::optional<std::uint64_t>& to) {
  arguments.Number({.name = name, .help = help, .value_name = "MICROS"}, to);
}

void DeclareStatus(Arguments& arguments, std::string& status, std::string& message) {
  arguments.Choice({.name = "--status", .help = "How it went", .value_name = "STATUS"},
                   SpanStatusNames(), status);
  arguments.Text({.name = "--message", .help = "Why, in words", .value_name = "TEXT"}, message);
}

void DeclareAttributes(Arguments& arguments, const std::string& help, std::string& attributes) {
  arguments.Text({.name = "--attributes", .help = help, .value_name = "JSON"}, attributes);
}

void DeclareRecord(Arguments& arguments, RecordArguments& to) {
  arguments.Text({.name = "name", .help = "What it is called", .required = true}, to.name);
  arguments.Choice({.name = "--kind", .help = "Its kind (default custom)", .value_name = "KIND"},
                   SpanKindNames(), to.kind);
  arguments.Text({.name = "--parent", .help = "The span it lies below", .value_name = "SPAN"},
                 to.parent);
  arguments.Text({.name = "--id", .help = "Its id (default: a drawn one)", .value_name = "SPAN"},
                 to.id);
  DeclareMoment(arguments, "--start", "When it began, microseconds since 1970 (default now)",
                to.start);
  DeclareMoment(arguments, "--end", "When it ended (default: it has not yet)", to.end);
  DeclareStatus(arguments, to.status, to.message);
  arguments.Text({.name = "--tags", .help = "Words to find it by", .value_name = "TAG,TAG"},
                 to.tags);
  DeclareAttributes(arguments, "A JSON object: what happened", to.attributes);
  DeclareTraceRun(arguments, to.run);
}

absl::StatusOr<Answer> RunRecord(const RecordArguments& arguments, Session& session) {
  SpanRecord record;
  if (!arguments.id.empty()) {
    VARVE_ASSIGN_OR_RETURN(record.id, ParseSpan(arguments.id, "id"));
  }
  if (!arguments.parent.empty()) {
    VARVE_ASSIGN_OR_RETURN(record.parent, ParseSpan(arguments.parent, "parent"));
  }
  const std::vector<std::string> tags = SplitTags(arguments.tags);
  record.kind = ParseSpanKind(arguments.kind).value_or(SpanKind::kCustom);
  record.name = arguments.name;
  record.start = TimeOf(arguments.start);
  record.end = TimeOf(arguments.end);
  record.status = ParseSpanStatus(arguments.status);
  record.status_message = arguments.message;
  record.tags = ViewsOf(tags);
  record.attributes = arguments.attributes;
  std::string line;
  return RunInTransaction(
      session, arguments.run,
      [&](Trace& trace, Json& fields) -> absl::StatusOr<bool> {
        VARVE_ASSIGN_OR_RETURN(const SpanId id, trace.Record(record));
        line = id.ToString();
        fields["id"] = line;
        return true;
      },
      &line);
}

struct FinishArguments {
  SpanArguments span;
  std::optional<std::uint64_t> end;
  std::string status;
  std::string message;
};

void DeclareFinish(Arguments& arguments, FinishArguments& to) {
  DeclareSpan(arguments, to.span);
  DeclareMoment(arguments, "--end", "When it ended, microseconds since 1970 (default now)", to.end);
  DeclareStatus(arguments, to.status, to.message);
}

absl::StatusOr<Answer> RunFinish(const FinishArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const SpanId id, ParseSpan(arguments.span.span, "span"));
  const SpanFinish finish{.end = TimeOf(arguments.end),
                          .status = ParseSpanStatus(arguments.status),
                          .status_message = arguments.message};
  return RunInTransaction(session, arguments.span.run,
                          [&](Trace& trace, Json& fields) -> absl::StatusOr<bool> {
                            fields["id"] = id.ToString();
                            VARVE_RETURN_IF_ERROR(trace.Finish(id, finish));
                            return true;
                          });
}

struct AnnotateArguments {
  SpanArguments span;
  std::string add_tags;
  std::string remove_tags;
  std::string attributes;
};

void DeclareAnnotate(Arguments& arguments, AnnotateArguments& to) {
  DeclareSpan(arguments, to.span);
  arguments.Text({.name = "--add-tags", .help = "Tags to add", .value_name = "TAG,TAG"},
                 to.add_tags);
  arguments.Text({.name = "--remove-tags", .help = "Tags to remove", .value_name = "TAG,TAG"},
                 to.remove_tags);
  DeclareAttributes(arguments, "A JSON object: members to set; null removes one", to.attributes);
}

absl::StatusOr<Answer> RunAnnotate(const AnnotateArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const SpanId id, ParseSpan(arguments.span.span, "span"));
  const std::vector<std::string> added = SplitTags(arguments.add_tags);
  const std::vector<std::string> removed = SplitTags(arguments.remove_tags);
  return RunInTransaction(
      session, arguments.span.run, [&](Trace& trace, Json& fields) -> absl::StatusOr<bool> {
        fields["id"] = id.ToString();
        VARVE_RETURN_IF_ERROR(trace.Annotate(id, {.add_tags = ViewsOf(added),
                                                  .remove_tags = ViewsOf(removed),
                                                  .attributes = arguments.attributes}));
        return true;
      });
}

absl::StatusOr<Answer> RunDelete(const SpanArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const SpanId id, ParseSpan(arguments.span, "span"));
  std::string line;
  return RunInTransaction(
      session, arguments.run,
      [&](Trace& trace, Json& fields) -> absl::StatusOr<bool> {
        fields["id"] = id.ToString();
        VARVE_ASSIGN_OR_RETURN(const std::uint64_t before, trace.Count());
        VARVE_RETURN_IF_ERROR(trace.DeleteTree(id));
        VARVE_ASSIGN_OR_RETURN(const std::uint64_t after, trace.Count());
        fields["deleted"] = before - after;
        line = "deleted " + FormatCount(before - after) + " spans";
        return before != after;
      },
      &line);
}

struct ImportArguments {
  std::string file;
  std::string trace_id;
  std::string run;
};

void DeclareImport(Arguments& arguments, ImportArguments& to) {
  arguments.Text({.name = "file",
                  .help = "OTLP/JSON requests, one on a line; - is standard input",
                  .required = true},
                 to.file);
  arguments.Text({.name = "--trace-id",
                  .help = "Only spans of this trace, 32 hexadecimal digits (default: there is one)",
                  .value_name = "HEX"},
                 to.trace_id);
  DeclareTraceRun(arguments, to.run);
}

absl::StatusOr<OtlpImportOptions> ImportOptionsOf(const ImportArguments& arguments) {
  OtlpImportOptions options;
  if (arguments.trace_id.empty()) return options;
  std::string text = arguments.trace_id;
  if (text.size() == 32) {
    for (const std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  }
  options.trace_id = Uuid::Parse(text);
  if (!options.trace_id) {
    return InvalidArgument("--trace-id ", EscapeBytes(arguments.trace_id),
                           " is no trace id; it looks like 4bf92f3577b34da6a3ce929d0e0e4736");
  }
  return options;
}

// One durable transaction for each line.
absl::StatusOr<OtlpImport> ImportLines(LineReader& lines, Store& store, const RunId& run,
                                       const OtlpImportOptions& options) {
  OtlpImport total;
  for (std::string line;;) {
    if (Interrupted()) return absl::CancelledError("interrupted");
    VARVE_ASSIGN_OR_RETURN(const bool more, lines.Next(line));
    if (!more) return total;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    OtlpImport import;
    const absl::Status status =
        store
            .Update([&](Transaction& txn) -> absl::Status {
              VARVE_ASSIGN_OR_RETURN(import, ImportOtlp(txn, run, line, options));
              return absl::OkStatus();
            })
            .status();
    if (!status.ok()) return AddContext(status, "line " + std::to_string(lines.lines()));
    total.spans += import.spans;
    total.orphans += import.orphans;
  }
}

absl::StatusOr<Answer> RunImport(const ImportArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const OtlpImportOptions options, ImportOptionsOf(arguments));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(LineReader lines, LineReader::Open(arguments.file));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  const absl::StatusOr<OtlpImport> total = ImportLines(lines, *opened.store, run, options);
  if (!total.ok()) return CloseAfter(opened, total.status());
  VARVE_RETURN_IF_ERROR(CloseAfter(opened, Answer::kYes).status());
  session.output().Line("imported " + FormatCount(total->spans) + " spans, " +
                        FormatCount(total->orphans) + " of them without their parents");
  session.output().Object(
      {{"lines", lines.lines()}, {"spans", total->spans}, {"orphans", total->orphans}});
  return Answer::kYes;
}

}  // namespace

void AddTraceWriteVerbs(Verbs& trace) {
  trace.Add<RecordArguments>(
      {"record",
       "Records a span and prints its id.",
       {"trace record plan --kind decision",
        "trace record search --kind tool_call --parent 00f067aa0ba902b7 --tags web,slow "
        "--attributes '{\"query\":\"flights\"}'"}},
      DeclareRecord, RunRecord);
  trace.Add<FinishArguments>({"finish",
                              "Says that a span has ended.",
                              {"trace finish 00f067aa0ba902b7 --status ok",
                               "trace finish 00f067aa0ba902b7 --status error --message timeout"}},
                             DeclareFinish, RunFinish);
  trace.Add<AnnotateArguments>(
      {"annotate",
       "Changes tags and attributes of a span.",
       {"trace annotate 00f067aa0ba902b7 --add-tags slow --attributes '{\"retries\":3}'"}},
      DeclareAnnotate, RunAnnotate);
  trace.Add<SpanArguments>({"delete",
                            "Deletes a span and everything below it. Exit 1 where there is none.",
                            {"trace delete 00f067aa0ba902b7"}},
                           DeclareSpan, RunDelete);
  trace.Add<ImportArguments>(
      {"import",
       "Records the spans of OTLP/JSON requests, each line in one durable transaction.",
       {"trace import trace.jsonl --run 6ba7b810-9dad-11d1-80b4-00c04fd430c8"}},
      DeclareImport, RunImport);
}

void AddTraceVerbs(Verbs& root) {
  Verbs trace = root.Group("trace", "Spans of a run: record, find, tree, export, ...");
  AddTraceReadVerbs(trace);
  AddTraceWriteVerbs(trace);
}

}  // namespace varve::cli
