#include "tests/crash/image_check.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <utility>

#include "tests/crash/all_seven.h"

namespace varve::crash {
namespace {

// What `state` has that `other` has not, or not so.
std::string Difference(const State& state, const State& other) {
  std::string text = "transaction " + std::to_string(MarkerOf(state)) + " {";
  for (const auto& [key, value] : state) {
    const auto same = other.find(key);
    if (same != other.end() && same->second == value) continue;
    text.append(key).append("=").append(value.substr(0, 60)).append(", ");
  }
  return text + "}";
}

// Opens and reads. Nullopt, with a failed expectation, where that does not go.
std::optional<std::pair<OpenedStore, State>> OpenAndRead(World& world, CheckCounts& counts) {
  ++counts.openings;
  auto opened = world.Open();
  EXPECT_TRUE(opened.ok()) << opened.status();
  if (!opened.ok()) return std::nullopt;
  const absl::Status fresh = CheckFreshlyOpened(*opened->store);
  EXPECT_TRUE(fresh.ok()) << fresh;
  if (!fresh.ok()) return std::nullopt;
  counts.torn_tails += opened->report.torn_tail_bytes > 0 ? 1 : 0;
  counts.from_snapshot += opened->report.base == RecoveryReport::Base::kSnapshot ? 1 : 0;
  auto state = ReadState(*opened->store);
  EXPECT_TRUE(state.ok()) << state.status();
  if (!state.ok()) return std::nullopt;
  return std::make_pair(*std::move(opened), *std::move(state));
}

// The transaction whose state `state` is, where it is one that may be left.
std::optional<std::uint64_t> FindState(const State& state, const History& history) {
  const std::uint64_t number = MarkerOf(state);
  EXPECT_GE(number, history.durable()) << "a durable transaction is gone";
  EXPECT_LE(number, history.started()) << "a transaction that never was";
  if (number < history.durable() || number > history.started()) return std::nullopt;
  const bool is_whole = state == history.At(number);
  EXPECT_TRUE(is_whole) << "found    " << Difference(state, history.At(number)) << "\nexpected "
                        << Difference(history.At(number), state);
  if (!is_whole) return std::nullopt;
  return number;
}

SweepStep AfterCrashStep(const History& history, std::uint64_t seed) {
  SweepStep step;
  step.through_seven = history.through_seven();
  step.operations.push_back({"after", MarkerText(seed % 1000), false});
  return step;
}

}  // namespace

void CheckCounts::Print(const std::string& title) const {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%s: %llu images, %llu openings (%llu torn tails, %llu from a snapshot), %llu crashes within "
      "a recovery, %llu undurable transactions lost\n",
      title.c_str(), number(images), number(openings), number(torn_tails), number(from_snapshot),
      number(nested_crashes), number(lost_transactions));
}

bool CheckImage(std::unique_ptr<World> world, const History& history, CheckCounts& counts,
                std::uint64_t seed) {
  ++counts.images;
  auto first = OpenAndRead(*world, counts);
  if (!first.has_value()) return false;
  const std::optional<std::uint64_t> number = FindState(first->second, history);
  if (!number.has_value()) return false;
  counts.lost_transactions += history.started() - *number;

  // O5, O6: the power goes right after the first reader was served.
  History chosen = history.From(*number);
  auto served = world->After(CrashChoice::Nothing(), seed % 2 == 0);
  world->Kill(std::move(first->first));
  auto second = OpenAndRead(*served, counts);
  if (!second.has_value() || !FindState(second->second, chosen).has_value()) return false;

  // O7: and again right after the next commit.
  const absl::Status status = RunStep(AfterCrashStep(chosen, seed), *served, second->first, chosen);
  EXPECT_TRUE(status.ok()) << status;
  auto committed = served->After(CrashChoice::Random(seed), seed % 3 == 0);
  served->Kill(std::move(second->first));
  auto third = OpenAndRead(*committed, counts);
  if (!third.has_value()) return false;
  const bool is_good = status.ok() && FindState(third->second, chosen).has_value();
  committed->Kill(std::move(third->first));
  return is_good;
}

bool CheckImageWithNestedCrashes(World& world, const History& history, CheckCounts& counts,
                                 std::uint64_t seed, std::uint64_t stride) {
  bool is_good = true;
  world.files().SetHook([&](const Call& call) {
    if (!is_good || call.ordinal % stride != seed % stride) return;
    ++counts.nested_crashes;
    const std::uint64_t nested_seed = seed + call.ordinal;
    for (const CrashChoice& choice :
         {CrashChoice::Nothing(), CrashChoice::Killed(), CrashChoice::Random(nested_seed)}) {
      const ::testing::ScopedTrace trace(
          __FILE__, __LINE__,
          "within recovery, before " + call.ToString() + ": " + choice.ToString());
      is_good = is_good &&
                CheckImage(world.After(choice, nested_seed % 2 == 0), history, counts, nested_seed);
    }
  });
  auto opened = OpenAndRead(world, counts);
  world.files().SetHook(nullptr);
  if (!opened.has_value()) return false;
  is_good = is_good && FindState(opened->second, history).has_value();
  world.Kill(std::move(opened->first));
  return is_good;
}

}  // namespace varve::crash
