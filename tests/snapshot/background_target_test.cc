#include "snapshot/background_target.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::snapshot {
namespace {

// Writes down what it is told; fails at one call.
class Protocol final : public ContentTarget {
 public:
  explicit Protocol(std::size_t fail_at = ~std::size_t{0}) : fail_at_(fail_at) {}
  void Begin(const SectionStart& start) override {
    calls.push_back("begin " + std::to_string(start.primitive.value()));
  }
  [[nodiscard]] absl::Status AddChunk(std::string& chunk) override { return Note(chunk); }
  [[nodiscard]] absl::Status End() override { return Note("end"); }
  std::vector<std::string> calls;

 private:
  absl::Status Note(std::string call) {
    if (calls.size() == fail_at_) return absl::ResourceExhaustedError("full");
    calls.push_back(std::move(call));
    return absl::OkStatus();
  }
  std::size_t fail_at_;
};

TEST(BackgroundTarget, PassesEverythingOnInOrder) {
  Protocol protocol;
  std::vector<std::string> expected;
  BackgroundTarget target(protocol);
  for (std::uint8_t section = 1; section < 4; ++section) {
    target.Begin({PrimitiveId(section), 1, 0});
    expected.push_back("begin " + std::to_string(section));
    for (int i = 0; i < 500; ++i) {
      std::string chunk = "chunk " + std::to_string(i);
      expected.push_back(chunk);
      ASSERT_TRUE(target.AddChunk(chunk).ok());
    }
    ASSERT_TRUE(target.End().ok());
    expected.push_back("end");
  }
  ASSERT_TRUE(target.Finish().ok());
  EXPECT_EQ(protocol.calls, expected);
}

TEST(BackgroundTarget, AnErrorComesOutAndNothingFollowsIt) {
  for (const std::size_t fail_at : {1u, 2u, 50u, 300u}) {
    Protocol protocol(fail_at);
    BackgroundTarget target(protocol);
    target.Begin({PrimitiveId(1), 1, 0});
    absl::Status status;
    for (int i = 0; i < 400 && status.ok(); ++i) {
      std::string chunk(100, 'c');
      status = target.AddChunk(chunk);
    }
    EXPECT_TRUE(absl::IsResourceExhausted(target.Finish()));
    EXPECT_EQ(protocol.calls.size(), fail_at);
  }
}

TEST(BackgroundTarget, EndsItsThreadWhenItIsGivenUp) {
  Protocol protocol;
  {
    BackgroundTarget target(protocol);
    std::string chunk = "left alone";
    ASSERT_TRUE(target.AddChunk(chunk).ok());
  }
  EXPECT_EQ(protocol.calls.size(), 1u);
}

}  // namespace
}  // namespace varve::snapshot
