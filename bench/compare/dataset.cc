#include "bench/compare/dataset.h"

#include <cstring>

namespace varve::compare {
namespace {

constexpr std::size_t kEntryBytes = Dataset::kKeyBytes + Dataset::kValueBytes;

void FillEntry(std::uint64_t index, char* to) {
  constexpr char kDigits[] = "0123456789abcdef";
  const std::uint64_t key = Scramble(index);
  for (std::size_t digit = 0; digit < Dataset::kKeyBytes; ++digit) {
    to[digit] = kDigits[(key >> (60 - 4 * digit)) & 15];
  }
  std::uint64_t state = ~key;
  for (std::size_t at = Dataset::kKeyBytes; at < kEntryBytes; at += sizeof(state)) {
    state = Scramble(state);
    std::memcpy(to + at, &state, std::min(sizeof(state), kEntryBytes - at));
  }
}

}  // namespace

Dataset::Dataset(std::size_t count) : bytes_(count * kEntryBytes, '\0') {
  entries_.reserve(count);
  for (std::size_t index = 0; index < count; ++index) {
    char* const at = bytes_.data() + index * kEntryBytes;
    FillEntry(index, at);
    entries_.push_back({{at, kKeyBytes}, {at + kKeyBytes, kValueBytes}});
  }
}

std::uint64_t Scramble(std::uint64_t number) {  // The finaliser of SplitMix64.
  number += 0x9e3779b97f4a7c15;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

void AnswerDigest::Add(std::string_view bytes) {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const std::size_t count = std::min(bytes.size(), sizeof(first));
  std::memcpy(&first, bytes.data(), count);
  std::memcpy(&last, bytes.data() + bytes.size() - count, count);
  sum_ += (first ^ (last << 1)) * 0x9e3779b97f4a7c15 + bytes.size();
}

}  // namespace varve::compare
