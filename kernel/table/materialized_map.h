// The ordered map of byte strings that a materialized store is laid out on. LMDB and the sorted
// array in memory each implement it; everything about rows, history and trimming stands above it
// and exists once.
//
// A map key is one space byte and then any bytes; keys may be of any length. Content comes back as
// it was put or as kDataLoss: a map whose bytes can go bad under it checks them at every read. Not
// for embedders.
#ifndef VARVE_KERNEL_TABLE_MATERIALIZED_MAP_H_
#define VARVE_KERNEL_TABLE_MATERIALIZED_MAP_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace varve::table {

// The first byte of a map key. Current rows come last so that loading them in order only ever
// appends, whatever history there is.
enum class Space : char {
  kMeta = 0,          // one entry: the mark
  kContinuation = 1,  // the rest of keys too long for the implementation; never seen above it
  kHistory = 2,       // superseded versions
  kCurrent = 3,       // current rows
};

[[nodiscard]] inline std::string MapKey(Space space, std::string_view rest) {
  std::string key;
  key.reserve(1 + rest.size());
  key.push_back(static_cast<char>(space));
  key.append(rest);
  return key;
}

// Walks one space. Keys (with their space byte) and values stay readable as long as the reader it
// came from. Not thread-safe.
class EntryCursor {
 public:
  virtual ~EntryCursor() = default;
  virtual void SeekAtOrAfter(std::string_view map_key) = 0;
  // The last entry before `map_key` (exclusive).
  virtual void SeekBefore(std::string_view map_key) = 0;
  virtual void SeekToLast() = 0;
  // Require valid().
  virtual void Next() = 0;
  virtual void Previous() = 0;
  [[nodiscard]] virtual bool valid() const = 0;
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string_view value() const = 0;
  // Not OK once the map turned out to be damaged; the cursor is then invalid.
  [[nodiscard]] virtual absl::Status status() const = 0;
};

// One consistent state of the map. Not thread-safe.
class EntryReader {
 public:
  virtual ~EntryReader() = default;
  [[nodiscard]] virtual absl::StatusOr<std::optional<std::string_view>> Get(
      std::string_view map_key) = 0;
  // `space` is kHistory or kCurrent.
  [[nodiscard]] virtual std::unique_ptr<EntryCursor> NewCursor(Space space) = 0;
  // Keeps `bytes` readable as long as the reader.
  [[nodiscard]] virtual std::string_view Keep(std::string bytes) = 0;
  // The kDataLoss for a damaged entry; where there is a file, it is marked for rebuilding.
  [[nodiscard]] virtual absl::Status ReportDamage(std::string_view what) = 0;
};

// One open write transaction; reads see its own writes. What reads return is valid until the next
// write. After an error only destruction is allowed. Not thread-safe, bound to one thread.
class EntryWriter {
 public:
  virtual ~EntryWriter() = default;
  struct Entry {
    std::string_view key;
    std::string_view value;
  };
  [[nodiscard]] virtual absl::StatusOr<std::optional<std::string_view>> Get(
      std::string_view map_key) = 0;
  // The first entry of the space of `map_key` at or after it.
  [[nodiscard]] virtual absl::StatusOr<std::optional<Entry>> AtOrAfter(
      std::string_view map_key) = 0;
  // Puts an entry, `head` and then `rest`, in the place of any of the same key.
  [[nodiscard]] virtual absl::Status Put(std::string_view map_key, std::string_view head,
                                         std::string_view rest) = 0;
  // True where there was such an entry.
  [[nodiscard]] virtual absl::StatusOr<bool> Delete(std::string_view map_key) = 0;
  [[nodiscard]] virtual absl::Status ReportDamage(std::string_view what) = 0;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_MATERIALIZED_MAP_H_
