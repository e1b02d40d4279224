// Tests: kernel/table/guard_tree.cc
// Tests: kernel/table/guard_page.cc
// Tests: kernel/table/guard_lazy.cc
// Tests: kernel/table/lmdb_path.cc
// The guard on files with anything in them. What must hold for each image: the guard refuses it, or
// it is opened and every row read is right, or the read says kDataLoss. Never a wrong row, never a
// signal (each image is tried in a child process). The same for the quick guard, as after a clean
// close, where pages are checked when they are first read; and then a write is tried, too.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "crash/allocations/sanitizer.h"
#include "kernel/io/file_system.h"
#include "kernel/table/guard_meta.h"
#include "kernel/table/lmdb_page.h"
#include "kernel/table/materialized_store.h"
#include "tests/kernel/table/materialized_model.h"
#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

constexpr std::size_t kPageBytes = 4096;

// Sanitizers see in a sample what they would see in all; the answers are compared in every build.
constexpr int kImages = crash::kHasSanitizer ? 30 : 300;
constexpr std::size_t kMetaBitsToTheNext =
    crash::kHasSanitizer ? 13 : 1;  // every bit of a byte in turn

// VARVE_GUARD_IMAGES: how many images of each kind of damage, for a longer search.
int Images() {
  const char* asked = std::getenv("VARVE_GUARD_IMAGES");
  return asked == nullptr ? kImages : std::atoi(asked);
}

enum Outcome : char { kRefused, kRight, kDataLossFound, kWrong, kSignal, kOutcomes };

class Guard : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/guard_test_" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = folder_ + "/state.mdb";
    options_.history.keep = std::chrono::microseconds::max();
    ASSERT_TRUE(CreateLmdbFile(PosixFileSystem(), path_, AppliedMark{}).ok());
    auto store = OpenLmdbStore(path_, options_);
    ASSERT_TRUE(store.ok()) << store.status();
    std::mt19937_64 random(7);
    for (std::uint64_t lsn = 1; lsn <= 6; ++lsn) Checkpoint(**store, lsn, random);
    store->reset();
    image_ = Read();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Rows of many sizes: in one page, in overflow pages, with long keys, deleted, superseded; and so
  // long that there are branches above branches.
  void Checkpoint(MaterializedStore& store, std::uint64_t lsn, std::mt19937_64& random) {
    ModelRows rows;
    for (int i = 0; i < 120; ++i) {
      const std::string key = "key" + std::to_string(random() % 300) +
                              std::string(random() % 40 == 0 ? 700 : 0, 'k') +
                              std::string(random() % 3 == 0 ? 240 : 0, 'l');
      const std::size_t bytes = random() % 30 == 0 ? 6000 : random() % 100;
      const ModelVersion version{lsn, lsn, random() % 5 == 0, std::string(bytes, 'v')};
      if (rows.contains(key)) continue;
      rows[key].push_back(version);
      rows[key].back().value.resize(version.deleted ? 0 : bytes);
      model_[key].push_back(rows[key].back());
    }
    ModelStream stream(rows);
    const absl::Status status =
        store.Checkpoint(stream, AppliedMark{Uuid(), Lsn(lsn), Timestamp(lsn), Lsn()});
    ASSERT_TRUE(status.ok()) << status;
    last_ = lsn;
  }

  std::string Read() { return *ReadWholeFile(PosixFileSystem(), path_, std::uint64_t{1} << 30); }
  // In place: a file cut to nothing first would be flushed at every close.
  void Write(const std::string& image) const {
    std::FILE* file = std::fopen(path_.c_str(), "r+b");
    std::fwrite(image.data(), 1, image.size(), file);
    std::fclose(file);
    std::filesystem::resize_file(path_, image.size());
    std::filesystem::remove(path_ + ".damaged");
  }
  GuardVerdict Verdict(bool deep) {
    const auto verdict = GuardMaterializedFile(PosixFileSystem(), path_, deep);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return *verdict;
  }

  // Opens the file at path_ and reads all of it, in every way there is. `order`: in which.
  Outcome Try(bool deep, std::uint64_t order) {
    const auto verdict = GuardMaterializedFile(PosixFileSystem(), path_, deep);
    if (!verdict.ok()) return kWrong;
    if (!verdict->usable) return kRefused;
    MaterializedOptions options = options_;
    const bool writes = !deep && order % 8 == 0;
    options.read_only =
        !writes;  // which leaves no mark beside a damaged file, and waits for no disk
    options.whole = verdict->whole;
    const auto store = OpenLmdbStore(path_, options);
    if (!store.ok()) return absl::IsDataLoss(store.status()) ? kDataLossFound : kWrong;
    const Outcome outcome = ReadAll(**store, order);
    return writes && outcome != kWrong ? TryToWrite(**store, outcome) : outcome;
  }

  Outcome ReadAll(MaterializedStore& store, std::uint64_t order) const {
    const auto reader = store.OpenReader();
    if (!reader.ok()) return absl::IsDataLoss(reader.status()) ? kDataLossFound : kWrong;
    const std::uint64_t applied = (*reader)->mark().applied.value();
    bool lost = false;
    // Who meets a page first checks it: half of the time these come before the scans.
    if (order % 2 == 0 && !GetAll(**reader, applied, order, lost)) return kWrong;
    lost = absl::IsDataLoss(store.Verify({})) || lost;
    for (const std::uint64_t at : {applied, applied / 2}) {
      const auto expected = ModelScan(model_, at);
      absl::Status status;
      for (const auto& scan : {&ScanForward, &ScanBackward}) {
        const auto found = scan(**reader, Lsn(at), status);
        if (!status.ok()) {
          if (!absl::IsDataLoss(status)) return kWrong;
          lost = true;
        } else if (found != expected) {
          return kWrong;
        }
      }
      if (!GetAll(**reader, at, order, lost)) return kWrong;
    }
    return lost ? kDataLossFound : kRight;
  }

  // Every key of the model and one beside each, in an order of its own. False: an answer is wrong.
  bool GetAll(MaterializedReader& reader, std::uint64_t at, std::uint64_t order, bool& lost) const {
    std::vector<std::string> keys;
    for (const auto& [key, versions] : model_) {
      keys.push_back(key);
      keys.push_back(key + '!');
    }
    std::shuffle(keys.begin(), keys.end(), std::mt19937_64(order));
    for (const std::string& key : keys) {
      const auto found = reader.Get(key, Lsn(at));
      if (!found.ok()) {
        lost = true;
        continue;
      }
      const auto wanted = ModelGet(model_, key, at);
      if (found->has_value() != wanted.has_value()) return false;
      if (wanted.has_value() && ToModel(**found) != *wanted) return false;
    }
    return true;
  }

  // A write is refused as long as anything is damaged, and otherwise right.
  Outcome TryToWrite(MaterializedStore& store, Outcome before) {
    const auto reader = store.OpenReader();
    // Of a state that is not the last one the log would have the rest.
    if (!reader.ok() || (*reader)->mark().applied != Lsn(last_)) return before;
    const ModelRows model = model_;
    const std::uint64_t lsn = last_ + 1;
    ModelRows rows;
    for (const char* key : {"key1", "key150", "key999"}) {
      rows[key] = {ModelVersion{lsn, lsn, false, "written"}};
      model_[key].push_back(rows[key].back());
    }
    ModelStream stream(rows);
    const absl::Status status =
        store.Checkpoint(stream, AppliedMark{Uuid(), Lsn(lsn), Timestamp(lsn), Lsn()});
    const Outcome after = status.ok()                ? ReadAll(store, lsn)
                          : absl::IsDataLoss(status) ? kDataLossFound
                                                     : kWrong;
    model_ = model;
    return status.ok() && before != after ? kWrong : after;
  }

  // Tries `count` images in child processes; a child that dies is replaced by the next.
  std::array<int, kOutcomes> TryAll(int count, bool deep,
                                    const std::function<std::string(int)>& image_of) {
    std::array<int, kOutcomes> outcomes{};
    for (int next = 0; next < count;) {
      std::array<int, 2> pipe_ends{};
      EXPECT_EQ(pipe(pipe_ends.data()), 0);
      const pid_t child = fork();
      if (child == 0) {
        for (int i = next; i < count; ++i) {
          Write(image_of(i));
          const char outcome = Try(deep, static_cast<std::uint64_t>(i));
          if (outcome == kWrong) std::fprintf(stderr, "image %d: wrong\n", i);
          if (write(pipe_ends[1], &outcome, 1) != 1) break;
        }
        _exit(0);
      }
      close(pipe_ends[1]);
      char outcome = 0;
      while (read(pipe_ends[0], &outcome, 1) == 1) {
        ++outcomes[static_cast<std::size_t>(outcome)];
        ++next;
      }
      close(pipe_ends[0]);
      int status = 0;
      waitpid(child, &status, 0);
      if (next < count) {
        std::fprintf(stderr, "image %d: the child died, status %d\n", next, status);
        ++outcomes[kSignal];
        ++next;
      }
    }
    std::printf("%d images, %s: refused %d, right %d, kDataLoss %d, wrong %d, signals %d\n", count,
                deep ? "deep" : "quick", outcomes[kRefused], outcomes[kRight],
                outcomes[kDataLossFound], outcomes[kWrong], outcomes[kSignal]);
    return outcomes;
  }

  void ExpectNoneWrong(int count, const std::function<std::string(int)>& image_of) {
    for (const bool deep : {true, false}) {
      const auto outcomes = TryAll(count, deep, image_of);
      EXPECT_EQ(outcomes[kWrong], 0);
      EXPECT_EQ(outcomes[kSignal], 0);
    }
  }

  std::string folder_;
  std::string path_;
  MaterializedOptions options_;
  ModelRows model_;
  std::uint64_t last_ = 0;
  std::string image_;
};

TEST_F(Guard, AcceptsAFileAsItWasLeft) {
  EXPECT_TRUE(Verdict(false).usable) << Verdict(false).reason;
  EXPECT_TRUE(Verdict(true).usable) << Verdict(true).reason;
  EXPECT_EQ(Try(true, 0), kRight);
  EXPECT_EQ(Try(false, 0), kRight);
}

TEST_F(Guard, AbsentFileIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(
      GuardMaterializedFile(PosixFileSystem(), folder_ + "/none", false).status()));
}

// STATE-9
TEST_F(Guard, RefusesAFileMarkedDamaged) {
  ASSERT_TRUE(PosixFileSystem().Open(path_ + ".damaged", OpenMode::kCreate).ok());
  EXPECT_FALSE(Verdict(false).usable);
  ASSERT_TRUE(RemoveLmdbFile(PosixFileSystem(), path_).ok());
  EXPECT_FALSE(PosixFileSystem().Stat(path_ + ".damaged").ok());
  EXPECT_FALSE(PosixFileSystem().Stat(path_).ok());
}

TEST_F(Guard, NamesWhatIsWrongWithAMetaPage) {
  struct Case {
    std::size_t offset;
    const char* reason;
  };
  for (const Case& wrong :
       {Case{16, "magic"}, Case{20, "version"}, Case{40, "page size"}, Case{10, "not a meta page"},
        Case{kPageBytes + 16, "magic"}, Case{44, "flags"}, Case{144, "transaction"}}) {
    std::string image = image_;
    image[wrong.offset] = static_cast<char>(image[wrong.offset] ^ 0x41);
    Write(image);
    const GuardVerdict verdict = Verdict(false);
    EXPECT_FALSE(verdict.usable) << wrong.offset;
    EXPECT_NE(verdict.reason.find(wrong.reason), std::string::npos) << verdict.reason;
  }
}

// Such a page would be overwritten while it is used. Every page of this file is used or free, so
// any other number in the list is of a page used, or of one that is free already.
TEST_F(Guard, RefusesAFreePageThatIsInUse) {
  std::string fault;
  const auto file = PosixFileSystem().Open(path_, OpenMode::kRead);
  const std::uint64_t root = CheckLmdbMetas(**file, fault)->newest.free_list.root;
  const char* page = image_.data() + root * kPageBytes;
  ASSERT_EQ(page[LmdbPageLayout::kFlagsOffset], kLmdbLeafPage);
  const auto node = ReadLmdbLeafNode(page, kPageBytes, 0);
  ASSERT_TRUE(node.has_value());
  const auto count = LoadLittleEndian<std::uint64_t>(node->value);
  ASSERT_GE(count, 2u);
  const auto last = static_cast<std::size_t>(node->value - image_.data()) + 8 * count;
  const auto before = LoadLittleEndian<std::uint64_t>(image_.data() + last - 8);
  const auto itself = LoadLittleEndian<std::uint64_t>(image_.data() + last);
  for (std::uint64_t number = kLmdbMetaPages; number < before; ++number) {
    std::string image = image_;
    StoreLittleEndian(image.data() + last, number);
    Write(image);
    EXPECT_EQ(Verdict(true).usable, number == itself) << number;
  }
}

TEST_F(Guard, RefusesEveryTruncationShortOfTheLastPage) {
  for (std::size_t bytes = 0; bytes < image_.size(); bytes += 2047) {
    Write(image_.substr(0, bytes));
    EXPECT_FALSE(Verdict(false).usable) << bytes;
  }
}

TEST_F(Guard, EveryBitOfTheMetaPagesMayFlip) {
  constexpr std::size_t kBits = kLmdbMetaBytes * 8;  // of one of the two
  ExpectNoneWrong(static_cast<int>(2 * kBits / kMetaBitsToTheNext), [&](int i) {
    std::string image = image_;
    const std::size_t bit = static_cast<std::size_t>(i) * kMetaBitsToTheNext % kBits;
    const std::size_t page = static_cast<std::size_t>(i) * kMetaBitsToTheNext / kBits;
    char& byte = image[page * kPageBytes + bit / 8];
    byte = static_cast<char>(byte ^ (1 << bit % 8));
    return image;
  });
}

TEST_F(Guard, AnyBitMayFlip) {
  const std::uint64_t seed = TestSeed();
  ExpectNoneWrong(Images(), [&](int i) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(i));
    std::string image = image_;
    char& byte = image[random() % image.size()];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    return image;
  });
}

// Offsets and lengths sit at the beginnings of pages: most damage that could lead astray is there.
TEST_F(Guard, AnyBitOfAPageHeaderMayFlip) {
  const std::uint64_t seed = TestSeed();
  ExpectNoneWrong(Images(), [&](int i) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(i));
    std::string image = image_;
    const std::size_t page = random() % (image.size() / kPageBytes);
    char& byte = image[page * kPageBytes + random() % 64];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    return image;
  });
}

// The keys that separate pages: one that changed leads a search to the wrong page.
TEST_F(Guard, AnyBitOfASeparatorMayFlip) {
  std::vector<std::size_t> bytes;
  for (std::size_t page = kLmdbMetaPages * kPageBytes; page < image_.size(); page += kPageBytes) {
    const char* at = image_.data() + page;
    const auto count = LmdbNodeCount(at, kPageBytes);
    if (LmdbPageFlags(at) != kLmdbBranchPage || !count.has_value()) continue;
    for (std::uint32_t i = 1; i < *count; ++i) {
      const auto key = ReadLmdbNodeKey(at, kPageBytes, i);
      ASSERT_TRUE(key.has_value());
      for (const char& byte : *key) {
        bytes.push_back(static_cast<std::size_t>(&byte - image_.data()));
      }
    }
  }
  ASSERT_FALSE(bytes.empty());
  const std::uint64_t seed = TestSeed();
  ExpectNoneWrong(Images(), [&](int i) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(i));
    std::string image = image_;
    char& byte = image[bytes[random() % bytes.size()]];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    return image;
  });
}

TEST_F(Guard, SectorsMayBeZeroedExchangedOrScrambled) {
  const std::uint64_t seed = TestSeed();
  ExpectNoneWrong(Images(), [&](int i) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(i));
    std::string image = image_;
    const std::size_t unit = random() % 2 == 0 ? 512 : kPageBytes;
    const std::size_t to = random() % (image.size() / unit) * unit;
    const std::size_t from = random() % (image.size() / unit) * unit;
    if (i % 3 == 0) {
      image.replace(to, unit, std::string(unit, '\0'));
    } else if (i % 3 == 1) {
      image.replace(to, unit, image_, from, unit);
    } else {
      for (std::size_t byte = to; byte < to + unit; ++byte)
        image[byte] = static_cast<char>(random());
    }
    return image;
  });
}

}  // namespace
}  // namespace varve::table
