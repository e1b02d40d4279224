// Folders of the strict file system, and what a crash leaves of the whole tree.
#ifndef VARVE_CRASH_SIMULATED_STRICT_TREE_H_
#define VARVE_CRASH_SIMULATED_STRICT_TREE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crash/simulated/strict_inode.h"

namespace varve::crash {

struct StrictNode;
using StrictNodePtr = std::shared_ptr<StrictNode>;
using StrictEntries = std::map<std::string, StrictNodePtr, std::less<>>;

// A name that came, went or changed. A rename within one folder is one change: it happens whole or
// not at all. A rename between folders is an unlink there and a link here, each of its own folder.
struct FolderChange {
  enum class Kind { kLink, kUnlink, kRename };
  std::uint64_t sequence = 0;
  Kind kind = Kind::kLink;
  std::string name;
  std::string new_name;  // kRename
  StrictNodePtr node;    // kLink, kRename

  void ApplyTo(StrictEntries& entries) const;
};

struct StrictFolder {
  StrictEntries durable;
  StrictEntries current;
  std::vector<FolderChange> pending;

  void Change(FolderChange change);
  void PersistAll();
};

// A file or a folder: exactly one of the two is there.
struct StrictNode {
  std::optional<StrictInode> file;
  std::optional<StrictFolder> folder;
};

[[nodiscard]] StrictNodePtr NewFileNode();
[[nodiscard]] StrictNodePtr NewFolderNode();

// Which of the states that the promises allow a crash leaves behind.
struct CrashChoice {
  enum class Mode {
    kNothing,        // power cut: only what was durable
    kAll,            // power cut: everything written had reached the disk
    kPrefix,         // power cut: the oldest `pending_count` changes had
    kRandom,         // power cut: each sector, size and name for itself, by `seed`
    kSectorMissing,  // power cut: all but the pending sector of number `sector`
    kSectorAlone,    // power cut: of all that was pending, that sector and nothing else
    kKilled,         // the process died, the machine goes on: everything is there, but what was not
                     // durable still is not
  };
  Mode mode = Mode::kNothing;
  std::uint64_t pending_count = 0;
  std::uint64_t seed = 0;
  std::size_t sector_bytes = 512;
  std::uint64_t sector = 0;  // counted from 0 through all files

  static CrashChoice Nothing() { return {}; }
  static CrashChoice All() { return {.mode = Mode::kAll}; }
  static CrashChoice Prefix(std::uint64_t pending_count) {
    return {.mode = Mode::kPrefix, .pending_count = pending_count};
  }
  static CrashChoice Random(std::uint64_t seed, std::size_t sector_bytes = 512) {
    return {.mode = Mode::kRandom, .seed = seed, .sector_bytes = sector_bytes};
  }
  static CrashChoice SectorMissing(std::uint64_t sector, std::size_t sector_bytes = 512) {
    return {.mode = Mode::kSectorMissing, .sector_bytes = sector_bytes, .sector = sector};
  }
  static CrashChoice SectorAlone(std::uint64_t sector, std::size_t sector_bytes = 512) {
    return {.mode = Mode::kSectorAlone, .sector_bytes = sector_bytes, .sector = sector};
  }
  static CrashChoice Killed() { return {.mode = Mode::kKilled}; }
  // For messages: "random, seed 7, sectors of 512".
  [[nodiscard]] std::string ToString() const;
  friend bool operator==(const CrashChoice&, const CrashChoice&) = default;
};

// The tree as `choice` says that it looks after the crash. All of it is durable, unless kKilled.
[[nodiscard]] StrictNodePtr CrashedTree(const StrictNodePtr& root, const CrashChoice& choice);

// How many sectors below `root` are pending: the bound of CrashChoice::sector.
[[nodiscard]] std::uint64_t PendingSectorCount(const StrictNodePtr& root, std::size_t sector_bytes);

// What of one file or folder is not durable, for people.
struct PendingPart {
  std::string path;
  std::string text;  // "durable 4096 of 8192 bytes; pending 4096+512 ..."
};
// Every file, and every folder with names that are not durable, in the order of paths.
[[nodiscard]] std::vector<PendingPart> DescribePending(const StrictNodePtr& root);

// The sequences of every change below `root` that is not durable, ascending.
[[nodiscard]] std::vector<std::uint64_t> PendingSequences(const StrictNodePtr& root);

}  // namespace varve::crash

#endif  // VARVE_CRASH_SIMULATED_STRICT_TREE_H_
