// LoadSnapshot: which section goes to whom.
//
//                   plain section                      carried section
//   primitive       Load                               Load what it had written; return the entries
//   placeholder     kept raw, behind a header of ours  Load
//   nobody          kUnimplemented                     kUnimplemented
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/carried_primitive.h"
#include "snapshot/file_reader.h"
#include "snapshot/snapshot.h"

namespace varve::snapshot {
namespace {

// The first `count` bytes of another source, as a source of their own.
class LeadingPart final : public SectionSource {
 public:
  LeadingPart(SectionSource& whole, std::uint64_t count) : whole_(whole), left_(count) {}

  [[nodiscard]] absl::StatusOr<std::string_view> Read(std::uint64_t count) override {
    if (count > left_) return absl::DataLossError("the carried section ends too early");
    left_ -= count;
    return whole_.Read(count);
  }
  [[nodiscard]] std::uint64_t remaining() const override { return left_; }

 private:
  SectionSource& whole_;
  std::uint64_t left_;
};

// A plain section as the placeholder wants it: behind the header that says what it is.
class PlainAsCarried final : public SectionSource {
 public:
  PlainAsCarried(SectionSource& content, std::uint8_t version)
      : header_(EncodeCarriedHeader({true, version, content.remaining()})), content_(content) {}

  [[nodiscard]] absl::StatusOr<std::string_view> Read(std::uint64_t count) override {
    if (header_used_ == header_.size()) return content_.Read(count);
    const std::string_view rest = std::string_view(header_).substr(header_used_);
    if (count > rest.size()) return absl::InternalError("a read across the header");
    header_used_ += count;
    return rest.substr(0, count);
  }
  [[nodiscard]] std::uint64_t remaining() const override {
    return header_.size() - header_used_ + content_.remaining();
  }

 private:
  std::string header_;
  std::size_t header_used_ = 0;
  SectionSource& content_;
};

absl::Status TooNew(Lsn lsn, Lsn newest) {
  return MakeStatus(absl::StatusCode::kDataLoss, "content of LSN ", lsn.value(),
                    " in a snapshot of LSN ", newest.value());
}

// Lets a primitive load rows of its own only, and none from after the snapshot: nobody would see
// those until the store reaches their LSN, and then they would be wrong.
class OwnRows final : public RowSink {
 public:
  OwnRows(PrimitiveId primitive, Lsn newest, RowSink& sink)
      : primitive_(primitive), newest_(newest), sink_(sink) {}

  [[nodiscard]] absl::Status Add(std::string_view row_key, const table::RowVersion& version,
                                 bool superseded) override {
    if (row_key.empty() || static_cast<std::uint8_t>(row_key[0]) != primitive_.value()) {
      return MakeStatus(absl::StatusCode::kDataLoss, "the section of primitive ",
                        primitive_.value(), " loads rows of another");
    }
    if (version.lsn > newest_) return TooNew(version.lsn, newest_);
    return sink_.Add(row_key, version, superseded);
  }

 private:
  PrimitiveId primitive_;
  Lsn newest_;
  RowSink& sink_;
};

std::string NameIn(const FileHeader& header, PrimitiveId id) {
  for (const RegisteredName& name : header.fingerprint) {
    if (name.id == id) return "\"" + name.name + "\"";
  }
  return "(unnamed)";
}

absl::StatusOr<const Primitive*> FindPrimitive(const SnapshotFile& file,
                                               const SectionRecord& section,
                                               const PrimitiveRegistry& registry) {
  const PrimitiveId id = section.primitive;
  const Primitive* const primitive = registry.FindById(id);
  if (primitive == nullptr) {
    return file.Locate(Unimplemented("the snapshot has a section of primitive ", id.value(), " ",
                                     NameIn(file.header(), id),
                                     ", which is not registered; register it, or open with "
                                     "UnknownEntries::kCarry to keep its data unread"),
                       section.offset);
  }
  for (const RegisteredName& name : file.header().fingerprint) {
    const PrimitiveSpec& spec = primitive->spec();
    if (name.id != id || (name.name == spec.name && name.entry_range == spec.entry_range)) continue;
    return FailedPrecondition("the snapshot knows primitive ", id.value(), " as \"", name.name,
                              "\", entries from ", name.entry_range, "; registered is \"",
                              spec.name, "\", entries from ", spec.entry_range,
                              ": primitive ids are never reused");
  }
  return primitive;
}

// One for each section.
absl::StatusOr<std::vector<const Primitive*>> FindPrimitives(const SnapshotFile& file,
                                                             const PrimitiveRegistry& registry) {
  std::vector<const Primitive*> primitives;
  for (const SectionRecord& section : file.footer().sections) {
    VARVE_ASSIGN_OR_RETURN(const Primitive* primitive, FindPrimitive(file, section, registry));
    primitives.push_back(primitive);
  }
  return primitives;
}

absl::Status CheckVersion(const PrimitiveSpec& spec, std::uint8_t version) {
  if (version <= spec.section_version) return absl::OkStatus();
  return Unimplemented("section version ", version, " of primitive \"", spec.name,
                       "\"; this program reads up to ", spec.section_version, ": use a newer one");
}

class SectionLoader final {
 public:
  // `newest`: the LSN of the snapshot.
  SectionLoader(const Primitive& primitive, const SectionRecord& section, Lsn newest,
                SectionSource& source, RowSink& sink, std::vector<CarriedEntry>& carried)
      : primitive_(primitive),
        section_(section),
        newest_(newest),
        source_(source),
        sink_(section.primitive, newest, sink),
        carried_(carried) {}

  absl::Status Run() {
    const bool carried = (section_.flags & kSectionCarried) != 0;
    if (carried && !primitive_.spec().carried) {
      VARVE_RETURN_IF_ERROR(Unpack());
    } else if (!carried && primitive_.spec().carried) {
      PlainAsCarried wrapped(source_, section_.version);
      VARVE_RETURN_IF_ERROR(primitive_.Load(primitive_.spec().section_version, wrapped, sink_));
    } else {
      VARVE_RETURN_IF_ERROR(LoadWhole(section_.version, source_));
    }
    if (source_.remaining() == 0) return absl::OkStatus();
    return absl::DataLossError("the section goes on behind its content");
  }

 private:
  absl::Status LoadWhole(std::uint8_t version, SectionSource& source) {
    VARVE_RETURN_IF_ERROR(CheckVersion(primitive_.spec(), version));
    return primitive_.Load(version, source, sink_);
  }

  // The primitive is back: what it had written is its own again, what came since is to be applied.
  absl::Status Unpack() {
    VARVE_ASSIGN_OR_RETURN(const CarriedSection inner, ReadCarriedHeader(source_));
    if (inner.present) {
      LeadingPart part(source_, inner.content_bytes);
      VARVE_RETURN_IF_ERROR(LoadWhole(inner.version, part));
      if (part.remaining() > 0) return absl::DataLossError("the section goes on");
    }
    while (source_.remaining() > 0) {
      VARVE_ASSIGN_OR_RETURN(const CarriedEntryView entry, ReadCarriedEntry(source_));
      if (entry.lsn > newest_) return TooNew(entry.lsn, newest_);
      carried_.push_back(
          {primitive_.spec().id, entry.lsn, entry.commit_time, std::string(entry.bytes)});
    }
    return absl::OkStatus();
  }

  const Primitive& primitive_;
  const SectionRecord& section_;
  Lsn newest_;
  SectionSource& source_;
  OwnRows sink_;
  std::vector<CarriedEntry>& carried_;
};

}  // namespace

absl::Status CheckSectionsKnown(FileSystem& files, const std::string& path,
                                const PrimitiveRegistry& registry) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotFile> file, SnapshotFile::Open(files, path));
  return FindPrimitives(*file, registry).status();
}

absl::StatusOr<std::vector<CarriedEntry>> LoadSnapshot(FileSystem& files, const std::string& path,
                                                       const PrimitiveRegistry& registry,
                                                       RowSink& sink) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotFile> file, SnapshotFile::Open(files, path));
  // All of them before any row: what cannot be loaded whole is not begun.
  VARVE_ASSIGN_OR_RETURN(const std::vector<const Primitive*> primitives,
                         FindPrimitives(*file, registry));
  std::vector<CarriedEntry> carried;
  for (std::size_t i = 0; i < primitives.size(); ++i) {
    const SectionRecord& section = file->footer().sections[i];
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<SectionReader> source,
                           SectionReader::Open(*file, section));
    SectionLoader loader(*primitives[i], section, file->header().lsn, *source, sink, carried);
    VARVE_RETURN_IF_ERROR(file->Locate(loader.Run(), section.offset));
  }
  std::stable_sort(carried.begin(), carried.end(),
                   [](const CarriedEntry& a, const CarriedEntry& b) { return a.lsn < b.lsn; });
  return carried;
}

}  // namespace varve::snapshot
