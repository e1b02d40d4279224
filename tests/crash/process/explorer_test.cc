// The drivers with the real process: a short run of each finds nothing, and finds what is planted.
//
// Tests: crash/process/call_fault.cc
// Tests: crash/process/fault_case.cc
// Tests: crash/process/guarded.cc
// Tests: crash/process/kill_case.cc
// Tests: crash/process/process_case.cc
// Tests: crash/process/real_check.cc
// Tests: crash/process/script.cc
// Tests: crash/process/trace_case.cc
#include "crash/process/explorer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "crash/allocations/sanitizer.h"
#include "crash/operations/operations.h"
#include "crash/process/guarded.h"
#include "primitives/kv/kv.h"
#include "tests/support/test_seed.h"

namespace varve::crash {
namespace {

using testing_support::TestSeed;
using Kind = TraceEvent::Kind;

constexpr std::uint64_t kTraceCases = kHasSanitizer ? 2 : 5;
constexpr std::uint64_t kKillStride = kHasSanitizer ? 17 : 2;
constexpr std::uint64_t kFaults = kHasSanitizer ? 40 : 120;

#define SKIP_WHERE_NOT_PERMITTED(status) \
  if (absl::IsUnavailable(status)) GTEST_SKIP() << (status)

ExplorerOptions Options(std::uint64_t seed, std::uint64_t cases) {
  ExplorerOptions options;
  options.subjects = BuiltinSubjects();
  options.seed = TestSeed(seed);
  options.cases = cases;
  return options;
}

std::string FailureText(const ExplorerReport& report) {
  return report.failure.has_value() ? report.failure->message : "";
}

TEST(TraceDriver, EveryImageOfTheRealProcessOpensWithAStateThatMayBe) {
  ExplorerReport report;
  const absl::Status status = RunTraceDriver(Options(11, kTraceCases), report);
  SKIP_WHERE_NOT_PERMITTED(status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(FailureText(report), "");
  std::printf("%s\n", report.counts.ToString().c_str());
  EXPECT_EQ(report.cases, kTraceCases);
  EXPECT_GT(report.counts.images, kTraceCases * 20);
  EXPECT_GT(report.counts.torn_tails, 0u);
  EXPECT_GT(report.counts.lost, 0u);
  EXPECT_GT(report.counts.nested, 0u);
}

TEST(KillDriver, EveryKillLeavesAStoreThatOpensWithAStateThatMayBe) {
  ExplorerOptions options = Options(12, 1);
  options.kill_stride = kKillStride;
  ExplorerReport report;
  const absl::Status status = RunKillDriver(options, report);
  SKIP_WHERE_NOT_PERMITTED(status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(FailureText(report), "");
  std::printf("%s\n", report.counts.ToString().c_str());
  EXPECT_GT(report.counts.kills, 10u);
  EXPECT_GT(report.counts.nested, 0u) << "kills of the process that recovers from a kill";
  EXPECT_EQ(report.counts.kills, report.counts.images + report.counts.nested);
}

ExplorerOptions FaultOptions(std::uint64_t seed, std::uint64_t cases) {
  ExplorerOptions options = Options(seed, cases);
  options.allocations = true;
  options.faults = kFaults;
  return options;
}

TEST(FaultDriver, EveryFaultIsHiddenOrAnsweredAndLosesNothing) {
  ExplorerReport report;
  const absl::Status status = RunFaultDriver(FaultOptions(19, 2), report);
  SKIP_WHERE_NOT_PERMITTED(status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(FailureText(report), "");
  std::printf("%s\n", report.counts.ToString().c_str());
  EXPECT_GT(report.counts.hidden_faults, 3u);
  EXPECT_GT(report.counts.failed_calls, 10u);
  EXPECT_GT(report.counts.allocations_failed, 3u);
  EXPECT_GT(report.counts.answers, 5u);
}

TEST(TraceDriver, AndSoItIsWithTheThreadsOfTheStore) {
  ExplorerOptions options = Options(18, 1);
  options.threads = true;
  ExplorerReport report;
  const absl::Status status = RunTraceDriver(options, report);
  SKIP_WHERE_NOT_PERMITTED(status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(FailureText(report), "");
  options.cases = 1;
  options.kill_stride = 2 * kKillStride;
  const absl::Status killed = RunKillDriver(options, report);
  ASSERT_TRUE(killed.ok()) << killed;
  EXPECT_EQ(FailureText(report), "");
}

// What would be if `what` did not make durable what it says.
std::function<void(Trace&)> NotDurable(const std::string& what) {
  return [what](Trace& trace) {
    std::erase_if(trace.events, [&](const TraceEvent& event) {
      const bool syncs = event.kind == Kind::kSync || event.kind == Kind::kSyncFolder;
      return syncs && event.path.find(what) != std::string::npos;
    });
    for (TraceEvent& event : trace.events) {
      if (event.kind == Kind::kWriteDurably && event.path.find(what) != std::string::npos) {
        event.kind = Kind::kWrite;
      }
    }
  };
}

void ExpectFoundAndRepeated(const std::string& what, const std::string& words) {
  ExplorerOptions options = Options(13, 40);
  options.spoil = NotDurable(what);
  ExplorerReport report;
  const absl::Status status = RunTraceDriver(options, report);
  SKIP_WHERE_NOT_PERMITTED(status);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(report.failure.has_value()) << report.counts.ToString();
  EXPECT_NE(report.failure->message.find(words), std::string::npos) << report.failure->message;
  std::printf("found behind %s\n%s\n", report.counts.ToString().c_str(),
              report.failure->message.c_str());
  ExplorerReport again;
  const absl::Status repeated = ReplayTraceCase(options, report.failure->stream, again);
  ASSERT_TRUE(repeated.ok()) << repeated;
  ASSERT_TRUE(again.failure.has_value());
  EXPECT_EQ(again.failure->message, report.failure->message);
  EXPECT_EQ(again.failure->stream, report.failure->stream);

  options.spoil = nullptr;
  const absl::Status sound = ReplayTraceCase(options, report.failure->stream, again);
  ASSERT_TRUE(sound.ok()) << sound;
  EXPECT_EQ(FailureText(again), "") << "without the planted fault";
}

TEST(TraceDriver, ALogThatIsNotSyncedIsFound) { ExpectFoundAndRepeated("/wal", "O1: "); }

TEST(TraceDriver, AManifestThatIsNotDurableIsFound) { ExpectFoundAndRepeated("MANIFEST", "O1: "); }

// A view that may be thrown away: most images have it made anew, but a page in the middle that is
// not what it was shows only when it is read.
TEST(TraceDriver, AStateThatIsNotDurableIsFound) {
  ExpectFoundAndRepeated("state.mdb", "state.mdb");
}

TEST(TraceDriver, SnapshotsThatAreNotDurableAreFound) {
  ExpectFoundAndRepeated("snapshots", "no retained snapshot is whole");
}

// As though the process had been told of one transaction more than it was.
void PromiseMore(Trace& trace) {
  constexpr std::string_view kDurable = "durable ";
  for (TraceEvent& event : trace.events) {
    if (!event.bytes.starts_with(kDurable)) continue;
    const std::uint64_t lsn = std::stoull(event.bytes.substr(kDurable.size()));
    event.bytes = std::string(kDurable) + std::to_string(lsn + 1);
  }
}

TEST(KillDriver, APromiseThatIsNotKeptIsFound) {
  ExplorerOptions options = Options(16, 3);
  options.kill_stride = 3;
  options.spoil = PromiseMore;
  ExplorerReport report;
  const absl::Status status = RunKillDriver(options, report);
  SKIP_WHERE_NOT_PERMITTED(status);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(report.failure.has_value()) << report.counts.ToString();
  EXPECT_NE(report.failure->message.find("O1: "), std::string::npos) << report.failure->message;
  ExplorerReport again;
  const absl::Status repeated = ReplayKillCase(options, report.failure->stream, again);
  ASSERT_TRUE(repeated.ok()) << repeated;
  EXPECT_EQ(FailureText(again), report.failure->message);
}

// As though the process had been told more than it was, and as though a call that is only
// interrupted had been answered with an error.
TEST(FaultDriver, APromiseThatIsNotKeptAndAnErrorThatIsNoAnswerAreFound) {
  const auto answer = [](Trace& trace) {
    if (trace.faults > 0) trace.events.push_back({.kind = Kind::kMarker, .bytes = "answered X"});
  };
  const std::pair<std::function<void(Trace&)>, const char*> spoilers[] = {{PromiseMore, "O1: "},
                                                                          {answer, "O14: "}};
  for (const auto& [spoil, words] : spoilers) {
    ExplorerOptions options = FaultOptions(20, 5);
    options.spoil = spoil;
    ExplorerReport report;
    const absl::Status status = RunFaultDriver(options, report);
    SKIP_WHERE_NOT_PERMITTED(status);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(report.failure.has_value()) << report.counts.ToString();
    EXPECT_NE(report.failure->message.find(words), std::string::npos) << report.failure->message;
    ExplorerReport again;
    const absl::Status repeated = ReplayFaultCase(options, report.failure->stream, again);
    ASSERT_TRUE(repeated.ok()) << repeated;
    EXPECT_EQ(FailureText(again), report.failure->message);
  }
}

// An operation that is another one in each process, which no twin can follow.
TEST(TraceDriver, OperationsThatAreNotRepeatableAreFound) {
  ExplorerOptions options = Options(17, 1);
  options.subjects[0].operate = [](Transaction& transaction, const RunId& run, Decisions&) {
    return Kv(transaction, run).Put("who", std::to_string(::getpid()));
  };
  const auto drivers = {RunTraceDriver, RunKillDriver};
  for (const auto& driver : drivers) {
    ExplorerReport report;
    const absl::Status status = driver(options, report);
    SKIP_WHERE_NOT_PERMITTED(status);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(report.failure.has_value()) << report.counts.ToString();
    EXPECT_NE(FailureText(report).find("O2: the state is not that"), std::string::npos)
        << FailureText(report);
  }
}

TEST(TraceDriver, ARunEndsWhereItIsCancelled) {
  ExplorerOptions options = Options(14, 0);
  bool has_progress = false;
  options.progress = [&](const ExplorerReport& report) {
    has_progress = has_progress || report.counts.images > 0;
  };
  options.cancelled = [&] { return has_progress; };
  ExplorerReport report;
  const absl::Status status = RunTraceDriver(options, report);
  SKIP_WHERE_NOT_PERMITTED(status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GT(report.counts.images, 0u);
  EXPECT_EQ(FailureText(report), "");
}

TEST(TraceDriver, AStreamCutAnywhereIsACaseStill) {
  ExplorerReport report;
  for (const std::string& stream : {std::string(), std::string("x"), std::string(500, 'y')}) {
    const absl::Status status = ReplayTraceCase(Options(15, 1), stream, report);
    SKIP_WHERE_NOT_PERMITTED(status);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(FailureText(report), "");
    EXPECT_EQ(report.cases, 1u);
  }
}

TEST(Guarded, WhatAChildFoundOutlivesItsDeath) {
  const auto findings = Findings::Make();
  ASSERT_TRUE(findings.ok()) << findings.status();
  const auto end = RunGuarded(std::chrono::seconds(60), nullptr, [&] {
    (*findings)->counts().images = 7;
    (*findings)->SetPlace("at the brink");
    (*findings)->SetStream("one");
    (*findings)->SetStream("one, two");
    ::signal(SIGBUS, SIG_DFL);
    return ::raise(SIGBUS);
  });
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->signal, SIGBUS);
  EXPECT_FALSE(end->late);
  EXPECT_EQ((*findings)->counts().images, 7u);
  EXPECT_EQ((*findings)->place(), "at the brink");
  EXPECT_EQ((*findings)->stream(), "one, two");
  EXPECT_EQ((*findings)->message(), "");
}

TEST(Guarded, AChildThatDoesNotEndIsEnded) {
  const auto late = RunGuarded(std::chrono::seconds(1), nullptr, [] {
    while (true) ::pause();
    return 0;
  });
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_TRUE(late->late);
  const auto stopped = RunGuarded(
      std::chrono::seconds(60), [] { return true; },
      [] {
        while (true) ::pause();
        return 0;
      });
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_TRUE(stopped->stopped);
  const auto ended = RunGuarded(std::chrono::seconds(60), nullptr, [] { return 3; });
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->exit_code, 3);
}

}  // namespace
}  // namespace varve::crash
