// The tracer sees what a child does to a folder, in order and with its bytes, and refuses what it
// cannot see.
//
// Tests: crash/process/folder_call.cc
// Tests: crash/process/trace.cc
// Tests: crash/process/trace_disk.cc
// Tests: crash/process/tracee.cc
#include "crash/process/recorder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "crash/process/real_check.h"
#include "crash/process/trace_disk.h"
#include "tests/support/test_seed.h"

namespace varve::crash {
namespace {

using Kind = TraceEvent::Kind;
using testing_support::TestSeed;

constexpr int kReadWrite = O_RDWR | O_CLOEXEC;
constexpr int kNew = kReadWrite | O_CREAT | O_EXCL;

class RecorderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = std::filesystem::canonical(::testing::TempDir()).string() + "/trace_XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    marker_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  }
  void TearDown() override {
    ::close(marker_);
    std::filesystem::remove_all(folder_);
  }

  absl::StatusOr<Trace> Record(const std::function<int()>& body,
                               const std::optional<KillPoint>& kill = std::nullopt) {
    RecordOptions options;
    options.folder = folder_;
    options.marker_descriptor = marker_;
    options.kill = kill;
    return RecordTrace(options, body);
  }

  // Plays the trace onto a disk, whose files are then the real ones.
  void ExpectWholeTruth(const Trace& trace) {
    TraceDisk disk;
    for (const TraceEvent& event : trace.events) {
      const absl::Status status = disk.Play(event);
      ASSERT_TRUE(status.ok()) << status;
    }
    const auto truth = ReadFolder(folder_);
    ASSERT_TRUE(truth.ok()) << truth.status();
    EXPECT_EQ(disk.files().Contents(), *truth);
  }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
  int marker_ = -1;
};

#define SKIP_WHERE_NOT_PERMITTED(trace) \
  if (absl::IsUnavailable((trace).status())) GTEST_SKIP() << (trace).status()

std::vector<std::string> Lines(const Trace& trace) {
  std::vector<std::string> lines;
  for (const TraceEvent& event : trace.events) {
    if (event.kind != Kind::kOpen && event.kind != Kind::kClose) lines.push_back(event.ToString());
  }
  return lines;
}

// Each of the ways to change a folder, once.
int ChangeFolder(const std::string& folder, int marker) {
  const std::string first = folder + "/first";
  ::mkdir((folder + "/sub").c_str(), 0755);
  const int file = ::open(first.c_str(), kNew, 0644);
  bool good = ::pwrite(file, "abcdef", 6, 4) == 6;
  good = good && ::write(marker, "told", 4) == 4;
  good = good && ::write(file, "AB", 2) == 2 && ::write(file, "CD", 2) == 2;
  good = good && ::fdatasync(file) == 0;
  std::array<char, 3> part = {'x', 'y', 'z'};
  const iovec parts[2] = {{part.data(), 2}, {part.data() + 1, 2}};
  good = good && ::pwritev(file, parts, 2, 20) == 4;
  good = good && ::pwritev2(file, parts, 1, 30, RWF_DSYNC) == 2;
  good = good && ::ftruncate(file, 31) == 0 && ::posix_fallocate(file, 0, 40) == 0;
  const int second = ::dup(file);
  ::close(file);
  good = good && ::syscall(SYS_fsync, second) == 0;
  ::close(second);
  const int folder_descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  good = good && ::renameat(folder_descriptor, "first", folder_descriptor, "sub/second") == 0;
  good = good && ::fsync(folder_descriptor) == 0;
  const int synced = ::openat(folder_descriptor, "third", kNew | O_DSYNC, 0644);
  good = good && ::write(synced, "durable", 7) == 7;
  good = good && ::unlinkat(folder_descriptor, "third", 0) == 0;
  const int cut = ::open((folder + "/sub/second").c_str(), kReadWrite | O_TRUNC);
  good = good && cut >= 0 && ::rmdir((folder + "/no_such").c_str()) != 0;
  return good ? 0 : 1;
}

TEST_F(RecorderTest, ToldIsWhatAChildDidInOrderAndWithItsBytes) {
  const auto trace = Record([this] { return ChangeFolder(folder_, marker_); });
  SKIP_WHERE_NOT_PERMITTED(trace);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->exit_code, 0);
  EXPECT_EQ(trace->signal, 0);
  EXPECT_EQ(Lines(*trace), (std::vector<std::string>{
                               "create folder sub",
                               "create first",
                               "write first [4, 10)",
                               "marker of 4",
                               "write first [0, 2)",
                               "write first [2, 4)",
                               "sync first",
                               "write first [20, 24)",
                               "write durably first [30, 32)",
                               "truncate first to 31",
                               "truncate first to 40",
                               "sync first",
                               "rename first to sub/second",
                               "sync folder",
                               "create third",
                               "write durably third [0, 7)",
                               "remove third",
                               "truncate sub/second to 0",
                           }));
  EXPECT_EQ(trace->changing_calls, 18u) << "the marker not, the rmdir that failed too";
  for (const TraceEvent& event : trace->events) {
    if (event.kind == Kind::kMarker) {
      EXPECT_EQ(event.bytes, "told");
    }
    if (event.offset == 20) {
      EXPECT_EQ(event.bytes, "xyyz");
    }
  }
  ExpectWholeTruth(*trace);
}

TEST_F(RecorderTest, ThreadsOfTheChildAreFollowed) {
  constexpr int kThreads = 3;
  constexpr int kWrites = 40;
  const auto trace = Record([this] {
    std::vector<std::thread> threads;
    const int file = ::open(Path("shared").c_str(), kNew, 0644);
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([file, thread] {
        for (int i = 0; i < kWrites; ++i) {
          const char byte = static_cast<char>('a' + thread);
          if (::pwrite(file, &byte, 1, i) != 1 || ::fdatasync(file) != 0) ::_exit(1);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return 0;
  });
  SKIP_WHERE_NOT_PERMITTED(trace);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->exit_code, 0);
  EXPECT_EQ(trace->changing_calls, 1u + 2 * kThreads * kWrites);
  ExpectWholeTruth(*trace);  // who wrote last is told, too
}

TEST_F(RecorderTest, CallsThatItCannotFollowAreRefusedAndNotPassedOver) {
  const std::string path = Path("file");
  std::ofstream(path) << "some content";
  const auto open = [&] { return ::open(path.c_str(), kReadWrite); };
  const std::vector<std::pair<std::string, std::function<int()>>> bodies = {
      {"mapped file for writing",
       [&] {
         return ::mmap(nullptr, 4, PROT_READ | PROT_WRITE, MAP_SHARED, open(), 0) == MAP_FAILED;
       }},
      {"for appending", [&] { return ::open(path.c_str(), kReadWrite | O_APPEND) < 0 ? 1 : 0; }},
      {"on file",
       [&] {
         const int file = open();
         loff_t from = 0;
         loff_t to = 100;
         return static_cast<int>(::copy_file_range(file, &from, file, &to, 4, 0));
       }},
      {"on other", [&] { return ::link(path.c_str(), Path("other").c_str()); }},
      {"made system call", [] { return static_cast<int>(::syscall(SYS_io_uring_setup, 1, 0)); }},
      {"started a process", [] { return static_cast<int>(::fork()); }},
      {"punched or shifted", [&] { return ::fallocate(open(), FALLOC_FL_ZERO_RANGE, 0, 4); }},
  };
  for (const auto& [message, body] : bodies) {
    const auto trace = Record(body);
    SKIP_WHERE_NOT_PERMITTED(trace);
    EXPECT_TRUE(absl::IsUnimplemented(trace.status())) << message << ": " << trace.status();
    EXPECT_NE(trace.status().ToString().find(message), std::string::npos) << trace.status();
  }
}

TEST_F(RecorderTest, ScratchFilesMayBeMappedAndAreMarkedAsSuch) {
  const auto trace = Record([this] {
    const int file = ::open(Path("state.mdb-lock").c_str(), kNew, 0644);
    if (::ftruncate(file, 4096) != 0) return 1;
    void* const map = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return map == MAP_FAILED ? 2 : 0;
  });
  SKIP_WHERE_NOT_PERMITTED(trace);
  ASSERT_TRUE(trace.ok()) << trace.status();
  TraceDisk disk;
  for (const TraceEvent& event : trace->events) ASSERT_TRUE(disk.Play(event).ok());
  EXPECT_TRUE(disk.mapped().contains("state.mdb-lock"));
}

TEST_F(RecorderTest, AKillComesBeforeWithinOrAfterItsCall) {
  using When = KillPoint::When;
  const std::array<std::pair<When, std::string>, 3> expected = {
      {{When::kBefore, ""}, {When::kWithin, "firs"}, {When::kAfter, "first it"}}};
  for (const bool durably : {false, true}) {
    for (const auto& [when, content] : expected) {
      const auto write = [this, durably] {
        std::string text = "first it";
        const int file = ::open(Path("killed").c_str(), kNew, 0644);
        const iovec part{text.data(), text.size()};
        const ssize_t count = durably ? ::pwritev2(file, &part, 1, 0, RWF_DSYNC)
                                      : ::pwrite(file, text.data(), text.size(), 0);
        return count == 8 && ::fsync(file) == 0 ? 0 : 1;
      };
      const auto trace = Record(write, KillPoint{.call = 2, .when = when});
      SKIP_WHERE_NOT_PERMITTED(trace);
      ASSERT_TRUE(trace.ok()) << trace.status();
      EXPECT_TRUE(trace->killed);
      EXPECT_EQ(trace->changing_calls, 2u);
      EXPECT_EQ(trace->divisible_calls, std::vector<std::uint64_t>{2});
      std::ifstream file(Path("killed"));
      std::string found;
      std::getline(file, found);
      EXPECT_EQ(found, content);
      ExpectWholeTruth(*trace);
      std::filesystem::remove(Path("killed"));
    }
  }
}

TEST_F(RecorderTest, AnyCallCanBeTheOneThatIsKilledAt) {
  const auto trace = Record(
      [this] {
        ::getppid();
        ::getppid();
        return ::mkdir(Path("never").c_str(), 0755);
      },
      KillPoint{.call = 3, .when = KillPoint::When::kBefore, .every_call = true});
  SKIP_WHERE_NOT_PERMITTED(trace);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_TRUE(trace->killed);
  EXPECT_EQ(trace->system_calls, 3u);
  EXPECT_FALSE(std::filesystem::exists(Path("never")));
}

TEST_F(RecorderTest, HowTheChildEndedIsInTheTrace) {
  const auto ended = Record([] { return 42; });
  SKIP_WHERE_NOT_PERMITTED(ended);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->exit_code, 42);
  const auto killed = Record([] { return ::raise(SIGKILL); });
  ASSERT_TRUE(killed.ok()) << killed.status();
  EXPECT_EQ(killed->signal, SIGKILL);
  EXPECT_FALSE(killed->killed) << "not by us";
}

// What an image of a trace may be is what an image of the strict disk may be that was used
// directly: same sequence of changes, same choice, same bytes.
TEST_F(RecorderTest, ImagesOfATraceAreThoseOfTheStrictDisk) {
  const auto use = [](FileSystem& files, const std::string& root) {
    const auto path = [&](const std::string& name) {
      return root.empty() ? name : root + "/" + name;
    };
    if (!files.CreateDirectory(path("logs")).ok()) return 1;
    const auto file = files.Open(path("logs/1"), OpenMode::kCreate);
    if (!file.ok() || !(*file)->WriteAt(0, std::string(3000, 'a')).ok()) return 2;
    if (!(*file)->Sync().ok() || !files.SyncDirectory(path("logs")).ok()) return 3;
    if (!(*file)->WriteAt(1000, std::string(3000, 'b')).ok()) return 4;
    if (!(*file)->WriteDurablyAt(600, std::string(700, 'c')).ok()) return 5;
    if (!(*file)->Truncate(3500).ok()) return 6;
    if (!files.Rename(path("logs/1"), path("logs/2")).ok()) return 7;
    return (*file)->WriteAt(100, std::string(50, 'd')).ok() ? 0 : 8;
  };
  const auto trace = Record([&] { return use(PosixFileSystem(), folder_); });
  SKIP_WHERE_NOT_PERMITTED(trace);
  ASSERT_TRUE(trace.ok()) << trace.status();
  ASSERT_EQ(trace->exit_code, 0);
  TraceDisk disk;
  for (const TraceEvent& event : trace->events) ASSERT_TRUE(disk.Play(event).ok());
  StrictFileSystem direct;
  ASSERT_EQ(use(direct, ""), 0);

  ASSERT_EQ(disk.files().pending_count(), direct.pending_count());
  std::vector<CrashChoice> choices = {CrashChoice::Nothing(), CrashChoice::All(),
                                      CrashChoice::Killed()};
  for (std::uint64_t i = 0; i <= direct.pending_count(); ++i) {
    choices.push_back(CrashChoice::Prefix(i));
  }
  const std::uint64_t seed = TestSeed(5);
  for (std::uint64_t i = 0; i < 100; ++i) choices.push_back(CrashChoice::Random(seed + i));
  for (const CrashChoice& choice : choices) {
    EXPECT_EQ(disk.files().CrashImage(choice)->Contents(), direct.CrashImage(choice)->Contents())
        << choice.ToString();
  }
}

}  // namespace
}  // namespace varve::crash
