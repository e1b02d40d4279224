// The Run primitive: entries of the default run keep the register of runs; every entry that others
// write into a run becomes a step of it. Tables and payloads: docs/format/run.md.
#ifndef VARVE_PRIMITIVES_RUN_RUN_PRIMITIVE_H_
#define VARVE_PRIMITIVES_RUN_RUN_PRIMITIVE_H_

#include <atomic>
#include <string>
#include <string_view>

#include "kernel/primitive.h"
#include "primitives/run/run_types.h"

namespace varve {

inline constexpr PrimitiveId kRunPrimitiveId{6};

inline constexpr EntryType kRunCreate = 0x60;
inline constexpr EntryType kRunUpdate = 0x61;
inline constexpr EntryType kRunEnd = 0x62;
inline constexpr EntryType kRunBegin = 0x63;
inline constexpr EntryType kRunDelete = 0x64;

// In the default run. Ids are the 16 bytes of the run's.
inline constexpr TableId kRunRecords{kRunPrimitiveId, 0};    // id -> record
inline constexpr TableId kRunStatuses{kRunPrimitiveId, 1};   // id -> status, outcome
inline constexpr TableId kRunsByStatus{kRunPrimitiveId, 2};  // status u8, id
inline constexpr TableId kRunsByTag{kRunPrimitiveId, 3};     // tag, 00, id
inline constexpr TableId kRunsByParent{kRunPrimitiveId, 4};  // parent's id, id
// In each run.
inline constexpr TableId kRunSteps{kRunPrimitiveId, 5};       // number u64 big-endian -> entry
inline constexpr TableId kRunStepCounts{kRunPrimitiveId, 6};  // empty key -> count u64

class RunPrimitive final : public Primitive {
 public:
  RunPrimitive();

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] absl::Status AdmitRun(const RunId& run, Reader& reader) const override;
  [[nodiscard]] absl::Status Observe(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] absl::Status RebuildIndexes(ReadView& view) override;
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override;
  [[nodiscard]] absl::Status CheckRows(ReadView& view,
                                       const CheckProgress& progress) const override;
  [[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const override;

  // Where the store stood when it was opened: a run that became active before then belongs to a
  // process that is gone.
  [[nodiscard]] Lsn opened_at() const { return Lsn(opened_at_.load(std::memory_order_relaxed)); }

 private:
  PrimitiveSpec spec_;
  std::atomic<std::uint64_t> opened_at_{0};
};

namespace run {

// Keys of the index tables: what they are found by, then the run's id.
[[nodiscard]] std::string StatusPrefix(RunStatus status);
[[nodiscard]] std::string TagPrefix(std::string_view tag);
[[nodiscard]] std::string ParentPrefix(const RunId& parent);

}  // namespace run
}  // namespace varve

#endif  // VARVE_PRIMITIVES_RUN_RUN_PRIMITIVE_H_
