#include "primitives/event/event_scan.h"

#include <algorithm>
#include <utility>

#include "kernel/base/status.h"
#include "primitives/event/event_chunks.h"
#include "primitives/event/event_primitive.h"

namespace varve {

// Goes over rows, and within a row over its events. With a type, the rows are those that the types
// table names, and the events of other types in them are stepped over.
class EventScan::Walk {
 public:
  Walk(Reader& reader, const RunId& run, std::string_view stream, const EventScanOptions& options);

  void Next();

  Event shown;
  bool valid = false;
  bool more = false;
  std::uint64_t next = 0;
  absl::Status status;

 private:
  absl::Status Check() const;
  absl::Status Narrow(const EventScanOptions& options);
  absl::Status Begin();
  absl::Status Settle();
  absl::Status OpenRow();
  bool InRow() const { return index_ < chunk_.chunk.events.size(); }
  void StepInRow() { reverse_ ? --index_ : ++index_; }  // below 0 it is out of any row
  void Show(const event::EventImage& image, std::uint64_t sequence);

  Reader& reader_;
  RunId run_;
  std::string stream_;
  std::optional<std::string> type_;
  std::uint64_t from_;
  std::uint64_t to_;
  bool reverse_;
  std::uint64_t left_;

  std::unique_ptr<RowScan> rows_;
  event::StoredChunk chunk_;
  std::size_t index_ = 0;
};

EventScan::Walk::Walk(Reader& reader, const RunId& run, std::string_view stream,
                      const EventScanOptions& options)
    : reader_(reader),
      run_(run),
      stream_(stream),
      from_(options.from),
      to_(options.to),
      reverse_(options.reverse),
      left_(options.limit) {
  if (options.type.has_value()) type_ = std::string(*options.type);
  status = Check();
  if (status.ok()) status = Narrow(options);
  if (status.ok() && from_ < to_) status = Begin();
  if (!status.ok()) valid = false;
}

absl::Status EventScan::Walk::Check() const {
  if (left_ == 0) {
    return InvalidArgument("a scan with the limit 0 gives nothing: the least limit is 1");
  }
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream_));
  if (type_.has_value()) VARVE_RETURN_IF_ERROR(event::CheckName("event type", *type_));
  return absl::OkStatus();
}

absl::Status EventScan::Walk::Narrow(const EventScanOptions& options) {
  if (options.since.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t first,
                           event::FirstSequenceSince(reader_, run_, stream_, *options.since));
    from_ = std::max(from_, first);
  }
  if (options.until.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t end,
                           event::FirstSequenceSince(reader_, run_, stream_, *options.until));
    to_ = std::min(to_, end);
  }
  return absl::OkStatus();
}

// The first row may begin before `from_`: forward, it has to be found first.
absl::Status EventScan::Walk::Begin() {
  const TableId table = type_.has_value() ? kEventTypes : kEventRows;
  const std::string prefix =
      type_.has_value() ? event::NamePrefix(stream_, *type_) : event::NamePrefix(stream_);
  KeyRange range{.begin = prefix, .end = event::WithSequence(prefix, to_)};
  if (from_ > 0) {
    KeyRange before{.begin = prefix, .end = event::WithSequence(prefix, from_)};
    before.end.push_back('\0');
    const std::unique_ptr<RowScan> scan = reader_.Scan(table, run_, before, Order::kReverse);
    VARVE_RETURN_IF_ERROR(scan->status());
    range.begin = scan->valid() ? std::string(scan->row().key) : before.end;
  }
  if (range.begin >= range.end) return absl::OkStatus();
  rows_ = reader_.Scan(table, run_, range, reverse_ ? Order::kReverse : Order::kForward);
  VARVE_RETURN_IF_ERROR(OpenRow());
  return Settle();
}

// Decodes the row that `rows_` stands on and goes to its first event, or its last.
absl::Status EventScan::Walk::OpenRow() {
  chunk_.chunk.events.clear();
  index_ = 0;
  if (!rows_->valid()) return rows_->status();
  const Row& row = rows_->row();
  if (type_.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const event::SequenceKey key, event::ParseTypeKey(row.key));
    const std::string row_key = event::WithSequence(event::NamePrefix(stream_), key.sequence);
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> found, reader_.Get(kEventRows, run_, row_key));
    if (!found.has_value()) {
      return MakeStatus(absl::StatusCode::kDataLoss, "Event type row: there is no row ",
                        key.sequence, " of the stream");
    }
    VARVE_ASSIGN_OR_RETURN(chunk_, event::DecodeStored(key.sequence, *found));
  } else {
    VARVE_ASSIGN_OR_RETURN(const event::SequenceKey key, event::ParseEventKey(row.key));
    VARVE_ASSIGN_OR_RETURN(chunk_, event::DecodeStored(key.sequence, row));
  }
  if (reverse_) index_ = chunk_.chunk.events.size() - 1;
  return absl::OkStatus();
}

// Goes from where it stands to the next event that is wanted, or to the end.
absl::Status EventScan::Walk::Settle() {
  valid = false;
  while (rows_->valid()) {
    for (; InRow(); StepInRow()) {
      const std::uint64_t sequence = chunk_.first + index_;
      const event::EventImage& image = chunk_.chunk.events[index_];
      if (sequence < from_ || sequence >= to_) continue;
      if (type_.has_value() && image.type != *type_) continue;
      Show(image, sequence);
      return absl::OkStatus();
    }
    rows_->Next();
    VARVE_RETURN_IF_ERROR(OpenRow());
  }
  return rows_->status();
}

void EventScan::Walk::Show(const event::EventImage& image, std::uint64_t sequence) {
  shown = Event{.sequence = sequence,
                .type = image.type,
                .payload = image.payload,
                .time = chunk_.chunk.time,
                .hash = chunk_.chunk.HashAt(index_),
                .lsn = chunk_.lsn};
  valid = true;
}

void EventScan::Walk::Next() {
  StepInRow();
  status = Settle();
  if (!status.ok()) valid = false;
  // The event behind the last one is looked at too, so that more() means that there is more.
  if (--left_ == 0 && valid) {
    more = true;
    next = reverse_ ? shown.sequence + 1 : shown.sequence;
    valid = false;
  }
}

EventScan::EventScan(Reader& reader, const RunId& run, std::string_view stream,
                     const EventScanOptions& options)
    : walk_(std::make_unique<Walk>(reader, run, stream, options)) {}
EventScan::~EventScan() = default;
EventScan::EventScan(EventScan&&) noexcept = default;
EventScan& EventScan::operator=(EventScan&&) noexcept = default;

bool EventScan::valid() const { return walk_->valid; }
const Event& EventScan::event() const { return walk_->shown; }
void EventScan::Next() { walk_->Next(); }
absl::Status EventScan::status() const { return walk_->status; }
bool EventScan::more() const { return walk_->more; }
std::uint64_t EventScan::next() const { return walk_->next; }

}  // namespace varve
