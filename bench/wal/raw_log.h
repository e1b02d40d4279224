// The floor for logging: the same bytes, framed and written with O_DSYNC semantics to a zero-filled
// file. A lone producer writes by itself; with more, one writer thread writes for all and wakes
// each group through one futex. No segments, no limits, no recovery, no error handling.
#ifndef VARVE_BENCH_WAL_RAW_LOG_H_
#define VARVE_BENCH_WAL_RAW_LOG_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "kernel/io/file_system.h"

namespace varve::bench {

class RawLog final {
 public:
  // Makes the file `path` of `bytes` zeros. With `writer_thread` Commit sleeps until it has
  // written.
  RawLog(FileSystem& files, std::string path, std::uint64_t bytes, bool writer_thread);
  ~RawLog();

  // Returns once `body` is durable.
  void Commit(std::string_view body);
  // Returns once it is buffered; Commit's order.
  void Append(std::string_view body);
  // Blocks while more than `window` appended records are not durable.
  void AwaitWindow(std::uint64_t window);

  [[nodiscard]] std::uint64_t flushes() const { return flushes_; }

 private:
  static constexpr std::size_t kSlots = 4;

  std::uint64_t Frame(std::string_view body);
  void Write(const std::string& bytes);
  void RunWriter();
  void WaitGroup(std::uint64_t group, std::uint32_t word);

  FileSystem& files_;
  const std::string path_;
  const bool writer_thread_;
  std::unique_ptr<File> file_;
  const std::uint64_t file_bytes_;
  std::uint64_t offset_ = 0;
  std::uint64_t flushes_ = 0;
  std::mutex mutex_;
  std::string pending_;
  std::string writing_;
  std::uint64_t lsn_ = 0;
  std::uint32_t crc_ = 0;
  std::uint64_t group_ = 1;  // that pending records belong to
  std::array<std::atomic<std::uint32_t>, kSlots> words_{};
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<std::uint32_t> work_{0};
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace varve::bench

#endif  // VARVE_BENCH_WAL_RAW_LOG_H_
