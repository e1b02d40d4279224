#include "primitives/event/event_chain.h"

namespace varve::event {

std::string ChainCheck::Add(const StoredChunk& stored) {
  const Chunk& chunk = stored.chunk;
  if (stored.first != seen_.length) {
    return "it is missing: the next row begins at sequence " + std::to_string(stored.first);
  }
  if (chunk.time < seen_.last_time) return "its time is before that of the event before it";
  for (std::size_t index = 0; index < chunk.events.size(); ++index) {
    const EventHash hash =
        ChainHash(seen_.hash, seen_.length, chunk.time, chunk.events[index].bytes);
    if (hash != chunk.HashAt(index)) {
      return "its stored hash is " + HashText(chunk.HashAt(index)) +
             ", its content and the events before it give " + HashText(hash);
    }
    seen_.hash = hash;
    seen_.payload_bytes += chunk.events[index].payload.size();
    ++seen_.length;
  }
  if (stored.first == 0) seen_.first_time = chunk.time;
  seen_.last_time = chunk.time;
  return {};
}

std::string ChainCheck::Finish(const std::optional<Head>& head) const {
  if (!head.has_value()) return seen_.length == 0 ? "" : "the stream has events but no head";
  if (head->length != seen_.length) {
    return "the head of the stream counts " + std::to_string(head->length) + " events";
  }
  if (head->hash != seen_.hash) {
    return "the head of the stream has the hash " + HashText(head->hash) + ", not " +
           HashText(seen_.hash);
  }
  if (head->first_time != seen_.first_time || head->last_time != seen_.last_time) {
    return "the head of the stream has other times than its first and last event";
  }
  if (head->payload_bytes != seen_.payload_bytes) {
    return "the head of the stream counts " + std::to_string(head->payload_bytes) +
           " bytes of payload, not " + std::to_string(seen_.payload_bytes);
  }
  return {};
}

}  // namespace varve::event
