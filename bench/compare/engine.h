// What every compared system is asked to do. One implementation per file, <system>_engine.cc.
#ifndef VARVE_BENCH_COMPARE_ENGINE_H_
#define VARVE_BENCH_COMPARE_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/dataset.h"

namespace varve::compare {

// Ends the program with `what` where `ok` is false: a comparison with a failed step is none.
void Require(bool ok, std::string_view what);

struct EngineOptions {
  std::string directory;
  // True: a Put returns once its commit is on stable storage. False: once the engine's ordinary
  // unsynced mode has taken it.
  bool durable = true;
  // True: nothing moves from the log (or memtable) into tables by itself.
  bool keep_in_log = false;
  // How much will be put, for engines that prepare space.
  std::size_t entries_expected = 0;
  // How many threads will put at once; the raw log chooses its way of grouping by it.
  int writer_threads = 1;
};

// Reads one unchanging state: the one at its creation. One thread.
class EngineReader {
 public:
  virtual ~EngineReader() = default;
  // The value, borrowed until the next call; nullopt where there is none.
  virtual std::optional<std::string_view> Get(std::string_view key) = 0;
  // Every entry in key order.
  virtual void Scan(const std::function<void(std::string_view, std::string_view)>& visit) = 0;
};

// One open store. Put from any number of threads at once; the rest from one. Destroying it is a
// clean close.
class Engine {
 public:
  virtual ~Engine() = default;
  // One commit.
  virtual void Put(std::span<const Entry> entries) = 0;
  // One commit for each of `entries`, durable, with at most `window` of them on their way at a
  // time. Only where the type says `pipelined`.
  virtual void PutPipelined(std::span<const Entry> entries, std::size_t window);
  // One commit of one event, JSON text, behind all others of the one stream that there is. From any
  // number of threads at once. Only where the type says `appends`.
  virtual void Append(std::string_view event);
  // How many events the stream has. Only where the type says `appends` and `reads`.
  virtual std::uint64_t CountEvents();
  // Every earlier put is handed to the operating system: a kill of the process loses none.
  virtual void FlushLog() {}
  // Everything into tables, compacted: the state that reads and footprints are measured on. Only
  // where the type says `reads`, as all below.
  virtual void Settle();
  virtual std::unique_ptr<EngineReader> NewReader();
  // A consistent copy of the whole store, by the engine's own means.
  virtual void CopyTo(const std::string& directory);
};

struct EngineType {
  std::string name;
  std::string version;
  bool reads = true;       // has tables, not only a log
  bool copies = true;      // can copy itself consistently
  bool pipelined = false;  // has commits by ticket
  bool appends = false;    // can be asked to append to a stream
  bool memtable = false;   // answers reads from memory before anything is in tables
  // Leaves its puts in a log that an open must replay; how many puts it is given per commit for
  // that.
  bool replays = true;
  std::size_t replay_batch = 1;
  std::function<std::unique_ptr<Engine>(const EngineOptions&)> open;
  // For a log without tables: reads and verifies it, orders it by key, looks one key up: the least
  // work that an open after a kill can do. May be empty.
  std::function<std::uint64_t(const std::string& directory)> replay;
  // Which kind of file a path is, for the space report. Empty: all are "data".
  std::function<std::string(const std::string& path)> file_kind;
};

// Those that were built in, the raw log first and Varve second.
[[nodiscard]] std::vector<EngineType> AllEngineTypes();
// Names of systems left out of this build.
[[nodiscard]] std::vector<std::string> MissingEngines();

EngineType RawLogType();
EngineType VarveType();
EngineType RocksdbType();
EngineType LeveldbType();
EngineType LmdbType();
EngineType SqliteType();

}  // namespace varve::compare

#endif  // VARVE_BENCH_COMPARE_ENGINE_H_
