// The rows of one collection as a search wants them: prepared, in blocks, contiguous.
//
// Derived state, versioned: each row knows the LSN that wrote it and the one that ended it, so that
// one matrix answers for many views at once. A change of a row ends it and appends another; rows
// that have ended are compacted away as they become many.
//
// Invariants:
//   (M1) Rows 0 .. full_rows() stand in segments, in whole blocks; a block in a segment is never
//        written again, nor is its shadow. The rest, fewer than kLanes, stand in the tail, which
//        has none.
//   (M2) A tail that a snapshot may hold is not written: it is copied first.
//   (M3) A row that ended at D is missing only where D <= floor(). Views before floor() must read
//        the table.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_MATRIX_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_MATRIX_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/base/ids.h"
#include "primitives/vector/vector_block.h"

namespace varve::vector {

struct RowLabel {
  std::string key;
  std::string metadata_image;  // see vector_metadata.h
};

struct Slot {
  Lsn born{};
  // A search reads it while a commit ends the row: by then for a later view than the search's.
  std::atomic<std::uint64_t> ended{kLsnMax.value()};
  std::shared_ptr<const RowLabel> label{};

  void CopyFrom(const Slot& other);
  [[nodiscard]] bool VisibleAt(Lsn at) const {
    return born <= at && at < Lsn(ended.load(std::memory_order_relaxed));
  }
};

// Room for `capacity` rows, a multiple of kLanes.
struct Segment {
  Segment(std::size_t dimension, std::size_t capacity_rows, bool with_shadow);

  [[nodiscard]] std::byte* Shadow(std::size_t block) const {
    return reinterpret_cast<std::byte*>(shadows.get()) + block * shadow_bytes;
  }

  std::size_t capacity;
  std::size_t shadow_bytes;  // of a block
  Floats floats;
  Floats shadows;  // null: none
  std::unique_ptr<Slot[]> slots;
};

// What a search looks at. Unchanging but for Slot::ended; any thread.
struct MatrixSnapshot {
  struct Part {
    std::shared_ptr<const Segment> segment;
    std::size_t rows;
  };
  std::vector<Part> parts{};  // all but the last hold whole blocks
};

// Not thread-safe; its snapshots are.
class Matrix final {
 public:
  // `floor`: rows that ended at or before it are not here.
  Matrix(const VectorShape& shape, Lsn floor, const VectorOptions& options);

  [[nodiscard]] const VectorShape& shape() const { return shape_; }
  [[nodiscard]] Lsn floor() const { return floor_; }
  [[nodiscard]] std::size_t live_rows() const { return live_.size(); }
  [[nodiscard]] std::size_t rows() const { return full_rows_ + tail_rows_; }

  // Appends a row; no row with this key lives.
  void Append(Lsn born, std::shared_ptr<const RowLabel> label, std::span<const float> prepared);
  // Ends the living row with this key; false where there is none.
  bool End(std::string_view key, Lsn at);
  // Drops the rows that have ended.
  void Compact();
  [[nodiscard]] bool wants_compaction() const;

  [[nodiscard]] MatrixSnapshot Snapshot() const;

  // For a rebuild: makes room for `count` rows at once. The caller then fills the place of each row
  // and calls FinishBlock for each block (several threads may, no two of them in one block), and
  // FinishLoad.
  void BeginLoad(std::size_t count);
  struct Place {
    Slot* slot;
    float* block;
    std::size_t lane;
  };
  [[nodiscard]] Place PlaceOf(std::size_t row);
  void FinishBlock(std::size_t first_row);
  void FinishLoad();

 private:
  [[nodiscard]] std::shared_ptr<Segment> MakeSegment(std::size_t capacity_rows) const;
  void StartTail();
  void MoveTailToSegment();
  void GrowSegments();
  [[nodiscard]] std::size_t SegmentRowsMax() const;

  VectorShape shape_;
  VectorOptions options_;
  Lsn floor_;
  Lsn last_ended_{};
  std::vector<std::shared_ptr<Segment>> segments_;
  std::size_t full_rows_ = 0;
  std::shared_ptr<Segment> tail_;  // null, or room for kLanes rows
  std::size_t tail_rows_ = 0;
  std::unordered_map<std::string_view, std::size_t> live_;  // keys borrow from the labels
};

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_MATRIX_H_
