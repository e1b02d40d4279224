#include "tests/crash/proof/place.h"

#include "kernel/base/check.h"
#include "tests/crash/proof/planted.h"

namespace varve::crash {
namespace {

Places* current_places = nullptr;

constexpr std::ptrdiff_t kFrameWordsMax = 1 << 14;
// Of the constructor of the newest PlaceEntry: what it is called by lies behind.
thread_local const void* entry_frame = nullptr;

// Of the addresses to which the callers return, as far as these are of the code whose sites are
// counted: which primitive was at work makes no place another one. All of our code keeps frame
// pointers, and what calls it from below (a library's callback) ends the walk, which does no harm.
std::uint64_t HashOfStack() {
  constexpr int kFramesMax = 64;
  std::uint64_t hash = 1;
  auto* const* frame = static_cast<void* const*>(__builtin_frame_address(0));
  const void* const end = entry_frame;
  for (int i = 0; i < kFramesMax && frame != nullptr; ++i) {
    if (IsInCopies(frame[1])) {
      hash = (hash ^ reinterpret_cast<std::uintptr_t>(frame[1])) * 0x9E3779B97F4A7C15u;
      hash ^= hash >> 29;
    }
    auto* const* const above = static_cast<void* const*>(frame[0]);
    if (end != nullptr && static_cast<const void*>(above) >= end) break;
    if (above <= frame || above - frame > kFrameWordsMax) break;
    frame = above;
  }
  return hash;
}

}  // namespace

std::string Place::ToString() const {
  return std::string(call) + " " + subject + " (number " + std::to_string(ordinal) + ")";
}

PlaceEntry::PlaceEntry() : outer_(std::exchange(entry_frame, __builtin_frame_address(0))) {}
PlaceEntry::~PlaceEntry() { entry_frame = outer_; }

Places::Places(Known& recorded, Known& watched) : known_(recorded), watched_(watched) {
  VARVE_CHECK(current_places == nullptr);
  current_places = this;
}

Places::~Places() { current_places = nullptr; }

Places* Places::current() { return current_places; }

void Places::Record() {
  mode_ = Mode::kRecord;
  met_ = 0;
  distinct_.clear();
}

void Places::Fail(const Place& place, Failure failure, Watcher watcher) {
  mode_ = Mode::kFail;
  met_ = 0;
  failing_ = place.ordinal;
  failure_ = failure;
  watcher_ = std::move(watcher);
}

void Places::Watch(Watcher watcher) {
  mode_ = Mode::kWatch;
  met_ = 0;
  watcher_ = std::move(watcher);
}

void Places::Rest() { mode_ = Mode::kRest; }

std::optional<Failure> Places::Meet(std::string_view call, std::string_view subject, bool changes) {
  if (mode_ == Mode::kRest) return std::nullopt;
  ++met_;
  if (mode_ == Mode::kFail) {
    if (met_ != failing_) return std::nullopt;
    mode_ = Mode::kWatch;
    return failure_;
  }
  if (mode_ == Mode::kRecord) {
    const Place place{met_, call, std::string(subject), changes, HashOfStack()};
    if (known_.emplace(call, place.stack).second) distinct_.push_back(place);
  } else if (changes) {
    Tell(call, subject);
  }
  return std::nullopt;
}

void Places::Tell(std::string_view call, std::string_view subject) {
  const Place place{met_, call, std::string(subject), /*changes=*/true, HashOfStack()};
  if (!watched_.emplace(call, place.stack).second) return;
  mode_ = Mode::kRest;  // what the watcher does meets nothing
  watcher_(place);
  mode_ = Mode::kWatch;
}

std::optional<Failure> MeetPlace(std::string_view call, std::string_view subject, bool changes) {
  if (current_places == nullptr) return std::nullopt;
  return current_places->Meet(call, subject, changes);
}

}  // namespace varve::crash
