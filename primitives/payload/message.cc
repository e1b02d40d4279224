#include "primitives/payload/message.h"

#include <algorithm>
#include <cstring>

#include "kernel/base/status.h"

namespace varve::payload {

namespace {

constexpr std::size_t kWordBytes = sizeof(capnp::word);

bool IsAligned(std::string_view bytes) {
  return reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) == 0;
}

std::string_view BytesOf(kj::ArrayPtr<const capnp::word> words) {
  return {reinterpret_cast<const char*>(words.begin()), words.size() * kWordBytes};
}

}  // namespace

bool MessageBuilder::Take(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) {
  if (segments.size() == 1) {
    bytes_ = BytesOf(segments[0]);
    return true;
  }
  std::size_t words = 0;
  for (const kj::ArrayPtr<const capnp::word>& segment : segments) words += segment.size();
  words_wanted_ = std::max(words, 2 * segment_.size());
  return false;
}

OpenMessage::OpenMessage(std::string_view bytes, const ReadLimits& limits) {
  if (bytes.empty() || bytes.size() % kWordBytes != 0) {
    status_ = MakeStatus(absl::StatusCode::kDataLoss, bytes.size(),
                         " bytes are no Cap'n Proto message: not a multiple of 8 above zero");
    return;
  }
  const std::size_t words = bytes.size() / kWordBytes;
  const capnp::word* first = nullptr;
  if (IsAligned(bytes)) {
    first = reinterpret_cast<const capnp::word*>(bytes.data());
  } else {
    aligned_.resize(words);
    std::memcpy(aligned_.data(), bytes.data(), bytes.size());
    first = reinterpret_cast<const capnp::word*>(aligned_.data());
  }
  segment_ = kj::arrayPtr(first, words);
  capnp::ReaderOptions options;
  options.traversalLimitInWords = words * limits.traversals_per_word;
  options.nestingLimit = limits.nesting_max;
  message_.emplace(kj::arrayPtr(&segment_, 1), options);
}

absl::Status NotAMessage(std::string_view what, std::string_view why) {
  return MakeStatus(absl::StatusCode::kDataLoss, what, ": ", why);
}

}  // namespace varve::payload
