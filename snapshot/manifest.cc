// The manifest file: two slots written in turn (docs/format/manifest.md, MAN-1 and MAN-7 to
// MAN-11).
#include "snapshot/manifest.h"

#include <array>
#include <optional>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"

namespace varve::snapshot {
namespace {

constexpr std::size_t kSlots = 2;
constexpr std::string_view kNewSuffix = ".new";

struct Slot {
  std::string bytes;
  absl::StatusOr<Manifest> manifest = absl::UnknownError("not read");

  [[nodiscard]] bool good() const { return manifest.ok(); }
  [[nodiscard]] bool never_written() const {
    return bytes.find_first_not_of('\0') == std::string::npos;
  }
  // MAN-4: the checksum has its place in every version, so a newer slot can be told from one whose
  // version byte was damaged.
  [[nodiscard]] bool newer() const {
    return manifest.status().code() == absl::StatusCode::kUnimplemented &&
           LoadLittleEndian<std::uint32_t>(bytes.data() + ManifestLayout::kChecksumOffset) ==
               Crc32c(std::string_view(bytes).substr(0, ManifestLayout::kChecksumOffset));
  }
};

using Slots = std::array<Slot, kSlots>;

absl::StatusOr<Slots> ReadSlots(FileSystem& files, const std::string& path) {
  absl::StatusOr<std::string> content = ReadWholeFile(files, path, kSlots * kManifestSlotBytes);
  if (!content.ok()) {
    switch (content.status().code()) {
      case absl::StatusCode::kUnknown:
        return Damage{Damage::Kind::kUnreadable,
                      path,
                      0,
                      Lsn(),
                      std::string(FromAbsl(content.status().message())),
                      ""}
            .ToStatus();
      case absl::StatusCode::kResourceExhausted:
        return Damage{Damage::Kind::kCorrupt,
                      path,
                      kSlots * kManifestSlotBytes,
                      Lsn(),
                      "the file is longer than two slots",
                      ""}
            .ToStatus();
      default:
        return content.status();
    }
  }
  Slots slots;
  for (std::size_t i = 0; i < kSlots; ++i) {
    const std::size_t begin = i * kManifestSlotBytes;
    if (begin < content->size()) slots[i].bytes = content->substr(begin, kManifestSlotBytes);
    slots[i].manifest = DecodeManifestSlot(slots[i].bytes);
    slots[i].bytes.resize(kManifestSlotBytes, '\0');
  }
  return slots;
}

absl::Status NoGoodSlot(const Slots& slots, const std::string& path) {
  return Damage{
      Damage::Kind::kCorrupt,
      path,
      0,
      Lsn(),
      "neither slot is good: " + std::string(FromAbsl(slots[0].manifest.status().message())) +
          "; " + std::string(FromAbsl(slots[1].manifest.status().message())),
      "both slots are never written at once"}
      .ToStatus();
}

// The slot that counts.
absl::StatusOr<std::size_t> Choose(const Slots& slots, const std::string& path) {
  for (const Slot& slot : slots) {
    if (slot.newer()) return AddContext(slot.manifest.status(), path);
  }
  if (!slots[0].good() && !slots[1].good()) {
    // Where a version says "newer" under a bad checksum, that is the better of two guesses.
    for (const Slot& slot : slots) {
      if (slot.manifest.status().code() == absl::StatusCode::kUnimplemented) {
        return AddContext(slot.manifest.status(), path);
      }
    }
    return NoGoodSlot(slots, path);
  }
  if (!slots[0].good()) return 1;
  if (!slots[1].good()) return 0;
  const std::uint64_t first = slots[0].manifest->generation;
  const std::uint64_t second = slots[1].manifest->generation;
  if (first == second && slots[0].bytes != slots[1].bytes) {
    return Damage{Damage::Kind::kForeign,
                  path,
                  kManifestSlotBytes,
                  Lsn(),
                  "two different slots of one generation",
                  "the two are numbered in turn"}
        .ToStatus();
  }
  return second > first ? 1 : 0;
}

void WarnOf(const Slots& slots, std::size_t chosen, const std::string& path,
            std::vector<std::string>* warnings) {
  const Slot& other = slots[1 - chosen];
  // MAN-8: until the second generation one slot has never been written.
  const bool virgin = other.never_written() && slots[chosen].manifest->generation <= 1;
  if (warnings == nullptr || other.good() || virgin) return;
  warnings->push_back(path + ": slot " + std::to_string(1 - chosen) + " is damaged (" +
                      std::string(FromAbsl(other.manifest.status().message())) + "); slot " +
                      std::to_string(chosen) + ", generation " +
                      std::to_string(slots[chosen].manifest->generation) + ", counts");
}

absl::Status WriteNewFile(FileSystem& files, const std::string& path, const std::string& slot) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kCreate));
  VARVE_RETURN_IF_ERROR(file->WriteAt(0, slot + std::string(kManifestSlotBytes, '\0')));
  return file->Sync();
}

}  // namespace

absl::Status CreateManifest(FileSystem& files, const std::string& path, const Manifest& manifest) {
  VARVE_ASSIGN_OR_RETURN(const std::string slot, EncodeManifestSlot(manifest));
  const absl::Status present = files.Stat(path).status();
  if (present.ok()) {
    return MakeStatus(absl::StatusCode::kAlreadyExists, path, ": there is a manifest already");
  }
  if (present.code() != absl::StatusCode::kNotFound) return present;
  const std::string temporary = path + std::string(kNewSuffix);
  const absl::Status removed = files.Remove(temporary);
  if (!removed.ok() && removed.code() != absl::StatusCode::kNotFound) return removed;
  absl::Status status = WriteNewFile(files, temporary, slot);
  if (status.ok()) status = files.Rename(temporary, path);
  // The first error is the one to report; a leftover is removed by the next attempt.
  if (!status.ok()) files.Remove(temporary).IgnoreError();
  return status;
}

absl::StatusOr<Manifest> ReadManifest(FileSystem& files, const std::string& path,
                                      std::vector<std::string>* warnings) {
  VARVE_ASSIGN_OR_RETURN(const Slots slots, ReadSlots(files, path));
  VARVE_ASSIGN_OR_RETURN(const std::size_t chosen, Choose(slots, path));
  WarnOf(slots, chosen, path, warnings);
  return *slots[chosen].manifest;
}

absl::Status UpdateManifest(FileSystem& files, const std::string& path, Manifest& next) {
  VARVE_ASSIGN_OR_RETURN(const Slots slots, ReadSlots(files, path));
  VARVE_RETURN_IF_ERROR(Choose(slots, path).status());
  std::optional<std::size_t> base;
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (slots[i].good() && slots[i].manifest->generation == next.generation) base = i;
  }
  if (!base) {
    return FailedPrecondition(path, ": no good slot has generation ", next.generation,
                              ", which the update was made from");
  }
  Manifest written = next;
  ++written.generation;
  VARVE_ASSIGN_OR_RETURN(const std::string slot, EncodeManifestSlot(written));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kWrite));
  VARVE_RETURN_IF_ERROR(file->WriteDurablyAt((1 - *base) * kManifestSlotBytes, slot));
  next.generation = written.generation;
  return absl::OkStatus();
}

}  // namespace varve::snapshot
