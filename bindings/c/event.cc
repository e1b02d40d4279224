// Events and streams. Consumers, and waiting: event_consumer.cc.
#include "primitives/event/event.h"

#include <algorithm>

#include "bindings/c/answer.h"
#include "bindings/c/cursor.h"
#include "bindings/c/event_item.h"
#include "bindings/c/handles.h"

namespace varve_c {
namespace {

absl::Status CheckStream(const void* reader, const varve_slice& stream) {
  return Arguments().Given(reader, "reader").Bytes(stream, "stream").status();
}

Events EventsOf(const varve_reader* reader, const varve_uuid* run) {
  return Events(*reader->reader, RunOf(run));
}

void FillStream(const StreamInfo& known, varve_stream& item, Listing<varve_stream>& /*listing*/) {
  item.name = SliceOf(known.name);
  item.length = known.length;
  item.first_time = known.first_time.micros();
  item.last_time = known.last_time.micros();
  item.payload_bytes = known.payload_bytes;
  std::copy(known.head.begin(), known.head.end(), item.head);
}

void GiveEvent(const std::optional<Event>& known, varve_event* event, varve_bool* found) {
  *found = known.has_value() ? 1 : 0;
  if (known.has_value()) GiveStruct(ItemOfEvent(*known), event);
}

absl::StatusOr<EventScanOptions> ScanOptionsOf(const varve_event_scan_options* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_event_scan_options taken, Take(given, "options"));
  VARVE_RETURN_IF_ERROR(Arguments().Bytes(taken.type, "options.type").status());
  EventScanOptions options;
  options.from = taken.from;
  if (taken.to != 0) options.to = taken.to;
  if (taken.type.size != 0) options.type = TextOf(taken.type);
  if (taken.since != 0) options.since = Timestamp(taken.since);
  if (taken.until != 0) options.until = Timestamp(taken.until);
  options.reverse = taken.reverse != 0;
  options.limit = LimitOf(taken.limit, options.limit);
  return options;
}

}  // namespace

extern "C" {

const varve_event* varve_result_event(const varve_result* result, size_t index) {
  return ItemOf<varve_event>(result, index);
}

const varve_stream* varve_result_stream(const varve_result* result, size_t index) {
  return ItemOf<varve_stream>(result, index);
}

const varve_event* varve_cursor_event(const varve_cursor* cursor) {
  if (cursor == nullptr || cursor->out_of_memory) return nullptr;
  const auto* scan = std::get_if<EventScan>(&cursor->scan);
  if (scan == nullptr || !scan->valid()) return nullptr;
  return &cursor->item.emplace<varve_event>(ItemOfEvent(scan->event()));
}

varve_status varve_event_append(varve_txn* txn, const varve_uuid* run, varve_slice stream,
                                varve_slice type, varve_slice payload, uint64_t* sequence,
                                varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(txn, "txn")
                              .Bytes(stream, "stream")
                              .Bytes(type, "type")
                              .Bytes(payload, "payload")
                              .status());
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t known,
                           Events(*txn->transaction, RunOf(run))
                               .Append(TextOf(stream), TextOf(type), TextOf(payload)));
    GiveTo(sequence, known);
    return absl::OkStatus();
  });
}

varve_status varve_event_append_many(varve_txn* txn, const varve_uuid* run, varve_slice stream,
                                     const varve_slice* types, const varve_slice* payloads,
                                     size_t count, uint64_t* first, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(txn, "txn")
                              .Bytes(stream, "stream")
                              .Slices(types, count, "types")
                              .Slices(payloads, count, "payloads")
                              .status());
    std::vector<NewEvent> events;
    events.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      events.push_back({TextOf(types[i]), TextOf(payloads[i])});
    }
    VARVE_ASSIGN_OR_RETURN(
        const EventSpan known,
        Events(*txn->transaction, RunOf(run)).AppendMany(TextOf(stream), events));
    GiveTo(first, known.first);
    return absl::OkStatus();
  });
}

varve_status varve_event_appended(varve_reader* reader, const varve_uuid* run, varve_slice stream,
                                  uint64_t lsn, uint64_t* first, uint64_t* count,
                                  varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckStream(reader, stream));
    VARVE_RETURN_IF_ERROR(Arguments().Given(first, "first").Given(count, "count").status());
    VARVE_ASSIGN_OR_RETURN(const EventSpan known,
                           EventsOf(reader, run).Appended(TextOf(stream), Lsn(lsn)));
    *first = known.first;
    *count = known.count;
    return absl::OkStatus();
  });
}

varve_status varve_event_get(varve_reader* reader, const varve_uuid* run, varve_slice stream,
                             uint64_t sequence, varve_event* event, varve_bool* found,
                             varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckStream(reader, stream));
    VARVE_RETURN_IF_ERROR(Arguments().Out(event, "event").Given(found, "found").status());
    VARVE_ASSIGN_OR_RETURN(const std::optional<Event> known,
                           EventsOf(reader, run).Get(TextOf(stream), sequence));
    GiveEvent(known, event, found);
    return absl::OkStatus();
  });
}

varve_status varve_event_last(varve_reader* reader, const varve_uuid* run, varve_slice stream,
                              varve_event* event, varve_bool* found, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckStream(reader, stream));
    VARVE_RETURN_IF_ERROR(Arguments().Out(event, "event").Given(found, "found").status());
    VARVE_ASSIGN_OR_RETURN(const std::optional<Event> known,
                           EventsOf(reader, run).Last(TextOf(stream)));
    GiveEvent(known, event, found);
    return absl::OkStatus();
  });
}

varve_status varve_event_scan(varve_reader* reader, const varve_uuid* run, varve_slice stream,
                              const varve_event_scan_options* options, varve_cursor** cursor,
                              varve_error** error) {
  if (cursor != nullptr) *cursor = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckStream(reader, stream));
    VARVE_RETURN_IF_ERROR(Arguments().Given(cursor, "cursor").status());
    VARVE_ASSIGN_OR_RETURN(const EventScanOptions taken, ScanOptionsOf(options));
    *cursor = new varve_cursor(EventsOf(reader, run).Scan(TextOf(stream), taken));
    return absl::OkStatus();
  });
}

varve_status varve_event_first_since(varve_reader* reader, const varve_uuid* run,
                                     varve_slice stream, uint64_t time, uint64_t* sequence,
                                     varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckStream(reader, stream));
    VARVE_RETURN_IF_ERROR(Arguments().Given(sequence, "sequence").status());
    VARVE_ASSIGN_OR_RETURN(*sequence,
                           EventsOf(reader, run).FirstSince(TextOf(stream), Timestamp(time)));
    return absl::OkStatus();
  });
}

varve_status varve_event_length(varve_reader* reader, const varve_uuid* run, varve_slice stream,
                                uint64_t* length, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckStream(reader, stream));
    VARVE_RETURN_IF_ERROR(Arguments().Given(length, "length").status());
    VARVE_ASSIGN_OR_RETURN(*length, EventsOf(reader, run).Length(TextOf(stream)));
    return absl::OkStatus();
  });
}

varve_status varve_event_describe(varve_reader* reader, const varve_uuid* run, varve_slice stream,
                                  varve_result** info, varve_error** error) {
  if (info != nullptr) *info = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckStream(reader, stream));
    VARVE_RETURN_IF_ERROR(Arguments().Given(info, "info").status());
    VARVE_ASSIGN_OR_RETURN(std::optional<StreamInfo> known,
                           EventsOf(reader, run).Info(TextOf(stream)));
    *info = ListOf<varve_stream>(std::move(known), FillStream).release();
    return absl::OkStatus();
  });
}

varve_status varve_event_list_streams(varve_reader* reader, const varve_uuid* run,
                                      const varve_name_options* options, varve_result** streams,
                                      varve_error** error) {
  if (streams != nullptr) *streams = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(streams, "streams").status());
    VARVE_ASSIGN_OR_RETURN(const varve_name_options taken, NameOptionsOf(options));
    const std::uint64_t limit = LimitOf(taken.limit);
    VARVE_ASSIGN_OR_RETURN(
        std::vector<StreamInfo> known,
        EventsOf(reader, run)
            .ListStreams({TextOf(taken.prefix), TextOf(taken.after), OneMore(limit)}));
    const bool more = CutPage(known, limit);
    const std::string last = known.empty() ? "" : known.back().name;
    GivePage(ListOf<varve_stream>(std::move(known), FillStream), more, last, streams);
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
