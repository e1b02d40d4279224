#include "bench/compare/physical_floor.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "bench/compare/engine.h"
#include "bench/compare/stopwatch.h"

namespace varve::compare {
namespace {

constexpr int kRounds = 3;

// The best of a few rounds, in bytes per second.
double BestRate(std::size_t bytes, const std::function<void()>& round) {
  double best = 0;
  for (int turn = 0; turn < kRounds; ++turn) {
    const Stopwatch watch;
    round();
    best = std::max(best, static_cast<double>(bytes) / watch.seconds());
  }
  return best;
}

double MemoryReadRate(const std::vector<std::uint64_t>& words) {
  std::uint64_t sum = 0;
  const double rate = BestRate(words.size() * sizeof(std::uint64_t), [&] {
    for (const std::uint64_t word : words) {
      sum += word;
    }
  });
  Require(sum == 0, "memory changed under the benchmark");
  return rate;
}

std::string MakeZeroFile(const std::string& directory, std::size_t bytes) {
  std::string path = directory + "/zeros";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  Require(file >= 0, "cannot create " + path);
  const std::string zeros(std::size_t{1} << 20, '\0');
  for (std::size_t done = 0; done < bytes; done += zeros.size()) {
    Require(::write(file, zeros.data(), zeros.size()) == static_cast<ssize_t>(zeros.size()),
            "cannot fill " + path);
  }
  Require(::fsync(file) == 0, "cannot sync " + path);
  ::close(file);
  return path;
}

double FileReadRate(const std::string& path, std::size_t bytes) {
  std::string block(std::size_t{1} << 20, '\0');
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const double rate = BestRate(bytes, [&] {
    for (std::size_t at = 0; at < bytes; at += block.size()) {
      Require(::pread(file, block.data(), block.size(), static_cast<off_t>(at)) > 0,
              "cannot read " + path);
    }
  });
  ::close(file);
  return rate;
}

double DurableWriteRate(const std::string& path, std::size_t count) {
  const std::string page(4096, 'v');
  const int file = ::open(path.c_str(), O_WRONLY | O_DSYNC | O_CLOEXEC);
  const Stopwatch watch;
  for (std::size_t turn = 0; turn < count; ++turn) {
    const auto at = static_cast<off_t>((turn % 256) * page.size());
    Require(::pwrite(file, page.data(), page.size(), at) == static_cast<ssize_t>(page.size()),
            "cannot write " + path);
  }
  const double seconds = watch.seconds();
  ::close(file);
  return static_cast<double>(count) / seconds;
}

std::string ProcessorName() {
  std::ifstream about("/proc/cpuinfo");
  for (std::string line; std::getline(about, line);) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown processor";
}

std::string FileSystemName(const std::string& directory) {
  struct statfs about {};
  if (::statfs(directory.c_str(), &about) != 0) {
    return "unknown file system";
  }
  const std::map<long, std::string> names{{EXT4_SUPER_MAGIC, "ext4"},
                                          {TMPFS_MAGIC, "tmpfs (durability costs nothing here)"},
                                          {XFS_SUPER_MAGIC, "xfs"},
                                          {BTRFS_SUPER_MAGIC, "btrfs"},
                                          {OVERLAYFS_SUPER_MAGIC, "overlayfs"}};
  const auto found = names.find(static_cast<long>(about.f_type));
  return found == names.end() ? "file system " + std::to_string(about.f_type) : found->second;
}

}  // namespace

PhysicalFloor MeasurePhysicalFloor(const std::string& directory, std::size_t bytes,
                                   std::size_t durable_writes) {
  PhysicalFloor floor;
  const std::vector<std::uint64_t> words(bytes / sizeof(std::uint64_t), 0);
  std::vector<std::uint64_t> copy(words.size(), 1);
  floor.memory_read_bytes_per_second = MemoryReadRate(words);
  floor.memory_copy_bytes_per_second =
      BestRate(bytes, [&] { std::memcpy(copy.data(), words.data(), bytes); });
  Require(copy.back() == 0, "memory was not copied");
  const std::string path = MakeZeroFile(directory, bytes);
  floor.file_read_bytes_per_second = FileReadRate(path, bytes);
  floor.durable_writes_per_second = DurableWriteRate(path, durable_writes);
  ::unlink(path.c_str());
  return floor;
}

std::string DescribeMachine(const std::string& directory) {
  struct utsname system {};
  ::uname(&system);
  return ProcessorName() + ", " + std::to_string(std::thread::hardware_concurrency()) + " CPUs, " +
         system.sysname + " " + system.release + ", " + FileSystemName(directory);
}

}  // namespace varve::compare
