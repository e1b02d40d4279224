#include "job_queue/line_channel.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "kernel/base/status.h"

namespace job_queue {
namespace {

constexpr std::size_t kLineBytesMax = std::size_t{16} << 20;
constexpr int kConnectionsWaiting = 64;

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return varve::InvalidArgument(path, ": the path of a socket has at most ",
                                  sizeof(address.sun_path) - 1, " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

absl::Status Gone(const std::string& what) {
  return varve::MakeStatus(absl::StatusCode::kUnavailable, what, ": ", std::strerror(errno));
}

}  // namespace

LineChannel::LineChannel(LineChannel&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

LineChannel::~LineChannel() {
  if (socket_ >= 0) close(socket_);
}

absl::StatusOr<std::string> LineChannel::Read() {
  std::size_t searched = 0;
  while (true) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (buffer_.size() > kLineBytesMax) return varve::ResourceExhausted("a line is too long");
    searched = buffer_.size();
    std::array<char, 65536> bytes;
    const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) return varve::MakeStatus(absl::StatusCode::kUnavailable, "it hung up");
    if (count < 0) return Gone("reading");
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

absl::Status LineChannel::Write(std::string_view line) {
  std::string bytes = std::string(line) + "\n";
  for (std::string_view left = bytes; !left.empty();) {
    const ssize_t count = send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Gone("writing");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

void LineChannel::ShutDown() const { shutdown(socket_, SHUT_RDWR); }

absl::StatusOr<LineChannel> ConnectTo(const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) return Gone(path);
  LineChannel connected(connection);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return Gone(path);
  }
  return connected;
}

absl::StatusOr<int> ListenAt(const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listening < 0) return Gone(path);
  unlink(path.c_str());
  if (bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listening, kConnectionsWaiting) != 0) {
    const absl::Status status = Gone(path);
    close(listening);
    return status;
  }
  return listening;
}

}  // namespace job_queue
