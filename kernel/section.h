// What a primitive saves into a snapshot and loads from one: bytes on one side, rows on the other.
#ifndef VARVE_KERNEL_SECTION_H_
#define VARVE_KERNEL_SECTION_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/table/cursor.h"

namespace varve {

// The content of one snapshot section being written. Errors are sticky.
class SectionSink {
 public:
  virtual ~SectionSink() = default;
  [[nodiscard]] virtual absl::Status Append(std::string_view bytes) = 0;
};

// The content of one snapshot section being read, already verified by checksum.
class SectionSource {
 public:
  virtual ~SectionSource() = default;
  // Exactly `count` bytes, valid until the next call. kDataLoss where the section ends before.
  [[nodiscard]] virtual absl::StatusOr<std::string_view> Read(std::uint64_t count) = 0;
  [[nodiscard]] virtual std::uint64_t remaining() const = 0;
};

// Takes the rows of a section being loaded, in ascending (table, run, key) order; `superseded`
// marks older versions of the key just given.
class RowSink {
 public:
  virtual ~RowSink() = default;
  [[nodiscard]] virtual absl::Status Add(std::string_view row_key, const table::RowVersion& version,
                                         bool superseded) = 0;
};

// The default section content: the row stream of docs/format/snapshot.md (SNAP-R*). The same rows
// always give the same bytes.
[[nodiscard]] absl::Status SaveRows(table::VersionStream& rows, SectionSink& sink);
[[nodiscard]] absl::Status LoadRows(PrimitiveId primitive, SectionSource& source, RowSink& sink);

}  // namespace varve

#endif  // VARVE_KERNEL_SECTION_H_
