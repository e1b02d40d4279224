#include "primitives/kv/kv_primitive.h"

#include "absl/strings/escaping.h"
#include "kernel/base/status.h"
#include "primitives/kv/kv_payload.h"

namespace varve {

namespace {

constexpr std::size_t kDescribedValueBytesMax = 64;

absl::Status ApplyPut(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const kv::PutPayload put, kv::DecodePut(entry.payload));
  // Only a put with an expiry looks at what was there: it takes the old line over, so that a key
  // whose expiry is pushed back again and again has one line and not one for each time.
  if (put.image.expires.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> old, context.Get(kKvRows.number, put.key));
    if (old.has_value()) {
      VARVE_ASSIGN_OR_RETURN(const kv::RowImage image, kv::DecodeRow(old->value));
      if (image.expires.has_value() && image.expires != put.image.expires) {
        VARVE_RETURN_IF_ERROR(
            context.Delete(kKvExpiries.number, kv::MakeExpiryKey(*image.expires, put.key)));
      }
    }
    VARVE_RETURN_IF_ERROR(
        context.Put(kKvExpiries.number, kv::MakeExpiryKey(*put.image.expires, put.key), {}));
  }
  return context.Put(kKvRows.number, put.key, put.row);
}

absl::Status ApplyDelete(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::string_view key, kv::DecodeDelete(entry.payload));
  return context.Delete(kKvRows.number, key);
}

absl::Status ApplyExpire(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const kv::ExpirePayload expire, kv::DecodeExpire(entry.payload));
  VARVE_RETURN_IF_ERROR(
      context.Delete(kKvExpiries.number, kv::MakeExpiryKey(expire.expires, expire.key)));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(kKvRows.number, expire.key));
  if (!row.has_value()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const kv::RowImage image, kv::DecodeRow(row->value));
  if (image.expires != expire.expires) return absl::OkStatus();
  return context.Delete(kKvRows.number, expire.key);
}

std::string ForPeople(std::string_view bytes) {
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kDescribedValueBytesMax)));
  if (bytes.size() > kDescribedValueBytesMax) {
    text += "... (" + std::to_string(bytes.size()) + " bytes)";
  }
  return text;
}

std::string ImageForPeople(const kv::RowImage& image) {
  std::string text = ForPeople(image.value);
  if (image.expires.has_value()) {
    text += " until " + std::to_string(image.expires->micros()) + " us";
  }
  return text;
}

EntryDescription DescribePut(std::string_view payload) {
  const absl::StatusOr<kv::PutPayload> put = kv::DecodePut(payload);
  if (!put.ok()) return {"put", "?", std::string(FromAbsl(put.status().message()))};
  return {"put", ForPeople(put->key), ImageForPeople(put->image)};
}

EntryDescription DescribeDelete(std::string_view payload) {
  const absl::StatusOr<std::string_view> key = kv::DecodeDelete(payload);
  if (!key.ok()) return {"delete", "?", std::string(FromAbsl(key.status().message()))};
  return {"delete", ForPeople(*key), ""};
}

EntryDescription DescribeExpire(std::string_view payload) {
  const absl::StatusOr<kv::ExpirePayload> expire = kv::DecodeExpire(payload);
  if (!expire.ok()) return {"expire", "?", std::string(FromAbsl(expire.status().message()))};
  return {"expire", ForPeople(expire->key),
          "at " + std::to_string(expire->expires.micros()) + " us"};
}

}  // namespace

KvPrimitive::KvPrimitive() {
  spec_.id = kKvId;
  spec_.name = "varve.kv";
  spec_.entry_range = kKvPut;
  spec_.entries = {{.type = kKvPut, .name = "KvPut"},
                   {.type = kKvDelete, .name = "KvDelete"},
                   {.type = kKvExpire, .name = "KvExpire"}};
  spec_.tables = {{.number = kKvRows.number, .name = "rows"},
                  {.number = kKvExpiries.number, .name = "expiries", .derived = true}};
}

absl::Status KvPrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  if (entry.payload_version != 1) {
    return Unimplemented("KV: payload version ", entry.payload_version, " of entry type ",
                         entry.type, " is newer than this build, which reads 1: open with a newer",
                         " Varve");
  }
  switch (entry.type) {
    case kKvPut:
      return ApplyPut(entry, context);
    case kKvDelete:
      return ApplyDelete(entry, context);
    case kKvExpire:
      return ApplyExpire(entry, context);
    default:
      return Unimplemented("KV: entry type ", entry.type, " is not one of 16 to 18");
  }
}

EntryDescription KvPrimitive::Describe(const Entry& entry) const {
  switch (entry.type) {
    case kKvPut:
      return DescribePut(entry.payload);
    case kKvDelete:
      return DescribeDelete(entry.payload);
    case kKvExpire:
      return DescribeExpire(entry.payload);
    default:
      return {"unknown", "?", ForPeople(entry.payload)};
  }
}

RowDescription KvPrimitive::DescribeRow(std::uint8_t table, std::string_view key,
                                        std::string_view value) const {
  if (table != kKvRows.number) return Primitive::DescribeRow(table, key, value);
  const absl::StatusOr<kv::RowImage> image = kv::DecodeRow(value);
  return {ForPeople(key), image.ok() ? ImageForPeople(*image) : "damaged"};
}

}  // namespace varve
