// The kernel's own entries: operations on a run as a whole, over every primitive. Normative text:
// docs/format/core.md (CORE-*).
#ifndef VARVE_KERNEL_CORE_ENTRY_H_
#define VARVE_KERNEL_CORE_ENTRY_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kernel/primitive.h"

namespace varve {

inline constexpr EntryType kCoreEraseRun = 0x00;  // every row of the entry's run is deleted
inline constexpr EntryType kCorePutRows = 0x01;   // rows of one primitive, as they stand in tables

// The entries above belong to no primitive; the registry knows them from the start.
[[nodiscard]] constexpr bool IsCoreEntry(EntryType type) { return type < 0x10; }
[[nodiscard]] std::span<const EntrySpec> CoreEntrySpecs();
[[nodiscard]] EntryDescription DescribeCoreEntry(const Entry& entry);

struct RowsPayloadLayout {  // docs/format/core.md, CORE-2. Frozen at payload version 1.
  static constexpr std::size_t kPrimitiveOffset = 0;  // u8
  static constexpr std::size_t kReservedOffset = 1;   // 7 bytes, zero
  static constexpr std::size_t kHeaderBytes = 8;

  static constexpr std::size_t kTableOffset = 0;        // u8
  static constexpr std::size_t kRowReservedOffset = 1;  // u8, zero
  static constexpr std::size_t kKeyLengthOffset = 2;    // u16
  static constexpr std::size_t kValueLengthOffset = 4;  // u32
  static constexpr std::size_t kRowHeaderBytes = 8;     // then the key, then the value
};

[[nodiscard]] std::string BeginRowsPayload(PrimitiveId primitive);
// `key` at most kTableKeyBytesMax, `value` at most kTableValueBytesMax bytes.
void AppendRow(std::string& payload, std::uint8_t table, std::string_view key,
               std::string_view value);

struct CopiedRow {
  std::uint8_t table = 0;
  std::string_view key;
  std::string_view value;
};

// Walks the rows of a kCorePutRows payload, which must outlive what is taken from it.
class RowsPayloadReader final {
 public:
  explicit RowsPayloadReader(std::string_view payload);
  [[nodiscard]] PrimitiveId primitive() const { return primitive_; }
  // False at the end, or on a fault: ask status().
  bool Next(CopiedRow& row);
  // kDataLoss: a length beyond the payload, or reserved bytes that are not zero.
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  std::string_view rest_;
  PrimitiveId primitive_;
  absl::Status status_;
};

}  // namespace varve

#endif  // VARVE_KERNEL_CORE_ENTRY_H_
