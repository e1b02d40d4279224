// Tests: kernel/table/arena.cc, kernel/io/page_memory.cc
#include "kernel/table/arena.h"

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace varve::table {
namespace {

TEST(Arena, HandsOutAlignedPiecesThatDoNotOverlap) {
  Arena arena;
  std::vector<std::pair<char*, std::size_t>> pieces;
  for (std::size_t bytes = 1; bytes < 700; ++bytes) {
    char* const piece = arena.Allocate(bytes);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(piece) % 8, 0u);
    std::memset(piece, static_cast<int>(bytes % 251), bytes);
    pieces.emplace_back(piece, bytes);
  }
  for (const auto& [piece, bytes] : pieces) {
    ASSERT_EQ(std::string(piece, bytes), std::string(bytes, static_cast<char>(bytes % 251)));
  }
}

TEST(Arena, CountsWhatItHandedOut) {
  Arena arena;
  EXPECT_EQ(arena.bytes(), 0u);
  (void)arena.Allocate(1);
  EXPECT_EQ(arena.bytes(), 8u);
  (void)arena.Allocate(16);
  EXPECT_EQ(arena.bytes(), 24u);
}

TEST(Arena, LargePiecesLeaveTheCurrentChunkInUse) {
  Arena arena;
  char* const before = arena.Allocate(8);
  char* const large = arena.Allocate(std::size_t{8} << 20);
  std::memset(large, 1, std::size_t{8} << 20);
  EXPECT_EQ(arena.Allocate(8), before + 8);
}

TEST(Arena, ALargePieceMayBeTheFirst) {
  Arena arena;
  std::memset(arena.Allocate(std::size_t{4} << 20), 1, std::size_t{4} << 20);
  std::memset(arena.Allocate(100), 2, 100);
  EXPECT_EQ(arena.bytes(), (std::uint64_t{4} << 20) + 104);
}

TEST(Arena, ManyPiecesFillManyChunks) {
  Arena arena;
  std::vector<std::pair<char*, char>> pieces;
  constexpr std::size_t kBytes = 60'000;
  for (int number = 0; number < 300; ++number) {  // 18 MB: chunks of every size, in large pages too
    const char mark = static_cast<char>(number % 100);
    pieces.emplace_back(arena.Allocate(kBytes), mark);
    std::memset(pieces.back().first, mark, kBytes);
  }
  for (const auto& [piece, mark] : pieces) {
    ASSERT_EQ(std::string(piece, kBytes), std::string(kBytes, mark));
  }
}

TEST(PageMemory, IsZeroAlignedAndAtLeastAsLarge) {
  for (const std::size_t bytes : {std::size_t{1}, kLargePageBytes, kLargePageBytes + 1}) {
    const PageMemory memory = MapPages(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.get()) % kLargePageBytes, 0u);
    EXPECT_EQ(memory.get()[0], 0);
    EXPECT_EQ(memory.get()[bytes - 1], 0);
    memory.get()[bytes - 1] = 1;
  }
}

}  // namespace
}  // namespace varve::table
