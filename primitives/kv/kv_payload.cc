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

absl::Status CheckDecodedKey(std::string_view what, std::string_view key) {
  if (key.size() < kKeyBytesMin || key.size() > kKeyBytesMax) {
    return DataLoss(what, ": the key has ", key.size(), " bytes; keys have ", kKeyBytesMin, " to ",
                    kKeyBytesMax);
  }
  return absl::OkStatus();
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
  VARVE_RETURN_IF_ERROR(CheckDecodedKey("KvPut", key));
  VARVE_ASSIGN_OR_RETURN(const RowImage image, DecodeRow(reader.rest()));
  return PutPayload{.key = key, .row = reader.rest(), .image = image};
}

absl::StatusOr<std::string_view> DecodeDelete(std::string_view payload) {
  VARVE_RETURN_IF_ERROR(CheckDecodedKey("KvDelete", payload));
  return payload;
}

absl::StatusOr<ExpirePayload> DecodeExpire(std::string_view payload) {
  ByteReader reader(payload);
  const Timestamp expires(reader.Read<std::uint64_t>());
  if (!reader.ok()) return DataLoss("KvExpire: the payload ends before its expiry");
  VARVE_RETURN_IF_ERROR(CheckDecodedKey("KvExpire", reader.rest()));
  return ExpirePayload{.expires = expires, .key = reader.rest()};
}

absl::StatusOr<RowImage> DecodeRow(std::string_view row) {
  ByteReader reader(row);
  const std::uint8_t flags = reader.Read<std::uint8_t>();
  RowImage image;
  if ((flags & RowLayout::kExpiresFlag) != 0) {
    image.expires = Timestamp(reader.Read<std::uint64_t>());
  }
  image.value = reader.rest();
  if (!reader.ok()) return DataLoss("KV row: ", row.size(), " bytes end before its value");
  if ((flags & ~RowLayout::kExpiresFlag) != 0) {
    return DataLoss("KV row: unknown flags in ", flags, "; only bit 0 is defined");
  }
  if (image.value.size() > kValueBytesMax) {
    return DataLoss("KV row: the value has ", image.value.size(), " bytes, more than the limit of ",
                    kValueBytesMax);
  }
  return image;
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
  VARVE_RETURN_IF_ERROR(CheckDecodedKey("KV expiry row", key));
  return ExpirePayload{.expires = Timestamp(LoadBigEndian64(table_key.data())), .key = key};
}

}  // namespace varve::kv
