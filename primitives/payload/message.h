// Payloads and row values that are Cap'n Proto messages: built into memory that is used again, and
// read within limits, whatever the bytes are.
//
//   varve::payload::MessageBuilder builder;                       // keep it: it reuses its memory
//   std::string_view bytes = builder.Build<SpanRecord>([&](SpanRecord::Builder span) {
//     span.setName(payload::ToData("fetch"));
//   });
//
//   absl::Status read = varve::payload::ReadMessage<SpanRecord>(
//       bytes, "TraceRecord", [&](SpanRecord::Reader span) -> absl::Status {
//         name = std::string(payload::FromData(span.getName()));  // copy what must live on
//         return absl::OkStatus();
//       });
//
// The bytes are one segment without its segment table: a multiple of 8, the root pointer first.
// CMake: varve_schema(varve_trace_schema SCHEMAS trace.capnp), then link varve_trace_schema and
// varve_payload and include "primitives/trace/trace.capnp.h".
#ifndef VARVE_PRIMITIVES_PAYLOAD_MESSAGE_H_
#define VARVE_PRIMITIVES_PAYLOAD_MESSAGE_H_

#include <capnp/blob.h>
#include <capnp/message.h>

#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace varve::payload {

// What a reader lets a message cost it.
struct ReadLimits {
  // Words that may be followed for each word of the message; more means that pointers overlap.
  std::uint64_t traversals_per_word = 4;
  int nesting_max = 16;  // pointers within pointers
};

// Bytes as a Data field and back. Text fields are for ASCII that the program itself chose.
[[nodiscard]] inline capnp::Data::Reader ToData(std::string_view bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline std::string_view FromData(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}
[[nodiscard]] inline std::string_view FromText(capnp::Text::Reader text) {
  return {text.cStr(), text.size()};
}

// Not thread-safe.
class MessageBuilder final {
 public:
  MessageBuilder() : segment_(kFirstWords) {}

  // The message that `fill` makes of a fresh root. The bytes hold until the next Build. `fill` is
  // called again, on a fresh root, where the first segment was too small: it must do the same each
  // time and nothing else.
  template <typename Root, typename Fill>
  std::string_view Build(const Fill& fill) {
    while (true) {
      if (TryBuild<Root>(fill)) return bytes_;
      segment_.assign(words_wanted_, 0);
    }
  }

 private:
  static constexpr std::size_t kFirstWords = 128;

  template <typename Root, typename Fill>
  bool TryBuild(const Fill& fill) {
    // Cap'n Proto tells of a further segment for which there is no memory in a way of its own.
    try {
      // Zeroes again what it used of the segment, when it ends.
      capnp::MallocMessageBuilder message(
          kj::arrayPtr(reinterpret_cast<capnp::word*>(segment_.data()), segment_.size()));
      fill(message.template initRoot<Root>());
      return Take(message.getSegmentsForOutput());
    } catch (const kj::Exception& fault) {
      if (fault.getType() == kj::Exception::Type::OVERLOADED) throw std::bad_alloc();
      throw;
    }
  }
  // Copies the one segment; where there are several, says how large one must be, and false.
  bool Take(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments);

  // Words, as integers: a capnp::word may not be copied, so a vector of them is not for every
  // compiler. Zero between two calls of Build.
  std::vector<std::uint64_t> segment_;
  std::size_t words_wanted_ = kFirstWords;
  std::string bytes_;
};

// One message, being read. For ReadMessage; keep none.
class OpenMessage final {
 public:
  // `bytes` must outlive it.
  OpenMessage(std::string_view bytes, const ReadLimits& limits);
  // kDataLoss: not a whole number of words, or none.
  [[nodiscard]] const absl::Status& status() const { return status_; }
  [[nodiscard]] capnp::MessageReader& message() { return *message_; }

 private:
  absl::Status status_;
  std::vector<std::uint64_t> aligned_;  // a copy, where `bytes` begin between two words
  kj::ArrayPtr<const capnp::word> segment_;
  std::optional<capnp::SegmentArrayMessageReader> message_;
};

// kDataLoss: "<what>: <why>".
[[nodiscard]] absl::Status NotAMessage(std::string_view what, std::string_view why);

// Gives `visit` the root of the message in `bytes`; its answer is the answer. What `visit` takes
// from the root is valid during the call only. kDataLoss: the bytes are no message, or one that
// points outside itself, is nested too deep or overlaps itself; `visit` may have run in part.
// std::bad_alloc passes through.
template <typename Root, typename Visit>
[[nodiscard]] absl::Status ReadMessage(std::string_view bytes, std::string_view what,
                                       const Visit& visit, const ReadLimits& limits = {}) {
  // Cap'n Proto throws from whichever accessor meets the fault; here it ends.
  try {
    OpenMessage open(bytes, limits);
    if (!open.status().ok()) return NotAMessage(what, std::string(open.status().message()));
    return visit(open.message().template getRoot<Root>());
  } catch (const kj::Exception& fault) {
    return NotAMessage(what, fault.getDescription().cStr());
  } catch (const std::bad_alloc&) {
    throw;  // the bytes may be right
  } catch (const std::exception& fault) {
    return NotAMessage(what, fault.what());
  }
}

}  // namespace varve::payload

#endif  // VARVE_PRIMITIVES_PAYLOAD_MESSAGE_H_
