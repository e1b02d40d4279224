// Event as the kernel sees it: the state machine behind the typed handle of event.h.
#ifndef VARVE_PRIMITIVES_EVENT_EVENT_PRIMITIVE_H_
#define VARVE_PRIMITIVES_EVENT_EVENT_PRIMITIVE_H_

#include "kernel/primitive.h"

namespace varve {

// On disk: docs/format/registry.md, docs/format/event.md.
inline constexpr PrimitiveId kEventId{3};

// EventAppend: a batch of events stands at the end of a stream from now on. Which sequence numbers
// they get, when they happened and their hashes are for Apply to find.
inline constexpr EntryType kEventAppend = 0x30;
// EventCommitPosition: a consumer has got this far; never takes it back.
inline constexpr EntryType kEventCommitPosition = 0x31;
// EventResetPosition: a consumer goes on from here, wherever it was.
inline constexpr EntryType kEventResetPosition = 0x32;
// EventForgetConsumer: a consumer has no position from now on.
inline constexpr EntryType kEventForgetConsumer = 0x33;

// stream -> its length, last hash, first and last time.
inline constexpr TableId kEventStreams{kEventId, 0};
// (stream, first sequence) -> the events of one entry, with their time and hashes.
inline constexpr TableId kEventRows{kEventId, 1};
// (stream, consumer) -> position.
inline constexpr TableId kEventConsumers{kEventId, 2};
// (stream, type, first sequence) -> nothing: which rows hold events of a type. Derived.
inline constexpr TableId kEventTypes{kEventId, 3};

// Invariants of the tables, after every entry:
//   (I1) the rows of a stream hold the sequences 0 to length - 1, each once;
//   (I2) the hash of its head is that of its last event;
//   (I3) times never decrease along a stream;
//   (I4) no position lies beyond the length of its stream.
class EventPrimitive final : public Primitive {
 public:
  EventPrimitive();

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const override;
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override;
  [[nodiscard]] absl::Status CheckRows(ReadView& view,
                                       const CheckProgress& progress) const override;

 private:
  PrimitiveSpec spec_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_EVENT_EVENT_PRIMITIVE_H_
