// Events::VerifyChain: every hash of a stream, computed again.
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/event/event_chain.h"
#include "primitives/event/event_chunks.h"
#include "primitives/event/event_primitive.h"

namespace varve {

namespace {

ChainVerdict Bad(const event::ChainCheck& chain, std::string fault) {
  return {.verified = chain.verified(), .bad = chain.verified(), .fault = std::move(fault)};
}

}  // namespace

absl::StatusOr<ChainVerdict> Events::VerifyChain(std::string_view stream) const {
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  event::ChainCheck chain;
  const std::unique_ptr<RowScan> scan =
      reader_->Scan(kEventRows, run_, KeyRange::Prefix(event::NamePrefix(stream)));
  for (; scan->valid(); scan->Next()) {
    const absl::StatusOr<event::SequenceKey> key = event::ParseEventKey(scan->row().key);
    if (!key.ok()) return Bad(chain, std::string(FromAbsl(key.status().message())));
    const absl::StatusOr<event::StoredChunk> chunk =
        event::DecodeStored(key->sequence, scan->row());
    if (!chunk.ok()) return Bad(chain, std::string(FromAbsl(chunk.status().message())));
    std::string fault = chain.Add(*chunk);
    if (!fault.empty()) return Bad(chain, std::move(fault));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  VARVE_ASSIGN_OR_RETURN(const std::optional<event::Head> head,
                         event::ReadHead(*reader_, run_, stream));
  std::string fault = chain.Finish(head);
  if (!fault.empty()) return Bad(chain, std::move(fault));
  return ChainVerdict{.verified = chain.verified()};
}

}  // namespace varve
