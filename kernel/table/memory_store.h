// The sorted array under a materialized store in memory. See materialized_store.h,
// MakeMemoryStore.
#ifndef VARVE_KERNEL_TABLE_MEMORY_STORE_H_
#define VARVE_KERNEL_TABLE_MEMORY_STORE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/table/materialized_map.h"

namespace varve::table {

// Never changed once published: a checkpoint makes the next array, and readers keep theirs.
struct MemoryEntry {
  std::string key;
  std::string value;
};
using MemoryArray = std::vector<std::shared_ptr<const MemoryEntry>>;  // ascending by key

// The changes of one transaction on top of `base`, which must outlive it.
class MemoryWriter final : public EntryWriter {
 public:
  explicit MemoryWriter(const MemoryArray& base) : base_(base) {}
  absl::StatusOr<std::optional<std::string_view>> Get(std::string_view map_key) override;
  absl::StatusOr<std::optional<Entry>> AtOrAfter(std::string_view map_key) override;
  absl::Status Put(std::string_view map_key, std::string_view head, std::string_view rest) override;
  absl::StatusOr<bool> Delete(std::string_view map_key) override;
  absl::Status ReportDamage(std::string_view what) override;

  // The array with the changes made. The writer is spent.
  [[nodiscard]] MemoryArray Merge();

 private:
  [[nodiscard]] std::optional<std::string_view> Find(std::string_view map_key) const;

  const MemoryArray& base_;
  // Null: deleted.
  std::map<std::string, std::shared_ptr<MemoryEntry>, std::less<>> changes_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_MEMORY_STORE_H_
