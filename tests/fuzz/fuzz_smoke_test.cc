// Every fuzz target on its committed corpus, and on mutations of it: docs/fuzzing.md.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "crash/allocations/sanitizer.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutation.h"
#include "tests/support/test_seed.h"

// Sanitizers bring an allocator of their own, and make a run ten times as long.
#if !VARVE_HAS_SANITIZER
#define VARVE_FUZZ_COUNTS_MEMORY 1
#define VARVE_FUZZ_RUNS_DIVISOR 1
#else
#define VARVE_FUZZ_RUNS_DIVISOR 8
#endif

namespace {

std::atomic<std::int64_t> live_bytes{0};
std::atomic<std::int64_t> peak_bytes{0};

#ifdef VARVE_FUZZ_COUNTS_MEMORY
void* Allocate(std::size_t bytes, std::size_t alignment) {
  void* const memory =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(bytes)
          : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  const auto usable = static_cast<std::int64_t>(malloc_usable_size(memory));
  const std::int64_t live = live_bytes.fetch_add(usable) + usable;
  std::int64_t peak = peak_bytes.load();
  while (live > peak && !peak_bytes.compare_exchange_weak(peak, live)) {
  }
  return memory;
}

void Release(void* memory) {
  if (memory == nullptr) return;
  live_bytes.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(memory)));
  std::free(memory);
}
#endif

}  // namespace

#ifdef VARVE_FUZZ_COUNTS_MEMORY
void* operator new(std::size_t bytes) { return Allocate(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return Allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete(void* memory, std::size_t) noexcept { Release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { Release(memory); }
#endif

namespace varve::fuzz {
namespace {

constexpr std::uint64_t kStandardSeed = 20261122;
constexpr std::size_t kInputBytesMax = std::size_t{16} << 10;
// Buffers of fixed size (windows of files, blocks of a memtable), and what an input may cost
// beyond.
constexpr std::int64_t kMemoryFixed = std::int64_t{32} << 20;
constexpr std::int64_t kMemoryPerByte = 256;

struct CorpusFile {
  std::string name;
  std::string bytes;
};

std::vector<CorpusFile> ReadCorpus(const std::string& target) {
  const std::filesystem::path folder = std::filesystem::path(VARVE_FUZZ_CORPUS) / target;
  std::vector<CorpusFile> corpus;
  if (!std::filesystem::is_directory(folder)) return corpus;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    corpus.push_back(
        {entry.path().filename().string(), std::string(std::istreambuf_iterator<char>(in), {})});
  }
  std::sort(corpus.begin(), corpus.end(),
            [](const CorpusFile& left, const CorpusFile& right) { return left.name < right.name; });
  return corpus;
}

// A file that holds the input being tried, in memory shared with the system: it is there after the
// process died of the input, and costs nothing while it does not.
class LastInput final {
 public:
  explicit LastInput(std::string path) : path_(std::move(path)) {
    const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, kBytes) != 0) return;
    void* const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED) memory_ = static_cast<char*>(memory);
    close(file);
  }
  ~LastInput() {
    if (memory_ != nullptr) munmap(memory_, kBytes);
    std::filesystem::remove(path_);
  }
  LastInput(const LastInput&) = delete;
  LastInput& operator=(const LastInput&) = delete;

  void Set(const std::string& input) {
    const std::uint64_t size = std::min(input.size(), kBytes - sizeof(std::uint64_t));
    if (memory_ == nullptr) return;
    std::memcpy(memory_, &size, sizeof size);
    std::memcpy(memory_ + sizeof size, input.data(), size);
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{64} << 10;
  std::string path_;
  char* memory_ = nullptr;
};

class FuzzSmoke : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    target_ = FindTarget(GetParam());
    ASSERT_NE(target_, nullptr);
    const std::string path = testing::TempDir() + "fuzz_" + GetParam() + "_last_input";
    std::printf("where the process dies: %s holds a u64 length and the input\n", path.c_str());
    last_input_.emplace(path);
  }

  // In memory of exactly its size, so that a sanitizer sees a read of one byte more.
  absl::Status Run(const std::string& input) {
    last_input_->Set(input);
    const std::unique_ptr<char[]> exact(new char[input.size()]);
    std::copy(input.begin(), input.end(), exact.get());
    const std::int64_t before = live_bytes.load();
    peak_bytes.store(before);
    const absl::Status status = target_->run(std::string_view(exact.get(), input.size()));
    const std::int64_t used = peak_bytes.load() - before;
    const std::int64_t allowed =
        kMemoryFixed + kMemoryPerByte * static_cast<std::int64_t>(input.size());
    if (status.ok() && used > allowed) {
      return Broken(input.size(), " bytes of input took ", used, " bytes of memory");
    }
    return status;
  }

  const Target* target_ = nullptr;
  std::optional<LastInput> last_input_;
};

TEST_P(FuzzSmoke, KeepsItsPromisesOnTheCommittedCorpus) {
  const std::vector<CorpusFile> corpus = ReadCorpus(GetParam());
  EXPECT_FALSE(corpus.empty()) << "no corpus: run corpus_seeder tests/fuzz/corpus";
  // The first run makes what later ones share.
  Run("").IgnoreError();
  for (const CorpusFile& file : corpus) {
    const absl::Status status = Run(file.bytes);
    EXPECT_TRUE(status.ok()) << file.name << ": " << status;
  }
}

TEST_P(FuzzSmoke, KeepsItsPromisesOnMutations) {
  std::vector<std::string> corpus = target_->seeds();
  for (CorpusFile& file : ReadCorpus(GetParam())) corpus.push_back(std::move(file.bytes));
  ASSERT_FALSE(corpus.empty());
  std::mt19937_64 random(testing_support::TestSeed(kStandardSeed));
  Run("").IgnoreError();
  for (int i = 0; i < target_->smoke_runs / VARVE_FUZZ_RUNS_DIVISOR; ++i) {
    const std::string input = Mutated(corpus, kInputBytesMax, random);
    const absl::Status status = Run(input);
    ASSERT_TRUE(status.ok()) << "mutation " << i << ": " << status
                             << "\ninput, as base64: " << absl::Base64Escape(ToAbsl(input));
  }
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Target& target : Targets()) names.push_back(target.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzSmoke, testing::ValuesIn(Names()),
                         [](const testing::TestParamInfo<std::string>& target) {
                           return target.param;
                         });

}  // namespace
}  // namespace varve::fuzz
