// varve STORE event append|commit|forget
#include <functional>
#include <string>

#include "cli/kv_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"

namespace varve::cli {
namespace {

// Runs `body` in a durable transaction on the streams of `run`, prints the receipt beside `fields`
// and closes the store.
absl::StatusOr<Answer> Write(
    Session& session, const RunId& run, Json fields,
    const std::function<absl::Status(Events& events, Json& fields)>& body) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  const absl::StatusOr<Receipt> receipt = opened.store->Update([&](Transaction& txn) {
    Events events(txn, run);
    return body(events, fields);
  });
  if (!receipt.ok()) return CloseAfter(opened, receipt.status());
  fields["lsn"] = receipt->lsn.value();
  fields["commit_time_us"] = receipt->commit_time.micros();
  VARVE_ASSIGN_OR_RETURN(const Answer answer, CloseAfter(opened, Answer::kYes));
  session.output().Object(fields);
  return answer;
}

struct AppendArguments {
  std::string stream;
  std::string run;
  std::string type;
  ValueArguments payload;
};

void DeclareAppend(Arguments& arguments, AppendArguments& to) {
  arguments.Text({.name = "stream", .help = "The stream, 1 to 256 bytes", .required = true},
                 to.stream);
  arguments.Text({.name = "type", .help = "The type of the event", .required = true}, to.type);
  arguments.Text({.name = "payload", .help = "One JSON object"}, to.payload.value);
  arguments.Text({.name = "--file",
                  .help = "Take the payload from this file; - is standard input",
                  .value_name = "FILE"},
                 to.payload.file);
  DeclareRun(arguments, to.run);
}

absl::StatusOr<Answer> RunAppend(const AppendArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(const std::string payload, ValueBytes(arguments.payload, false));
  const std::string& stream = arguments.stream;
  std::uint64_t sequence = 0;
  VARVE_ASSIGN_OR_RETURN(
      const Answer answer,
      Write(session, run, {{"stream", BytesToJson(stream)}},
            // Nobody else writes while this process holds the store: the sequence is the final one.
            [&](Events& events, Json& fields) -> absl::Status {
              VARVE_ASSIGN_OR_RETURN(sequence, events.Append(stream, arguments.type, payload));
              fields["sequence"] = sequence;
              return absl::OkStatus();
            }));
  session.output().Line(std::to_string(sequence));
  return answer;
}

struct CommitArguments {
  std::string stream;
  std::string run;
  std::string consumer;
  std::uint64_t position = 0;
  bool reset = false;
};

void DeclareConsumer(Arguments& arguments, CommitArguments& to) {
  arguments.Text({.name = "stream", .help = "The stream", .required = true}, to.stream);
  arguments.Text({.name = "consumer", .help = "The consumer", .required = true}, to.consumer);
}

void DeclareCommit(Arguments& arguments, CommitArguments& to) {
  DeclareConsumer(arguments, to);
  arguments.Number(
      {.name = "position", .help = "The sequence that it wants next", .required = true},
      to.position);
  arguments.Flag({.name = "--reset", .help = "Set it even where that is a step back"}, to.reset);
  DeclareRun(arguments, to.run);
}

absl::StatusOr<Answer> RunCommit(const CommitArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  const std::string& stream = arguments.stream;
  return Write(session, run,
               {{"stream", BytesToJson(stream)}, {"consumer", BytesToJson(arguments.consumer)}},
               [&](Events& events, Json&) {
                 return arguments.reset
                            ? events.ResetPosition(stream, arguments.consumer, arguments.position)
                            : events.CommitPosition(stream, arguments.consumer, arguments.position);
               });
}

void DeclareForget(Arguments& arguments, CommitArguments& to) {
  DeclareConsumer(arguments, to);
  DeclareRun(arguments, to.run);
}

absl::StatusOr<Answer> RunForget(const CommitArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  const std::string& stream = arguments.stream;
  return Write(
      session, run,
      {{"stream", BytesToJson(stream)}, {"consumer", BytesToJson(arguments.consumer)}},
      [&](Events& events, Json&) { return events.ForgetConsumer(stream, arguments.consumer); });
}

}  // namespace

void AddEventWriteVerbs(Verbs& event) {
  event.Add<AppendArguments>({"append",
                              "Appends one event, durably, and prints its sequence.",
                              {"event append agent/7 thought '{\"text\":\"look it up\"}'"}},
                             DeclareAppend, RunAppend);
  event.Add<CommitArguments>(
      {"commit",
       "Says how far a consumer has got; never takes it back.",
       {"event commit agent/7 indexer 42", "event commit agent/7 indexer 0 --reset"}},
      DeclareCommit, RunCommit);
  event.Add<CommitArguments>(
      {"forget", "Forgets a consumer's position.", {"event forget agent/7 indexer"}}, DeclareForget,
      RunForget);
}

}  // namespace varve::cli
