// Invariants, while the cursor is valid and all its layers sound:
// (C1) Every layer but current_ stands beyond the current key in the direction of travel, or is
//      invalid (nothing left there). Layers that knew the same key were moved past it.
// (C2) fence_ is the nearest key that those others stand on: up to it, steps concern one layer
// only.
#include "kernel/table/merged_cursor.h"

#include <cstddef>
#include <utility>

namespace varve::table {
namespace {

class MergedCursor final : public Cursor {
 public:
  explicit MergedCursor(std::vector<std::unique_ptr<Cursor>> layers) {
    layers_.reserve(layers.size());
    for (std::unique_ptr<Cursor>& layer : layers) layers_.push_back({std::move(layer), false, {}});
  }

  void SeekAtOrAfter(std::string_view row_key) override {
    forward_ = true;
    status_ = absl::OkStatus();
    for (Layer& layer : layers_) {
      layer.cursor->SeekAtOrAfter(row_key);
      Load(layer);
    }
    TakeNearest();
    SkipTombstones();
  }

  void SeekBefore(std::string_view row_key) override {
    forward_ = false;
    status_ = absl::OkStatus();
    for (Layer& layer : layers_) {
      layer.cursor->SeekBefore(row_key);
      Load(layer);
    }
    TakeNearest();
    SkipTombstones();
  }

  void Next() override {
    if (!forward_) Turn();
    Step();
    SkipTombstones();
  }

  void Previous() override {
    if (forward_) Turn();
    Step();
    SkipTombstones();
  }

  [[nodiscard]] bool may_show_tombstones() const override { return false; }
  [[nodiscard]] bool valid() const override { return valid_; }
  [[nodiscard]] std::string_view row_key() const override { return current_->row_key(); }
  [[nodiscard]] const RowVersion& version() const override { return *version_; }
  [[nodiscard]] absl::Status status() const override { return status_; }

 private:
  struct Layer {
    std::unique_ptr<Cursor> cursor;
    bool valid;
    std::string_view row_key;  // where valid and not current
  };

  // Whether `a` comes earlier than `b` in the direction of travel.
  [[nodiscard]] bool Nearer(std::string_view a, std::string_view b) const {
    return forward_ ? a < b : b < a;
  }

  void Move(Layer& layer) const { forward_ ? layer.cursor->Next() : layer.cursor->Previous(); }

  void Load(Layer& layer) {
    layer.valid = layer.cursor->valid();
    if (layer.valid) {
      layer.row_key = layer.cursor->row_key();
    } else if (status_.ok()) {
      status_ = layer.cursor->status();
    }
  }

  void SkipTombstones() {
    while (valid_ && version_->deleted) Step();
  }

  void Step();
  void Turn();
  void TakeNearest();

  std::vector<Layer> layers_;  // newest first
  absl::Status status_;
  bool forward_ = true;
  bool valid_ = false;
  bool fenced_ = false;
  std::size_t current_index_ = 0;
  Cursor* current_ = nullptr;            // layers_[current_index_]
  const RowVersion* version_ = nullptr;  // of current_
  std::string_view fence_;
};

// One row on, tombstones included. Alone up to the fence, a layer costs three calls.
void MergedCursor::Step() {
  forward_ ? current_->Next() : current_->Previous();
  if (current_->valid() && (!fenced_ || Nearer(current_->row_key(), fence_))) {
    version_ = &current_->version();
    return;
  }
  Load(layers_[current_index_]);
  TakeNearest();
}

// Changes direction: sets all other layers beyond the current key on the new side of it (C1). The
// step that follows takes the current layer off its key and the nearest of them all.
void MergedCursor::Turn() {
  forward_ = !forward_;
  const std::string_view row_key = current_->row_key();
  for (Layer& layer : layers_) {
    if (layer.cursor.get() == current_) continue;
    if (forward_) {
      layer.cursor->SeekAtOrAfter(row_key);
      if (layer.cursor->valid() && layer.cursor->row_key() == row_key) layer.cursor->Next();
    } else {
      layer.cursor->SeekBefore(row_key);
    }
    Load(layer);
  }
  fenced_ = true;
  fence_ = row_key;  // nothing is nearer, so the step asks all layers
}

void MergedCursor::TakeNearest() {
  const Layer* nearest = nullptr;
  for (const Layer& layer : layers_) {
    // Strictly nearer: of layers with the same key the newest wins.
    if (layer.valid && (nearest == nullptr || Nearer(layer.row_key, nearest->row_key))) {
      nearest = &layer;
    }
  }
  fenced_ = false;
  if (nearest != nullptr) {
    for (Layer& layer : layers_) {
      if (!layer.valid || &layer == nearest) continue;
      if (layer.row_key == nearest->row_key) {
        Move(layer);
        Load(layer);
        if (!layer.valid) continue;
      }
      if (!fenced_ || Nearer(layer.row_key, fence_)) fence_ = layer.row_key;
      fenced_ = true;
    }
    current_index_ = static_cast<std::size_t>(nearest - layers_.data());
    current_ = nearest->cursor.get();
    version_ = &current_->version();
  }
  // What a damaged layer would have said is unknown, so nothing may be said in its place.
  valid_ = nearest != nullptr && status_.ok();
}

}  // namespace

std::unique_ptr<Cursor> NewMergedCursor(std::vector<std::unique_ptr<Cursor>> layers) {
  if (layers.size() == 1 && !layers.front()->may_show_tombstones()) {
    return std::move(layers.front());  // there is nothing to merge and nothing to hide
  }
  return std::make_unique<MergedCursor>(std::move(layers));
}

}  // namespace varve::table
