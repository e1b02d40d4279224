#include <array>

#include "crash/allocations/allocation_fault.h"
#include "crash/story.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kCallsMax = 160;  // of a life; a cut beyond its calls comes at its end

template <typename T, std::size_t N>
T OneOf(Decisions& random, const std::array<T, N>& values) {
  return values[random.Below(N)];
}

StoryOptions DrawOptions(Decisions& random) {
  StoryOptions options;
  options.segment_bytes = OneOf<std::uint64_t, 3>(random, {16'384, 8'192, 65'536});
  options.unsynced_bytes = OneOf<std::uint64_t, 3>(random, {2'048, 256, 1 << 20});
  options.memtable_bytes = OneOf<std::uint64_t, 3>(random, {24'576, 2'048, 1 << 20});
  options.snapshot_log_bytes = OneOf<std::uint64_t, 3>(random, {40'960, 2'048, 1 << 20});
  options.snapshots_retained = 2 - static_cast<int>(random.Below(2));
  return options;
}

CrashChoice DrawChoice(Decisions& random) {
  switch (random.Below(8)) {
    case 0:
      return CrashChoice::Nothing();
    case 1:
      return CrashChoice::All();
    case 2:
      return CrashChoice::Killed();
    case 3:
      return CrashChoice::Prefix(random.Below(12));
    default: {
      const auto sector = OneOf<std::size_t, 3>(random, {512, 8, 4096});
      return CrashChoice::Random(random.Below(65'536), sector);
    }
  }
}

Fault DrawFault(Decisions& random) {
  using Effect = Fault::Effect;
  Fault fault;
  fault.skip = random.Below(64);
  fault.times = random.Chance(20) ? 1'000'000 : 1;
  switch (random.Below(10)) {
    case 0:
    case 1:
      break;  // any call that changes something fails
    case 2:
      fault.status = DiskFull();
      break;
    case 3:
      fault = {.kind = CallKind::kWrite,
               .skip = fault.skip / 4,
               .effect = Effect::kPartialWrite,
               .status = random.Chance(50) ? DiskFull() : DeviceError(),
               .partial_bytes = random.Below(600)};
      break;
    case 4:
    case 5:
      fault.kind = random.Chance(50) ? CallKind::kSync : CallKind::kFlushDurably;
      fault.effect = OneOf<Effect, 3>(
          random, {Effect::kSyncDropped, Effect::kSyncReverted, Effect::kSyncPersisted});
      fault.skip /= 4;
      break;
    case 6:
      fault.kind = CallKind::kSyncDirectory;
      fault.skip /= 8;
      break;
    case 7:
      fault.kind = CallKind::kRead;
      break;
    case 8:
      // Not of the log: where nothing proves that its last records were durable, a wrong bit reads
      // as a torn tail (docs/what-survives-what.md, "The blind spot").
      fault.kind = CallKind::kRead;
      fault.path_contains = random.Chance(50) ? "MANIFEST" : "snapshots";
      fault.effect = Effect::kFlipBit;
      fault.skip /= 16;
      break;
    default:
      fault.kind = OneOf<CallKind, 5>(random, {CallKind::kOpen, CallKind::kSize, CallKind::kList,
                                               CallKind::kStat, CallKind::kLock});
      fault.skip /= 4;
      break;
  }
  return fault;
}

Life DrawLife(Decisions& random, const StoryProfile& profile) {
  Life life;
  // Few steps as often as many: the fault next to the opening is found in short lives.
  const std::uint64_t steps = random.Below(1 + random.Below(profile.steps_max + 1));
  for (std::uint64_t i = 0; i < steps; ++i) life.steps.push_back(DrawStep(random));
  life.closes = random.Chance(15);
  life.cut_before_call = random.Chance(80) ? 1 + random.Below(1 + random.Below(kCallsMax)) : 0;
  life.left = DrawChoice(random);
  life.keeps_rows = !random.Chance(40);
  if (profile.faults && random.Chance(25)) life.faults.push_back(DrawFault(random));
  return life;
}

// Few allocations as often as many: a read makes some ten, an opening some hundreds.
MemoryFault DrawMemoryFault(Decisions& random) {
  return {.skip = random.Below(std::uint64_t{1} << random.Below(11)), .lasts = random.Chance(30)};
}

void DrawMemory(Decisions& random, Life& life) {
  if (!random.Chance(20)) return;
  const std::uint64_t part = random.Below(life.steps.size() + 2);
  const MemoryFault fault = DrawMemoryFault(random);
  if (part == 0) {
    life.memory = fault;
  } else if (part <= life.steps.size()) {
    life.steps[part - 1].memory = fault;
  } else {
    life.closing_memory = fault;
  }
}

}  // namespace

Story DrawStory(Decisions& random, const StoryProfile& profile) {
  Story story;
  story.seed = 1 + random.Below(65'536);
  story.options = DrawOptions(random);
  const std::uint64_t lives = 1 + random.Below(profile.lives_max);
  for (std::uint64_t i = 0; i < lives; ++i) story.lives.push_back(DrawLife(random, profile));
  if (profile.rot && random.Chance(15)) {
    story.rot = Rot{.kind = static_cast<Rot::Kind>(random.Below(4)),
                    .file = random.Below(256),
                    .offset = random.Below(65'536),
                    .mask = static_cast<std::uint8_t>(1 << random.Below(8))};
  }
  // Last, so that a seed gives the same story but for this in a program where no allocation fails.
  if (profile.faults && AllocationsCanFail()) {
    for (Life& life : story.lives) DrawMemory(random, life);
  }
  return story;
}

}  // namespace varve::crash
