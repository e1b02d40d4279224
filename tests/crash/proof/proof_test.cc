// Does the harness find what it is for? Bugs that were found in other stores, the hard way, are
// planted one at a time, and the drivers must find each.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "tests/crash/proof/driver.h"
#include "tests/crash/proof/planted.h"
#include "tests/support/source_files.h"
#include "tests/support/test_seed.h"

namespace varve::crash {
namespace {

using testing_support::TestSeed;

// A case that has not ended by then hangs: a fault, too. Without a bug one takes a tenth of a
// second.
constexpr unsigned kHangSeconds = 60;

// What a child tells its parent, also when it dies.
struct Report {
  std::uint64_t seeds = 0;  // begun
  bool found = false;
  char text[600] = {};
};

struct Search {
  bool found = false;
  std::uint64_t seeds = 0;
  double seconds = 0;
  std::string how;  // it was found
};

Report* SharedReport() {
  void* const memory =
      ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  VARVE_CHECK(memory != MAP_FAILED);
  return new (memory) Report();
}

[[noreturn]] void RunSeeds(const Driver& driver, std::uint64_t first, std::uint64_t count,
                           Report& report) {
  // What a CHECK says on its way out is expected.
  std::freopen("/dev/null", "w", stderr);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    ++report.seeds;
    ::alarm(kHangSeconds);
    const absl::Status status = driver.run(seed);
    if (status.ok()) continue;
    std::snprintf(report.text, sizeof report.text, "seed %llu: %s",
                  static_cast<unsigned long long>(seed),
                  std::string(FromAbsl(status.message())).c_str());
    report.found = true;
    break;
  }
  ::_exit(0);
}

// In a process of its own: a bug may end it, which is a way to be found.
Search RunDriver(const Driver& driver, std::string_view bug, std::uint64_t first,
                 std::uint64_t count) {
  using Clock = std::chrono::steady_clock;
  Report* const report = SharedReport();
  static_cast<void>(CountsOfSites());
  std::fflush(nullptr);
  const Clock::time_point begin = Clock::now();
  const pid_t child = ::fork();
  VARVE_CHECK(child >= 0);
  if (child == 0) {
    planted_bug = bug;
    RunSeeds(driver, first, count, *report);
  }
  int outcome = 0;
  VARVE_CHECK(::waitpid(child, &outcome, 0) == child);
  Search search;
  search.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  search.seeds = report->seeds;
  search.found = report->found || !WIFEXITED(outcome);
  search.how = report->text;
  if (WIFSIGNALED(outcome))
    search.how = "the process died of signal " + std::to_string(WTERMSIG(outcome));
  ::munmap(report, sizeof(Report));
  return search;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// VARVE_PROOF_SITES: the sites that few cases met are printed.
// VARVE_PROOF_DRIVER: another driver than the one that the list names.
// How often each bug is searched for: VARVE_PROOF_ROUNDS, else once. More than one prints the table
// of docs/proof-of-the-harness.md.
std::uint64_t Rounds() {
  const char* const text = std::getenv("VARVE_PROOF_ROUNDS");
  return text == nullptr ? 1 : std::max<std::uint64_t>(1, std::strtoull(text, nullptr, 10));
}

class SeededBugTest : public ::testing::TestWithParam<SeededBug> {};

TEST_P(SeededBugTest, IsFound) {
  const SeededBug& bug = GetParam();
  const char* const other = std::getenv("VARVE_PROOF_DRIVER");
  const Driver* const driver = FindDriver(other == nullptr ? bug.driver : other);
  ASSERT_NE(driver, nullptr) << "no driver is called " << bug.driver;
  const std::uint64_t seed = TestSeed(1);
  std::vector<double> seeds;
  std::vector<double> seconds;
  Search search;
  for (std::uint64_t round = 0; round < Rounds(); ++round) {
    search = RunDriver(*driver, bug.id, seed + round * 100'000, driver->seeds_max);
    ASSERT_TRUE(search.found) << bug.id << ", " << bug.title << ": not found by " << search.seeds
                              << " seeds of the driver " << driver->name;
    seeds.push_back(static_cast<double>(search.seeds));
    seconds.push_back(search.seconds);
  }
  std::printf("| %s | %s | %s | %s | %.0f | %.2f |\n", std::string(bug.id).c_str(),
              std::string(bug.title).c_str(), std::string(bug.origin).c_str(),
              std::string(bug.driver).c_str(), Median(seeds), Median(seconds));
  std::printf("    %s\n", search.how.c_str());
}

std::string NameOfBug(const ::testing::TestParamInfo<SeededBug>& info) {
  std::string name(info.param.id);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Bugs, SeededBugTest, ::testing::ValuesIn(SeededBugs()), NameOfBug);

// "file: text" of the sites that no driver meets, with the reason behind " | ". A line without a
// text speaks for its whole file.
class Explanations final {
 public:
  Explanations() {
    const std::string text = testing_support::ReadSource("tests/crash/proof/explained_sites.txt");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t bar = line.find(" | ");
      if (line.starts_with('#') || bar == std::string::npos) continue;
      all_.insert(line.substr(0, bar));
    }
  }
  // Whether `site` has a reason.
  [[nodiscard]] bool Has(const Site& site) const {
    const std::string file(site.file);
    return all_.contains(file) || all_.contains(file + ": " + std::string(site.text));
  }

 private:
  std::set<std::string> all_;
};

class CleanRun : public ::testing::Test {
 protected:
  // How many of the sites of `kind` were met, and what was not, without a reason.
  struct Tally {
    std::uint64_t sites = 0;
    std::uint64_t hit = 0;
    std::uint64_t explained = 0;
    std::string unexplained;
  };
  Tally Count(Site::Kind kind, const Explanations& explanations) {
    Tally tally;
    for (std::size_t i = 0; i < Sites().size(); ++i) {
      const Site& site = Sites()[i];
      if (site.kind != kind) continue;
      ++tally.sites;
      const SiteCounts& counts = CountsOfSites()[i];
      if (counts.hit > 0) {
        ++tally.hit;
      } else if (explanations.Has(site)) {
        ++tally.explained;
      } else {
        tally.unexplained += std::string(site.file) + ": " + std::string(site.text) +
                             (counts.reached > 0 ? "" : "   (never reached)") + "\n";
      }
    }
    return tally;
  }
  // What only a few cases met may be missed after any change: it had better be explained.
  static void PrintRareSites() {
    constexpr std::uint64_t kRare = 6;
    for (std::size_t i = 0; i < Sites().size(); ++i) {
      const std::uint64_t hits = CountsOfSites()[i].hit;
      if (hits >= kRare) continue;
      std::printf("met %llu times: %s: %s\n", static_cast<unsigned long long>(hits),
                  std::string(Sites()[i].file).c_str(), std::string(Sites()[i].text).c_str());
    }
  }
  static void Print(const char* what, const Tally& tally) {
    std::printf("%s: %llu, met %llu, explained %llu\n", what,
                static_cast<unsigned long long>(tally.sites),
                static_cast<unsigned long long>(tally.hit),
                static_cast<unsigned long long>(tally.explained));
  }
};

TEST_F(CleanRun, FindsNothingAndMeetsEveryCallAndEveryReturnOfAnError) {
  for (const Driver& driver : Drivers()) {
    const Search search = RunDriver(driver, "", TestSeed(1), driver.clean_seeds);
    EXPECT_FALSE(search.found) << driver.name << ", " << search.how;
    EXPECT_EQ(search.seeds, driver.clean_seeds);
    std::printf("%s: %llu seeds in %.1f s\n", std::string(driver.name).c_str(),
                static_cast<unsigned long long>(search.seeds), search.seconds);
  }
  const Explanations explanations;
  const Tally calls = Count(Site::Kind::kCall, explanations);
  const Tally returns = Count(Site::Kind::kReturn, explanations);
  Print("calls that change the disk, crashed at", calls);
  Print("early returns of an error, fired", returns);
  EXPECT_EQ(calls.unexplained, "") << "never crashed at";
  EXPECT_EQ(returns.unexplained, "") << "never returned an error";
  if (std::getenv("VARVE_PROOF_SITES") != nullptr) PrintRareSites();
}

TEST(Proof, KnowsAtLeastFortyBugs) { EXPECT_GE(SeededBugs().size(), 40u); }

}  // namespace
}  // namespace varve::crash
