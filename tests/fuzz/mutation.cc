#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace varve::fuzz {
namespace {

constexpr std::size_t kPieceBytesMax = 64;

// Lengths and counts go wrong at these, and one beside them.
constexpr std::array<std::uint64_t, 16> kLimits = {0,
                                                   1,
                                                   7,
                                                   16,
                                                   127,
                                                   255,
                                                   1024,
                                                   4096,
                                                   0x7FFF,
                                                   0xFFFF,
                                                   0x7FFFFFFF,
                                                   0x80000000,
                                                   0xFFFFFFFF,
                                                   0x7FFFFFFFFFFFFFFF,
                                                   0x8000000000000000,
                                                   0xFFFFFFFFFFFFFFFF};

std::size_t Below(std::size_t bound, std::mt19937_64& random) {
  return static_cast<std::size_t>(random() % bound);
}

void FlipBit(std::string& bytes, std::mt19937_64& random) {
  if (bytes.empty()) return;
  char& byte = bytes[Below(bytes.size(), random)];
  byte = static_cast<char>(byte ^ (1 << Below(8, random)));
}

void SetByte(std::string& bytes, std::mt19937_64& random) {
  if (!bytes.empty()) bytes[Below(bytes.size(), random)] = static_cast<char>(random());
}

void PutLimit(std::string& bytes, std::mt19937_64& random) {
  constexpr std::array<std::size_t, 4> kWidths = {1, 2, 4, 8};
  const std::size_t width = kWidths[Below(kWidths.size(), random)];
  if (bytes.size() < width) return;
  const std::uint64_t beside = random() % 3;  // one below, at, one above
  const std::uint64_t value = kLimits[Below(kLimits.size(), random)] + beside - 1;
  std::memcpy(bytes.data() + Below(bytes.size() - width + 1, random), &value, width);
}

void Cut(std::string& bytes, std::mt19937_64& random) {
  bytes.resize(Below(bytes.size() + 1, random));
}

void RemovePiece(std::string& bytes, std::mt19937_64& random) {
  if (bytes.empty()) return;
  bytes.erase(Below(bytes.size(), random), 1 + Below(kPieceBytesMax, random));
}

// A part of `from`, put over or between the bytes.
void Splice(std::string& bytes, const std::string& from, std::mt19937_64& random) {
  if (from.empty()) return;
  const std::string piece =
      from.substr(Below(from.size(), random), 1 + Below(kPieceBytesMax, random));
  const std::size_t at = Below(bytes.size() + 1, random);
  if (random() % 2 == 0) {
    bytes.insert(at, piece);
  } else {
    bytes.replace(at, std::min(piece.size(), bytes.size() - at), piece);
  }
}

void InsertNoise(std::string& bytes, std::mt19937_64& random) {
  std::string noise(1 + Below(16, random), '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  bytes.insert(Below(bytes.size() + 1, random), noise);
}

}  // namespace

std::string Mutated(const std::vector<std::string>& corpus, std::size_t bytes_max,
                    std::mt19937_64& random) {
  std::string bytes = corpus[Below(corpus.size(), random)];
  const std::string& other = corpus[Below(corpus.size(), random)];
  for (std::size_t left = 1 + Below(4, random); left > 0; --left) {
    switch (random() % 8) {
      case 0:
        Cut(bytes, random);
        break;
      case 1:
        RemovePiece(bytes, random);
        break;
      case 2:
        InsertNoise(bytes, random);
        break;
      case 3:
        Splice(bytes, other, random);
        break;
      case 4:
        Splice(bytes, std::string(bytes), random);
        break;
      case 5:
        PutLimit(bytes, random);
        break;
      case 6:
        SetByte(bytes, random);
        break;
      default:
        FlipBit(bytes, random);
    }
  }
  if (bytes.size() > bytes_max) bytes.resize(bytes_max);
  return bytes;
}

}  // namespace varve::fuzz
