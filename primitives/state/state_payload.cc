#include "primitives/state/state_payload.h"

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve::state {

namespace {

template <typename... Parts>
absl::Status DataLoss(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, parts...);
}

bool IsName(std::string_view name) {
  return name.size() >= kKeyBytesMin && name.size() <= kKeyBytesMax;
}
bool IsOwner(std::string_view owner) { return !owner.empty() && owner.size() <= kNameBytesMax; }
bool IsCounter(std::uint64_t number) { return number >= 1 && number < kCounterMax; }

absl::Status ReadNameAndValue(std::string_view what, ByteReader& reader, SetPayload& to) {
  to.name = reader.ReadBytes(reader.Read<std::uint16_t>());
  to.value = reader.rest();
  if (reader.ok() && IsName(to.name) && to.value.size() <= kValueBytesMax) return absl::OkStatus();
  return DataLoss(what, ": not a name and a value");
}

}  // namespace

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) return InvalidArgument("the ", what, " is empty: it has 1 byte at least");
  if (name.size() > kKeyBytesMax) {
    return ResourceExhausted("the ", what, " has ", name.size(), " bytes: the limit is ",
                             kKeyBytesMax);
  }
  return absl::OkStatus();
}

absl::Status CheckOwner(std::string_view owner) {
  if (owner.empty())
    return InvalidArgument("the owner of a lease is empty: it has 1 byte at least");
  if (owner.size() > kNameBytesMax) {
    return ResourceExhausted("the owner of a lease has ", owner.size(), " bytes: the limit is ",
                             kNameBytesMax);
  }
  return absl::OkStatus();
}

std::string EncodeSet(std::string_view name, std::string_view value) {
  std::string payload;
  payload.reserve(SetLayout::kNameOffset + name.size() + value.size());
  AppendLittleEndian(payload, static_cast<std::uint16_t>(name.size()));
  payload.append(name);
  payload.append(value);
  return payload;
}

std::string EncodeTransition(std::uint64_t from, std::string_view name, std::string_view value) {
  std::string payload;
  AppendLittleEndian(payload, from);
  return payload + EncodeSet(name, value);
}

std::string EncodeCell(std::uint64_t version, std::string_view value) {
  std::string row;
  row.reserve(CellLayout::kValueOffset + value.size());
  AppendLittleEndian(row, version);
  row.append(value);
  return row;
}

std::string EncodeAcquire(std::uint64_t token, Timestamp expires, std::string_view name,
                          std::string_view owner) {
  std::string payload;
  AppendLittleEndian(payload, token);
  AppendLittleEndian(payload, expires.micros());
  return payload + EncodeSet(name, owner);
}

std::string EncodeRenew(std::uint64_t token, Timestamp expires, std::string_view name) {
  std::string payload;
  AppendLittleEndian(payload, token);
  AppendLittleEndian(payload, expires.micros());
  payload.append(name);
  return payload;
}

std::string EncodeRelease(std::uint64_t token, std::string_view name) {
  std::string payload;
  AppendLittleEndian(payload, token);
  payload.append(name);
  return payload;
}

std::string EncodeLease(const LeaseImage& lease) {
  return EncodeRenew(lease.token, lease.expires, lease.owner);
}

absl::StatusOr<SetPayload> DecodeSet(std::string_view payload) {
  ByteReader reader(payload);
  SetPayload set;
  VARVE_RETURN_IF_ERROR(ReadNameAndValue("StateSet", reader, set));
  return set;
}

absl::StatusOr<SetPayload> DecodeTransition(std::string_view payload) {
  ByteReader reader(payload);
  SetPayload set;
  set.from = reader.Read<std::uint64_t>();
  if (!reader.ok() || !IsCounter(set.from)) return DataLoss("StateTransition: not a version");
  VARVE_RETURN_IF_ERROR(ReadNameAndValue("StateTransition", reader, set));
  return set;
}

absl::StatusOr<std::string_view> DecodeDelete(std::string_view payload) {
  if (!IsName(payload)) return DataLoss("StateDelete: ", payload.size(), " bytes are no name");
  return payload;
}

absl::StatusOr<CellImage> DecodeCell(std::string_view row) {
  ByteReader reader(row);
  CellImage cell;
  cell.version = reader.Read<std::uint64_t>();
  cell.value = reader.rest();
  if (!reader.ok() || cell.version == 0 || cell.value.size() > kValueBytesMax) {
    return DataLoss("State cell row: not a version and a value (", row.size(), " bytes)");
  }
  return cell;
}

absl::StatusOr<LeasePayload> DecodeAcquire(std::string_view payload) {
  ByteReader reader(payload);
  LeasePayload lease;
  lease.token = reader.Read<std::uint64_t>();
  lease.expires = Timestamp(reader.Read<std::uint64_t>());
  lease.name = reader.ReadBytes(reader.Read<std::uint16_t>());
  lease.owner = reader.rest();
  if (!reader.ok() || !IsCounter(lease.token) || lease.expires == Timestamp() ||
      !IsName(lease.name) || !IsOwner(lease.owner)) {
    return DataLoss("StateLeaseAcquire: not a token, an expiry, a name and an owner");
  }
  return lease;
}

absl::StatusOr<LeasePayload> DecodeRenew(std::string_view payload) {
  ByteReader reader(payload);
  LeasePayload lease;
  lease.token = reader.Read<std::uint64_t>();
  lease.expires = Timestamp(reader.Read<std::uint64_t>());
  lease.name = reader.rest();
  if (!reader.ok() || !IsCounter(lease.token) || lease.expires == Timestamp() ||
      !IsName(lease.name)) {
    return DataLoss("StateLeaseRenew: not a token, an expiry and a name");
  }
  return lease;
}

absl::StatusOr<LeasePayload> DecodeRelease(std::string_view payload) {
  ByteReader reader(payload);
  LeasePayload lease;
  lease.token = reader.Read<std::uint64_t>();
  lease.name = reader.rest();
  if (!reader.ok() || !IsCounter(lease.token) || !IsName(lease.name)) {
    return DataLoss("StateLeaseRelease: not a token and a name");
  }
  return lease;
}

absl::StatusOr<LeaseImage> DecodeLease(std::string_view row) {
  ByteReader reader(row);
  LeaseImage lease;
  lease.token = reader.Read<std::uint64_t>();
  lease.expires = Timestamp(reader.Read<std::uint64_t>());
  lease.owner = reader.rest();
  const bool released = lease.expires == Timestamp() && lease.owner.empty();
  const bool held = lease.expires != Timestamp() && IsOwner(lease.owner);
  if (!reader.ok() || !IsCounter(lease.token) || !(released || held)) {
    return DataLoss("State lease row: not a token, an expiry and an owner (", row.size(),
                    " bytes)");
  }
  return lease;
}

}  // namespace varve::state
