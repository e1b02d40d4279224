// Tests: primitives/run/runs.cc
// Tests: primitives/run/run_primitive.cc
// Tests: primitives/run/run_types.cc
#include "primitives/run/runs.h"

#include "kernel/base/limits.h"
#include "tests/primitives/run/run_fixture.h"

namespace varve {
namespace {

using Ids = std::vector<RunId>;

class RunsTest : public RunFixture {};

TEST_F(RunsTest, ACreatedRunIsActiveAndKnownByAllThatWasGiven) {
  const RunId parent = Create();
  const RunId run = Create({.name = "report",
                            .parent = parent,
                            .tags = {"nightly", "eu", "nightly"},
                            .metadata = R"({"user":7})"});
  const RunInfo info = Info(run);
  EXPECT_EQ(info.status, RunStatus::kActive);
  EXPECT_EQ(info.name, "report");
  EXPECT_EQ(info.parent, parent);
  EXPECT_EQ(info.tags, (std::vector<std::string>{"eu", "nightly"}));
  EXPECT_EQ(info.metadata, R"({"user":7})");
  EXPECT_EQ(info.created, info.status_since);
  EXPECT_EQ(info.status_lsn, store_->visible_lsn());
  EXPECT_EQ(run.bytes()[6] >> 4, 7);  // RFC 9562, version 7
  EXPECT_EQ(run.bytes()[8] >> 6, 2);
}

TEST_F(RunsTest, IdsAreTakenOnceAndParentsMustExist) {
  ASSERT_EQ(Create({.id = Id(1)}), Id(1));
  EXPECT_TRUE(absl::IsAlreadyExists(CreateRun(*store_, {.id = Id(1)}).status()));
  EXPECT_TRUE(absl::IsNotFound(CreateRun(*store_, {.parent = Id(2)}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(CreateRun(*store_, {.id = RunId()}).status()));
}

TEST_F(RunsTest, StatusesFollowEachOtherAsSpecifiedAndNoOtherWay) {
  const RunStatus all[] = {RunStatus::kActive, RunStatus::kPaused,    RunStatus::kCompleted,
                           RunStatus::kFailed, RunStatus::kCancelled, RunStatus::kArchived};
  for (const RunStatus from : all) {
    for (const RunStatus to : all) {
      const RunId run = Create();
      if (from != RunStatus::kActive) {
        ASSERT_TRUE(End(run, from).ok());
      }
      const bool resumes = to == RunStatus::kActive;
      const absl::Status answer =
          resumes ? Change([&](Runs& runs) { return runs.Begin(run); }) : End(run, to);
      const bool takeover = resumes && from == RunStatus::kActive;
      EXPECT_EQ(answer.ok(), takeover || MayFollow(from, to))
          << RunStatusName(from) << " -> " << RunStatusName(to) << ": " << answer;
      EXPECT_TRUE(answer.ok() || absl::IsFailedPrecondition(answer)) << answer;
      EXPECT_EQ(Info(run).status, answer.ok() ? to : from);
    }
  }
}

TEST_F(RunsTest, AClosedRunRefusesEntriesOfEveryPrimitive) {
  const RunId run = Create();
  ASSERT_TRUE(Put(run, "k", "v").ok());
  ASSERT_TRUE(End(run, RunStatus::kPaused).ok());
  EXPECT_TRUE(Put(run, "k", "w").ok());  // paused is open
  ASSERT_TRUE(Change([&](Runs& runs) { return runs.Begin(run); }).ok());
  ASSERT_TRUE(End(run, RunStatus::kFailed).ok());
  const absl::Status refused = Put(run, "k", "x");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_NE(refused.message().find("failed"), std::string::npos) << refused;
  EXPECT_EQ(Value(run, "k"), "w");
}

TEST_F(RunsTest, AFilterFindsWhatMeetsAllOfIt) {
  Create({.id = Id(1), .tags = {"a"}});
  Create({.id = Id(2), .parent = Id(1), .tags = {"a", "b"}});
  Create({.id = Id(3), .parent = Id(1), .tags = {"ab"}});
  ASSERT_TRUE(End(Id(2), RunStatus::kCompleted).ok());
  EXPECT_EQ(List({}), (Ids{Id(1), Id(2), Id(3)}));
  EXPECT_EQ(List({.tag = "a"}), (Ids{Id(1), Id(2)}));
  EXPECT_EQ(List({.parent = Id(1)}), (Ids{Id(2), Id(3)}));
  EXPECT_EQ(List({.status = RunStatus::kActive}), (Ids{Id(1), Id(3)}));
  EXPECT_EQ(List({.status = RunStatus::kCompleted, .tag = "a", .parent = Id(1)}), Ids{Id(2)});
  EXPECT_EQ(List({.limit = 2}), (Ids{Id(1), Id(2)}));
  EXPECT_EQ(List({.after = Id(2)}), Ids{Id(3)});
  EXPECT_EQ(List({.tag = "a", .after = Id(1)}), Ids{Id(2)});
}

TEST_F(RunsTest, AnUpdateChangesWhatItNamesAndTheIndexFollows) {
  const RunId run = Create({.name = "old", .tags = {"a"}, .metadata = "{}"});
  ASSERT_TRUE(Change([&](Runs& runs) {
                return runs.Update(run, {.tags = std::vector<std::string>{"b"}});
              }).ok());
  EXPECT_EQ(Info(run).name, "old");
  EXPECT_TRUE(List({.tag = "a"}).empty());
  EXPECT_EQ(List({.tag = "b"}), Ids{run});
  ASSERT_TRUE(End(run, RunStatus::kCompleted).ok());
  ASSERT_TRUE(Change([&](Runs& runs) { return runs.Update(run, {.name = "new"}); }).ok());
  EXPECT_EQ(Info(run).name, "new");
  EXPECT_TRUE(
      absl::IsNotFound(Change([&](Runs& runs) { return runs.Update(Id(9), {.name = "x"}); })));
}

TEST_F(RunsTest, BadArgumentsAreRefusedBeforeAnythingIsLogged) {
  const Lsn before = store_->visible_lsn();
  const auto code = [&](const RunOptions& options) {
    return CreateRun(*store_, options).status().code();
  };
  EXPECT_EQ(code({.tags = {""}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.tags = {std::string("a\0b", 3)}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.metadata = "[]"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.metadata = "{"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.name = std::string(kNameBytesMax + 1, 'n')}),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code({.tags = {std::string(kNameBytesMax + 1, 't')}}),
            absl::StatusCode::kResourceExhausted);
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= kRunTagsMax; ++i) many.push_back("t" + std::to_string(i));
  EXPECT_EQ(code({.tags = many}), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store_->visible_lsn(), before);
  many.pop_back();
  Create({.name = std::string(kNameBytesMax, 'n'), .tags = many});
  auto view = store_->View();
  EXPECT_TRUE(absl::IsFailedPrecondition(Runs(*view).Create().status()));
}

TEST_F(RunsTest, ADeletedRunLeavesNothingOfAnyPrimitive) {
  const RunId parent = Create();
  const RunId child = Create({.parent = parent, .tags = {"t"}});
  const RunId grandchild = Create({.parent = child});
  ASSERT_TRUE(Put(grandchild, "k", "v").ok());
  ASSERT_TRUE(Put(parent, "k", "v").ok());
  const auto remove = [&](bool with_children) {
    return Change([&](Runs& runs) { return runs.Delete(parent, with_children); });
  };
  EXPECT_TRUE(absl::IsFailedPrecondition(remove(false)));
  ASSERT_TRUE(remove(true).ok());
  EXPECT_TRUE(List({}).empty());
  auto view = store_->View();
  for (const std::unique_ptr<Primitive>& primitive : view->registry().primitives()) {
    for (const TableSpec& table : primitive->spec().tables) {
      const TableId id{primitive->spec().id, table.number};
      EXPECT_TRUE(view->VisitTable(id,
                                   [&](const RunId&, const Row&) {
                                     ADD_FAILURE() << primitive->spec().name << "." << table.name;
                                     return true;
                                   })
                      .ok());
    }
  }
  EXPECT_TRUE(absl::IsNotFound(remove(true)));
}

TEST_F(RunsTest, EveryEntryIsAStepWithItsPayloadUpToALimit) {
  const RunId run = Create();
  ASSERT_TRUE(Put(run, "small", "v").ok());
  ASSERT_TRUE(Put(run, "large", std::string(kRunStepPayloadBytesMax, 'x')).ok());
  auto view = store_->View();
  EXPECT_EQ(*Runs(*view).StepCount(run), 2u);
  const auto steps = Runs(*view).Steps(run);
  ASSERT_EQ(steps->size(), 2u);
  EXPECT_EQ((*steps)[0].number, 1u);
  EXPECT_EQ((*steps)[0].entry_type, 0x10);
  EXPECT_EQ((*steps)[0].payload.size(), (*steps)[0].payload_bytes);
  EXPECT_TRUE((*steps)[1].payload.empty());
  EXPECT_GT((*steps)[1].payload_bytes, kRunStepPayloadBytesMax);
  EXPECT_EQ((*steps)[1].lsn, view->lsn());
  EXPECT_EQ(Runs(*view).Steps(run, 2, 1)->front().number, 2u);
}

TEST_F(RunsTest, AStepKeepsThePayloadThatFillsItsLimitAndOfALongerOneTheLength) {
  const RunId run = Create();
  ASSERT_TRUE(Put(run, "key", "").ok());
  auto view = store_->View();
  const std::size_t room = kRunStepPayloadBytesMax - Runs(*view).Steps(run)->front().payload_bytes;
  ASSERT_TRUE(Put(run, "key", std::string(room, 'x')).ok());
  ASSERT_TRUE(Put(run, "key", std::string(room + 1, 'x')).ok());
  view = store_->View();
  const auto steps = Runs(*view).Steps(run, 2);
  ASSERT_TRUE(steps.ok()) << steps.status();
  ASSERT_EQ(steps->size(), 2u);
  EXPECT_EQ((*steps)[0].payload.size(), kRunStepPayloadBytesMax);
  EXPECT_EQ((*steps)[1].payload, "");
  EXPECT_EQ((*steps)[1].payload_bytes, kRunStepPayloadBytesMax + 1);
}

}  // namespace
}  // namespace varve
