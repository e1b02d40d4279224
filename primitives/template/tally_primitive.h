// Tally, the primitive to copy: named sums that many writers add to without ever conflicting.
//
// Small, but whole: an entry that reads what it changes, one that does not, limits, descriptions,
// a handle (tally.h), a README, tests and the conformance suite. To make a primitive of your own,
// let start_project.sh copy it and follow the steps; docs/extension-guide.md walks through them.
//
//   Step 1  tally_primitive.h   choose the numbers and names that go on disk
//   Step 2  tally_payload.h     lay out the payload of each entry and the value of each row
//   Step 3  tally_primitive.cc  Apply: entry -> table mutations
//   Step 4  tally_primitive.cc  Describe: what a person reads in the log
//   Step 5  tally.h, tally.cc   the typed handle: check, encode, Transaction::Write; and the reads
//   Step 6  tests/primitives/template/, tests/conformance/  prove it
//   Step 7  your main()         registry.Register(std::make_unique<...>()) before OpenStore
#ifndef VARVE_PRIMITIVES_TEMPLATE_TALLY_PRIMITIVE_H_
#define VARVE_PRIMITIVES_TEMPLATE_TALLY_PRIMITIVE_H_

#include "kernel/primitive.h"

namespace varve {

// Step 1. These numbers and names stand in every log and snapshot that your primitive ever writes.
// Choose them once, never change their meaning, never reuse one, not even after retiring it.
//
// An id from 16 to 255. 1 to 15 belong to the built-ins, 0 to the kernel. Two extensions with one
// id cannot live in one store: Register refuses the second and names both.
inline constexpr PrimitiveId kTallyId{16};

// A range of 16 entry types from 0x80 up, which is yours alone, and the types that you use of it.
inline constexpr EntryType kTallyRange = 0x80;
inline constexpr EntryType kTallyAdd = 0x80;
inline constexpr EntryType kTallyReset = 0x81;

// The payload version that is written. Those before it are read for ever.
inline constexpr std::uint8_t kTallyAddVersion = 2;  // 2 says how many additions it stands for

// Up to 16 ordered tables, numbered from 0. Rows stand in the run of the entry that wrote them.
// name -> total and count, as tally_payload.h lays them out.
inline constexpr TableId kTallyTotals{kTallyId, 0};

class TallyPrimitive final : public Primitive {
 public:
  TallyPrimitive();

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override;

  // Save and Load are inherited: they stream the rows of the tables. Override them only for a
  // section format of your own.
  //
  // RebuildIndexes and OnCommitted are inherited too: they do nothing. A primitive with state
  // derived from its tables (an index in memory) overrides both and sets spec_.wants_committed.

 private:
  // The only field, and constant after construction: state lives in tables, nowhere else (P1).
  PrimitiveSpec spec_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_TEMPLATE_TALLY_PRIMITIVE_H_
