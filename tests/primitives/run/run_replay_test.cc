// Also the orphans of a process that is gone, which need a store in files.
#include "primitives/run/run_replay.h"

#include <unistd.h>

#include <filesystem>
#include <map>

#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/json/json.h"
#include "primitives/state/state.h"
#include "primitives/trace/trace.h"
#include "primitives/vector/vector.h"
#include "tests/primitives/run/run_fixture.h"

namespace varve {
namespace {

class RunReplayTest : public RunFixture {
 protected:
  std::vector<std::string> Diff(Reader& from, const RunId& from_run, Reader& to,
                                const RunId& to_run) {
    std::vector<std::string> lines;
    const absl::Status status = DiffRuns(from, from_run, to, to_run, [&](const RowChange& change) {
      const char* kind = change.kind == RowChange::Kind::kAdded     ? "+"
                         : change.kind == RowChange::Kind::kRemoved ? "-"
                                                                    : "~";
      lines.push_back(kind + change.primitive + " " + change.table + " " + change.key);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    return lines;
  }
  std::string Digest(Reader& reader, const RunId& run) {
    const auto digest = RunDigest(reader, run);
    EXPECT_TRUE(digest.ok()) << digest.status();
    return digest.ok() ? *digest : "";
  }
};

using Lines = std::vector<std::string>;

TEST_F(RunReplayTest, ARunIsWhatItWasAtEveryStep) {
  const RunId run = Create();
  std::vector<std::string> digests;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Put(run, "k", std::to_string(i)).ok());
    ASSERT_TRUE(Put(Id(7), "k", "elsewhere").ok());
    auto view = store_->View();
    digests.push_back(Digest(*view, run));
  }
  ASSERT_TRUE(store_->Checkpoint().ok());
  for (int i = 0; i < 10; ++i) {
    auto replay = ReplayRun(*store_, run, static_cast<std::uint64_t>(i + 1));
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_EQ(replay->step.number, static_cast<std::uint64_t>(i + 1));
    EXPECT_EQ(Value(replay->view, run, "k"), std::to_string(i));
    EXPECT_EQ(Digest(replay->view, run), digests[static_cast<std::size_t>(i)]);
  }
  const absl::Status beyond = ReplayRun(*store_, run, 11).status();
  EXPECT_TRUE(absl::IsNotFound(beyond));
  EXPECT_NE(beyond.message().find("1 to 10"), std::string::npos) << beyond;
  EXPECT_TRUE(absl::IsNotFound(ReplayRun(*store_, run, 0).status()));
}

TEST_F(RunReplayTest, StepsOfOneTransactionComeTogether) {
  const RunId run = Create();
  ASSERT_TRUE(store_
                  ->Update([&](Transaction& txn) -> absl::Status {
                    EXPECT_TRUE(Kv(txn, run).Put("a", "1").ok());
                    return Kv(txn, run).Put("b", "2");
                  })
                  .ok());
  const auto replay = ReplayRun(*store_, run, 1);
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(replay->step.number, 2u);
}

TEST_F(RunReplayTest, WithoutHistoryThePastIsOutOfRangeAndSaysSo) {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  store_ = *OpenInMemory(std::move(registry), {});
  const RunId run = Create();
  ASSERT_TRUE(Put(run, "k", "1").ok());
  ASSERT_TRUE(Put(run, "k", "2").ok());
  ASSERT_TRUE(store_->Checkpoint().ok());
  const absl::Status status = ReplayRun(*store_, run, 1).status();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
}

TEST_F(RunReplayTest, ADiffNamesWhatWasAddedRemovedAndModified) {
  const RunId run = Create();
  ASSERT_TRUE(Put(run, "gone", "1").ok());
  ASSERT_TRUE(Put(run, "changed", "1").ok());
  ASSERT_TRUE(Put(run, "same", "1").ok());
  auto before = store_->View();
  ASSERT_TRUE(Put(run, "new", "1").ok());
  ASSERT_TRUE(Put(run, "changed", "2").ok());
  ASSERT_TRUE(Put(run, "same", "1").ok());
  ASSERT_TRUE(store_->Update([&](Transaction& txn) { return Kv(txn, run).Delete("gone"); }).ok());
  auto after = store_->View();
  const Lines expected = {"~varve.kv rows changed", "-varve.kv rows gone", "+varve.kv rows new"};
  EXPECT_EQ(Diff(*before, run, *after, run), expected);
  EXPECT_TRUE(Diff(*after, run, *after, run).empty());
  EXPECT_NE(Digest(*before, run), Digest(*after, run));
}

// One row of each primitive; those of the Run primitive are in the register.
absl::Status WriteOneRowEach(Transaction& txn, const RunId& run, const std::string& text) {
  VARVE_RETURN_IF_ERROR(Kv(txn, run).Put("k", text));
  VARVE_RETURN_IF_ERROR(Json(txn, run).Set("document", "", text));
  VARVE_RETURN_IF_ERROR(Events(txn, run).Append("stream", "type", "{}").status());
  VARVE_RETURN_IF_ERROR(Cells(txn, run).Set("cell", text).status());
  const SpanRecord span{.id = SpanId(text.size()), .kind = SpanKind::kThought, .name = text};
  VARVE_RETURN_IF_ERROR(Trace(txn, run).Record(span).status());
  VARVE_RETURN_IF_ERROR(Runs(txn).Update(run, {.tags = std::vector<std::string>{text}}));
  const std::vector<float> vector = {1};
  return Vectors(txn, run).Upsert("collection", text, vector);
}

TEST_F(RunReplayTest, AForkHasTheTagsAndMetadataOfItsSourceUnlessItIsGivenOthers) {
  const RunId run = Create({.tags = {"nightly"}, .metadata = R"({"model":"m"})"});
  ASSERT_TRUE(Put(run, "k", "1").ok());
  ASSERT_TRUE(store_
                  ->Update([&](Transaction& txn) {
                    return Runs(txn).Update(run, {.tags = Lines{"later"}});
                  })
                  .ok());
  const auto same = ForkRun(*store_, run, 1);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(Info(*same).tags, Lines{"nightly"}) << "as they were at the step";
  EXPECT_EQ(Info(*same).metadata, R"({"model":"m"})");
  auto then = ReplayRun(*store_, run, 1);
  auto now = store_->View();
  EXPECT_EQ(Diff(then->view, run, *now, *same), Lines{});
  const auto other = ForkRun(*store_, run, 1, {.tags = {"mine"}, .metadata = "{}"});
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(Info(*other).tags, Lines{"mine"});
  EXPECT_EQ(Info(*other).metadata, "{}");
}

TEST_F(RunReplayTest, ADiffOfTwoRunsSeesAllSevenPrimitives) {
  const RunId run = Create({.name = "one"});
  const auto write = [&](const RunId& id, const std::string& text) {
    const auto receipt = store_->Update([&](Transaction& txn) -> absl::Status {
      if (text == "a")
        VARVE_RETURN_IF_ERROR(Vectors(txn, id).Create("collection", {.dimension = 1}));
      return WriteOneRowEach(txn, id, text);
    });
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  };
  write(run, "a");
  const auto fork = ForkRun(*store_, run, 0, {.name = "other", .tags = {"a"}});
  ASSERT_TRUE(fork.ok()) << fork.status();
  auto same = store_->View();
  EXPECT_EQ(Diff(*same, run, *same, *fork), Lines{});
  write(*fork, "bc");
  auto now = store_->View();
  std::map<std::string, std::string> changes;
  const auto see = [&](const RowChange& change) {
    changes[change.primitive] = change.before + " -> " + change.after;
    return true;
  };
  ASSERT_TRUE(DiffRuns(*now, run, *now, *fork, see).ok());
  EXPECT_EQ(changes.size(), 7u);
  for (const auto& primitive : store_->registry().primitives()) {
    EXPECT_TRUE(changes.contains(primitive->spec().name)) << primitive->spec().name;
  }
  EXPECT_EQ(changes["varve.kv"], "a -> bc");
  EXPECT_EQ(changes["varve.run"], "tag a -> tag bc");
}

// Regression: a run that had ended with another outcome was no difference.
TEST_F(RunReplayTest, ADiffTellsHowARunWentOn) {
  const RunId run = Create({.name = "one", .metadata = "{}"});
  auto before = store_->View();
  ASSERT_TRUE(Change([&](Runs& runs) { return runs.Update(run, {.name = "two"}); }).ok());
  ASSERT_TRUE(
      Change([&](Runs& runs) { return runs.End(run, RunStatus::kFailed, "no seats"); }).ok());
  const RunId other = Create({.name = "other", .metadata = "{}"});
  auto after = store_->View();
  Lines told;
  const auto see = [&](const RowChange& change) {
    told.push_back(change.table + ": " + change.before + " -> " + change.after);
    return true;
  };
  ASSERT_TRUE(DiffRuns(*before, run, *after, run, see).ok());
  const Lines of_one = {"records: name one, metadata {} -> name two, metadata {}",
                        "statuses: active -> failed: no seats"};
  EXPECT_EQ(told, of_one);
  told.clear();
  ASSERT_TRUE(DiffRuns(*after, other, *after, run, see).ok());
  EXPECT_EQ(told, Lines{"statuses: active -> failed: no seats"});
  told.clear();
  ASSERT_TRUE(DiffRuns(*after, Id(7), *after, run, see).ok());  // nobody created it
  const Lines appeared = {"records:  -> metadata {}", "statuses:  -> failed: no seats"};
  EXPECT_EQ(told, appeared);
  const auto enough = [&](const RowChange&) { return told.push_back("seen"), false; };
  told.clear();
  ASSERT_TRUE(DiffRuns(*before, run, *after, run, enough).ok());
  EXPECT_EQ(told, Lines{"seen"});
}

TEST_F(RunReplayTest, AForkGoesOnFromAStepAndLeavesItsSourceAlone) {
  const RunId run = Create();
  ASSERT_TRUE(Put(run, "k", "1").ok());
  ASSERT_TRUE(Put(run, "k", "2").ok());
  ASSERT_TRUE(End(run, RunStatus::kFailed).ok());
  const auto fork = ForkRun(*store_, run, 1, {.name = "what if"});
  ASSERT_TRUE(fork.ok()) << fork.status();
  EXPECT_EQ(Value(*fork, "k"), "1");
  EXPECT_EQ(Info(*fork).forked_from, run);
  EXPECT_EQ(Info(*fork).name, "what if");
  auto then = ReplayRun(*store_, run, 1);
  auto now = store_->View();
  EXPECT_EQ(Info(*fork).forked_at, then->view.lsn());
  EXPECT_EQ(Digest(*now, *fork), Digest(then->view, run));
  EXPECT_EQ(Diff(then->view, run, *now, *fork), Lines{});
  ASSERT_TRUE(Put(*fork, "k", "3").ok());
  EXPECT_EQ(Value(run, "k"), "2");
  now = store_->View();
  const Lines expected = {"~varve.kv rows k",
                          "~varve.run statuses " + std::string(fork->view())};  // failed, active
  EXPECT_EQ(Diff(*now, run, *now, *fork), expected);
  EXPECT_EQ(*Runs(*now).StepCount(*fork), 1u);  // its own
  const auto whole = ForkRun(*store_, run, 0);
  EXPECT_EQ(Value(*whole, "k"), "2");
}

TEST_F(RunReplayTest, RunsLeftActiveByAGoneProcessAreOrphansUntilSomebodyBeginsThem) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("run_orphans_" + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  const auto open = [&] {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    OpenOptions options;
    options.create_if_missing = true;
    auto opened = OpenStore(folder.string(), std::move(registry), options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  };
  const auto orphans = [](Store& store) {
    auto view = store.View();
    std::vector<RunId> ids;
    const auto found = Runs(*view).Orphans();
    EXPECT_TRUE(found.ok()) << found.status();
    for (const RunInfo& info : *found) ids.push_back(info.id);
    return ids;
  };
  RunId lost;
  {
    OpenedStore opened = open();
    lost = *CreateRun(*opened.store);
    const RunId done = *CreateRun(*opened.store);
    ASSERT_TRUE(
        opened.store
            ->Update([&](Transaction& txn) { return Runs(txn).End(done, RunStatus::kCompleted); })
            .ok());
    EXPECT_TRUE(orphans(*opened.store).empty());
  }
  OpenedStore opened = open();
  ASSERT_TRUE(CreateRun(*opened.store).ok());
  EXPECT_EQ(orphans(*opened.store), std::vector<RunId>{lost});
  ASSERT_TRUE(opened.store->Update([&](Transaction& txn) { return Runs(txn).Begin(lost); }).ok());
  EXPECT_TRUE(orphans(*opened.store).empty());
  opened = OpenedStore();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace varve
