// Where a program's own tracing (OpenTelemetry, say) learns what a store is doing and for how long.
// Nothing to do with the Trace primitive, which keeps spans as data.
#ifndef VARVE_KERNEL_IO_TRACER_H_
#define VARVE_KERNEL_IO_TRACER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace varve {

struct SpanField {
  std::string_view key;  // "records", "bytes", "lsn", "rows"
  std::uint64_t value = 0;
};

// Implemented by the program and given to Environment::tracer. docs/metrics.md names the spans.
//
// Called by whichever thread does the work, also in a commit that flushes for its group: both calls
// must be quick, thread-safe, and must not call the store. Spans nest: of one thread, the one begun
// last ends first.
class Tracer {
 public:
  virtual ~Tracer() = default;
  // `name` lives as long as the program. What is returned is handed to EndSpan.
  virtual std::uint64_t BeginSpan(std::string_view name) = 0;
  // `fields` only until it returns.
  virtual void EndSpan(std::uint64_t span, const absl::Status& status,
                       std::span<const SpanField> fields) = 0;
};

// One span, from its construction to its end. Without a tracer it does nothing.
class TracedSpan final {
 public:
  TracedSpan(Tracer* tracer, std::string_view name) : tracer_(tracer) {
    if (tracer_ != nullptr) span_ = tracer_->BeginSpan(name);
  }
  ~TracedSpan() {
    if (tracer_ != nullptr) tracer_->EndSpan(span_, status_, {fields_.data(), count_});
  }
  TracedSpan(const TracedSpan&) = delete;
  TracedSpan& operator=(const TracedSpan&) = delete;

  void Set(std::string_view key, std::uint64_t value) {
    if (tracer_ != nullptr && count_ < fields_.size()) fields_[count_++] = {key, value};
  }
  // How it went; OK unless something else is said.
  void Note(const absl::Status& status) {
    if (tracer_ != nullptr) status_ = status;
  }

 private:
  Tracer* tracer_;
  std::uint64_t span_ = 0;
  absl::Status status_;
  std::array<SpanField, 4> fields_;
  std::size_t count_ = 0;
};

}  // namespace varve

#endif  // VARVE_KERNEL_IO_TRACER_H_
