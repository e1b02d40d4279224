#include "primitives/template/tally_payload.h"

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve::tally {

namespace {

absl::Status DataLoss(std::string_view what, std::size_t bytes) {
  return MakeStatus(absl::StatusCode::kDataLoss, what, " (", bytes, " bytes)");
}

bool IsName(std::string_view name) { return !name.empty() && name.size() <= kNameBytesMax; }

}  // namespace

std::string EncodeAdd(const AddPayload& add) {
  std::string payload;
  AppendLittleEndian(payload, static_cast<std::uint64_t>(add.amount));
  AppendLittleEndian(payload, add.count);
  payload.append(add.name);
  return payload;
}

std::string EncodeTotal(const Total& total) {
  std::string value;
  AppendLittleEndian(value, static_cast<std::uint64_t>(total.total));
  AppendLittleEndian(value, total.count);
  return value;
}

absl::StatusOr<AddPayload> DecodeAdd(std::uint8_t version, std::string_view payload) {
  ByteReader reader(payload);
  AddPayload add;
  add.amount = static_cast<std::int64_t>(reader.Read<std::uint64_t>());
  if (version > 1) add.count = reader.Read<std::uint32_t>();
  add.name = reader.rest();
  if (!reader.ok() || add.count == 0 || !IsName(add.name)) {
    return DataLoss("TallyAdd: not an amount, a count and a name", payload.size());
  }
  return add;
}

absl::StatusOr<std::string_view> DecodeReset(std::string_view payload) {
  if (!IsName(payload)) return DataLoss("TallyReset: not a name", payload.size());
  return payload;
}

absl::StatusOr<Total> DecodeTotal(std::string_view value) {
  ByteReader reader(value);
  Total total;
  total.total = static_cast<std::int64_t>(reader.Read<std::uint64_t>());
  total.count = reader.Read<std::uint64_t>();
  if (!reader.ok() || !reader.rest().empty()) {
    return DataLoss("Tally row: not a total and a count", value.size());
  }
  return total;
}

}  // namespace varve::tally
