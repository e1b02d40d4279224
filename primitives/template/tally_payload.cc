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

std::string EncodeAdd(std::string_view name, std::int64_t amount) {
  std::string payload;
  AppendLittleEndian(payload, static_cast<std::uint64_t>(amount));
  payload.append(name);
  return payload;
}

std::string EncodeTotal(const Total& total) {
  std::string value;
  AppendLittleEndian(value, static_cast<std::uint64_t>(total.total));
  AppendLittleEndian(value, total.count);
  return value;
}

absl::StatusOr<AddPayload> DecodeAdd(std::string_view payload) {
  ByteReader reader(payload);
  const std::uint64_t amount = reader.Read<std::uint64_t>();
  if (!reader.ok() || !IsName(reader.rest())) {
    return DataLoss("TallyAdd: not an amount and a name", payload.size());
  }
  return AddPayload{.amount = static_cast<std::int64_t>(amount), .name = reader.rest()};
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
