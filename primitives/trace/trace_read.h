// How spans are found: one row, an intersection of indexes, a walk over a tree. Used by Trace only.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_READ_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_READ_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "primitives/trace/span_query.h"
#include "primitives/trace/trace_index.h"
#include "primitives/trace/trace_payload.h"

namespace varve::trace {

// A span's row and what it says; borrows from the reader.
struct StoredSpan {
  SpanId id{};
  Row row{};
  RowImage image{};
};
[[nodiscard]] absl::StatusOr<std::optional<StoredSpan>> ReadSpan(Reader& reader, const RunId& run,
                                                                 SpanId span);
// The same, for a span that an index or another span names: kDataLoss where there is none.
[[nodiscard]] absl::StatusOr<StoredSpan> ReadNamedSpan(Reader& reader, const RunId& run,
                                                       SpanId span);
[[nodiscard]] Span ToSpan(const StoredSpan& stored);

// The lines of one index, from a position on.
class IndexWalk final {
 public:
  struct Bounds {
    Position from{};                   // the least position
    std::optional<Timestamp> until{};  // starts before this
  };
  IndexWalk(Reader& reader, const RunId& run, TableId table, std::string prefix,
            const Bounds& bounds, bool reverse);

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const Position& at() const { return at_; }  // requires valid()
  [[nodiscard]] const absl::Status& status() const { return status_; }
  void Next();  // requires valid()
  // To the first line at `target` or behind it, in the walk's direction. Never goes back.
  void SeekTo(const Position& target);

 private:
  void Open(KeyRange range);
  void Settle();

  Reader* reader_;
  RunId run_;
  TableId table_;
  std::string prefix_;
  KeyRange range_;
  bool reverse_;
  std::unique_ptr<RowScan> scan_;
  Position at_;
  bool valid_ = false;
  absl::Status status_;
};

// The positions at which every index that a query names has a line; name and finished are not
// asked. Ask status() at its end.
class Intersection final {
 public:
  // Behind `after`, where given.
  Intersection(Reader& reader, const RunId& run, const SpanQuery& query,
               const std::optional<Position>& after);

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const Position& at() const { return at_; }  // requires valid()
  [[nodiscard]] const absl::Status& status() const { return status_; }
  void Next();  // requires valid()

 private:
  void Settle();

  std::vector<IndexWalk> walks_;
  Position at_;
  bool valid_ = false;
  absl::Status status_;
};

// Visits a tree, each span before its children, with a few rows in memory at any time: where to go
// on is read from the children index, so that neither depth nor width costs anything.
class TreeWalk final {
 public:
  TreeWalk(Reader& reader, const RunId& run, SpanId root);

  // To the root, or to the first of all roots.
  [[nodiscard]] absl::Status Begin();
  // To `span` at `depth`, which an earlier walk has visited. kFailedPrecondition: it is gone.
  [[nodiscard]] absl::Status Resume(SpanId span, std::uint64_t depth);

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const StoredSpan& span() const { return span_; }  // requires valid()
  [[nodiscard]] std::uint64_t depth() const { return depth_; }    // requires valid()
  // To the next span; the children of this one are passed over unless `descend`.
  [[nodiscard]] absl::Status Next(bool descend);

 private:
  [[nodiscard]] absl::StatusOr<bool> EnterLevel(KeyRange range);  // false: it is empty
  [[nodiscard]] absl::Status Load(SpanId span);

  Reader* reader_;
  RunId run_;
  SpanId root_;
  StoredSpan span_;
  std::uint64_t depth_ = 0;
  bool valid_ = false;
  std::unique_ptr<RowScan> level_;  // at span_ among its siblings; null after going up
};

}  // namespace varve::trace

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_READ_H_
