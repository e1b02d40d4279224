// The requests of server.h, as calls.
#ifndef VARVE_EXAMPLES_JOB_QUEUE_CLIENT_H_
#define VARVE_EXAMPLES_JOB_QUEUE_CLIENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "job_queue/line_channel.h"
#include "primitives/json/json_value.h"

namespace job_queue {

// Not thread-safe.
class Client final {
 public:
  explicit Client(LineChannel channel) : channel_(std::move(channel)) {}
  // Sends a request and waits for its answer. An answer with "error" is that error; kUnavailable:
  // the server is gone, and whether it did what was asked is not known.
  [[nodiscard]] absl::StatusOr<varve::JsonValue> Ask(const varve::JsonValue& request);

 private:
  LineChannel channel_;
};

}  // namespace job_queue

#endif  // VARVE_EXAMPLES_JOB_QUEUE_CLIENT_H_
