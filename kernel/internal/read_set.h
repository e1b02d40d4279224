// What a transaction has read, for the check at commit that nobody changed it meanwhile.
#ifndef VARVE_KERNEL_INTERNAL_READ_SET_H_
#define VARVE_KERNEL_INTERNAL_READ_SET_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/ids.h"
#include "kernel/reader.h"
#include "kernel/table/memtable.h"

namespace varve::internal {

// Not thread-safe. Reads that found nothing count: a row that appears there later is a conflict
// too.
class ReadSet final {
 public:
  void AddPoint(std::string_view row_key) {
    points_.push_back({table::HashRowKey(row_key), std::string(row_key)});
  }

  // Starts an empty range at the bound where the scan begins; returns its number for the calls
  // below.
  std::size_t AddRange(std::string_view begin, std::string_view end, Order order);
  // The scan has looked at everything from its start up to and including this row.
  void ExtendRange(std::size_t range, std::string_view row_key);
  // The scan has looked at everything up to its other bound.
  void CompleteRange(std::size_t range);

  [[nodiscard]] bool empty() const { return points_.empty() && ranges_.empty(); }
  void Clear();

  // True when a version later than `after` of anything in the set stands in one of `memtables`,
  // which must hold every mutation later than `after`.
  [[nodiscard]] bool ChangedSince(const std::vector<const table::Memtable*>& memtables,
                                  Lsn after) const;
  // Likewise, of the single rows alone.
  [[nodiscard]] bool PointChangedSince(const std::vector<const table::Memtable*>& memtables,
                                       Lsn after) const;

 private:
  struct Point {
    std::uint64_t hash;
    std::string row_key;
  };
  struct Range {
    std::string begin;  // inclusive
    std::string end;    // exclusive, or inclusive where `end_included`; empty: to the very end
    bool end_included = false;
    bool bounded = true;  // false: `end` is the very end
    Order order = Order::kForward;
    std::string final_bound;  // the scan's other bound
    [[nodiscard]] bool Contains(std::string_view row_key) const;
  };

  std::vector<Point> points_;
  std::vector<Range> ranges_;
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_READ_SET_H_
