// How the memtable lays a key and its versions out in its arena.
//
// Invariants:
// (N1) A Version never changes once a KeyNode points to it.
// (N2) `previous` is no newer than the version itself, so a chain is ordered by LSN, newest first.
// (N3) `jump` leads to an older version of the same chain, far enough that any version is reached
//      in O(log n) steps: old views of a hot row, and its history, stay cheap.
#ifndef VARVE_KERNEL_TABLE_KEY_NODE_H_
#define VARVE_KERNEL_TABLE_KEY_NODE_H_

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "kernel/table/arena.h"
#include "kernel/table/row.h"

namespace varve::table {

// The value's bytes follow it.
struct Version {
  static constexpr std::uint32_t kTombstone = ~std::uint32_t{0};

  Lsn lsn;
  Timestamp commit_time;
  const Version* previous;    // nullptr: the oldest
  const Version* jump;        // nullptr: the oldest
  std::uint32_t depth;        // how many versions are older
  std::uint32_t value_bytes;  // or kTombstone

  [[nodiscard]] RowVersion row_version() const {
    if (value_bytes == kTombstone) return {lsn, commit_time, true, {}};
    return {lsn, commit_time, false, {reinterpret_cast<const char*>(this + 1), value_bytes}};
  }
};

// The key's bytes follow it, and behind them, in the same cache lines, the key's first version.
struct KeyNode {
  std::atomic<const Version*> newest;  // never nullptr once others can see the node
  std::uint64_t hash;
  std::uint32_t key_bytes;

  [[nodiscard]] std::string_view key() const {
    return {reinterpret_cast<const char*>(this + 1), key_bytes};
  }
};

// The newest version with an LSN of at most `at`; nullptr where there is none.
[[nodiscard]] inline const Version* NewestAt(const KeyNode& node, Lsn at) {
  const Version* version = node.newest.load(std::memory_order_acquire);
  while (version != nullptr && version->lsn > at) {
    const Version* const jump = version->jump;
    version = jump != nullptr && jump->lsn > at ? jump : version->previous;
  }
  return version;
}

// Where a version behind `previous` jumps to: the two jumps below it joined when they span equally
// much (a skew-binary counter), else just the previous one.
[[nodiscard]] inline const Version* JumpBehind(const Version* previous) {
  if (previous == nullptr || previous->jump == nullptr) return previous;
  const Version* const near = previous->jump;
  const Version* const far = near->jump;
  const bool equal_spans =
      far != nullptr && previous->depth - near->depth == near->depth - far->depth;
  return equal_spans ? far : previous;
}

[[nodiscard]] constexpr std::size_t VersionBytes(const RowVersion& version) {
  return sizeof(Version) + (version.deleted ? 0 : version.value.size());
}

// Builds a Version in `memory`, which has VersionBytes(version).
inline const Version* WriteVersion(char* memory, const RowVersion& version,
                                   const Version* previous) {
  const std::uint32_t depth = previous == nullptr ? 0 : previous->depth + 1;
  if (version.deleted) {
    return new (memory) Version{version.lsn, version.commit_time, previous, JumpBehind(previous),
                                depth,       Version::kTombstone};
  }
  if (!version.value.empty()) {
    std::memcpy(memory + sizeof(Version), version.value.data(), version.value.size());
  }
  return new (memory) Version{version.lsn, version.commit_time,
                              previous,    JumpBehind(previous),
                              depth,       static_cast<std::uint32_t>(version.value.size())};
}

// A key with its first version, in one piece.
inline KeyNode* NewKeyNode(Arena& arena, std::string_view key, std::uint64_t hash,
                           const RowVersion& version) {
  const std::size_t head = (sizeof(KeyNode) + key.size() + 7) & ~std::size_t{7};
  char* const memory = arena.Allocate(head + VersionBytes(version));
  const Version* const first = WriteVersion(memory + head, version, nullptr);
  if (!key.empty()) std::memcpy(memory + sizeof(KeyNode), key.data(), key.size());
  return new (memory) KeyNode{first, hash, static_cast<std::uint32_t>(key.size())};
}

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_KEY_NODE_H_
