#include "primitives/vector/vector_matrix.h"

#include <algorithm>
#include <cstring>

#include "kernel/base/check.h"
#include "primitives/vector/vector_shadow.h"

namespace varve::vector {

namespace {

// All segments but the last have this size, the last at most.
constexpr std::size_t kSegmentBytesMax = std::size_t{16} << 20;
constexpr std::size_t kEndedRowsMin = 1024;  // fewer are not worth a compaction

}  // namespace

void Slot::CopyFrom(const Slot& other) {
  born = other.born;
  ended.store(other.ended.load(std::memory_order_relaxed), std::memory_order_relaxed);
  label = other.label;
}

Segment::Segment(std::size_t dimension, std::size_t capacity_rows, bool with_shadow)
    : capacity(capacity_rows),
      shadow_bytes(ShadowBlockBytes(dimension)),
      floats(MakeFloats(capacity_rows * dimension)),
      shadows(with_shadow ? MakeFloats(capacity_rows / kLanes * shadow_bytes / sizeof(float))
                          : nullptr),
      slots(std::make_unique<Slot[]>(capacity_rows)) {}

Matrix::Matrix(const VectorShape& shape, Lsn floor, const VectorOptions& options)
    : shape_(shape), options_(options), floor_(floor) {}

std::shared_ptr<Segment> Matrix::MakeSegment(std::size_t capacity_rows) const {
  const bool with_shadow = options_.shadow && shape_.dimension >= kShadowDimensionMin;
  return std::make_shared<Segment>(shape_.dimension, capacity_rows, with_shadow);
}

std::size_t Matrix::SegmentRowsMax() const {
  const std::size_t block_bytes = BlockFloats(shape_.dimension) * sizeof(float);
  return std::max<std::size_t>(1, kSegmentBytesMax / block_bytes) * kLanes;
}

Matrix::Place Matrix::PlaceOf(std::size_t row) {
  Segment* segment = tail_.get();
  std::size_t within = row - full_rows_;
  if (row < full_rows_) {
    segment = segments_[row / SegmentRowsMax()].get();
    within = row % SegmentRowsMax();
  }
  return {.slot = &segment->slots[within],
          .block = segment->floats.get() + within / kLanes * BlockFloats(shape_.dimension),
          .lane = within % kLanes};
}

void Matrix::Append(Lsn born, std::shared_ptr<const RowLabel> label,
                    std::span<const float> prepared) {
  StartTail();
  const std::size_t row = rows();
  ++tail_rows_;
  const Place place = PlaceOf(row);
  StoreLane(prepared, place.lane, place.block);
  place.slot->born = born;
  place.slot->label = std::move(label);
  const bool fresh = live_.emplace(place.slot->label->key, row).second;
  VARVE_CHECK(fresh);
  if (tail_rows_ == kLanes) MoveTailToSegment();
}

// (M2). use_count() is exact here: snapshots are only taken under the lock that this runs under,
// and one that is dropped meanwhile costs no more than a copy.
void Matrix::StartTail() {
  if (tail_ != nullptr && tail_.use_count() == 1) return;
  auto tail = std::make_shared<Segment>(shape_.dimension, kLanes, false);
  if (tail_ != nullptr) {
    std::memcpy(tail->floats.get(), tail_->floats.get(),
                BlockFloats(shape_.dimension) * sizeof(float));
    for (std::size_t at = 0; at < tail_rows_; ++at) tail->slots[at].CopyFrom(tail_->slots[at]);
  }
  tail_ = std::move(tail);
}

void Matrix::MoveTailToSegment() {
  GrowSegments();
  full_rows_ += kLanes;  // (M1): no snapshot reaches that far yet
  const Place place = PlaceOf(full_rows_ - kLanes);
  std::memcpy(place.block, tail_->floats.get(), BlockFloats(shape_.dimension) * sizeof(float));
  for (std::size_t at = 0; at < kLanes; ++at) place.slot[at].CopyFrom(tail_->slots[at]);
  FinishBlock(full_rows_ - kLanes);
  tail_ = nullptr;
  tail_rows_ = 0;
}

// Room for one more block: the last segment doubles until it has the size of all.
void Matrix::GrowSegments() {
  const std::size_t most = SegmentRowsMax();
  const std::size_t used = full_rows_ % most;
  if (used == 0 && full_rows_ / most == segments_.size()) {
    segments_.push_back(MakeSegment(kLanes));
    return;
  }
  Segment& last = *segments_.back();
  if (used < last.capacity) return;
  auto grown = MakeSegment(std::min(most, last.capacity * 2));
  std::memcpy(grown->floats.get(), last.floats.get(), used * shape_.dimension * sizeof(float));
  if (last.shadows != nullptr) {
    std::memcpy(grown->Shadow(0), last.Shadow(0), used / kLanes * last.shadow_bytes);
  }
  for (std::size_t at = 0; at < used; ++at) grown->slots[at].CopyFrom(last.slots[at]);
  segments_.back() = std::move(grown);
}

bool Matrix::End(std::string_view key, Lsn at) {
  const auto found = live_.find(key);
  if (found == live_.end()) return false;
  const std::size_t row = found->second;
  live_.erase(found);
  PlaceOf(row).slot->ended.store(at.value(), std::memory_order_relaxed);
  last_ended_ = std::max(last_ended_, at);
  return true;
}

bool Matrix::wants_compaction() const {
  const std::size_t ended = rows() - live_rows();
  return ended >= kEndedRowsMin && ended > live_rows();
}

void Matrix::Compact() {
  std::vector<std::size_t> kept;
  kept.reserve(live_.size());
  for (const auto& [key, row] : live_) kept.push_back(row);
  std::sort(kept.begin(), kept.end());
  Matrix compacted(shape_, std::max(floor_, last_ended_), options_);  // (M3)
  std::vector<float> prepared(shape_.dimension);
  for (const std::size_t row : kept) {
    const Place place = PlaceOf(row);
    for (std::size_t at = 0; at < prepared.size(); ++at) {
      prepared[at] = place.block[at * kLanes + place.lane];
    }
    compacted.Append(place.slot->born, place.slot->label, prepared);
  }
  *this = std::move(compacted);
}

MatrixSnapshot Matrix::Snapshot() const {
  MatrixSnapshot snapshot;
  const std::size_t most = SegmentRowsMax();
  for (std::size_t at = 0; at < segments_.size(); ++at) {
    snapshot.parts.push_back({segments_[at], std::min(most, full_rows_ - at * most)});
  }
  if (tail_rows_ > 0) snapshot.parts.push_back({tail_, tail_rows_});
  return snapshot;
}

void Matrix::BeginLoad(std::size_t count) {
  VARVE_CHECK(rows() == 0);
  const std::size_t most = SegmentRowsMax();
  full_rows_ = count / kLanes * kLanes;
  for (std::size_t begin = 0; begin < full_rows_; begin += most) {
    segments_.push_back(MakeSegment(std::min(most, full_rows_ - begin)));
  }
  tail_rows_ = count % kLanes;
  if (tail_rows_ > 0) tail_ = std::make_shared<Segment>(shape_.dimension, kLanes, false);
}

void Matrix::FinishBlock(std::size_t first_row) {
  if (first_row >= full_rows_) return;  // the tail
  const Segment& segment = *segments_[first_row / SegmentRowsMax()];
  if (segment.shadows == nullptr) return;
  EncodeShadow(shape_, PlaceOf(first_row).block,
               segment.Shadow(first_row % SegmentRowsMax() / kLanes));
}

void Matrix::FinishLoad() {
  live_.reserve(rows());
  for (std::size_t row = 0; row < rows(); ++row) {
    live_.emplace(PlaceOf(row).slot->label->key, row);
  }
}

}  // namespace varve::vector
