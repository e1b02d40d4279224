// The manifest: one slot as bytes, and the file of two.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "crash/simulated/strict_file_system.h"
#include "kernel/base/codec.h"
#include "snapshot/manifest.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/sealing.h"

namespace varve::fuzz {
namespace {

using snapshot::kManifestSlotBytes;
using snapshot::Manifest;
using snapshot::ManifestLayout;

constexpr char kPath[] = "MANIFEST";

// A byte (1, 2: seal the first, the second slot), then the length of the first slot, then both
// without the zeros at their ends.
enum Mode : std::uint8_t { kSealFirst = 1, kSealSecond = 2 };
constexpr std::size_t kHeadBytes = 3;

std::array<std::string, 2> SlotsOf(std::string_view input) {
  const auto mode = static_cast<std::uint8_t>(input[0]);
  const std::size_t split = LoadLittleEndian<std::uint16_t>(input.data() + 1);
  input.remove_prefix(kHeadBytes);
  std::array<std::string, 2> slots = {std::string(input.substr(0, split)),
                                      std::string(input.substr(std::min(split, input.size())))};
  // The checksum stands at the very end, where a seal puts it back.
  for (std::string& slot : slots) slot.resize(kManifestSlotBytes, '\0');
  if ((mode & kSealFirst) != 0) SealManifestSlot(slots[0]);
  if ((mode & kSealSecond) != 0) SealManifestSlot(slots[1]);
  return slots;
}

absl::Status TrySlot(const std::string& slot) {
  const auto manifest = snapshot::DecodeManifestSlot(slot);
  if (!manifest.ok()) return RefusedAsDamage(manifest.status());
  const std::string_view flags = std::string_view(slot).substr(
      ManifestLayout::kCompatibleFlagsOffset,
      ManifestLayout::kIncompatibleFlagsOffset - ManifestLayout::kCompatibleFlagsOffset);
  const auto again = snapshot::EncodeManifestSlot(*manifest);
  if (!again.ok()) return Broken("a slot that was read does not fit one");
  // Flags of a later version that this build may ignore are not written by it.
  const bool extended = flags.find_first_not_of('\0') != std::string_view::npos;
  if (!extended && *again != slot) return Broken("encode(decode(slot)) is not the slot");
  return absl::OkStatus();
}

absl::Status TryUpdate(crash::StrictFileSystem& files, const Manifest& read) {
  Manifest next = read;
  next.durable_lsn = Lsn(next.durable_lsn.value() / 2 + 1);
  const absl::Status updated = snapshot::UpdateManifest(files, kPath, next);
  if (!updated.ok()) return RefusedHonestly(updated);
  const auto reread = snapshot::ReadManifest(files, kPath);
  if (!reread.ok()) return Broken("an updated manifest is refused: ", reread.status().ToString());
  if (*reread != next) return Broken("a manifest reads otherwise than it was written");
  return absl::OkStatus();
}

absl::Status TryManifest(std::string_view input) {
  if (input.size() < kHeadBytes) return absl::OkStatus();
  const std::array<std::string, 2> slots = SlotsOf(input);
  for (const std::string& slot : slots) VARVE_RETURN_IF_ERROR(TrySlot(slot));
  crash::StrictFileSystem files;
  VARVE_ASSIGN_OR_RETURN(const auto file, files.Open(kPath, OpenMode::kCreate));
  // An input that ends in the first slot makes a file of that one.
  VARVE_RETURN_IF_ERROR(file->WriteAt(0, slots[0] + slots[1]));
  std::vector<std::string> warnings;
  const auto manifest = snapshot::ReadManifest(files, kPath, &warnings);
  if (!manifest.ok()) return RefusedAsDamage(manifest.status());
  return TryUpdate(files, *manifest);
}

std::string Input(std::uint8_t mode, std::string first, std::string second) {
  // Without its checksum nearly all of a slot is zeros.
  for (std::string* slot : {&first, &second}) {
    slot->resize(ManifestLayout::kChecksumOffset);
    slot->resize(slot->find_last_not_of('\0') + 1);
  }
  std::string input(1, static_cast<char>(mode));
  AppendLittleEndian(input, static_cast<std::uint16_t>(first.size()));
  return input + first + second;
}

std::vector<std::string> ManifestSeeds() {
  Manifest small;
  small.generation = 1;
  small.store = *Uuid::FromBytes(std::string(16, 'S'));
  Manifest large = small;
  large.generation = 2;
  large.durable_lsn = Lsn(17);
  large.clean_close = true;
  large.log_end = {2, 5000, Lsn(17), 0xABCD};
  for (std::uint8_t id = 1; id < 4; ++id) {
    large.primitives.push_back({.name = {.id = PrimitiveId(id),
                                         .entry_range = static_cast<EntryType>(id * 16),
                                         .name = "primitive." + std::to_string(id)},
                                .carried = id == 2});
    large.snapshots.push_back({.lsn = Lsn(id), .file_bytes = 100, .digest = {}});
  }
  const std::string first = *snapshot::EncodeManifestSlot(small);
  const std::string second = *snapshot::EncodeManifestSlot(large);
  return {Input(kSealFirst | kSealSecond, first, second), Input(kSealSecond, first, second),
          Input(kSealFirst | kSealSecond, second, second), Input(0, second, first),
          Input(kSealFirst, first, "")};
}

const Registration kManifest({.name = "manifest", .run = TryManifest, .seeds = ManifestSeeds});

}  // namespace
}  // namespace varve::fuzz
