// The floor for logging: the same bytes framed, checksummed and written to a zero-filled file, with
// no store behind it. A lone thread writes inline; concurrent commits are grouped by one writer
// thread that wakes exactly the group it has written.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "bench/compare/engine.h"
#include "kernel/base/crc32c.h"
#include "kernel/io/futex.h"

namespace varve::compare {
namespace {

constexpr std::size_t kHeaderBytes = 48;  // crc u32, body length u32, zeros
constexpr std::size_t kEntryHeaderBytes = 12;
constexpr std::size_t kFrameBytesExpected = 176;  // of one entry of the data set
constexpr std::size_t kGroupsAtOnce = 64;

std::string PathIn(const std::string& directory) { return directory + "/log"; }

std::size_t FrameBytes(std::span<const Entry> entries) {
  std::size_t bytes = kHeaderBytes;
  for (const Entry& entry : entries) {
    bytes += (kEntryHeaderBytes + entry.key.size() + entry.value.size() + 7) / 8 * 8;
  }
  return bytes;
}

void AppendFrame(std::span<const Entry> entries, std::string& to) {
  const std::size_t begin = to.size();
  to.resize(begin + FrameBytes(entries));
  char* at = to.data() + begin + kHeaderBytes;
  for (const Entry& entry : entries) {
    const std::array<std::uint32_t, 3> lengths{static_cast<std::uint32_t>(entry.key.size()),
                                               static_cast<std::uint32_t>(entry.value.size()), 0};
    std::memcpy(at, lengths.data(), kEntryHeaderBytes);
    std::memcpy(at + kEntryHeaderBytes, entry.key.data(), entry.key.size());
    std::memcpy(at + kEntryHeaderBytes + entry.key.size(), entry.value.data(), entry.value.size());
    at += (kEntryHeaderBytes + entry.key.size() + entry.value.size() + 7) / 8 * 8;
  }
  const std::uint32_t body = static_cast<std::uint32_t>(to.size() - begin - kHeaderBytes);
  std::memcpy(to.data() + begin + 4, &body, sizeof(body));
  const std::uint32_t crc = Crc32c(std::string_view(to).substr(begin + 4));
  std::memcpy(to.data() + begin, &crc, sizeof(crc));
}

class RawLogEngine final : public Engine {
 public:
  explicit RawLogEngine(const EngineOptions& options) : grouped_(options.writer_threads > 1) {
    std::filesystem::create_directories(options.directory);
    const std::string path = PathIn(options.directory);
    ZeroFill(path, options.entries_expected * kFrameBytesExpected);
    file_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | (options.durable ? O_DSYNC : 0));
    Require(file_ >= 0, "raw log: open failed");
    if (grouped_) {
      writer_ = std::thread([this] { WriteGroups(); });
    }
  }
  RawLogEngine(const RawLogEngine&) = delete;
  RawLogEngine& operator=(const RawLogEngine&) = delete;
  ~RawLogEngine() override {
    if (grouped_) {
      stopping_.store(true);
      WakeWriter();
      writer_.join();
    }
    ::close(file_);
  }

  void Put(std::span<const Entry> entries) override {
    if (!grouped_) {
      frame_.clear();
      AppendFrame(entries, frame_);
      Write(frame_);
      return;
    }
    AwaitGroup(Enqueue(entries));
  }

  void Append(std::string_view event) override {
    const Entry entry{.key = "stream", .value = event};
    Put({&entry, 1});
  }

  void PutPipelined(std::span<const Entry> entries, std::size_t window) override {
    std::deque<std::uint32_t> on_their_way;
    for (std::size_t index = 0; index < entries.size(); ++index) {
      if (on_their_way.size() == window) {
        AwaitGroup(on_their_way.front());
        on_their_way.pop_front();
      }
      on_their_way.push_back(Enqueue(entries.subspan(index, 1)));
    }
    AwaitGroup(on_their_way.back());
  }

 private:
  static void ZeroFill(const std::string& path, std::size_t bytes) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    Require(file >= 0, "raw log: create failed");
    const std::string zeros(std::size_t{1} << 20, '\0');
    for (std::size_t done = 0; done < bytes; done += zeros.size()) {
      Require(::write(file, zeros.data(), zeros.size()) == static_cast<ssize_t>(zeros.size()),
              "raw log: zero fill failed");
    }
    Require(::fsync(file) == 0, "raw log: fsync failed");
    ::close(file);
  }

  void Write(std::string_view bytes) {
    Require(::pwrite(file_, bytes.data(), bytes.size(), end_) == static_cast<ssize_t>(bytes.size()),
            "raw log: write failed");
    end_ += static_cast<off_t>(bytes.size());
  }

  // Returns the number of the group that `entries` will be written with.
  std::uint32_t Enqueue(std::span<const Entry> entries) {
    std::uint32_t group = 0;
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = pending_.empty();
      AppendFrame(entries, pending_);
      group = open_group_;
    }
    if (first) {
      WakeWriter();
    }
    return group;
  }

  void AwaitGroup(std::uint32_t group) {
    std::atomic<std::uint32_t>& word = written_[group % kGroupsAtOnce];
    for (std::uint32_t seen = word.load(); static_cast<std::int32_t>(seen - group) < 0;
         seen = word.load()) {
      FutexWait(word, seen);
    }
  }

  void WakeWriter() {
    work_.fetch_add(1);
    FutexWakeOne(work_);
  }

  void WriteGroups() {
    std::string group_bytes;
    while (true) {
      const std::uint32_t work = work_.load();
      std::uint32_t group = 0;
      {
        const std::lock_guard lock(mutex_);
        group_bytes.clear();
        group_bytes.swap(pending_);
        group = open_group_;
        open_group_ += group_bytes.empty() ? 0 : 1;
      }
      if (!group_bytes.empty()) {
        Write(group_bytes);
        written_[group % kGroupsAtOnce].store(group);
        FutexWakeAll(written_[group % kGroupsAtOnce]);
      } else if (stopping_.load()) {
        return;
      } else {
        FutexWait(work_, work);
      }
    }
  }

  const bool grouped_;
  int file_ = -1;
  off_t end_ = 0;
  std::string frame_;
  std::mutex mutex_;
  std::string pending_;           // under mutex_
  std::uint32_t open_group_ = 1;  // under mutex_
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> work_{0};
  std::array<std::atomic<std::uint32_t>, kGroupsAtOnce> written_{};  // newest group by remainder
  std::thread writer_;
};

std::string ReadFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about {};
  Require(file >= 0 && ::fstat(file, &about) == 0, "raw log: open failed");
  std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(file, bytes.data() + done, bytes.size() - done);
    Require(count > 0, "raw log: read failed");
    done += static_cast<std::size_t>(count);
  }
  ::close(file);
  return bytes;
}

// Read, verify, order by key: what any open after a kill has to do at least.
std::uint64_t ReplayLog(const std::string& directory) {
  struct Place {
    std::uint64_t key_prefix;
    std::size_t offset;
  };
  const std::string log = ReadFile(PathIn(directory));
  std::vector<Place> places;
  for (std::size_t at = 0; at + kHeaderBytes <= log.size();) {
    std::uint32_t crc = 0;
    std::uint32_t body = 0;
    std::memcpy(&crc, log.data() + at, sizeof(crc));
    std::memcpy(&body, log.data() + at + 4, sizeof(body));
    if (body == 0 || body > log.size() - at - kHeaderBytes) {
      break;
    }
    const std::string_view frame = std::string_view(log).substr(at, kHeaderBytes + body);
    Require(Crc32c(frame.substr(4)) == crc, "raw log: damaged");
    std::uint64_t prefix = 0;
    std::memcpy(&prefix, frame.data() + kHeaderBytes + kEntryHeaderBytes, sizeof(prefix));
    places.push_back({__builtin_bswap64(prefix), at});
    at += frame.size();
  }
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.key_prefix < b.key_prefix; });
  return places.size();
}

}  // namespace

EngineType RawLogType() {
  EngineType type;
  type.name = "raw log";
  type.version = "O_DSYNC";
  type.reads = false;
  type.copies = false;
  type.pipelined = true;
  type.appends = true;
  type.open = [](const EngineOptions& options) { return std::make_unique<RawLogEngine>(options); };
  type.replay = ReplayLog;
  return type;
}

}  // namespace varve::compare
