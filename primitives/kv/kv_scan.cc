#include "primitives/kv/kv_scan.h"

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "primitives/kv/kv_payload.h"
#include "primitives/kv/kv_primitive.h"

namespace varve {

namespace {

// A cursor is the direction and the last key given: nothing of the reader, so that it survives it.
constexpr char kForwardMark = 'F';
constexpr char kReverseMark = 'R';

char MarkOf(bool reverse) { return reverse ? kReverseMark : kForwardMark; }

// True where no key can lie within. An empty end means "to the last key".
bool IsEmpty(const KeyRange& range) { return !range.end.empty() && range.begin >= range.end; }

bool Contains(const KeyRange& range, std::string_view key) {
  return key >= range.begin && (range.end.empty() || key < range.end);
}

KeyRange RangeOf(const KvScanOptions& options) {
  KeyRange range = KeyRange::Prefix(options.prefix);
  if (options.begin > range.begin) range.begin = options.begin;
  if (!options.end.empty() && (range.end.empty() || options.end < range.end)) {
    range.end = options.end;
  }
  return range;
}

// Narrows `range` to what lies behind the cursor.
absl::Status Resume(const KvScanOptions& options, KeyRange& range) {
  const std::string_view last = options.cursor.substr(1);
  if (options.cursor.front() != MarkOf(options.reverse) || last.size() < kKeyBytesMin ||
      last.size() > kKeyBytesMax || !Contains(range, last)) {
    return InvalidArgument("the cursor belongs to another scan: give it to a scan with the prefix,",
                           " range and direction that it came from");
  }
  if (options.reverse) {
    range.end = last;
  } else {
    range.begin = last;
    range.begin.push_back('\0');  // the next key there can be
  }
  return absl::OkStatus();
}

}  // namespace

KvScan::KvScan(Reader& reader, const RunId& run, const KvScanOptions& options)
    : now_(reader.now()), left_(options.limit), reverse_(options.reverse) {
  if (options.limit == 0) {
    status_ = InvalidArgument("a scan with the limit 0 gives nothing: the least limit is 1");
    return;
  }
  KeyRange range = RangeOf(options);
  if (!options.cursor.empty()) {
    status_ = Resume(options, range);
    if (!status_.ok()) return;
  }
  if (IsEmpty(range)) return;
  rows_ = reader.Scan(kKvRows, run, range, reverse_ ? Order::kReverse : Order::kForward);
  Settle();
}

void KvScan::Next() {
  const std::string_view last = row_.key;
  rows_->Next();
  Settle();
  // The row behind the last one is looked at too, so that a cursor means that there is more.
  if (--left_ == 0 && valid_) {
    cursor_.push_back(MarkOf(reverse_));
    cursor_.append(last);
    valid_ = false;
  }
}

void KvScan::Settle() {
  valid_ = false;
  for (; rows_->valid(); rows_->Next()) {
    const Row& row = rows_->row();
    const absl::StatusOr<kv::RowImage> image = kv::DecodeRow(row.value);
    if (!image.ok()) {
      status_ = image.status();
      return;
    }
    if (image->expires.has_value() && *image->expires <= now_) continue;
    row_ = KvRow{.key = row.key,
                 .value = image->value,
                 .lsn = row.lsn,
                 .commit_time = row.commit_time,
                 .expires = image->expires};
    valid_ = true;
    return;
  }
  status_ = rows_->status();
}

}  // namespace varve
