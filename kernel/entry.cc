#include "kernel/entry.h"

#include <limits>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/status.h"

namespace varve {
namespace {

constexpr std::size_t kRunBytes = 16;
constexpr std::uint16_t kKnownFlags = kEntryHasRun | kEntrySafeIgnore;

absl::Status BadEntry(std::string_view why) {
  return MakeStatus(absl::StatusCode::kDataLoss, "entry: ", why);
}

bool AllZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

std::size_t EncodedEntryBytes(const Entry& entry) {
  const std::size_t run_bytes = entry.run.is_nil() ? 0 : kRunBytes;
  return EntryLayout::kBytes + run_bytes + RoundUpTo8(entry.payload.size());
}

void AppendEntry(std::string& body, const Entry& entry) {
  VARVE_CHECK(body.size() % 8 == 0);
  VARVE_CHECK(entry.payload.size() <= std::numeric_limits<std::uint32_t>::max());
  std::uint16_t flags = 0;
  if (!entry.run.is_nil()) flags |= kEntryHasRun;
  if (entry.safe_ignore) flags |= kEntrySafeIgnore;
  char header[EntryLayout::kBytes];
  StoreLittleEndian(header + EntryLayout::kTypeOffset, entry.type);
  StoreLittleEndian(header + EntryLayout::kPayloadVersionOffset, entry.payload_version);
  StoreLittleEndian(header + EntryLayout::kFlagsOffset, flags);
  StoreLittleEndian(header + EntryLayout::kPayloadLengthOffset,
                    static_cast<std::uint32_t>(entry.payload.size()));
  body.append(header, sizeof header);
  if (!entry.run.is_nil()) body.append(entry.run.view());
  body.append(entry.payload);
  body.append(RoundUpTo8(entry.payload.size()) - entry.payload.size(), '\0');
}

bool EntryReader::Next(Entry& entry) {
  if (!status_.ok() || rest_.empty()) return false;
  status_ = Read(entry);
  return status_.ok();
}

absl::Status EntryReader::Read(Entry& entry) {
  ByteReader reader(rest_);
  entry.type = reader.Read<std::uint8_t>();
  entry.payload_version = reader.Read<std::uint8_t>();
  const auto flags = reader.Read<std::uint16_t>();
  const auto payload_length = reader.Read<std::uint32_t>();
  const bool has_run = (flags & kEntryHasRun) != 0;
  const std::string_view run = reader.ReadBytes(has_run ? kRunBytes : 0);
  entry.payload = reader.ReadBytes(payload_length);
  const std::string_view padding = reader.ReadBytes(RoundUpTo8(payload_length) - payload_length);
  if (!reader.ok()) return BadEntry("it is longer than what is left of the body");
  if ((flags & ~kKnownFlags) != 0) return BadEntry("reserved flags are set");
  if (!AllZero(padding)) return BadEntry("its padding is not zero");
  entry.safe_ignore = (flags & kEntrySafeIgnore) != 0;
  entry.run = has_run ? *RunId::FromBytes(run) : RunId();
  if (has_run && entry.run.is_nil()) return BadEntry("it spells out the nil run");
  rest_ = reader.rest();
  return absl::OkStatus();
}

}  // namespace varve
