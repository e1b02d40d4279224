// A run written by one build is the same run in every other: tests/golden/run_v1.hex is the log of
// three transactions through all seven primitives, and the digest of the run for the build that
// wrote it.
//
// That file is a promise. It is made once, by
//
//   VARVE_WRITE_GOLDEN=tests/golden/run_v1.hex crash_tests --gtest_filter='GoldenRun.*'
//
// and not again to turn a test green: a format that changes gets a version, and a file beside this
// one.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "crash/operations/operations.h"
#include "crash/world.h"
#include "kernel/base/status.h"
#include "kernel/store_files.h"
#include "kernel/wal/segment.h"
#include "primitives/builtin.h"
#include "primitives/run/run_replay.h"
#include "recovery/create.h"
#include "tests/crash/all_seven.h"
#include "tests/crash/known_state.h"
#include "tests/support/source_files.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kTransactions = 3;
constexpr std::size_t kBytesPerLine = 16;
constexpr char kGoldenPath[] = "tests/golden/run_v1.hex";
constexpr char kDigestTitle[] = "# digest of the run: ";

// However often a build looks at it, its commits are of the same moment.
class StoppedClock final : public Clock {
 public:
  Timestamp Now() override { return Timestamp(1'700'000'000'000'000); }
};

// What the file holds.
struct Golden {
  std::string log;     // its first and only segment
  std::string digest;  // 32 hexadecimal digits
};

// Lines "OFFSET  BYTES", hexadecimal; what no line gives is zero. The last line is always given.
std::string Format(const Golden& golden) {
  std::string text =
      "# The log of a run, format version 1: tests/crash/golden_run_test.cc says of what. Offset "
      "and "
      "bytes\n# are hexadecimal; what is not listed is zero. Never regenerate: these bytes are "
      "promised.\n";
  text.append(kDigestTitle).append(golden.digest).append("\n");
  for (std::size_t from = 0; from < golden.log.size(); from += kBytesPerLine) {
    const std::string bytes = golden.log.substr(from, kBytesPerLine);
    const bool is_last = from + kBytesPerLine >= golden.log.size();
    if (!is_last && bytes.find_first_not_of('\0') == std::string::npos) continue;
    char part[24];
    std::snprintf(part, sizeof part, "%04zx ", from);
    text.append(part);
    for (const char byte : bytes) {
      std::snprintf(part, sizeof part, " %02x", static_cast<unsigned>(byte) & 255u);
      text.append(part);
    }
    text.append("\n");
  }
  return text;
}

Golden Parse(const std::string& text) {
  Golden golden{.log = testing_support::ParseHexdump(text), .digest = {}};
  const std::size_t title = text.find(kDigestTitle);
  if (title == std::string::npos) return golden;
  const std::size_t begin = title + sizeof kDigestTitle - 1;
  golden.digest = text.substr(begin, text.find('\n', begin) - begin);
  return golden;
}

class GoldenRun : public ::testing::Test {
 protected:
  absl::StatusOr<OpenedStore> Open() {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    OpenOptions options = SmallStoreOptions();
    options.environment = environment();
    options.materialized = [](const table::MaterializedOptions& wanted,
                              const table::AppliedMark& fresh)
        -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
      return table::MakeMemoryStore(wanted, fresh);
    };
    return OpenStore(kStoreDirectory, std::move(registry), options);
  }

  // The disk of a store that has this log, and a manifest made anew for it.
  absl::Status PutOnDisk(const std::string& log) {
    const StoreFiles names(kStoreDirectory);
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    VARVE_ASSIGN_OR_RETURN(const wal::SegmentHeader header, wal::DecodeSegmentHeader(log));
    VARVE_RETURN_IF_ERROR(recovery::CreateStoreDirectory(*world_.files, names));
    VARVE_RETURN_IF_ERROR(recovery::CreateStoreFolders(*world_.files, names));
    VARVE_ASSIGN_OR_RETURN(const auto file,
                           world_.files->Open(LogPath(header.number), OpenMode::kCreate));
    VARVE_RETURN_IF_ERROR(file->WriteAt(0, log));
    VARVE_RETURN_IF_ERROR(file->Sync());
    VARVE_RETURN_IF_ERROR(world_.files->SyncDirectory(names.log_folder()));
    snapshot::Manifest manifest = recovery::FreshManifest(world_.entropy, registry);
    manifest.store = header.store;
    return recovery::CreateStoreManifest(*world_.files, names, manifest);
  }

  // The log of a new store with the transactions, and the digest as this store gives it.
  absl::StatusOr<Golden> Write() {
    VARVE_ASSIGN_OR_RETURN(OpenedStore opened, Open());
    for (std::uint64_t number = 1; number <= kTransactions; ++number) {
      const auto receipt = opened.store->Update([&](Transaction& transaction) {
        return WriteThroughSeven(transaction, kSevenRun, number);
      });
      VARVE_RETURN_IF_ERROR(receipt.status());
    }
    Golden golden;
    VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
    VARVE_ASSIGN_OR_RETURN(golden.digest, RunDigest(view, kSevenRun));
    golden.log = world_.files->Contents().at(LogPath(1));
    return golden;
  }

  static std::string LogPath(std::uint64_t number) {
    return StoreFiles(kStoreDirectory).log_folder() + "/" + wal::SegmentFileName(number);
  }
  Environment environment() { return {world_.files.get(), &clock_, &world_.entropy}; }

  SimulatedEnvironment world_;
  StoppedClock clock_;
};

TEST_F(GoldenRun, ALogThatAnotherBuildWroteReplaysToTheDigestItHadThere) {
  const Golden golden = Parse(testing_support::ReadSource(kGoldenPath));
  ASSERT_FALSE(golden.log.empty());
  const absl::Status put = PutOnDisk(golden.log);
  ASSERT_TRUE(put.ok()) << put;
  auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->report.records_replayed, kTransactions);
  EXPECT_EQ(opened->report.torn_tail_bytes, 0u);
  auto view = opened->store->View();
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(*RunDigest(*view, kSevenRun), golden.digest);
  const auto found = ReadSeven(*view, kSevenRun);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, SevenAfter(kTransactions));
}

TEST_F(GoldenRun, TheSameTransactionsHaveThatDigestWhereThisBuildWritesThem) {
  const auto written = Write();
  ASSERT_TRUE(written.ok()) << written.status();
  if (const char* path = std::getenv("VARVE_WRITE_GOLDEN"); path != nullptr) {
    std::ofstream(path) << Format(*written);
  }
  EXPECT_EQ(written->digest, Parse(testing_support::ReadSource(kGoldenPath)).digest);
  EXPECT_EQ(Parse(Format(*written)).log, written->log);
}

}  // namespace
}  // namespace varve::crash
