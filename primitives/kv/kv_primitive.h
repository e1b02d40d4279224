// KV as the kernel sees it: the state machine behind the typed handle of kv.h.
#ifndef VARVE_PRIMITIVES_KV_KV_PRIMITIVE_H_
#define VARVE_PRIMITIVES_KV_KV_PRIMITIVE_H_

#include "kernel/primitive.h"

namespace varve {

// On disk: docs/format/registry.md, docs/format/kv.md.
inline constexpr PrimitiveId kKvId{1};

// KvPut: a key has a value from now on, with or without an expiry.
inline constexpr EntryType kKvPut = 0x10;
// KvDelete: a key has none.
inline constexpr EntryType kKvDelete = 0x11;
// KvExpire: a moment has passed at which a key was to expire. Deletes the key where that is still
// its expiry; what the sweeper writes.
inline constexpr EntryType kKvExpire = 0x12;

// key -> flags, expiry, value.
inline constexpr TableId kKvRows{kKvId, 0};
// (expiry, key) -> nothing: in which order to look for expired keys. A row that has since been
// overwritten or deleted may leave its line here until the expiry has passed: that keeps plain puts
// and deletes free of any read (docs/decisions/0014).
inline constexpr TableId kKvExpiries{kKvId, 1};

// Invariants of the tables, after every entry:
//   (I1) a row with an expiry has its line in kKvExpiries;
//   (I2) a line in kKvExpiries has an empty value.
class KvPrimitive final : public Primitive {
 public:
  KvPrimitive();

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override;
  [[nodiscard]] absl::Status CheckRows(ReadView& view,
                                       const CheckProgress& progress) const override;
  [[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const override;

 private:
  PrimitiveSpec spec_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_KV_KV_PRIMITIVE_H_
