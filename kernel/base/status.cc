#include "kernel/base/status.h"

#include "absl/strings/cord.h"
#include "kernel/base/codec.h"

namespace varve {
namespace {

constexpr absl::string_view kDamageUrl = "type.varve/Damage";

void AppendText(std::string& to, std::string_view text) {
  AppendLittleEndian<std::uint64_t>(to, text.size());
  to.append(text);
}

std::string Encode(const Damage& damage) {
  std::string bytes;
  AppendLittleEndian(bytes, static_cast<std::uint8_t>(damage.kind));
  AppendLittleEndian<std::uint64_t>(bytes, damage.offset);
  AppendLittleEndian<std::uint64_t>(bytes, damage.lsn.value());
  AppendText(bytes, damage.file);
  AppendText(bytes, damage.found);
  AppendText(bytes, damage.evidence);
  return bytes;
}

std::string ReadText(ByteReader& reader) {
  const auto size = reader.Read<std::uint64_t>();
  return std::string(reader.ReadBytes(size));
}

}  // namespace

absl::Status Damage::ToStatus() const {
  std::string message = file;
  message += ": offset " + std::to_string(offset);
  if (lsn != Lsn()) message += ", LSN " + std::to_string(lsn.value());
  message += ": " + found;
  if (!evidence.empty()) message += " (proof that this is damage: " + evidence + ")";
  absl::Status status = absl::DataLossError(message);
  status.SetPayload(kDamageUrl, absl::Cord(Encode(*this)));
  return status;
}

std::optional<Damage> DamageOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kDamageUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string bytes(*payload);
  ByteReader reader(bytes);
  Damage damage;
  damage.kind = static_cast<Damage::Kind>(reader.Read<std::uint8_t>());
  damage.offset = reader.Read<std::uint64_t>();
  damage.lsn = Lsn(reader.Read<std::uint64_t>());
  damage.file = ReadText(reader);
  damage.found = ReadText(reader);
  damage.evidence = ReadText(reader);
  if (!reader.ok()) return std::nullopt;
  return damage;
}

absl::Status AddContext(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  std::string message(context);
  message += ": ";
  message += FromAbsl(status.message());
  absl::Status result(status.code(), ToAbsl(message));
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { result.SetPayload(url, payload); });
  return result;
}

namespace internal {

void AppendPart(std::string& to, std::string_view part) { to.append(part); }
void AppendPart(std::string& to, std::uint64_t part) { to.append(std::to_string(part)); }
void AppendPart(std::string& to, Lsn part) { to.append(std::to_string(part.value())); }

}  // namespace internal
}  // namespace varve
