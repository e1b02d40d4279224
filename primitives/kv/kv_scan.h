// Rows of KV in key order. Part of kv.h: include that.
#ifndef VARVE_PRIMITIVES_KV_KV_SCAN_H_
#define VARVE_PRIMITIVES_KV_KV_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kernel/reader.h"

namespace varve {

// One row as read. Borrows from the reader that it was read from (a view, a transaction): valid
// until that ends, also when the scan or the handle is gone. Copy `std::string(row.value)` to keep.
struct KvRow {
  std::string_view key{};  // from Kv::Get: the argument itself
  std::string_view value{};
  Lsn lsn{};                           // its version; Lsn() for this transaction's own write
  Timestamp commit_time{};             // of the transaction that wrote it
  std::optional<Timestamp> expires{};  // when it will read as absent
};

// What a scan covers; everything given must hold. The views are read during the call only.
struct KvScanOptions {
  std::string_view prefix{};  // keys that start with it
  std::string_view begin{};   // the first key
  std::string_view end{};     // the key behind the last; empty: to the last
  bool reverse = false;       // from the last key to the first
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // rows; at least 1
  // KvScan::cursor() of an earlier scan with the same options: goes on behind it, also in another
  // transaction or view. Anything else: kInvalidArgument.
  std::string_view cursor{};
};

// A scan in progress. Move-only. Ask status() when it has ended: an invalid argument, damage, or
// OK.
//
//   for (const KvRow& row : scan) Use(row);           // or: for (; scan.valid(); scan.Next())
//   VARVE_RETURN_IF_ERROR(scan.status());
//   if (!scan.cursor().empty()) AskAgainWith(scan.cursor());
class KvScan final {
 public:
  // What Kv::Scan calls. `reader` must outlive the scan.
  KvScan(Reader& reader, const RunId& run, const KvScanOptions& options);

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const KvRow& row() const { return row_; }  // requires valid()
  void Next();                                             // requires valid()
  [[nodiscard]] absl::Status status() const { return status_; }
  // Once the limit ended the scan: an opaque token to go on with. Empty where no row is left.
  [[nodiscard]] const std::string& cursor() const { return cursor_; }

  // A single-pass range: begin() does not start over.
  class Iterator {
   public:
    using value_type = KvRow;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(KvScan* scan) : scan_(scan) {}
    const KvRow& operator*() const { return scan_->row(); }
    Iterator& operator++() {
      scan_->Next();
      return *this;
    }
    void operator++(int) { scan_->Next(); }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) {
      return !at.scan_->valid();
    }

   private:
    KvScan* scan_;
  };
  [[nodiscard]] Iterator begin() { return Iterator(this); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  // Steps over rows that have expired, to the next live one or the end.
  void Settle();

  absl::Status status_;
  std::unique_ptr<RowScan> rows_;
  KvRow row_;
  Timestamp now_;
  std::uint64_t left_ = 0;  // rows still to be given, the current one included
  bool reverse_ = false;
  bool valid_ = false;
  std::string cursor_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_KV_KV_SCAN_H_
