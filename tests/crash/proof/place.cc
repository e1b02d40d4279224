#include "tests/crash/proof/place.h"

#include <algorithm>
#include <span>

#include "kernel/base/check.h"
#include "tests/crash/proof/planted.h"

namespace varve::crash {
namespace {

Places* current_places = nullptr;

constexpr std::ptrdiff_t kFrameWordsMax = 1 << 14;
// Of the constructor of the newest PlaceEntry: what it is called by lies behind.
thread_local const void* entry_frame = nullptr;

constexpr std::size_t kFramesMax = 64;
// So many calls that follow each other are a part of a way.
constexpr std::size_t kPartFrames = 3;

struct Stack {
  std::size_t count = 0;
  std::uintptr_t returns[kFramesMax];  // the innermost first
};

// The addresses to which the callers return, as far as these are of the code whose sites are
// counted: which primitive was at work makes no place another one. All of our code keeps frame
// pointers, and what calls it from below (a library's callback) ends the walk, which does no harm.
Stack WalkStack() {
  Stack stack;
  auto* const* frame = static_cast<void* const*>(__builtin_frame_address(0));
  const void* const end = entry_frame;
  for (std::size_t i = 0; i < kFramesMax && frame != nullptr; ++i) {
    if (IsInCopies(frame[1])) {
      stack.returns[stack.count++] = reinterpret_cast<std::uintptr_t>(frame[1]);
    }
    auto* const* const above = static_cast<void* const*>(frame[0]);
    if (end != nullptr && static_cast<const void*>(above) >= end) break;
    if (above <= frame || above - frame > kFrameWordsMax) break;
    frame = above;
  }
  return stack;
}

std::uint64_t HashOf(std::span<const std::uintptr_t> returns, std::uint64_t hash) {
  for (const std::uintptr_t address : returns) {
    hash = (hash ^ address) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
  }
  return hash;
}

std::uint64_t HashOf(const Stack& stack) {
  return HashOf(std::span(stack.returns, stack.count), /*hash=*/1);
}

// Takes up the way and its parts. Whether the way was new, or one of the parts.
bool TakeUp(std::string_view call, const Stack& stack, Places::New what, Places::Known& known) {
  const bool way_is_new = known.emplace(call, HashOf(stack)).second;
  const std::span<const std::uintptr_t> returns(stack.returns, stack.count);
  bool part_is_new = false;
  for (std::size_t at = 0; at == 0 || at + kPartFrames <= returns.size(); ++at) {
    const auto part = returns.subspan(at, std::min(kPartFrames, returns.size() - at));
    part_is_new = known.emplace(call, HashOf(part, /*hash=*/2)).second || part_is_new;
  }
  return what == Places::New::kWays ? way_is_new : part_is_new;
}

}  // namespace

std::string Place::ToString() const {
  return std::string(call) + " " + subject + " (number " + std::to_string(ordinal) + ")";
}

PlaceEntry::PlaceEntry() : outer_(std::exchange(entry_frame, __builtin_frame_address(0))) {}
PlaceEntry::~PlaceEntry() { entry_frame = outer_; }

Places::Places(New what, Known& recorded, Known& watched)
    : new_(what), known_(recorded), watched_(watched) {
  VARVE_CHECK(current_places == nullptr);
  current_places = this;
}

Places::~Places() { current_places = nullptr; }

Places* Places::current() { return current_places; }

void Places::Record() {
  const std::lock_guard lock(mutex_);
  mode_ = Mode::kRecord;
  met_ = 0;
  distinct_.clear();
}

void Places::Fail(const Place& place, Failure failure, Watcher watcher) {
  const std::lock_guard lock(mutex_);
  mode_ = Mode::kFail;
  met_ = 0;
  failing_ = place;
  failure_ = failure;
  watcher_ = std::move(watcher);
}

void Places::Watch(Watcher watcher) {
  const std::lock_guard lock(mutex_);
  mode_ = Mode::kWatch;
  met_ = 0;
  watcher_ = std::move(watcher);
}

void Places::Rest() {
  const std::lock_guard lock(mutex_);
  mode_ = Mode::kRest;
}

std::optional<Failure> Places::Meet(std::string_view call, std::string_view subject, bool changes) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kRest) return std::nullopt;
  ++met_;
  if (mode_ == Mode::kFail) {
    if (call != failing_.call || HashOf(WalkStack()) != failing_.stack) return std::nullopt;
    mode_ = Mode::kWatch;
    return failure_;
  }
  if (mode_ == Mode::kRecord) {
    const Stack stack = WalkStack();
    if (TakeUp(call, stack, new_, known_)) {
      distinct_.push_back({met_, call, std::string(subject), changes, HashOf(stack)});
    }
  } else if (changes) {
    Tell(call, subject);
  }
  return std::nullopt;
}

void Places::Tell(std::string_view call, std::string_view subject) {
  const Stack stack = WalkStack();
  if (!TakeUp(call, stack, new_, watched_)) return;
  const Place place{met_, call, std::string(subject), /*changes=*/true, HashOf(stack)};
  mode_ = Mode::kRest;  // what the watcher does meets nothing
  watcher_(place);
  mode_ = Mode::kWatch;
}

std::optional<Failure> MeetPlace(std::string_view call, std::string_view subject, bool changes) {
  if (current_places == nullptr) return std::nullopt;
  return current_places->Meet(call, subject, changes);
}

absl::Status StepAtPlace(std::uint64_t /*done*/) {
  const bool ends = MeetPlace("cancelled", "", /*changes=*/false).has_value();
  return ends ? absl::CancelledError("cancelled") : absl::OkStatus();
}

bool ReadsWrong(std::string_view what) {
  return MeetPlace(what, "what was written", /*changes=*/false).has_value();
}

}  // namespace varve::crash
