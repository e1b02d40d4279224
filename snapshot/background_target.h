// A thread between the one that reads rows and the one that compresses, checksums and writes them.
#ifndef VARVE_SNAPSHOT_BACKGROUND_TARGET_H_
#define VARVE_SNAPSHOT_BACKGROUND_TARGET_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "snapshot/content.h"

namespace varve::snapshot {

// Passes every call on to `target`, in order, on a thread of its own; `target` is not touched by
// anyone else until Finish has returned. An error of the target comes out at a later call, at the
// latest at Finish. Itself used by one thread.
class BackgroundTarget final : public ContentTarget {
 public:
  explicit BackgroundTarget(ContentTarget& target);
  ~BackgroundTarget() override;

  void Begin(const SectionStart& start) override;
  [[nodiscard]] absl::Status AddChunk(std::string& chunk) override;
  [[nodiscard]] absl::Status End() override;

  // Waits until everything has been passed on and ends the thread.
  [[nodiscard]] absl::Status Finish();

 private:
  struct Job {
    enum class Kind { kBegin, kChunk, kEnd, kStop };
    Kind kind = Kind::kStop;
    SectionStart start;
    std::string chunk;
  };

  // Hands jobs over by the batch: waking a thread costs more than what it does with one chunk.
  absl::Status Push(Job job);
  absl::Status HandOver();
  void Run();
  absl::Status Perform(Job& job);

  ContentTarget& target_;
  // Of the caller alone: jobs collected, chunks to be filled again.
  std::vector<Job> batch_;
  std::vector<std::string> refill_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Job> jobs_;           // handed over
  std::vector<std::string> spare_;  // emptied chunks
  absl::Status status_;             // the target's first error
  std::vector<Job> taken_;          // of the thread alone: what it works on
  std::thread thread_;              // last: it uses the others
};

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_BACKGROUND_TARGET_H_
