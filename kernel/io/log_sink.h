// What a store has to say to the people who run the program: few and rare messages, for the
// program's own log. (The log of this tree's other comments is the write-ahead log: something
// else.)
#ifndef VARVE_KERNEL_IO_LOG_SINK_H_
#define VARVE_KERNEL_IO_LOG_SINK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

enum class LogLevel : std::uint8_t {
  kDebug,    // a new log segment
  kInfo,     // opened, snapshot taken, failing no more, writes slowed down
  kWarning,  // a torn tail was dropped, state.mdb was rebuilt, a snapshot failed
  kError,    // a checkpoint failed, the store refuses writes, an open was refused
};

[[nodiscard]] std::string_view LogLevelName(LogLevel level);  // "warning"

struct LogField {
  std::string key;    // "lsn", "bytes", "error"
  std::string value;  // a number or text
};

struct LogMessage {
  LogLevel level = LogLevel::kInfo;
  std::string_view component;  // "recovery", "log", "checkpoint", "snapshot", "store"
  std::string text;            // a sentence without a full stop, for people
  std::vector<LogField> fields;
};

// Implemented by the program and given to Environment::log_sink.
//
// Write is called with no lock held that a commit, a read or a flush needs, and never while a
// commit waits: by a thread of the store's own, one message after the other; while a store opens or
// closes, by the thread that does. A snapshot's messages come from the thread that takes it. A
// store without background threads calls it at the end of the call that had something to say. So
// Write must be thread-safe; it may take its time; it may call the store, but not close it.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void Write(const LogMessage& message) = 0;
  // Messages of other levels are not even made.
  [[nodiscard]] virtual bool Wants(LogLevel level) const { return level >= LogLevel::kInfo; }
};

}  // namespace varve

#endif  // VARVE_KERNEL_IO_LOG_SINK_H_
