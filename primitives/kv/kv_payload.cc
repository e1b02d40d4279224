#include "primitives/kv/kv_payload.h"

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve::kv {

namespace {

template <typename... Parts>
absl::Status DataLoss(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, parts...);
}

bool IsKey(std::string_view key) {
  return key.size() >= kKeyBytesMin && key.size() <= kKeyBytesMax;
}

absl::Status KeyFault(std::string_view what, std::string_view key) {
  return DataLoss(what, ": the key has ", key.size(), " bytes; keys have ", kKeyBytesMin, " to ",
                  kKeyBytesMax);
}

// Every read and every put comes through here, so that a row that is right costs no Status. A row
// that is not gets its message from RowFault.
std::optional<RowImage> ParseRow(std::string_view row) {
  if (row.size() < RowLayout::kPlainValueOffset) return std::nullopt;
  const auto flags = static_cast<std::uint8_t>(row[RowLayout::kFlagsOffset]);
  RowImage image;
  if (flags == 0) {
    image.value = row.substr(RowLayout::kPlainValueOffset);
  } else if (flags == RowLayout::kExpiresFlag && row.size() >= RowLayout::kExpiryValueOffset) {
    image.expires =
        Timestamp(LoadLittleEndian<std::uint64_t>(row.data() + RowLayout::kExpiresOffset));
    image.value = row.substr(RowLayout::kExpiryValueOffset);
  } else {
    return std::nullopt;
  }
  if (image.value.size() > kValueBytesMax) return std::nullopt;
  return image;
}

absl::Status RowFault(std::string_view row) {
  if (row.empty()) return DataLoss("KV row: empty; it begins with flags");
  const auto flags = static_cast<std::uint8_t>(row[RowLayout::kFlagsOffset]);
  if ((flags & ~RowLayout::kExpiresFlag) != 0) {
    return DataLoss("KV row: unknown flags in ", flags, "; only bit 0 is defined");
  }
  return DataLoss("KV row: ", row.size(), " bytes hold no expiry, or a value beyond the limit of ",
                  kValueBytesMax);
}

}  // namespace

void EncodePut(std::string& to, std::string_view key, std::optional<Timestamp> expires,
               std::string_view value) {
  VARVE_CHECK(key.size() >= kKeyBytesMin);
  VARVE_CHECK(key.size() <= kKeyBytesMax);
  VARVE_CHECK(value.size() <= kValueBytesMax);
  to.clear();
  to.reserve(PutLayout::kKeyOffset + key.size() + RowLayout::kExpiryValueOffset + value.size());
  AppendLittleEndian(to, static_cast<std::uint16_t>(key.size()));
  to.append(key);
  to.push_back(expires.has_value() ? static_cast<char>(RowLayout::kExpiresFlag) : '\0');
  if (expires.has_value()) AppendLittleEndian(to, expires->micros());
  to.append(value);
}

void EncodeExpire(std::string& to, Timestamp expires, std::string_view key) {
  VARVE_CHECK(key.size() >= kKeyBytesMin);
  VARVE_CHECK(key.size() <= kKeyBytesMax);
  to.clear();
  AppendLittleEndian(to, expires.micros());
  to.append(key);
}

absl::StatusOr<PutPayload> DecodePut(std::string_view payload) {
  ByteReader reader(payload);
  const std::uint16_t key_bytes = reader.Read<std::uint16_t>();
  const std::string_view key = reader.ReadBytes(key_bytes);
  if (!reader.ok()) {
    return DataLoss("KvPut: a payload of ", payload.size(), " bytes cannot hold a key of ",
                    key_bytes);
  }
  if (!IsKey(key)) return KeyFault("KvPut", key);
  const std::optional<RowImage> image = ParseRow(reader.rest());
  if (!image.has_value()) return RowFault(reader.rest());
  return PutPayload{.key = key, .row = reader.rest(), .image = *image};
}

absl::StatusOr<std::string_view> DecodeDelete(std::string_view payload) {
  if (!IsKey(payload)) return KeyFault("KvDelete", payload);
  return payload;
}

absl::StatusOr<ExpirePayload> DecodeExpire(std::string_view payload) {
  ByteReader reader(payload);
  const Timestamp expires(reader.Read<std::uint64_t>());
  if (!reader.ok()) return DataLoss("KvExpire: the payload ends before its expiry");
  if (!IsKey(reader.rest())) return KeyFault("KvExpire", reader.rest());
  return ExpirePayload{.expires = expires, .key = reader.rest()};
}

absl::StatusOr<RowImage> DecodeRow(std::string_view row) {
  const std::optional<RowImage> image = ParseRow(row);
  if (!image.has_value()) return RowFault(row);
  return *image;
}

std::string MakeExpiryKey(Timestamp expires, std::string_view key) {
  std::string table_key;
  table_key.reserve(sizeof(std::uint64_t) + key.size());
  AppendBigEndian64(table_key, expires.micros());
  table_key.append(key);
  return table_key;
}

absl::StatusOr<ExpirePayload> ParseExpiryKey(std::string_view table_key) {
  if (table_key.size() < sizeof(std::uint64_t)) {
    return DataLoss("KV expiry row: a key of ", table_key.size(), " bytes holds no expiry");
  }
  const std::string_view key = table_key.substr(sizeof(std::uint64_t));
  if (!IsKey(key)) return KeyFault("KV expiry row", key);
  return ExpirePayload{.expires = Timestamp(LoadBigEndian64(table_key.data())), .key = key};
}

}  // namespace varve::kv
