// State as the kernel sees it: the state machine behind the typed handles of state.h and lease.h.
#ifndef VARVE_PRIMITIVES_STATE_STATE_PRIMITIVE_H_
#define VARVE_PRIMITIVES_STATE_STATE_PRIMITIVE_H_

#include "kernel/primitive.h"

namespace varve {

// On disk: docs/format/registry.md, docs/format/state-cells.md.
inline constexpr PrimitiveId kStateId{4};

// StateInit: there is a cell with this value, at version 1.
inline constexpr EntryType kStateInit = 0x40;
// StateSet: the cell has this value, at the next version, whatever that is.
inline constexpr EntryType kStateSet = 0x41;
// StateTransition: the cell went on from the version that its writer saw.
inline constexpr EntryType kStateTransition = 0x42;
// StateDelete: there is no such cell.
inline constexpr EntryType kStateDelete = 0x43;
// StateLeaseAcquire: somebody holds the lease until a moment, under a token of their own.
inline constexpr EntryType kStateLeaseAcquire = 0x44;
// StateLeaseRenew: the holder holds it until another moment.
inline constexpr EntryType kStateLeaseRenew = 0x45;
// StateLeaseRelease: nobody holds it; the token stays used.
inline constexpr EntryType kStateLeaseRelease = 0x46;

// name -> version and value.
inline constexpr TableId kStateCells{kStateId, 0};
// name -> the last token, until when, and whose it is.
inline constexpr TableId kStateLeases{kStateId, 1};

// Invariants of the tables, after every entry:
//   (I1) the version of a cell is 1 at first and one more with each write to it;
//   (I2) the token of a lease never goes down, and a row stays when the lease is released.
class StatePrimitive final : public Primitive {
 public:
  StatePrimitive();

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const override;
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override;
  [[nodiscard]] absl::Status CheckRows(ReadView& view,
                                       const CheckProgress& progress) const override;

 private:
  PrimitiveSpec spec_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_STATE_STATE_PRIMITIVE_H_
