// varve STORE event get|range|tail|info|streams|verify|consumers
#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cli/follow.h"
#include "cli/kv_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/event/event_primitive.h"

namespace varve::cli {
namespace {

constexpr std::uint64_t kPageEvents = 1000;

struct StreamArguments {
  std::string stream;
  std::string run;
};

void DeclareStream(Arguments& arguments, StreamArguments& to) {
  arguments.Text({.name = "stream", .help = "The stream, 1 to 256 bytes", .required = true},
                 to.stream);
  DeclareRun(arguments, to.run);
}

Json EventToJson(const Event& event) {
  return {{"sequence", event.sequence},
          {"type", BytesToJson(event.type)},
          {"payload", BytesToJson(event.payload)},
          {"time_us", event.time.micros()},
          {"hash", event::HashText(event.hash)},
          {"lsn", event.lsn.value()}};
}

std::string EventLine(const Event& event) {
  return std::to_string(event.sequence) + "  " + FormatTime(event.time) + "  " +
         EscapeBytes(event.type) + "  " + EscapeBytes(event.payload);
}

struct GetArguments {
  StreamArguments stream;
  std::uint64_t sequence = 0;
};

void DeclareGet(Arguments& arguments, GetArguments& to) {
  arguments.Text({.name = "stream", .help = "The stream", .required = true}, to.stream.stream);
  arguments.Number({.name = "sequence", .help = "Which event, from 0", .required = true},
                   to.sequence);
  DeclareRun(arguments, to.stream.run);
}

absl::StatusOr<Answer> RunGet(const GetArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.stream.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<Event> event,
                         Events(view, run).Get(arguments.stream.stream, arguments.sequence));
  if (!event.has_value()) {
    session.output().Object({{"found", false}, {"sequence", arguments.sequence}});
    return Answer::kNo;
  }
  session.output().Raw(event->payload);
  session.output().Raw("\n");
  Json object = {{"found", true}};
  object.update(EventToJson(*event));
  session.output().Object(object);
  return Answer::kYes;
}

struct RangeArguments {
  StreamArguments stream;
  std::uint64_t from = 0;
  std::optional<std::uint64_t> to;
  std::optional<std::string> type;
  std::optional<std::uint64_t> since;
  std::optional<std::uint64_t> until;
  bool reverse = false;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

void DeclareRange(Arguments& arguments, RangeArguments& to) {
  DeclareStream(arguments, to.stream);
  arguments.Number({.name = "--from", .help = "The first sequence (default 0)", .value_name = "N"},
                   to.from);
  arguments.Number({.name = "--to", .help = "The sequence behind the last", .value_name = "N"},
                   to.to);
  arguments.Text({.name = "--type", .help = "Only events of this type", .value_name = "TYPE"},
                 to.type);
  arguments.Number({.name = "--since", .help = "Not before this moment", .value_name = "US"},
                   to.since);
  arguments.Number({.name = "--until", .help = "Before this moment", .value_name = "US"}, to.until);
  arguments.Flag({.name = "--reverse", .help = "From the last event to the first"}, to.reverse);
  arguments.Number({.name = "--limit", .help = "At most so many events", .value_name = "N"},
                   to.limit, {.min = 1});
}

EventScanOptions ScanOptions(const RangeArguments& arguments) {
  EventScanOptions options{
      .from = arguments.from, .reverse = arguments.reverse, .limit = arguments.limit};
  if (arguments.to) options.to = *arguments.to;
  if (arguments.type) options.type = *arguments.type;
  if (arguments.since) options.since = Timestamp(*arguments.since);
  if (arguments.until) options.until = Timestamp(*arguments.until);
  return options;
}

absl::Status PrintEvents(EventScan scan, Output& output) {
  for (const Event& event : scan) {
    if (Interrupted()) return absl::CancelledError("interrupted");
    if (output.json()) {
      output.Object(EventToJson(event));
    } else {
      output.Line(EventLine(event));
    }
  }
  VARVE_RETURN_IF_ERROR(scan.status());
  if (scan.more()) output.Object({{"next", scan.next()}});
  return absl::OkStatus();
}

absl::StatusOr<Answer> RunRange(const RangeArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.stream.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_RETURN_IF_ERROR(PrintEvents(
      Events(view, run).Scan(arguments.stream.stream, ScanOptions(arguments)), session.output()));
  return Answer::kYes;
}

struct TailArguments {
  StreamArguments stream;
  std::uint64_t count = 10;
  bool follow = false;
  FollowArguments following;
};

void DeclareTail(Arguments& arguments, TailArguments& to) {
  DeclareStream(arguments, to.stream);
  arguments.Number({.name = "--count", .help = "How many events (default 10)", .value_name = "N"},
                   to.count, {.min = 1});
  arguments.Flag({.name = "--follow",
                  .help = "Goes on with the events that other processes append, until Ctrl-C"},
                 to.follow);
  DeclareFollow(arguments, to.following);
}

// Prints the last events, then those that are new each time it is called.
class TailPrinter final {
 public:
  TailPrinter(const TailArguments& arguments, const RunId& run, Output& output)
      : arguments_(arguments), run_(run), output_(output) {}

  // Whether more are wanted.
  absl::StatusOr<bool> Print(ReadView& view) {
    const std::string& stream = arguments_.stream.stream;
    Events events(view, run_);
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t length, events.Length(stream));
    if (!next_.has_value()) next_ = length > arguments_.count ? length - arguments_.count : 0;
    if (*next_ > length) next_ = 0;  // its run was erased: it begins anew
    if (*next_ == length) return true;
    const std::uint64_t shown = std::min(length - *next_, left_);
    VARVE_RETURN_IF_ERROR(
        PrintEvents(events.Scan(stream, {.from = *next_, .to = *next_ + shown}), output_));
    next_ = *next_ + shown;
    left_ -= shown;
    return left_ > 0;
  }

 private:
  const TailArguments& arguments_;
  const RunId run_;
  Output& output_;
  std::optional<std::uint64_t> next_;
  std::uint64_t left_ = arguments_.following.limit;
};

absl::StatusOr<Answer> RunTail(const TailArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.stream.run));
  TailPrinter printer(arguments, run, session.output());
  const FollowArguments& following = arguments.following;
  if (arguments.follow) {
    VARVE_RETURN_IF_ERROR(
        Follow(session,
               {.interval_seconds = IntervalOf(following), .entry_range = kEventAppend, .run = run},
               [&printer](ReadView& view) { return printer.Print(view); }));
    return Answer::kYes;
  }
  const FollowArguments none;
  if (following.limit != none.limit || following.interval_seconds != none.interval_seconds) {
    return InvalidArgument("--limit and --interval go with --follow: give --count instead");
  }
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_RETURN_IF_ERROR(printer.Print(view).status());
  return Answer::kYes;
}

Json InfoToJson(const StreamInfo& info) {
  return {{"stream", BytesToJson(info.name)},          {"length", info.length},
          {"first_time_us", info.first_time.micros()}, {"last_time_us", info.last_time.micros()},
          {"payload_bytes", info.payload_bytes},       {"head", event::HashText(info.head)}};
}

absl::StatusOr<Answer> RunInfo(const StreamArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<StreamInfo> info,
                         Events(view, run).Info(arguments.stream));
  if (!info.has_value()) {
    session.output().Object({{"found", false}, {"stream", BytesToJson(arguments.stream)}});
    return Answer::kNo;
  }
  FactTable facts;
  facts.Add("events", FormatCount(info->length));
  facts.Add("payloads", FormatBytes(info->payload_bytes));
  facts.Add("first", FormatTime(info->first_time));
  facts.Add("last", FormatTime(info->last_time));
  facts.Add("head", event::HashText(info->head));
  facts.Print(session.output());
  Json object = {{"found", true}};
  object.update(InfoToJson(*info));
  session.output().Object(object);
  return Answer::kYes;
}

struct ListArguments {
  std::string prefix;
  std::string run;
};

void DeclareStreams(Arguments& arguments, ListArguments& to) {
  arguments.Text({.name = "prefix", .help = "Only streams that start with it"}, to.prefix);
  DeclareRun(arguments, to.run);
}

// Every stream of the run, a page at a time, until `visit` answers an error.
absl::Status VisitStreams(const Events& events, std::string_view prefix,
                          const std::function<absl::Status(const StreamInfo&)>& visit) {
  std::string after;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(
        const std::vector<StreamInfo> page,
        events.ListStreams({.prefix = prefix, .after = after, .limit = kPageEvents}));
    for (const StreamInfo& info : page) VARVE_RETURN_IF_ERROR(visit(info));
    if (page.size() < kPageEvents) return absl::OkStatus();
    after = page.back().name;
  }
}

absl::StatusOr<Answer> RunStreams(const ListArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  const Events events(view, run);
  VARVE_RETURN_IF_ERROR(VisitStreams(events, arguments.prefix, [&](const StreamInfo& info) {
    session.output().Line(EscapeBytes(info.name) + "  " + FormatCount(info.length));
    session.output().Object(InfoToJson(info));
    return absl::OkStatus();
  }));
  return Answer::kYes;
}

struct VerifyArguments {
  std::string stream;
  std::string run;
};

void DeclareVerify(Arguments& arguments, VerifyArguments& to) {
  arguments.Text({.name = "stream", .help = "The stream (default: every stream of the run)"},
                 to.stream);
  DeclareRun(arguments, to.run);
}

absl::StatusOr<Answer> RunVerify(const VerifyArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  const Events events(view, run);
  std::uint64_t bad_streams = 0;
  const auto verify = [&](std::string_view stream) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const ChainVerdict verdict, events.VerifyChain(stream));
    Json object = {{"stream", BytesToJson(stream)},
                   {"ok", !verdict.bad.has_value()},
                   {"verified", verdict.verified}};
    std::string line = EscapeBytes(stream) + "  " + FormatCount(verdict.verified) + " verified";
    if (verdict.bad.has_value()) {
      ++bad_streams;
      object["bad"] = *verdict.bad;
      object["fault"] = verdict.fault;
      line += ", event " + std::to_string(*verdict.bad) + " is bad: " + verdict.fault;
    }
    session.output().Line(line);
    session.output().Object(object);
    return absl::OkStatus();
  };
  if (!arguments.stream.empty()) {
    VARVE_RETURN_IF_ERROR(verify(arguments.stream));
  } else {
    VARVE_RETURN_IF_ERROR(
        VisitStreams(events, "", [&](const StreamInfo& info) { return verify(info.name); }));
  }
  return bad_streams == 0 ? Answer::kYes : Answer::kNo;
}

absl::StatusOr<Answer> RunConsumers(const StreamArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(
      const std::vector<ConsumerPosition> consumers,
      Events(view, run).ListConsumers(arguments.stream,
                                      {.limit = std::numeric_limits<std::uint64_t>::max()}));
  for (const ConsumerPosition& at : consumers) {
    session.output().Line(EscapeBytes(at.consumer) + "  " + std::to_string(at.position));
    session.output().Object({{"consumer", BytesToJson(at.consumer)}, {"position", at.position}});
  }
  return Answer::kYes;
}

}  // namespace

void AddEventVerbs(Verbs& root) {
  Verbs event = root.Group("event", "Streams of events: append, range, tail, verify, ...");
  AddEventWriteVerbs(event);
  event.Add<GetArguments>({"get", "Prints the payload of one event.", {"event get agent/7 0"}},
                          DeclareGet, RunGet);
  event.Add<RangeArguments>({"range",
                             "Prints events by sequence, type and time.",
                             {"event range agent/7 --from 100 --limit 50",
                              "event range agent/7 --type tool_call --reverse"}},
                            DeclareRange, RunRange);
  event.Add<TailArguments>({"tail",
                            "Prints the last events.",
                            {"event tail agent/7 --count 3", "event tail agent/7 --follow"}},
                           DeclareTail, RunTail);
  event.Add<StreamArguments>({"info", "Length, times and head of a stream.", {"event info a"}},
                             DeclareStream, RunInfo);
  event.Add<ListArguments>({"streams", "Lists streams.", {"event streams agent/"}}, DeclareStreams,
                           RunStreams);
  event.Add<VerifyArguments>(
      {"verify",
       "Computes every hash of a stream again; exit 1 and the first bad event where one differs.",
       {"event verify", "event verify agent/7"}},
      DeclareVerify, RunVerify);
  event.Add<StreamArguments>({"consumers",
                              "Lists the consumers of a stream and their positions.",
                              {"event consumers agent/7"}},
                             DeclareStream, RunConsumers);
}

}  // namespace varve::cli
