// Events of a stream in the order of their sequence. Part of event.h: include that.
#ifndef VARVE_PRIMITIVES_EVENT_EVENT_SCAN_H_
#define VARVE_PRIMITIVES_EVENT_EVENT_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kernel/reader.h"
#include "primitives/event/event_hash.h"

namespace varve {

// One event as read. Borrows from the reader that it was read from (a view, a transaction): valid
// until that ends, also when the scan or the handle is gone.
struct Event {
  std::uint64_t sequence = 0;
  std::string_view type{};
  std::string_view payload{};  // JSON text, as it was appended
  Timestamp time{};            // of the commit that appended it
  EventHash hash{};            // of the chain up to and including it
  Lsn lsn{};  // of the transaction that wrote it; Lsn() for this transaction's own write
};

// What a scan covers; everything given must hold. `type` is read during the call only.
struct EventScanOptions {
  std::uint64_t from = 0;                                           // the first sequence
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();     // behind the last
  std::optional<std::string_view> type{};                           // only events of this type
  std::optional<Timestamp> since{};                                 // not before this moment
  std::optional<Timestamp> until{};                                 // before this moment
  bool reverse = false;                                             // from the last to the first
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // events; at least 1
};

// A scan in progress. Move-only. Ask status() when it has ended: an invalid argument, damage, or
// OK. A stream that does not exist has no events.
//
//   for (const Event& event : scan) Use(event);
//   VARVE_RETURN_IF_ERROR(scan.status());
//   if (scan.more()) AskAgain({.from = scan.next()});   // with `reverse`: {.to = scan.next()}
class EventScan final {
 public:
  // What Events::Scan calls. `reader` must outlive the scan.
  EventScan(Reader& reader, const RunId& run, std::string_view stream,
            const EventScanOptions& options);
  ~EventScan();
  EventScan(EventScan&&) noexcept;
  EventScan& operator=(EventScan&&) noexcept;

  [[nodiscard]] bool valid() const;
  [[nodiscard]] const Event& event() const;  // requires valid()
  void Next();                               // requires valid()
  [[nodiscard]] absl::Status status() const;
  // Whether the limit ended the scan while there was another event.
  [[nodiscard]] bool more() const;
  // With more(): what to give as `from` (with `reverse`: as `to`) to go on.
  [[nodiscard]] std::uint64_t next() const;

  // A single-pass range: begin() does not start over.
  class Iterator {
   public:
    using value_type = Event;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(EventScan* scan) : scan_(scan) {}
    const Event& operator*() const { return scan_->event(); }
    Iterator& operator++() {
      scan_->Next();
      return *this;
    }
    void operator++(int) { scan_->Next(); }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) {
      return !at.scan_->valid();
    }

   private:
    EventScan* scan_;
  };
  [[nodiscard]] Iterator begin() { return Iterator(this); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  class Walk;
  std::unique_ptr<Walk> walk_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_EVENT_EVENT_SCAN_H_
