// What the verbs of Trace have in common: which span, which run, which tags, and a span as JSON.
#ifndef VARVE_CLI_TRACE_ARGUMENTS_H_
#define VARVE_CLI_TRACE_ARGUMENTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "primitives/trace/trace.h"

namespace varve::cli {

// --run: the spans of the default run where it was not given.
void DeclareTraceRun(Arguments& arguments, std::string& run);

// A span by its position on the command line.
struct SpanArguments {
  std::string span;
  std::string run;
};
void DeclareSpan(Arguments& arguments, SpanArguments& to);

// kInvalidArgument: `text` is not 16 hexadecimal digits; `what` names it.
[[nodiscard]] absl::StatusOr<SpanId> ParseSpan(const std::string& text, std::string_view what);

// The parts of "a,b,c"; none for the empty text.
[[nodiscard]] std::vector<std::string> SplitTags(const std::string& tags);

// Names for Arguments::Choice.
[[nodiscard]] std::vector<std::string> SpanKindNames();
[[nodiscard]] std::vector<std::string> SpanStatusNames();

[[nodiscard]] std::optional<Timestamp> TimeOf(std::optional<std::uint64_t> micros);

// {"id", "parent" where it has one, "kind", "name", "start_us", "end_us" where it has ended,
//  "status", "status_message" where there is one, "tags", "attributes", "lsn", "commit_time_us"}
[[nodiscard]] Json SpanToJson(const Span& span);

// "1.5 ms"; "open" for a span that has not ended.
[[nodiscard]] std::string DurationText(const Span& span);

}  // namespace varve::cli

#endif  // VARVE_CLI_TRACE_ARGUMENTS_H_
