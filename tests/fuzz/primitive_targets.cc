// Every built-in primitive on hostile payloads (entry_<name>) and hostile snapshot sections
// (section_<name>), with tables as simple as they can be.
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernel/base/codec.h"
#include "kernel/core_entry.h"
#include "kernel/table/row.h"
#include "tests/conformance/model_tables.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/primitive_instances.h"

namespace varve::fuzz {
namespace {

using conformance::ModelTables;
using conformance::RecordedEntry;
using conformance::RecordedTransaction;

// --- entry_<name>: entries one behind the other, each
//       u8   low four bits: which type of the primitive's range; 0x30: which run
//       u8   payload version
//       u16  payload length (less where the input ends)
constexpr std::size_t kHeadBytes = 4;

// The payload stands in memory of its own, aligned and of its exact size, as in a record's body.
struct HostileEntry {
  Entry entry;
  std::unique_ptr<char[]> payload;
};

HostileEntry TakeEntry(EntryType range, std::string_view& rest) {
  HostileEntry hostile;
  const auto selector = static_cast<unsigned char>(rest[0]);
  hostile.entry.type = static_cast<EntryType>(range | (selector & 15));
  hostile.entry.run = RunOf(selector >> 4);
  hostile.entry.payload_version = static_cast<std::uint8_t>(rest[1]);
  const std::size_t stated = LoadLittleEndian<std::uint16_t>(rest.data() + 2);
  rest.remove_prefix(kHeadBytes);
  const std::string_view payload = rest.substr(0, stated);
  rest.remove_prefix(payload.size());
  hostile.payload.reset(new char[payload.size()]);
  std::copy(payload.begin(), payload.end(), hostile.payload.get());
  hostile.entry.payload = std::string_view(hostile.payload.get(), payload.size());
  return hostile;
}

absl::Status CheckRows(const Primitive& primitive, const ModelTables& tables) {
  for (const auto& [row_key, versions] : tables.rows()) {
    const auto parts = table::ParseRowKey(row_key);
    VARVE_RETURN_IF_ERROR(CheckDescription(
        primitive.DescribeRow(parts->table.number, parts->key, versions.front().value)));
  }
  return absl::OkStatus();
}

// (P4), for rows that came of hostile bytes.
absl::Status CheckSection(const Primitive& primitive, const ModelTables& tables) {
  const auto section = tables.Save(primitive, ModelTables::Keep::kHistory);
  if (!section.ok()) return Broken("Save: ", section.status().ToString());
  ModelTables loaded;
  const absl::Status status = loaded.Load(primitive, primitive.spec().section_version, *section);
  if (!status.ok()) return Broken("Load(Save(x)) is refused: ", status.ToString());
  const std::string difference = tables.Difference(loaded);
  if (!difference.empty()) return Broken("Load(Save(x)) is not x: ", difference);
  return absl::OkStatus();
}

absl::Status TryEntries(const Primitive& primitive, std::string_view input) {
  ModelTables tables;
  Lsn lsn;
  while (input.size() >= kHeadBytes) {
    const HostileEntry hostile = TakeEntry(primitive.spec().entry_range, input);
    VARVE_RETURN_IF_ERROR(CheckDescription(primitive.Describe(hostile.entry)));
    lsn = lsn.Next();
    const absl::Status status =
        tables.Apply(primitive, hostile.entry, lsn, Timestamp(1000 + lsn.value()));
    if (!status.ok()) VARVE_RETURN_IF_ERROR(RefusedHonestly(status));
  }
  VARVE_RETURN_IF_ERROR(CheckRows(primitive, tables));
  return CheckSection(primitive, tables);
}

unsigned RunNumber(const RunId& run) {
  for (unsigned number = 0; number < 3; ++number) {
    if (RunOf(number) == run) return number;
  }
  return 0;
}

std::string Framed(const RecordedEntry& entry) {
  std::string bytes(1, static_cast<char>((entry.type & 15) | RunNumber(entry.run) << 4));
  bytes.push_back(static_cast<char>(entry.payload_version));
  AppendLittleEndian(bytes, static_cast<std::uint16_t>(entry.payload.size()));
  return bytes + entry.payload;
}

std::vector<std::string> EntrySeeds(const Primitive& primitive) {
  constexpr std::size_t kSeedBytesMax = 1500;
  constexpr std::size_t kSeedsMax = 8;
  std::vector<std::string> seeds(1);
  std::set<EntryType> alone;
  std::vector<std::string> singles;
  for (const RecordedTransaction& transaction : HistoryOf(primitive)) {
    for (const RecordedEntry& entry : transaction.entries) {
      if (entry.payload.size() > kSeedBytesMax) continue;
      const std::string framed = Framed(entry);
      if (alone.insert(entry.type).second) singles.push_back(framed);
      if (seeds.back().size() + framed.size() > kSeedBytesMax) seeds.emplace_back();
      seeds.back() += framed;
    }
  }
  if (seeds.size() > kSeedsMax) seeds.resize(kSeedsMax);
  seeds.insert(seeds.end(), singles.begin(), singles.end());
  return seeds;
}

// --- section_<name>: the content of a section.

absl::Status TrySection(const Primitive& primitive, std::string_view input) {
  ModelTables tables;
  const absl::Status status = tables.Load(primitive, primitive.spec().section_version, input);
  if (!status.ok()) return RefusedAsDamage(status);
  VARVE_RETURN_IF_ERROR(CheckRows(primitive, tables));
  const auto again = tables.Save(primitive, ModelTables::Keep::kHistory);
  if (!again.ok()) return Broken("Save: ", again.status().ToString());
  if (*again != input) return Broken("Save(Load(section)) is not the section");
  // The primitive at work on rows that it did not write.
  Lsn lsn(1000);
  for (const RecordedTransaction& transaction : HistoryOf(primitive)) {
    lsn = lsn.Next();
    if (lsn.value() > 1020) break;
    for (const RecordedEntry& entry : transaction.entries) {
      const absl::Status applied = tables.Apply(primitive, entry.view(), lsn, Timestamp(1));
      if (!applied.ok()) VARVE_RETURN_IF_ERROR(RefusedHonestly(applied));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> SectionSeeds(const Primitive& primitive) {
  std::vector<std::string> seeds(1);
  ModelTables tables;
  std::size_t next_at = 1;
  std::size_t transactions = 0;
  for (const RecordedTransaction& transaction : HistoryOf(primitive)) {
    for (const RecordedEntry& entry : transaction.entries) {
      tables.Apply(primitive, entry.view(), transaction.lsn, transaction.commit_time).IgnoreError();
    }
    if (++transactions < next_at) continue;
    next_at *= 2;
    for (const auto keep : {ModelTables::Keep::kHistory, ModelTables::Keep::kCurrent}) {
      const auto section = tables.Save(primitive, keep);
      if (section.ok() && section->size() < 4096) seeds.push_back(*section);
    }
  }
  return seeds;
}

// --- core_entry: a payload of the kernel's own entries; a byte says which type.

absl::Status TryCoreEntry(std::string_view input) {
  if (input.empty()) return absl::OkStatus();
  const Entry entry{.type = static_cast<EntryType>(input[0] & 15), .payload = input.substr(1)};
  VARVE_RETURN_IF_ERROR(CheckDescription(DescribeCoreEntry(entry)));
  RowsPayloadReader reader(entry.payload);
  std::string again = BeginRowsPayload(reader.primitive());
  CopiedRow row;
  while (reader.Next(row)) AppendRow(again, row.table, row.key, row.value);
  if (!reader.status().ok()) return RefusedAsDamage(reader.status());
  if (again != entry.payload) return Broken("encode(decode(payload)) is not the payload");
  return absl::OkStatus();
}

std::vector<std::string> CoreEntrySeeds() {
  std::string rows = BeginRowsPayload(PrimitiveId(1));
  AppendRow(rows, 0, "key", "value");
  AppendRow(rows, 1, "another key", "");
  return {std::string(1, '\0'), "\x01" + BeginRowsPayload(PrimitiveId(2)), "\x01" + rows};
}

const Registration kCoreEntry({.name = "core_entry", .run = TryCoreEntry, .seeds = CoreEntrySeeds});

bool RegisterEach() {
  for (const std::unique_ptr<Primitive>& each : Builtins().primitives()) {
    const Primitive& primitive = *each;
    Registration(
        {.name = "entry_" + ShortName(primitive),
         .run = [&primitive](std::string_view input) { return TryEntries(primitive, input); },
         .seeds = [&primitive] { return EntrySeeds(primitive); }});
    Registration(
        {.name = "section_" + ShortName(primitive),
         .run = [&primitive](std::string_view input) { return TrySection(primitive, input); },
         .seeds = [&primitive] { return SectionSeeds(primitive); }});
  }
  return true;
}

[[maybe_unused]] const bool registered_each = RegisterEach();

}  // namespace
}  // namespace varve::fuzz
