#include "kernel/internal/read_set.h"

namespace varve::internal {

std::size_t ReadSet::AddRange(std::string_view begin, std::string_view end, Order order) {
  Range range;
  range.order = order;
  if (order == Order::kForward) {
    range.begin = begin;
    range.end = begin;
    range.final_bound = end;
  } else {
    range.begin = end;
    range.end = end;
    range.bounded = !end.empty();
    range.final_bound = begin;
  }
  ranges_.push_back(std::move(range));
  return ranges_.size() - 1;
}

void ReadSet::ExtendRange(std::size_t number, std::string_view row_key) {
  Range& range = ranges_[number];
  if (range.order == Order::kForward) {
    range.end = row_key;
    range.end_included = true;
  } else {
    range.begin = row_key;
  }
}

void ReadSet::CompleteRange(std::size_t number) {
  Range& range = ranges_[number];
  if (range.order == Order::kForward) {
    range.end = range.final_bound;
    range.bounded = !range.end.empty();
    range.end_included = false;
  } else {
    range.begin = range.final_bound;
  }
}

void ReadSet::Clear() {
  points_.clear();
  ranges_.clear();
}

bool ReadSet::Range::Contains(std::string_view row_key) const {
  if (row_key < begin) return false;
  return !bounded || row_key < end || (end_included && row_key == end);
}

bool ReadSet::PointChangedSince(const std::vector<const table::Memtable*>& memtables,
                                Lsn after) const {
  for (const table::Memtable* memtable : memtables) {
    for (const Point& point : points_) {
      if (memtable->NewestLsn(point.row_key, point.hash) > after) return true;
    }
  }
  return false;
}

bool ReadSet::ChangedSince(const std::vector<const table::Memtable*>& memtables, Lsn after) const {
  if (PointChangedSince(memtables, after)) return true;
  if (ranges_.empty()) return false;
  for (const table::Memtable* memtable : memtables) {
    const bool untouched = memtable->VisitMutationsSince(after, [this](std::string_view row_key) {
      for (const Range& range : ranges_) {
        if (range.Contains(row_key)) return false;
      }
      return true;
    });
    if (!untouched) return true;
  }
  return false;
}

}  // namespace varve::internal
