#include <algorithm>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"
#include "snapshot/layout.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"
#include "tests/crash/proof/driver.h"
#include "tests/crash/proof/ground.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"
#include "tests/fuzz/sealing.h"

namespace varve::crash {
namespace {

// The bytes [from, to) of `file` are set one after the other, and the checksums over them again.
struct Target {
  std::string file;  // within the store
  std::size_t from = 0;
  std::size_t to = 0;
  std::function<void(std::string& bytes)> seal;
};

class SealedCase final {
 public:
  explicit SealedCase(std::uint64_t kind) : kind_(kind) {}

  absl::Status Run() {
    VARVE_RETURN_IF_ERROR(MakeNumbered(start_));
    for (const auto& [path, bytes] : start_->Contents("store")) {
      if (bytes.empty()) continue;  // a folder, or the lock
      files_[path.substr(std::string_view("store/").size())] = bytes;
    }
    for (const Target& target : Targets()) {
      for (std::size_t at = target.from; at < target.to; ++at) {
        const absl::Status status = TryByte(target, at);
        if (status.ok()) continue;
        return AddContext(status, "byte " + std::to_string(at) + " of " + target.file);
      }
    }
    return absl::OkStatus();
  }

 private:
  std::vector<Target> Targets() {
    switch (kind_) {
      case 0:
        return {ManifestSlot()};
      case 1:
        return SegmentHeaders();
      case 2:
        return {RecordHeaders()};
      default:
        return SnapshotParts();
    }
  }

  // Both slots alike, so that neither stands in for the other.
  Target ManifestSlot() {
    const std::string& bytes = files_.at("MANIFEST");
    const auto used =
        LoadLittleEndian<std::uint32_t>(bytes.data() + snapshot::ManifestLayout::kUsedLengthOffset);
    return {"MANIFEST", 0, used + 8u, [](std::string& file) {
              std::string slot = file.substr(0, snapshot::kManifestSlotBytes);
              fuzz::SealManifestSlot(slot);
              file = slot + slot;
            }};
  }

  std::vector<std::string> Segments() {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files_) {
      if (name.starts_with("wal/")) names.push_back(name);
    }
    return names;
  }

  std::vector<Target> SegmentHeaders() {
    const auto seal = [](std::string& file) {
      std::string page = file.substr(0, wal::kSegmentHeaderBytes);
      fuzz::SealSegmentPage(page);
      file.replace(0, page.size(), page);
    };
    const std::vector<std::string> names = Segments();
    const std::size_t end = wal::SegmentLayout::kReservedOffset + 8;
    return {{names.front(), 0, end, seal},
            {names.at(names.size() / 2), 0, end, seal},
            {names.back(), 0, end, seal}};
  }

  // Of the second record of the newest segment; what is behind is chained to it again.
  Target RecordHeaders() {
    const std::string name = Segments().back();
    const std::string& bytes = files_.at(name);
    const auto salt =
        LoadLittleEndian<std::uint64_t>(bytes.data() + wal::SegmentLayout::kSaltOffset);
    const auto first = LoadLittleEndian<std::uint32_t>(bytes.data() + wal::kSegmentHeaderBytes +
                                                       wal::RecordLayout::kBodyLengthOffset);
    const std::size_t from = wal::kSegmentHeaderBytes + wal::RecordLayout::kBytes + first;
    return {name, from, from + wal::RecordLayout::kBytes + 32,
            [salt, from](std::string& file) { SealRecord(file, from, salt); }};
  }

  // Body and header of the one record at `from`, as sealing.cc does all.
  static void SealRecord(std::string& file, std::size_t from, std::uint64_t salt) {
    using Layout = wal::RecordLayout;
    char* const header = file.data() + from;
    const auto length = LoadLittleEndian<std::uint32_t>(header + Layout::kBodyLengthOffset);
    if (length > file.size() - from - Layout::kBytes) return;
    const Lsn lsn(LoadLittleEndian<std::uint64_t>(header + Layout::kLsnOffset));
    const std::string_view body(header + Layout::kBytes, length);
    StoreLittleEndian(header + Layout::kBodyCrcOffset, wal::BindBodyCrc(Crc32c(body), salt, lsn));
    const std::string_view fixed(header + Layout::kBodyLengthOffset,
                                 Layout::kBytes - Layout::kBodyLengthOffset);
    StoreLittleEndian(header, ExtendCrc32c(ExtendCrc32c(0, salt), fixed));
  }

  // Header, first section's header, the first chunk's, table and trailer.
  std::vector<Target> SnapshotParts() {
    const std::string name = "snapshots/" + snapshot::SnapshotFileName(Lsn(9));
    const std::string& bytes = files_.at(name);
    const auto load32 = [&](std::size_t at) {
      return LoadLittleEndian<std::uint32_t>(bytes.data() + at);
    };
    const std::size_t header = load32(snapshot::HeaderLayout::kHeaderLengthOffset);
    const std::size_t trailer = bytes.size() - snapshot::TrailerLayout::kBytes;
    const std::size_t table =
        trailer - load32(trailer + snapshot::TrailerLayout::kSectionCountOffset) *
                      snapshot::TableEntryLayout::kBytes;
    const std::size_t section = header + snapshot::SectionHeaderLayout::kBytes;
    const auto seal = [](std::string& file) { fuzz::SealSnapshot(file); };
    return {{name, 0, section + snapshot::ChunkLayout::kBytes + 24, seal},
            {name, table, bytes.size(), seal}};
  }

  absl::Status TryByte(const Target& target, std::size_t at) {
    for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{0xFF}, std::uint8_t{1}}) {
      std::string bytes = files_.at(target.file);
      const auto before = static_cast<std::uint8_t>(bytes.at(at));
      bytes[at] = static_cast<char>(value == 1 ? before ^ 1 : value);
      target.seal(bytes);
      if (bytes == files_.at(target.file)) continue;
      VARVE_RETURN_IF_ERROR(OpenWith(target, bytes));
    }
    return absl::OkStatus();
  }

  // It opens, or is refused with a place, and then no byte has changed.
  absl::Status OpenWith(const Target& target, const std::string& bytes) {
    const std::unique_ptr<Ground> ground = start_->After(CrashChoice::All());
    const std::string path = ground->Path("store") + "/" + target.file;
    ground->Put(path, bytes);
    const auto before = ground->Contents("store");
    absl::StatusOr<OpenedStore> opened = target.file.starts_with("snapshots/")
                                             ? OpenFrom(*ground, path)
                                             : OpenNumbered(*ground, "store");
    if (opened.ok()) {
      const absl::StatusOr<State> state = ReadState(*opened->store);
      return state.ok() || absl::IsDataLoss(state.status()) ? absl::OkStatus() : state.status();
    }
    const absl::Status& status = opened.status();
    if (ground->Contents("store") != before) {
      return Wrong("a refused opening changed something", status.ToString());
    }
    const bool is_typed = DamageOf(status).has_value() || absl::IsUnimplemented(status) ||
                          absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
    return is_typed ? absl::OkStatus() : Wrong("refused otherwise", status.ToString());
  }

  // With the snapshot at `path`, and nothing else.
  static absl::StatusOr<OpenedStore> OpenFrom(Ground& ground, const std::string& path) {
    VARVE_RETURN_IF_ERROR(
        RestoreSnapshot(path, ground.Path("target"), BuiltinRegistry(), ground.Options()).status());
    return OpenNumbered(ground, "target");
  }

  const std::uint64_t kind_;
  std::unique_ptr<Ground> start_ = MakeSimulatedGround();
  std::map<std::string, std::string> files_;
};

}  // namespace

absl::Status RunSealedCase(std::uint64_t seed) {
  return SealedCase((seed - 1) % kSealedCases).Run();
}

}  // namespace varve::crash
