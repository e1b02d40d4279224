// Zero-filled segment files, made ahead of their use so that a commit never waits for one.
#ifndef VARVE_KERNEL_WAL_SEGMENT_SUPPLY_H_
#define VARVE_KERNEL_WAL_SEGMENT_SUPPLY_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "kernel/io/environment.h"

namespace varve::wal {

// A segment file whose bytes are all zero, content and name durable, not yet in use.
struct PreparedSegment {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  std::uint64_t salt = 0;  // random; not yet in the file
  std::string path;
  std::unique_ptr<File> file;
};

// Makes one. A file of that name must be an unused one (it is replaced). After an error none is
// left behind, as far as the disk allows.
[[nodiscard]] absl::StatusOr<PreparedSegment> PrepareSegment(const Environment& environment,
                                                             const std::string& folder,
                                                             std::uint64_t number,
                                                             std::uint64_t bytes);

// Thread-safe. With `background` a thread of its own prepares what is ordered; without, Take does.
class SegmentSupply final {
 public:
  SegmentSupply(const Environment& environment, std::string folder, bool background);
  ~SegmentSupply();

  // Starts to prepare segment `number` in the background. At most one order is open at a time;
  // without a thread this does nothing.
  void Order(std::uint64_t number, std::uint64_t bytes);

  // Segment `number` with at least `bytes_min`: the ordered one if there is one (waits for it),
  // else one of `bytes` prepared here and now. Errors: as the file system's; a later call may
  // succeed.
  [[nodiscard]] absl::StatusOr<PreparedSegment> Take(std::uint64_t number, std::uint64_t bytes,
                                                     std::uint64_t bytes_min);

  // Ends the thread and removes a prepared file that nobody took. Idempotent. The folder is not
  // synced: an unused file that comes back is harmless.
  [[nodiscard]] absl::Status Stop();

 private:
  struct Request {
    std::uint64_t number;
    std::uint64_t bytes;
  };

  void RunThread();

  const Environment environment_;
  const std::string folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Request> order_;  // waiting or being prepared
  std::optional<PreparedSegment> ready_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_SEGMENT_SUPPLY_H_
