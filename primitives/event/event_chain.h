// The hash chain of a stream, computed again row by row: what Events::VerifyChain and CheckRows
// share.
#ifndef VARVE_PRIMITIVES_EVENT_EVENT_CHAIN_H_
#define VARVE_PRIMITIVES_EVENT_EVENT_CHAIN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "primitives/event/event_chunks.h"
#include "primitives/event/event_payload.h"

namespace varve::event {

// Given the rows of one stream from the first on, then its head. Not thread-safe.
class ChainCheck final {
 public:
  // The fault of the first event of the row that is not as it was appended; empty where all are.
  [[nodiscard]] std::string Add(const StoredChunk& chunk);
  // What the head says that the rows do not; empty where they agree.
  [[nodiscard]] std::string Finish(const std::optional<Head>& head) const;

  // How many events from the first on are as they were appended.
  [[nodiscard]] std::uint64_t verified() const { return seen_.length; }

 private:
  Head seen_;  // what the head must be after the rows so far
};

}  // namespace varve::event

#endif  // VARVE_PRIMITIVES_EVENT_EVENT_CHAIN_H_
