// JSON documents as the kernel sees them: the state machine behind the typed handle of json.h.
#ifndef VARVE_PRIMITIVES_JSON_JSON_PRIMITIVE_H_
#define VARVE_PRIMITIVES_JSON_JSON_PRIMITIVE_H_

#include "kernel/primitive.h"

namespace varve {

// On disk: docs/format/registry.md, docs/format/json.md.
inline constexpr PrimitiveId kJsonId{2};

inline constexpr EntryType kJsonCreate = 0x20;       // a new document with this value
inline constexpr EntryType kJsonSet = 0x21;          // this value at this path
inline constexpr EntryType kJsonDelete = 0x22;       // nothing at this path
inline constexpr EntryType kJsonPatch = 0x23;        // RFC 6902 or RFC 7396
inline constexpr EntryType kJsonDestroy = 0x24;      // the document is gone
inline constexpr EntryType kJsonInsert = 0x25;       // a new element of an array
inline constexpr EntryType kJsonIncrement = 0x26;    // this much more at this path
inline constexpr EntryType kJsonSetMany = 0x27;      // several JsonSet, all or none
inline constexpr EntryType kJsonIndexCreate = 0x28;  // the values at a path are looked up by value
inline constexpr EntryType kJsonIndexDrop = 0x29;    // not any more

// Root key and path -> a value, or the mark of a container whose children have rows of their own.
inline constexpr TableId kJsonNodes{kJsonId, 0};
// Document name -> bytes of its encoding. Written by every change of the document, so that the LSN
// of this row is the document's version; no read of a path looks at it.
inline constexpr TableId kJsonDocuments{kJsonId, 1};
// Index name -> kind, path.
inline constexpr TableId kJsonIndexes{kJsonId, 2};
// Index name, value, document name -> nothing. Derived.
inline constexpr TableId kJsonIndexEntries{kJsonId, 3};

// Invariants of the tables, after every entry:
//   (I1) a document has a row in kJsonDocuments and a root row in kJsonNodes, or neither;
//   (I2) every row of kJsonNodes but a root has its parent's row, which is a split container;
//   (I3) the elements of a split array are 0, 1, 2, ... without a gap;
//   (I4) the size in kJsonDocuments is that of the document's encoding;
//   (I5) kJsonIndexEntries holds a line for each document and index whose value is of its kind.
class JsonPrimitive final : public Primitive {
 public:
  JsonPrimitive();

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

#endif  // VARVE_PRIMITIVES_JSON_JSON_PRIMITIVE_H_
