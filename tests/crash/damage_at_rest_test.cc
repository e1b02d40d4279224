// Bits that flip while nobody looks: an opening either shows the true state or refuses, with the
// place and the proof, and a refused opening changes no byte (O12).
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "tests/crash/image_check.h"
#include "tests/crash/sweep_workload.h"
#include "tests/support/test_seed.h"

namespace varve::crash {
namespace {

using testing_support::TestSeed;

class DamageAtRestTest : public ::testing::Test {
 protected:
  // A store with snapshots and several segments.
  void RunStore(std::size_t step_count) {
    auto opened = world_.Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    for (const SweepStep& step : MakeStepsThroughSeven(seed_, step_count)) {
      const absl::Status status = RunStep(step, world_, *opened, history_);
      ASSERT_TRUE(status.ok()) << status;
    }
    const absl::Status closed = opened->store->Close();
    ASSERT_TRUE(closed.ok()) << closed;
    history_.AllDurable();
  }

  // Flips one bit of one file and opens; what comes of it.
  enum class Answer { kTrueState, kRefused, kWrong };
  Answer OpenWithFlip(const std::string& path, std::uint64_t offset, int bit, bool keeps_rows) {
    const auto world = world_.After(CrashChoice::All(), keeps_rows);
    world->files().Corrupt(path, offset, static_cast<std::uint8_t>(1 << bit));
    const auto before = world->files().Contents();
    auto opened = world->Open();
    if (!opened.ok()) {
      EXPECT_EQ(world->files().Contents(), before) << "a refused opening changed something";
      const bool is_typed =
          absl::IsUnimplemented(opened.status()) || DamageOf(opened.status()).has_value();
      EXPECT_TRUE(is_typed) << opened.status();
      return is_typed ? Answer::kRefused : Answer::kWrong;
    }
    const auto state = ReadState(*opened->store);
    const bool is_true = state.ok() && *state == history_.Newest();
    world->Kill(*std::move(opened));
    return is_true ? Answer::kTrueState : Answer::kWrong;
  }

  const std::uint64_t seed_ = TestSeed(4711);
  World world_{seed_, BuiltinSubjects()};
  History history_;
};

TEST_F(DamageAtRestTest, OneFlippedBitNeverGivesAWrongState) {
  RunStore(80);
  if (HasFatalFailure()) return;
  Dice dice(seed_);
  std::uint64_t refused = 0;
  std::uint64_t survived = 0;
  for (const auto& [path, content] : world_.files().Contents()) {
    if (content.empty()) continue;
    std::uint64_t used = content.find_last_not_of('\0');
    used = used == std::string::npos ? 1 : used + 1;
    // Headers bit by bit in steps, then anywhere that is in use.
    for (std::uint64_t n = 0; n < 260; ++n) {
      const std::uint64_t offset = n < 130 ? std::min(n, used - 1) : dice.Below(used);
      const int bit = static_cast<int>(dice.Below(8));
      const bool keeps_rows = dice.Chance(30);
      const Answer answer = OpenWithFlip(path, offset, bit, keeps_rows);
      ASSERT_NE(answer, Answer::kWrong) << path << ", byte " << offset << ", bit " << bit
                                        << ", rows " << (keeps_rows ? "kept" : "lost");
      (answer == Answer::kRefused ? refused : survived) += 1;
    }
  }
  std::printf("one flipped bit: %llu refused, %llu did not matter, 0 wrong\n",
              static_cast<unsigned long long>(refused), static_cast<unsigned long long>(survived));
  EXPECT_GT(refused, 0u);
  EXPECT_GT(survived, 0u);
}

TEST_F(DamageAtRestTest, AMissingFileNeverGivesAWrongState) {
  RunStore(80);
  if (HasFatalFailure()) return;
  std::uint64_t refused = 0;
  for (const auto& [path, content] : world_.files().Contents()) {
    if (path.back() == '/') continue;
    SCOPED_TRACE("without " + path);
    const auto world = world_.After(CrashChoice::All(), /*keeps_rows=*/false);
    ASSERT_TRUE(world->files().Remove(path).ok());
    const auto before = world->files().Contents();
    auto opened = world->Open();
    if (!opened.ok()) {
      ++refused;
      auto after = world->files().Contents();
      if (path.find("LOCK") != std::string::npos) after.erase(path);
      EXPECT_EQ(after, before);
      continue;
    }
    const auto state = ReadState(*opened->store);
    EXPECT_TRUE(state.ok() && *state == history_.Newest());
    world->Kill(*std::move(opened));
  }
  EXPECT_GT(refused, 0u);
}

TEST_F(DamageAtRestTest, AReadErrorRefusesTheOpeningAndChangesNothing) {
  RunStore(40);
  if (HasFatalFailure()) return;
  for (std::uint64_t skip = 0;; ++skip) {
    SCOPED_TRACE("read " + std::to_string(skip));
    const auto world = world_.After(CrashChoice::All(), /*keeps_rows=*/false);
    world->files().AddFault({.kind = CallKind::kRead, .skip = skip});
    const auto before = world->files().Contents();
    auto opened = world->Open();
    if (world->files().faults_fired() == 0) break;
    if (opened.ok()) {
      const auto state = ReadState(*opened->store);
      EXPECT_TRUE(state.ok() && *state == history_.Newest());
      world->Kill(*std::move(opened));
    } else {
      EXPECT_EQ(world->files().Contents(), before) << opened.status();
    }
    ASSERT_LT(skip, 10'000u);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace varve::crash
