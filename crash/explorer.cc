#include "crash/explorer.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace varve::crash {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenReports{200};

// What the threads of one exploration share.
class Exploration final {
 public:
  explicit Exploration(const ExploreOptions& options) : options_(options) {}

  // Runs a story and keeps what came of it. False: enough.
  bool Run(const Story& story) {
    const StoryReport report = RunStory(story, options_.subjects);
    const std::lock_guard guard(mutex_);
    report_.counts.Add(report.counts);
    if (!report.verdict.ok() && !report_.failure.has_value()) {
      report_.failure = story;
      report_.verdict = report.verdict;
    }
    return !report_.failure.has_value();
  }

  [[nodiscard]] bool IsOver() {
    if (over_) return true;
    const bool late = options_.time.count() > 0 && SteadyClock::now() - start_ >= options_.time;
    if (late || (options_.cancelled && options_.cancelled())) {
      incomplete_ = true;
      over_ = true;
    }
    return over_;
  }
  void End() { over_ = true; }

  // From the calling thread alone.
  void ReportNowAndThen() {
    if (!options_.progress || SteadyClock::now() < next_report_) return;
    next_report_ = SteadyClock::now() + kBetweenReports;
    options_.progress(Report());
  }

  [[nodiscard]] ExploreReport Report() {
    const std::lock_guard guard(mutex_);
    ExploreReport report = report_;
    report.seconds = std::chrono::duration<double>(SteadyClock::now() - start_).count();
    report.complete = !incomplete_;
    return report;
  }

 private:
  const ExploreOptions& options_;
  const SteadyClock::time_point start_ = SteadyClock::now();
  SteadyClock::time_point next_report_ = start_ + kBetweenReports;
  std::atomic<bool> over_ = false;
  std::atomic<bool> incomplete_ = false;
  std::mutex mutex_;
  ExploreReport report_;
};

// The choices of transactions that touch every primitive, found once by looking at the first bytes
// of a stream: one operation of the subject, in the default run.
std::string ChoicesOf(std::uint64_t subject, std::uint64_t seed) {
  Decisions random = Decisions::FromSeed(seed);
  std::string choices(3, '\0');
  choices[1] = static_cast<char>(subject);
  for (int i = 0; i < 64; ++i) choices.push_back(static_cast<char>(random.Below(256)));
  return choices;
}

// What a step of a small workload can be. kReopen ends a life with a clean close.
struct Letter {
  Step step{};
  bool reopens = false;
};

std::vector<Letter> Alphabet(std::size_t subjects) {
  std::vector<Letter> letters;
  const auto commit = [&](Step::Kind kind, std::uint64_t subject, std::uint64_t seed) {
    letters.push_back(
        {.step = {
             .kind = kind, .clock_micros = 10, .choices = ChoicesOf(subject % subjects, seed)}});
  };
  for (std::uint64_t i = 0; i < 5; ++i) commit(Step::Kind::kCommitDurably, i, 10 + i);
  for (std::uint64_t i = 0; i < 3; ++i) commit(Step::Kind::kCommitBuffered, 2 * i, 20 + i);
  for (const Step::Kind kind :
       {Step::Kind::kSync, Step::Kind::kCheckpoint, Step::Kind::kSnapshot}) {
    letters.push_back({.step = {.kind = kind}});
  }
  letters.push_back({.reopens = true});
  return letters;
}

Story StoryOf(const std::vector<Letter>& workload) {
  Story story;
  story.options.memtable_bytes = 1 << 20;  // checkpoints are letters
  story.lives.emplace_back();
  for (const Letter& letter : workload) {
    if (letter.reopens) {
      story.lives.back().closes = true;
      story.lives.emplace_back();
    } else {
      story.lives.back().steps.push_back(letter.step);
    }
  }
  return story;
}

// Every workload of up to `steps_max` letters, those of fewer first.
std::vector<std::vector<Letter>> AllWorkloads(std::size_t steps_max, std::size_t subjects) {
  const std::vector<Letter> alphabet = Alphabet(subjects);
  std::vector<std::vector<Letter>> all(1);
  for (std::size_t at = 0; at < all.size() && all[at].size() < steps_max; ++at) {
    for (const Letter& letter : alphabet) {
      all.push_back(all[at]);
      all.back().push_back(letter);
    }
  }
  return all;
}

class SmallWorkload final {
 public:
  SmallWorkload(const ExploreOptions& options, Exploration& exploration)
      : options_(options), exploration_(exploration) {}

  // Runs it whole, and cut before each call of its last step. False: enough.
  bool Run(const std::vector<Letter>& workload) {
    const Story story = StoryOf(workload);
    if (!exploration_.Run(story)) return false;
    const std::uint64_t calls = RunStory(story, options_.subjects).calls;
    for (std::uint64_t call = CallsBefore(workload) + 1; call <= calls + 1; ++call) {
      if (!CutAt(story, call)) return false;
    }
    return true;
  }

 private:
  // Those of the same life before its last step.
  std::uint64_t CallsBefore(std::vector<Letter> workload) {
    if (workload.empty() || workload.back().reopens) return 0;
    workload.pop_back();
    return RunStory(StoryOf(workload), options_.subjects).calls;
  }

  bool CutAt(const Story& uncut, std::uint64_t call) {
    Story story = uncut;
    Life& life = story.lives.back();
    life.cut_before_call = call;
    const StoryReport probe = RunStory(story, options_.subjects);
    std::vector<CrashChoice> choices = {CrashChoice::Nothing(), CrashChoice::All(),
                                        CrashChoice::Killed()};
    for (std::uint64_t i = 1; i < probe.pending_changes; ++i) {
      choices.push_back(CrashChoice::Prefix(i));
    }
    for (std::uint64_t i = 0; i < probe.pending_sectors; ++i) {
      choices.push_back(CrashChoice::SectorMissing(i));
      choices.push_back(CrashChoice::SectorAlone(i));
    }
    for (const CrashChoice& choice : choices) {
      life.left = choice;
      life.keeps_rows = !life.keeps_rows;
      if (exploration_.IsOver() || !exploration_.Run(story)) return false;
    }
    return true;
  }

  const ExploreOptions& options_;
  Exploration& exploration_;
};

// Calls `work` in as many threads as wanted, with true in this one.
void InThreads(int threads, const std::function<void(bool reports)>& work) {
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&] { work(false); });
  work(true);
}

}  // namespace

ExploreReport ExploreBySeed(std::uint64_t first_seed, const ExploreOptions& options) {
  Exploration exploration(options);
  std::atomic<std::uint64_t> next = first_seed;
  const std::uint64_t end = options.stories == 0 ? ~std::uint64_t{0} : first_seed + options.stories;
  const auto work = [&](bool reports) {
    while (!exploration.IsOver()) {
      const std::uint64_t seed = next.fetch_add(1);
      if (seed >= end) return;
      Decisions random = Decisions::FromSeed(seed);
      if (!exploration.Run(DrawStory(random, options.profile))) exploration.End();
      if (reports) exploration.ReportNowAndThen();
    }
  };
  InThreads(options.threads, work);
  ExploreReport report = exploration.Report();
  report.last_seed = std::min(next.load(), end) - 1;
  return report;
}

ExploreReport ExploreAll(std::size_t steps_max, const ExploreOptions& options) {
  Exploration exploration(options);
  const auto workloads = AllWorkloads(steps_max, options.subjects.size());
  std::atomic<std::uint64_t> next = options.slice;
  InThreads(options.threads, [&](bool reports) {
    SmallWorkload small(options, exploration);
    while (!exploration.IsOver()) {
      const std::uint64_t at = next.fetch_add(options.slices);
      if (at >= workloads.size()) return;
      if (!small.Run(workloads[at])) exploration.End();
      if (reports) exploration.ReportNowAndThen();
    }
  });
  return exploration.Report();
}

}  // namespace varve::crash
