// What a process did to a folder: every call that changed it or made it durable, in one order.
#ifndef VARVE_CRASH_PROCESS_TRACE_H_
#define VARVE_CRASH_PROCESS_TRACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crash/process/call_fault.h"

namespace varve::crash {

struct TraceEvent {
  enum class Kind {
    kCreate,        // a new, empty file, opened as `file`
    kOpen,          // an existing one, opened as `file`
    kClose,         // the last descriptor of `file`
    kWrite,         // `bytes` at `offset`
    kWriteDurably,  // the same by RWF_DSYNC or through an O_DSYNC descriptor
    kTruncate,      // to `offset` bytes
    kSync,          // fsync, fdatasync
    kMap,           // mapped for writing: from now on its content is anybody's guess
    kCreateFolder,
    kRename,  // `path` to `new_path`
    kRemove,  // a file or an empty folder
    kSyncFolder,
    kMarker,  // nothing of the folder: what the process had to tell, in `bytes`
  };
  Kind kind = Kind::kMarker;
  std::uint64_t file = 0;  // which open file, counted from 1; two openings of one file are two
  std::string path{};      // relative to the folder; as it was when `file` was opened
  std::string new_path{};
  std::uint64_t offset = 0;
  std::string bytes{};

  // "write wal/1.wal [4096, 4160)".
  [[nodiscard]] std::string ToString() const;
  friend bool operator==(const TraceEvent&, const TraceEvent&) = default;
};

[[nodiscard]] std::string_view EventName(TraceEvent::Kind kind);

struct Trace {
  std::vector<TraceEvent> events;
  std::uint64_t system_calls = 0;    // of every kind
  std::uint64_t changing_calls = 0;  // that reached the folder: where a kill can be asked for
  // Which of the changing calls, counted from 1, write more than one byte: those that can be cut.
  std::vector<std::uint64_t> divisible_calls;
  std::vector<SiteCall> site_calls;  // where a fault can be asked for, in order
  std::uint64_t faults = 0;          // calls that had the one that was asked for
  bool killed = false;               // at the point that was asked for
  int exit_code = 0;
  int signal = 0;  // that ended the process
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_TRACE_H_
