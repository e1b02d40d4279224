#include "kernel/carried_primitive.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/core_entry.h"
#include "kernel/table/row.h"

namespace varve {
namespace {

// Rows of a placeholder. They live in the materialized store, which is disposable: not frozen.
//   table 0, default run: key = piece number u64 big-endian; piece 0 is the section's header as
//                         EncodeCarriedHeader writes it, the others its content
//   table 1, entry's run: key = LSN u64, number in the transaction u32, piece number u32, all
//                         big-endian; value = a piece of the framed entry
constexpr std::uint8_t kSectionTable = 0;
constexpr std::uint8_t kEntryTable = 1;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr std::size_t kEntryNameBytes = 12;  // of an entry key: LSN and number
constexpr std::size_t kEntryKeyBytes = 16;

void AppendBigEndian32(std::string& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

std::uint32_t LoadBigEndian32(const char* from) {
  return __builtin_bswap32(LoadLittleEndian<std::uint32_t>(from));
}

std::string SectionKey(std::uint64_t piece) {
  std::string key;
  AppendBigEndian64(key, piece);
  return key;
}

std::string EntryKey(Lsn lsn, std::uint32_t number, std::uint32_t piece) {
  std::string key;
  AppendBigEndian64(key, lsn.value());
  AppendBigEndian32(key, number);
  AppendBigEndian32(key, piece);
  return key;
}

absl::Status Malformed(std::string_view what) {
  return MakeStatus(absl::StatusCode::kDataLoss, "carried section: ", what);
}

// Writes the rows of a placeholder as one section. Pieces of an entry are joined first, because its
// length stands before it.
class CarriedSaver final {
 public:
  explicit CarriedSaver(SectionSink& sink) : sink_(sink) {}

  absl::Status Add(std::string_view row_key, const table::RowVersion& version) {
    const std::optional<table::RowKeyParts> parts = table::ParseRowKey(row_key);
    if (!parts) return Malformed("a row that no placeholder writes");
    return parts->table.number == kSectionTable ? AddSectionPiece(parts->key, version)
                                                : AddEntryPiece(row_key, parts->key, version);
  }

  absl::Status Finish() {
    VARVE_RETURN_IF_ERROR(FinishSection());
    return FinishEntry();
  }

 private:
  absl::Status AddSectionPiece(std::string_view key, const table::RowVersion& version) {
    if (key != SectionKey(next_piece_)) return Malformed("a piece of the section is missing");
    if (next_piece_++ > 0) {
      if (version.value.size() > section_rest_) return Malformed("the section's pieces go on");
      section_rest_ -= version.value.size();
      return sink_.Append(version.value);
    }
    if (version.value.size() != CarriedLayout::kHeaderBytes) return Malformed("a bad header row");
    section_rest_ =
        LoadLittleEndian<std::uint64_t>(version.value.data() + CarriedLayout::kContentLengthOffset);
    return sink_.Append(version.value);
  }

  // Once: between the section's rows and the entries'.
  absl::Status FinishSection() {
    if (std::exchange(section_done_, true)) return absl::OkStatus();
    if (section_rest_ > 0) return Malformed("the section's pieces end too early");
    return next_piece_ > 0 ? absl::OkStatus() : sink_.Append(EncodeCarriedHeader({}));
  }

  absl::Status AddEntryPiece(std::string_view row_key, std::string_view key,
                             const table::RowVersion& version) {
    VARVE_RETURN_IF_ERROR(FinishSection());
    if (key.size() != kEntryKeyBytes) return Malformed("a malformed entry key");
    const std::string_view name =
        row_key.substr(0, row_key.size() - kEntryKeyBytes + kEntryNameBytes);
    if (name != entry_name_) {
      VARVE_RETURN_IF_ERROR(FinishEntry());
      entry_name_.assign(name);
      lsn_ = Lsn(LoadBigEndian64(key.data()));
      commit_time_ = version.commit_time;
    }
    if (LoadBigEndian32(key.data() + kEntryNameBytes) != entry_pieces_++) {
      return Malformed("a piece of an entry is missing");
    }
    entry_.append(version.value);
    return absl::OkStatus();
  }

  absl::Status FinishEntry() {
    if (entry_pieces_ == 0) return absl::OkStatus();
    std::string header;
    AppendCarriedEntryHeader(header, lsn_, commit_time_, entry_.size());
    VARVE_RETURN_IF_ERROR(sink_.Append(header));
    VARVE_RETURN_IF_ERROR(sink_.Append(entry_));
    entry_.clear();
    entry_pieces_ = 0;
    return absl::OkStatus();
  }

  SectionSink& sink_;
  std::uint64_t next_piece_ = 0;
  std::uint64_t section_rest_ = 0;
  bool section_done_ = false;
  std::string entry_name_;  // row key up to the piece number
  std::string entry_;
  std::uint32_t entry_pieces_ = 0;
  Lsn lsn_;
  Timestamp commit_time_;
};

class CarriedPrimitive final : public Primitive {
 public:
  explicit CarriedPrimitive(const RegisteredName& name) {
    spec_.id = name.id;
    spec_.name = name.name;
    spec_.entry_range = name.entry_range;
    spec_.tables = {{kSectionTable, "section"}, {kEntryTable, "entries"}};
    spec_.carried = true;
    for (unsigned i = 0; i < kEntryTypesPerPrimitive; ++i) {
      const auto type = static_cast<EntryType>(name.entry_range + i);
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      const std::string text = {
          'C', 'a', 'r', 'r', 'i', 'e', 'd', kDigits[type >> 4], kDigits[type & 15]};
      spec_.entries.push_back({type, text, 255});
    }
  }

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }

  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    const Lsn lsn = context.lsn();
    VARVE_ASSIGN_OR_RETURN(const std::uint32_t number, NextNumber(lsn, context));
    std::string framed;
    AppendEntry(framed, entry);
    std::uint32_t piece = 0;
    for (std::string_view rest = framed; !rest.empty();) {
      const std::string_view part = rest.substr(0, kPieceBytes);
      VARVE_RETURN_IF_ERROR(context.Put(kEntryTable, EntryKey(lsn, number, piece++), part));
      rest.remove_prefix(part.size());
    }
    return absl::OkStatus();
  }

  [[nodiscard]] absl::Status Save(table::VersionStream& rows, SectionSink& sink) const override {
    CarriedSaver saver(sink);
    while (rows.Next()) {
      const std::optional<table::RowVersion> newest = rows.NextVersion();
      if (!newest || newest->deleted) continue;  // erased with its run, and kept as history alone
      VARVE_RETURN_IF_ERROR(saver.Add(rows.row_key(), *newest));
    }
    VARVE_RETURN_IF_ERROR(rows.status());
    return saver.Finish();
  }

  [[nodiscard]] absl::Status Load(std::uint8_t /*section_version*/, SectionSource& source,
                                  RowSink& sink) const override {
    VARVE_RETURN_IF_ERROR(LoadSection(source, sink));
    std::string entry_name;  // of the entry before: row key up to its number in the transaction
    std::uint32_t number = 0;
    while (source.remaining() > 0) {
      VARVE_RETURN_IF_ERROR(LoadEntry(source, entry_name, number, sink));
    }
    return absl::OkStatus();
  }

  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override {
    return {"carried", spec_.name, std::to_string(entry.payload.size()) + " bytes"};
  }

 private:
  // How many entries this transaction has written to the run before.
  static absl::StatusOr<std::uint32_t> NextNumber(Lsn lsn, ApplyContext& context) {
    std::string prefix;
    AppendBigEndian64(prefix, lsn.value());
    const std::unique_ptr<RowScan> scan =
        context.Scan(kEntryTable, {prefix, table::PrefixEnd(prefix)}, Order::kReverse);
    if (!scan->valid()) {
      VARVE_RETURN_IF_ERROR(scan->status());
      return 0;
    }
    if (scan->row().key.size() != kEntryKeyBytes) return Malformed("a malformed entry key");
    return LoadBigEndian32(scan->row().key.data() + sizeof(std::uint64_t)) + 1;
  }

  absl::Status LoadSection(SectionSource& source, RowSink& sink) const {
    VARVE_ASSIGN_OR_RETURN(const CarriedSection section, ReadCarriedHeader(source));
    if (!section.present) return absl::OkStatus();
    const TableId table{spec_.id, kSectionTable};
    table::RowVersion version;  // LSN 0: it was there before everything that may be read
    const std::string header = EncodeCarriedHeader(section);
    version.value = header;
    VARVE_RETURN_IF_ERROR(
        sink.Add(table::MakeRowKey(table, RunId(), SectionKey(0)), version, false));
    std::uint64_t rest = section.content_bytes;
    for (std::uint64_t piece = 1; rest > 0; ++piece) {
      VARVE_ASSIGN_OR_RETURN(version.value,
                             source.Read(std::min<std::uint64_t>(rest, kPieceBytes)));
      rest -= version.value.size();
      VARVE_RETURN_IF_ERROR(
          sink.Add(table::MakeRowKey(table, RunId(), SectionKey(piece)), version, false));
    }
    return absl::OkStatus();
  }

  absl::Status LoadEntry(SectionSource& source, std::string& entry_name, std::uint32_t& number,
                         RowSink& sink) const {
    VARVE_ASSIGN_OR_RETURN(const CarriedEntryView carried, ReadCarriedEntry(source));
    EntryReader reader(carried.bytes);
    Entry entry;
    if (!reader.Next(entry)) return Malformed("an entry that is none");
    if (Entry more; EncodedEntryBytes(entry) != carried.bytes.size() || reader.Next(more)) {
      return Malformed("an entry whose length is wrong");
    }
    if ((entry.type & 0xF0) != spec_.entry_range && !IsCoreEntry(entry.type)) {
      return Malformed("an entry of another primitive");
    }
    std::string prefix;
    table::AppendRowKeyPrefix(prefix, {spec_.id, kEntryTable}, entry.run);
    AppendBigEndian64(prefix, carried.lsn.value());
    if (prefix < entry_name) return Malformed("entries not in the order of runs and LSNs");
    number = prefix == entry_name ? number + 1 : 0;
    entry_name = prefix;
    AppendBigEndian32(prefix, number);
    table::RowVersion version{carried.lsn, carried.commit_time, false, {}};
    std::uint32_t piece = 0;
    for (std::string_view rest = carried.bytes; !rest.empty();) {
      std::string row_key = prefix;
      AppendBigEndian32(row_key, piece++);
      version.value = rest.substr(0, kPieceBytes);
      VARVE_RETURN_IF_ERROR(sink.Add(row_key, version, false));
      rest.remove_prefix(version.value.size());
    }
    return absl::OkStatus();
  }

  PrimitiveSpec spec_;
};

}  // namespace

std::unique_ptr<Primitive> MakeCarriedPrimitive(const RegisteredName& name) {
  return std::make_unique<CarriedPrimitive>(name);
}

std::string EncodeCarriedHeader(const CarriedSection& section) {
  std::string header;
  header.push_back(section.present ? '\1' : '\0');
  header.push_back(static_cast<char>(section.version));
  header.append(CarriedLayout::kContentLengthOffset - CarriedLayout::kReservedOffset, '\0');
  AppendLittleEndian(header, section.content_bytes);
  return header;
}

absl::StatusOr<CarriedSection> ReadCarriedHeader(SectionSource& source) {
  VARVE_ASSIGN_OR_RETURN(const std::string_view header, source.Read(CarriedLayout::kHeaderBytes));
  CarriedSection section;
  section.present = header[CarriedLayout::kPresentOffset] == 1;
  section.version = static_cast<std::uint8_t>(header[CarriedLayout::kVersionOffset]);
  section.content_bytes =
      LoadLittleEndian<std::uint64_t>(header.data() + CarriedLayout::kContentLengthOffset);
  // Encoding again checks the reserved bytes and every illegal value of the first one.
  if (EncodeCarriedHeader(section) != header) return Malformed("a malformed header");
  if (section.present == (section.version == 0)) return Malformed("a section without version");
  if (!section.present && section.content_bytes != 0) return Malformed("content of no section");
  if (section.content_bytes > source.remaining()) return Malformed("the content is cut off");
  return section;
}

void AppendCarriedEntryHeader(std::string& to, Lsn lsn, Timestamp commit_time,
                              std::size_t entry_bytes) {
  AppendLittleEndian(to, lsn.value());
  AppendLittleEndian(to, commit_time.micros());
  AppendLittleEndian(to, static_cast<std::uint32_t>(entry_bytes));
}

absl::StatusOr<CarriedEntryView> ReadCarriedEntry(SectionSource& source) {
  VARVE_ASSIGN_OR_RETURN(const std::string_view header,
                         source.Read(CarriedLayout::kEntryHeaderBytes));
  CarriedEntryView entry;
  entry.lsn = Lsn(LoadLittleEndian<std::uint64_t>(header.data() + CarriedLayout::kEntryLsnOffset));
  entry.commit_time = Timestamp(
      LoadLittleEndian<std::uint64_t>(header.data() + CarriedLayout::kEntryCommitTimeOffset));
  const auto length =
      LoadLittleEndian<std::uint32_t>(header.data() + CarriedLayout::kEntryLengthOffset);
  if (length == 0 || length > kTransactionBytesMax) return Malformed("an entry of illegal length");
  VARVE_ASSIGN_OR_RETURN(entry.bytes, source.Read(length));
  return entry;
}

}  // namespace varve
