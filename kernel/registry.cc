#include "kernel/registry.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "kernel/base/hex.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/core_entry.h"

namespace varve {

namespace {

// docs/format/registry.md: ids and ranges below these belong to Varve itself.
constexpr std::uint8_t kExtensionIdMin = 16;
constexpr EntryType kExtensionRangeMin = 0x80;
constexpr EntryType kCoreRange = 0x00;
constexpr std::string_view kReservedPrefix = "varve.";

// "primitive 16 (example.tally)".
std::string Party(const PrimitiveSpec& spec) {
  return "primitive " + std::to_string(spec.id.value()) + " (" + spec.name + ")";
}

template <typename... Parts>
absl::Status AlreadyExists(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kAlreadyExists, parts...);
}

// Printable ASCII without spaces: names stand in messages, dumps and the manifest.
bool IsPlainName(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

absl::Status CheckName(const PrimitiveSpec& spec) {
  if (spec.name.empty()) {
    return InvalidArgument("primitive ", spec.id.value(),
                           " has no name: give it one such as \"acme.accounts\"");
  }
  if (spec.name.size() > kNameBytesMax) {
    return InvalidArgument("the name of primitive ", spec.id.value(), " has ", spec.name.size(),
                           " bytes, more than the limit of ", kNameBytesMax, ": shorten it");
  }
  if (!IsPlainName(spec.name)) {
    return InvalidArgument("the name of primitive ", spec.id.value(),
                           " holds other than printable ASCII without spaces");
  }
  return absl::OkStatus();
}

// Built-ins and extensions keep to their own ids, names and ranges, so that a later Varve with more
// built-ins opens every store that an extension wrote.
absl::Status CheckTerritory(const PrimitiveSpec& spec) {
  const bool built_in = spec.id.value() < kExtensionIdMin;
  if (built_in != spec.name.starts_with(kReservedPrefix)) {
    return InvalidArgument(Party(spec), ": ids 1 to 15 and names that start with \"varve.\" belong",
                           " to the built-ins, and only together; an extension takes an id from",
                           " 16 up and a name of its own");
  }
  if (spec.entry_range % kEntryTypesPerPrimitive != 0) {
    return InvalidArgument(Party(spec), ": the entry range starts at ", HexByte(spec.entry_range),
                           ", which is not a multiple of 16: take ",
                           HexByte(static_cast<EntryType>(spec.entry_range & 0xF0)));
  }
  if (spec.entry_range == kCoreRange) {
    return InvalidArgument(Party(spec), ": the entry range 0x00 to 0x0F belongs to the kernel");
  }
  if (!built_in && spec.entry_range < kExtensionRangeMin) {
    return InvalidArgument(Party(spec), ": the entry range ", HexByte(spec.entry_range),
                           " belongs to a built-in; extensions take one from 0x80 up");
  }
  return absl::OkStatus();
}

absl::Status CheckEntries(const PrimitiveSpec& spec) {
  for (std::size_t i = 0; i < spec.entries.size(); ++i) {
    const EntrySpec& entry = spec.entries[i];
    if ((entry.type & 0xF0) != spec.entry_range) {
      return InvalidArgument(Party(spec), ": entry type ", HexByte(entry.type), " (", entry.name,
                             ") is outside its range ", HexByte(spec.entry_range), " to ",
                             HexByte(static_cast<EntryType>(spec.entry_range | 0x0F)));
    }
    if (entry.name.empty()) {
      return InvalidArgument(Party(spec), ": entry type ", HexByte(entry.type), " has no name");
    }
    if (entry.payload_version_max == 0) {
      return InvalidArgument(Party(spec), ": entry type ", HexByte(entry.type), " (", entry.name,
                             ") reads no payload version: the first one is 1");
    }
    for (std::size_t j = 0; j < i; ++j) {
      const EntrySpec& other = spec.entries[j];
      if (other.type == entry.type || other.name == entry.name) {
        return InvalidArgument(Party(spec), ": entries ", HexByte(other.type), " (", other.name,
                               ") and ", HexByte(entry.type), " (", entry.name,
                               ") share a type or a name");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTables(const PrimitiveSpec& spec) {
  for (std::size_t i = 0; i < spec.tables.size(); ++i) {
    const TableSpec& table = spec.tables[i];
    if (table.number >= kPrimitiveTablesMax) {
      return InvalidArgument(Party(spec), ": table number ", table.number, " (", table.name,
                             ") is not below ", kPrimitiveTablesMax);
    }
    if (table.name.empty()) {
      return InvalidArgument(Party(spec), ": table ", table.number, " has no name");
    }
    for (std::size_t j = 0; j < i; ++j) {
      const TableSpec& other = spec.tables[j];
      if (other.number == table.number || other.name == table.name) {
        return InvalidArgument(Party(spec), ": tables ", other.number, " (", other.name, ") and ",
                               table.number, " (", table.name, ") share a number or a name");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSpec(const PrimitiveSpec& spec) {
  if (spec.id.value() == 0) {
    return InvalidArgument("primitive id 0 (", spec.name,
                           ") belongs to the kernel: extensions take an id from 16 up");
  }
  VARVE_RETURN_IF_ERROR(CheckName(spec));
  VARVE_RETURN_IF_ERROR(CheckTerritory(spec));
  if (spec.section_version == 0) {
    return InvalidArgument(Party(spec), ": section version 0; the first one is 1");
  }
  VARVE_RETURN_IF_ERROR(CheckEntries(spec));
  return CheckTables(spec);
}

}  // namespace

PrimitiveRegistry::PrimitiveRegistry() {
  for (const EntrySpec& entry : CoreEntrySpecs()) by_type_[entry.type] = &entry;
}

absl::Status PrimitiveRegistry::Register(std::unique_ptr<Primitive> primitive) {
  if (primitive == nullptr) return InvalidArgument("a null primitive cannot be registered");
  const PrimitiveSpec& spec = primitive->spec();
  if (sealed_) {
    return FailedPrecondition(Party(spec), " came too late: the registry belongs to an open store;",
                              " register every primitive before the open");
  }
  VARVE_RETURN_IF_ERROR(CheckSpec(spec));
  if (const Primitive* other = FindById(spec.id); other != nullptr) {
    return AlreadyExists(Party(spec), ": the id is taken by ", Party(other->spec()));
  }
  if (const Primitive* other = FindByEntryType(spec.entry_range); other != nullptr) {
    return AlreadyExists(Party(spec), ": the entry range ", HexByte(spec.entry_range),
                         " is taken by ", Party(other->spec()));
  }
  for (const std::unique_ptr<Primitive>& other : primitives_) {
    if (other->spec().name == spec.name) {
      return AlreadyExists(Party(spec), ": the name is taken by ", Party(other->spec()));
    }
  }

  by_id_[spec.id.value()] = primitive.get();
  by_range_[spec.entry_range >> 4] = primitive.get();
  for (const EntrySpec& entry : spec.entries) by_type_[entry.type] = &entry;
  const auto place = std::find_if(
      primitives_.begin(), primitives_.end(),
      [&](const std::unique_ptr<Primitive>& other) { return other->spec().id > spec.id; });
  primitives_.insert(place, std::move(primitive));
  ListHooks();
  return absl::OkStatus();
}

EntryDescription PrimitiveRegistry::Describe(const Entry& entry) const {
  if (IsCoreEntry(entry.type)) return DescribeCoreEntry(entry);
  const Primitive* const primitive = FindByEntryType(entry.type);
  return primitive == nullptr ? EntryDescription() : primitive->Describe(entry);
}

void PrimitiveRegistry::ListHooks() {
  admitting_.clear();
  observing_.clear();
  for (const std::unique_ptr<Primitive>& primitive : primitives_) {
    if (primitive->spec().admits_runs) admitting_.push_back(primitive.get());
    if (primitive->spec().observes) observing_.push_back(primitive.get());
  }
}

std::vector<RegisteredName> PrimitiveRegistry::Fingerprint() const {
  std::vector<RegisteredName> names;
  names.reserve(primitives_.size());
  for (const std::unique_ptr<Primitive>& primitive : primitives_) {
    const PrimitiveSpec& spec = primitive->spec();
    names.push_back({.id = spec.id, .entry_range = spec.entry_range, .name = spec.name});
  }
  return names;
}

}  // namespace varve
