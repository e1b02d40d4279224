// Random row keys and simple stand-ins for a layer, for the tests of this folder.
#ifndef VARVE_TESTS_KERNEL_TABLE_TABLE_MODEL_H_
#define VARVE_TESTS_KERNEL_TABLE_TABLE_MODEL_H_

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "kernel/table/cursor.h"
#include "kernel/table/row.h"

namespace varve::table {

// The seed of a random test: printed, and taken from VARVE_TEST_SEED to repeat a failure.
inline std::uint64_t TestSeed() {
  const char* const given = std::getenv("VARVE_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "VARVE_TEST_SEED=" << seed << std::endl;
  return seed;
}

// Keys that are hard to keep in order: few different bytes (the smallest, the largest, sign bits),
// many shared beginnings, lengths around the 8 bytes that sorting looks at, some very long.
class HardKeys final {
 public:
  explicit HardKeys(std::uint64_t seed) : random_(seed) {}

  std::string operator()() {
    static constexpr char kBytes[] = {'\x00', '\x01', 'a', '\x7F', '\x80', '\xFF'};
    const std::size_t repeats = Below(20) == 0 ? Below(2060) : Below(4) * 4;
    std::string key(repeats, kBytes[Below(2) * 5]);
    const std::size_t tail = 1 + Below(11);
    for (std::size_t i = 0; i < tail; ++i) key.push_back(kBytes[Below(sizeof kBytes)]);
    return key;
  }

  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

 private:
  std::mt19937_64 random_;
};

// A layer that holds what it is given. Can be told to fail when it reaches a key.
class MapCursor final : public Cursor {
 public:
  using Rows = std::map<std::string, RowVersion, std::less<>>;

  explicit MapCursor(const Rows& rows, std::string fails_at = {})
      : rows_(rows), fails_at_(std::move(fails_at)), position_(rows.end()) {}

  void SeekAtOrAfter(std::string_view row_key) override { Stand(rows_.lower_bound(row_key)); }
  void SeekBefore(std::string_view row_key) override {
    StandBefore(row_key.empty() ? rows_.end() : rows_.lower_bound(row_key));
  }
  void Next() override { Stand(std::next(position_)); }
  void Previous() override { StandBefore(position_); }
  [[nodiscard]] bool valid() const override { return position_ != rows_.end(); }
  [[nodiscard]] std::string_view row_key() const override { return position_->first; }
  [[nodiscard]] const RowVersion& version() const override { return position_->second; }
  [[nodiscard]] absl::Status status() const override { return status_; }

 private:
  void Stand(Rows::const_iterator position) {
    position_ = position;
    if (position_ != rows_.end() && !fails_at_.empty() && position_->first == fails_at_) {
      status_ = absl::DataLossError("row " + fails_at_ + " fails its checksum");
      position_ = rows_.end();
    }
  }
  void StandBefore(Rows::const_iterator position) {
    Stand(position == rows_.begin() ? rows_.end() : std::prev(position));
  }

  const Rows& rows_;
  std::string fails_at_;
  Rows::const_iterator position_;
  absl::Status status_;
};

// All rows that a cursor shows from first to last, as "key=value" or "key-" for a tombstone.
inline std::vector<std::string> Forward(Cursor& cursor) {
  std::vector<std::string> rows;
  for (cursor.SeekAtOrAfter({}); cursor.valid(); cursor.Next()) {
    const RowVersion& version = cursor.version();
    rows.push_back(std::string(cursor.row_key()) +
                   (version.deleted ? "-" : "=" + std::string(version.value)));
  }
  return rows;
}

inline std::vector<std::string> Backward(Cursor& cursor) {
  std::vector<std::string> rows;
  for (cursor.SeekBefore({}); cursor.valid(); cursor.Previous()) {
    const RowVersion& version = cursor.version();
    rows.insert(rows.begin(), std::string(cursor.row_key()) +
                                  (version.deleted ? "-" : "=" + std::string(version.value)));
  }
  return rows;
}

}  // namespace varve::table

#endif  // VARVE_TESTS_KERNEL_TABLE_TABLE_MODEL_H_
