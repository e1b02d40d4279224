// KvPrimitive::CheckRows: rows decode, and a row with an expiry has its line. A line without such a
// row is no fault: docs/format/kv.md, KV-6 and KV-7.
#include "kernel/base/limits.h"
#include "kernel/row_walk.h"
#include "primitives/kv/kv_payload.h"
#include "primitives/kv/kv_primitive.h"

namespace varve {

absl::Status KvPrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
  RowWalk walk(view, progress);
  VARVE_RETURN_IF_ERROR(walk.Check(kKvRows, [&](const RunId& run, const Row& row) -> absl::Status {
    if (row.key.size() < kKeyBytesMin || row.key.size() > kKeyBytesMax) {
      return Broken("a key of ", row.key.size(), " bytes; keys have ", kKeyBytesMin, " to ",
                    kKeyBytesMax);
    }
    const absl::StatusOr<kv::RowImage> image = kv::DecodeRow(row.value);
    if (!image.ok()) return AddContext(image.status(), "key " + Quoted(row.key));
    if (!image->expires.has_value()) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const bool there,
                           walk.Has(kKvExpiries, run, kv::MakeExpiryKey(*image->expires, row.key)));
    if (there) return absl::OkStatus();
    return Broken("key ", Quoted(row.key), " expires at ", image->expires->micros(),
                  " us, but no line says so: it would never be removed");
  }));
  return walk.Check(kKvExpiries, [](const RunId&, const Row& row) -> absl::Status {
    VARVE_RETURN_IF_ERROR(kv::ParseExpiryKey(row.key).status());
    return row.value.empty() ? absl::OkStatus() : Broken("the line of an expiry has a value");
  });
}

}  // namespace varve
