// What the strict file system keeps of one file: the bytes that would survive a power cut, and the
// changes since, in order, each of which may or may not.
#ifndef VARVE_CRASH_SIMULATED_STRICT_INODE_H_
#define VARVE_CRASH_SIMULATED_STRICT_INODE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::crash {

// Deterministic on every platform, unlike the standard distributions.
class Dice final {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  // From 0 to `bound` - 1; `bound` > 0.
  std::uint64_t Below(std::uint64_t bound) { return engine_() % bound; }
  bool Chance(std::uint64_t percent) { return Below(100) < percent; }
  std::uint64_t Next() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

// Copyable, so that an image can be taken of it. Not thread-safe.
//
// Invariants:
//   (I1) durable + every pending change in order == content, until a sync fails with its changes
//        dropped: from then on `content` holds bytes that no later sync will make durable.
//   (I2) a change never writes bytes that a durable write made durable after it.
class StrictInode final {
 public:
  // `sequence` orders the changes of all files and folders; it grows from call to call.
  void Write(std::uint64_t sequence, std::uint64_t offset, std::string_view bytes);
  void Truncate(std::uint64_t sequence, std::uint64_t size);
  // Makes the bytes of an earlier Write durable, and the size that they need; nothing else.
  void PersistRange(std::uint64_t offset, std::string_view bytes);

  // The ways in which a sync can end. All leave no pending change.
  void PersistAll();     // success
  void DropPending();    // pages marked clean, content kept in memory only (ext4, XFS)
  void RevertPending();  // content back to what is durable (btrfs)

  [[nodiscard]] const std::string& content() const { return content_; }
  [[nodiscard]] const std::string& durable() const { return durable_; }
  [[nodiscard]] bool has_pending() const { return !pending_.empty(); }
  void AddSequences(std::vector<std::uint64_t>& to) const;

  // What the disk may hold after a power cut: all changes up to `sequence_max` ...
  [[nodiscard]] std::string ContentUpTo(std::uint64_t sequence_max) const;
  // ... or each sector of `sector_bytes` at any version from durable to newest, and any size.
  [[nodiscard]] std::string RandomContent(Dice& dice, std::size_t sector_bytes) const;

  // The sectors that have a pending change, ascending: which number of them there are.
  [[nodiscard]] std::vector<std::uint64_t> PendingSectors(std::size_t sector_bytes) const;
  // The newest version of each pending sector for which `kept` says so, by its place in
  // PendingSectors; the size is the newest where `grown`, or where a kept sector needs it.
  [[nodiscard]] std::string ContentOfSectors(std::size_t sector_bytes,
                                             const std::function<bool(std::size_t)>& kept,
                                             bool grown) const;
  // The ranges of bytes that are pending, as (offset, length), in the order of the changes.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> PendingRanges() const;

  // A file whose durable content is `bytes`.
  static StrictInode Durable(std::string bytes);
  // Flips the bits of `mask` in what is durable and what is read: damage at rest.
  void Corrupt(std::uint64_t offset, std::uint8_t mask);

 private:
  struct Piece {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  struct Change {
    std::uint64_t sequence = 0;
    std::optional<std::uint64_t> size;  // of the file after it, where it changes that
    std::vector<Piece> pieces;
  };

  static void Apply(const Piece& piece, std::string& to);

  std::string durable_;
  std::string content_;
  std::vector<Change> pending_;
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_SIMULATED_STRICT_INODE_H_
