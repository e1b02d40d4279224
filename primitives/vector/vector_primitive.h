// Vector as the kernel knows it: the state machine behind the handle in vector.h, and the matrices
// that searches run on.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_PRIMITIVE_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_PRIMITIVE_H_

#include <memory>

#include "kernel/primitive.h"
#include "primitives/vector/vector_types.h"

namespace varve {

namespace vector {
class VectorIndex;
}  // namespace vector

// Numbers on disk: docs/format/registry.md.
inline constexpr PrimitiveId kVectorId{7};
inline constexpr EntryType kVectorInsert = 0x70;
inline constexpr EntryType kVectorDelete = 0x71;
inline constexpr EntryType kVectorUpdate = 0x72;
inline constexpr EntryType kVectorCollectionCreate = 0x73;
inline constexpr EntryType kVectorCollectionDelete = 0x74;
inline constexpr EntryType kVectorSetMetadata = 0x75;

inline constexpr TableId kVectorCollections{kVectorId, 0};  // name -> shape
inline constexpr TableId kVectorRows{kVectorId, 1};         // collection and key -> row

// Entries, tables and Apply: docs/format/vector.md, VEC-*.
class VectorPrimitive final : public Primitive {
 public:
  explicit VectorPrimitive(const VectorOptions& options = {});
  ~VectorPrimitive() override;

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override;
  [[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const override;

  [[nodiscard]] absl::Status CheckRows(ReadView& view,
                                       const CheckProgress& progress) const override;
  [[nodiscard]] absl::Status RebuildIndexes(ReadView& view) override;
  void OnCommitted(Lsn lsn, Timestamp commit_time, std::span<const Mutation> mutations) override;

  // Derived from the rows; Apply never looks at it (P1).
  [[nodiscard]] vector::VectorIndex& index() { return *index_; }

 private:
  PrimitiveSpec spec_;
  std::unique_ptr<vector::VectorIndex> index_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_PRIMITIVE_H_
