// Names and contents of what the queue keeps in the store. queue.h says what they mean.
#ifndef VARVE_EXAMPLES_JOB_QUEUE_QUEUE_ROWS_H_
#define VARVE_EXAMPLES_JOB_QUEUE_QUEUE_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace job_queue {

inline constexpr std::string_view kJobs = "jobs";
inline constexpr std::string_view kDone = "done";
inline constexpr std::string_view kDead = "dead";
inline constexpr std::string_view kTakers = "takers";  // the consumer of kJobs
inline constexpr std::string_view kOpenPrefix = "open/";

// An open job: what its cell holds.
struct OpenJob {
  std::uint64_t attempts = 0;
  std::string worker;  // of the last attempt
  std::string error;   // of the last attempt that failed; empty: its worker was lost
};

// Numbers have 16 digits, so that names are in the order of the jobs.
[[nodiscard]] std::string CellOf(std::uint64_t job);
[[nodiscard]] std::string LeaseOf(std::uint64_t job);
[[nodiscard]] std::uint64_t JobOfCell(std::string_view cell);

[[nodiscard]] std::string EncodeOpenJob(const OpenJob& open);
// kDataLoss: not what EncodeOpenJob makes.
[[nodiscard]] absl::StatusOr<OpenJob> DecodeOpenJob(std::string_view text);

// The payloads of kDone and kDead.
[[nodiscard]] std::string DoneEvent(std::uint64_t job, std::uint64_t token, const OpenJob& open,
                                    std::string_view result);
[[nodiscard]] std::string DeadEvent(std::uint64_t job, const OpenJob& open);

}  // namespace job_queue

#endif  // VARVE_EXAMPLES_JOB_QUEUE_QUEUE_ROWS_H_
