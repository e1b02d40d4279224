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
#include <fstream>
#include <map>
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

// A driver at work, in a process of its own: a bug may end it, which is a way to be found.
struct Running {
  Report* report = nullptr;
  std::chrono::steady_clock::time_point begin;
  pid_t child = -1;
};

Running StartDriver(const Driver& driver, std::string_view bug, std::uint64_t first,
                    std::uint64_t count) {
  Running running;
  running.report = SharedReport();
  static_cast<void>(CountsOfSites());
  std::fflush(nullptr);
  running.begin = std::chrono::steady_clock::now();
  running.child = ::fork();
  VARVE_CHECK(running.child >= 0);
  if (running.child == 0) {
    planted_bug = bug;
    RunSeeds(driver, first, count, *running.report);
  }
  return running;
}

Search FinishDriver(const Running& running) {
  int outcome = 0;
  VARVE_CHECK(::waitpid(running.child, &outcome, 0) == running.child);
  Search search;
  search.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - running.begin).count();
  search.seeds = running.report->seeds;
  search.found = running.report->found || !WIFEXITED(outcome);
  search.how = running.report->text;
  if (WIFSIGNALED(outcome))
    search.how = "the process died of signal " + std::to_string(WTERMSIG(outcome));
  ::munmap(running.report, sizeof(Report));
  return search;
}

Search RunDriver(const Driver& driver, std::string_view bug, std::uint64_t first,
                 std::uint64_t count) {
  return FinishDriver(StartDriver(driver, bug, first, count));
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

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

std::string NameOf(const Site& site) {
  return std::string(site.file) + ": " + std::string(site.text);
}

// Why the sites that no driver meets cannot be met: lines of "file: text | reason".
std::map<std::string, std::string> ReadExplanations() {
  std::map<std::string, std::string> all;
  std::istringstream lines(testing_support::ReadSource("tests/crash/proof/explained_sites.txt"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t bar = line.find(" | ");
    if (line.starts_with('#') || bar == std::string::npos) continue;
    all[line.substr(0, bar)] = line.substr(bar + 3);
  }
  return all;
}

// Every site with what became of it: a file in the build folder, and what is wrong with it.
class SiteTable final {
 public:
  SiteTable() : explanations_(ReadExplanations()), file_(VARVE_PROOF_TABLE) {
    for (std::size_t i = 0; i < Sites().size(); ++i) Add(Sites()[i], CountsOfSites()[i]);
    for (const auto& [name, reason] : explanations_) {
      if (!used_.contains(name)) stale_ += name + "   (no site is called so)\n";
    }
  }
  [[nodiscard]] std::string Summary() const {
    return "calls that change the disk: " + calls_.ToString("crashed at") +
           "\nearly returns of an error: " + returns_.ToString("fired") +
           "\nall of them: " + VARVE_PROOF_TABLE;
  }
  // Neither met nor explained.
  [[nodiscard]] const std::string& open() const { return open_; }
  // Explained, and met all the same.
  [[nodiscard]] const std::string& stale() const { return stale_; }

 private:
  struct Tally {
    std::uint64_t sites = 0;
    std::uint64_t hit = 0;
    std::uint64_t explained = 0;
    [[nodiscard]] std::string ToString(const char* met) const {
      return std::to_string(sites) + ", " + met + " " + std::to_string(hit) + ", explained " +
             std::to_string(explained);
    }
  };

  void Add(const Site& site, const SiteCounts& counts) {
    const std::string name = NameOf(site);
    const auto reason = explanations_.find(name);
    const bool explained = reason != explanations_.end();
    if (explained) used_.insert(name);
    Tally& tally = site.kind == Site::Kind::kCall ? calls_ : returns_;
    ++tally.sites;
    file_ << site.file << ":" << site.line << "\t" << site.text << "\t";
    if (counts.hit > 0) {
      ++tally.hit;
      file_ << counts.hit << " of " << counts.reached << "\n";
      if (explained) stale_ += name + "\n";
    } else if (explained) {
      ++tally.explained;
      file_ << "never: " << reason->second << "\n";
    } else {
      file_ << "never"
            << "\n";
      open_ += name + (counts.reached > 0 ? "" : "   (never reached)") + "\n";
    }
  }

  const std::map<std::string, std::string> explanations_;
  std::ofstream file_;
  std::set<std::string> used_;
  Tally calls_;
  Tally returns_;
  std::string open_;
  std::string stale_;
};

void ExpectNothing(const Driver& driver, const Search& search) {
  EXPECT_FALSE(search.found) << driver.name << ", " << search.how;
  EXPECT_EQ(search.seeds, driver.clean_seeds);
  std::printf("%s: %llu seeds in %.1f s\n", std::string(driver.name).c_str(),
              static_cast<unsigned long long>(search.seeds), search.seconds);
}

TEST(CleanRun, FindsNothingAndMeetsEveryCallAndEveryReturnOfAnError) {
  const Driver& longest = Drivers().back();
  const Running beside = StartDriver(longest, "", TestSeed(1), longest.clean_seeds);
  for (const Driver& driver : Drivers()) {
    if (driver.name == longest.name) continue;
    ExpectNothing(driver, RunDriver(driver, "", TestSeed(1), driver.clean_seeds));
  }
  ExpectNothing(longest, FinishDriver(beside));
  const SiteTable table;
  std::printf("%s\n", table.Summary().c_str());
  EXPECT_EQ(table.open(), "") << "never crashed at, never returned an error, and not explained";
  EXPECT_EQ(table.stale(), "") << "explained as never met, which is not true any more";
}

TEST(Proof, KnowsAtLeastFortyBugs) { EXPECT_GE(SeededBugs().size(), 40u); }

}  // namespace
}  // namespace varve::crash
