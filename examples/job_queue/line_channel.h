// Lines of text over a connected socket.
#ifndef VARVE_EXAMPLES_JOB_QUEUE_LINE_CHANNEL_H_
#define VARVE_EXAMPLES_JOB_QUEUE_LINE_CHANNEL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace job_queue {

// Owns the socket. One thread at a time; ShutDown from any.
class LineChannel final {
 public:
  explicit LineChannel(int socket) : socket_(socket) {}
  LineChannel(LineChannel&& other) noexcept;
  LineChannel& operator=(LineChannel&&) = delete;
  ~LineChannel();

  // kUnavailable: the other side is gone. kResourceExhausted: a line of more than 16 MiB.
  [[nodiscard]] absl::StatusOr<std::string> Read();
  [[nodiscard]] absl::Status Write(std::string_view line);
  // Ends a Read in another thread.
  void ShutDown() const;

 private:
  int socket_;
  std::string buffer_;
};

// A connection to the server that listens at `path`. kUnavailable: nobody does.
[[nodiscard]] absl::StatusOr<LineChannel> ConnectTo(const std::string& path);
// A socket that listens at `path`, in place of what a server that was killed has left there.
[[nodiscard]] absl::StatusOr<int> ListenAt(const std::string& path);

}  // namespace job_queue

#endif  // VARVE_EXAMPLES_JOB_QUEUE_LINE_CHANNEL_H_
