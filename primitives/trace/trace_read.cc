#include "primitives/trace/trace_read.h"

#include "kernel/base/status.h"
#include "primitives/trace/trace_primitive.h"

namespace varve::trace {

namespace {

// So many steps of Next are cheaper than opening a scan.
constexpr int kStepsBeforeSeek = 8;

// The first key there can be behind `key`.
std::string JustBehind(std::string key) {
  key.push_back('\0');
  return key;
}

// Everything that starts with `prefix`, cut to the bounds.
KeyRange RangeOf(const std::string& prefix, const IndexWalk::Bounds& bounds) {
  KeyRange range = KeyRange::Prefix(prefix);
  range.begin = WithPosition(prefix, bounds.from);
  if (bounds.until.has_value()) {
    range.end = WithPosition(prefix, {.start = *bounds.until, .span = SpanId()});
  }
  return range;
}

bool IsEmpty(const KeyRange& range) { return !range.end.empty() && range.begin >= range.end; }

}  // namespace

absl::StatusOr<std::optional<StoredSpan>> ReadSpan(Reader& reader, const RunId& run, SpanId span) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader.Get(kTraceSpans, run, SpanKey(span)));
  if (!row.has_value()) return std::nullopt;
  StoredSpan stored{.id = span, .row = *row, .image = {}};
  stored.row.key = {};  // was the temporary above
  VARVE_ASSIGN_OR_RETURN(stored.image, DecodeRow(row->value));
  return stored;
}

absl::StatusOr<StoredSpan> ReadNamedSpan(Reader& reader, const RunId& run, SpanId span) {
  VARVE_ASSIGN_OR_RETURN(std::optional<StoredSpan> stored, ReadSpan(reader, run, span));
  if (!stored.has_value()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "trace: the span ", span.ToString(),
                      " stands in an index, or has children, but has no row");
  }
  return *std::move(stored);
}

Span ToSpan(const StoredSpan& stored) {
  const RowImage& image = stored.image;
  return {.id = stored.id,
          .parent = image.parent,
          .kind = image.kind,
          .name = std::string(image.name),
          .start = image.start,
          .end = image.end,
          .status = image.status,
          .status_message = std::string(image.message),
          .tags = {image.tags.begin(), image.tags.end()},
          .attributes = ToJson(image.attributes),
          .lsn = stored.row.lsn,
          .commit_time = stored.row.commit_time};
}

IndexWalk::IndexWalk(Reader& reader, const RunId& run, TableId table, std::string prefix,
                     const Bounds& bounds, bool reverse)
    : reader_(&reader),
      run_(run),
      table_(table),
      prefix_(std::move(prefix)),
      range_(RangeOf(prefix_, bounds)),
      reverse_(reverse) {
  Open(range_);
}

void IndexWalk::Open(KeyRange range) {
  valid_ = false;
  scan_ = nullptr;
  if (IsEmpty(range)) return;
  scan_ = reader_->Scan(table_, run_, range, reverse_ ? Order::kReverse : Order::kForward);
  Settle();
}

void IndexWalk::Settle() {
  valid_ = false;
  if (!scan_->valid()) {
    status_ = scan_->status();
    return;
  }
  const absl::StatusOr<Position> at = PositionAtEnd(scan_->row().key);
  status_ = at.status();
  if (!at.ok()) return;
  at_ = *at;
  valid_ = true;
}

void IndexWalk::Next() {
  scan_->Next();
  Settle();
}

void IndexWalk::SeekTo(const Position& target) {
  const auto before_target = [&] { return reverse_ ? at_ > target : at_ < target; };
  for (int steps = 0; valid_ && before_target(); ++steps) {
    if (steps < kStepsBeforeSeek) {
      Next();
      continue;
    }
    KeyRange range = range_;
    const std::string key = WithPosition(prefix_, target);
    if (reverse_) {
      range.end = JustBehind(key);
    } else {
      range.begin = key;
    }
    Open(std::move(range));
    return;
  }
}

Intersection::Intersection(Reader& reader, const RunId& run, const SpanQuery& query,
                           const std::optional<Position>& after) {
  const IndexWalk::Bounds bounds{.from = {.start = query.from, .span = SpanId()},
                                 .until = query.until};
  const auto add = [&](TableId table, std::string prefix) {
    walks_.emplace_back(reader, run, table, std::move(prefix), bounds, query.reverse);
  };
  if (query.parent.has_value()) add(kTraceChildren, ChildrenPrefix(*query.parent));
  for (const std::string& tag : query.tags) add(kTraceTags, TagPrefix(tag));
  if (query.kind.has_value()) add(kTraceKinds, KindPrefix(*query.kind));
  if (walks_.empty()) add(kTraceTimes, {});
  if (after.has_value()) {
    walks_.front().SeekTo(*after);
    if (walks_.front().valid() && walks_.front().at() == *after) walks_.front().Next();
  }
  Settle();
}

void Intersection::Next() {
  walks_.front().Next();
  Settle();
}

// Whoever is ahead says where to look next; all agree, or one has ended.
void Intersection::Settle() {
  valid_ = false;
  std::size_t agreeing = 0;
  if (!walks_.front().valid()) {
    status_ = walks_.front().status();
    return;
  }
  at_ = walks_.front().at();
  for (std::size_t i = 0; agreeing < walks_.size(); i = (i + 1) % walks_.size()) {
    IndexWalk& walk = walks_[i];
    walk.SeekTo(at_);
    if (!walk.valid()) {
      status_ = walk.status();
      return;
    }
    agreeing = walk.at() == at_ ? agreeing + 1 : 1;
    at_ = walk.at();
  }
  valid_ = true;
}

TreeWalk::TreeWalk(Reader& reader, const RunId& run, SpanId root)
    : reader_(&reader), run_(run), root_(root) {}

absl::Status TreeWalk::Begin() {
  depth_ = 0;
  valid_ = false;
  if (root_.is_none()) return EnterLevel(KeyRange::Prefix(ChildrenPrefix(root_))).status();
  VARVE_ASSIGN_OR_RETURN(std::optional<StoredSpan> stored, ReadSpan(*reader_, run_, root_));
  if (!stored.has_value()) return absl::OkStatus();
  span_ = *std::move(stored);
  valid_ = true;
  return absl::OkStatus();
}

absl::Status TreeWalk::Resume(SpanId span, std::uint64_t depth) {
  VARVE_ASSIGN_OR_RETURN(std::optional<StoredSpan> stored, ReadSpan(*reader_, run_, span));
  if (!stored.has_value()) {
    return FailedPrecondition("the span ", span.ToString(),
                              " that ended the last page has been deleted: begin again");
  }
  span_ = *std::move(stored);
  depth_ = depth;
  valid_ = true;
  return absl::OkStatus();
}

absl::Status TreeWalk::Next(bool descend) {
  if (descend) {
    VARVE_ASSIGN_OR_RETURN(const bool entered,
                           EnterLevel(KeyRange::Prefix(ChildrenPrefix(span_.id))));
    if (entered) {
      ++depth_;
      return absl::OkStatus();
    }
  }
  for (;;) {
    if (depth_ == 0 && !root_.is_none()) break;
    const SpanId parent = span_.image.parent;
    if (level_ != nullptr) {
      level_->Next();
      if (level_->valid()) {
        VARVE_ASSIGN_OR_RETURN(const Position next, PositionAtEnd(level_->row().key));
        return Load(next.span);
      }
      VARVE_RETURN_IF_ERROR(level_->status());
    } else {
      KeyRange siblings = KeyRange::Prefix(ChildrenPrefix(parent));
      siblings.begin = JustBehind(
          WithPosition(ChildrenPrefix(parent), {.start = span_.image.start, .span = span_.id}));
      VARVE_ASSIGN_OR_RETURN(const bool entered, EnterLevel(std::move(siblings)));
      if (entered) return absl::OkStatus();
    }
    level_ = nullptr;
    if (parent.is_none() || depth_ == 0) break;
    VARVE_RETURN_IF_ERROR(Load(parent));
    --depth_;
  }
  valid_ = false;
  return absl::OkStatus();
}

absl::StatusOr<bool> TreeWalk::EnterLevel(KeyRange range) {
  std::unique_ptr<RowScan> level = reader_->Scan(kTraceChildren, run_, range);
  VARVE_RETURN_IF_ERROR(level->status());
  if (!level->valid()) return false;
  VARVE_ASSIGN_OR_RETURN(const Position first, PositionAtEnd(level->row().key));
  VARVE_RETURN_IF_ERROR(Load(first.span));
  level_ = std::move(level);
  return true;
}

absl::Status TreeWalk::Load(SpanId span) {
  valid_ = false;
  VARVE_ASSIGN_OR_RETURN(span_, ReadNamedSpan(*reader_, run_, span));
  valid_ = true;
  return absl::OkStatus();
}

}  // namespace varve::trace
