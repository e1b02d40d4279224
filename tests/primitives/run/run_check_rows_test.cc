#include "gmock/gmock.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"
#include "primitives/run/run_payload.h"
#include "primitives/run/run_primitive.h"
#include "primitives/run/runs.h"
#include "tests/primitives/vandal.h"

namespace varve {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr RunId kParent({1});
constexpr RunId kChild({2});
constexpr RunId kGone({9});

std::string StepKey(std::uint64_t number) {
  std::string key;
  AppendBigEndian64(key, number);
  return key;
}

// A run with a child that has three steps.
class RunCheckRows : public VandalizedStore<RunPrimitive> {
 protected:
  RunCheckRows() { Refill(); }

  // Steps come from entries of another primitive.
  void Refill() {
    PrimitiveRegistry registry;
    ASSERT_TRUE(registry.Register(std::make_unique<Vandal>(std::make_unique<RunPrimitive>())).ok());
    ASSERT_TRUE(registry.Register(std::make_unique<KvPrimitive>()).ok());
    store_ = *OpenInMemory(std::move(registry));
    Commit([](Transaction& to) -> absl::Status {
      Runs runs(to);
      VARVE_RETURN_IF_ERROR(runs.Create({.id = kParent, .name = "parent"}).status());
      VARVE_RETURN_IF_ERROR(
          runs.Create({.id = kChild, .parent = kParent, .tags = {"red"}}).status());
      for (const char* key : {"a", "b", "c"}) {
        VARVE_RETURN_IF_ERROR(Kv(to, kChild).Put(key, "value"));
      }
      return runs.End(kChild, RunStatus::kPaused, "tired");
    });
  }
  static std::string At(std::string prefix, const RunId& id) { return prefix.append(id.view()); }
  void ExpectBothWays(TableId table, const std::string& prefix, const std::string& other) {
    Refill();
    DeleteRow(table, At(prefix, kChild));
    EXPECT_THAT(Fault(), HasSubstr("run " + kChild.ToString() + ": "));
    PutRow(table, At(prefix, kChild), "");
    EXPECT_THAT(Fault(), IsEmpty());
    PutRow(table, At(other, kChild), "");
    EXPECT_THAT(Fault(), HasSubstr("a line leads to it by what it has not"));
    DeleteRow(table, At(other, kChild));
    PutRow(table, At(prefix, kGone), "");
    EXPECT_THAT(Fault(), HasSubstr("run " + kGone.ToString() + ": a line leads to it"));
  }
};

TEST_F(RunCheckRows, FindsNothingInRowsAsTheyAreWritten) { EXPECT_THAT(Fault(), IsEmpty()); }

TEST_F(RunCheckRows, FindsIndexesThatDisagreeWithTheRegisterEitherWay) {
  ExpectBothWays(kRunsByStatus, run::StatusPrefix(RunStatus::kPaused),
                 run::StatusPrefix(RunStatus::kActive));
  ExpectBothWays(kRunsByTag, run::TagPrefix("red"), run::TagPrefix("blue"));
  ExpectBothWays(kRunsByParent, run::ParentPrefix(kParent), run::ParentPrefix(kGone));
}

TEST_F(RunCheckRows, FindsARecordWithoutAStatusAndAStatusWithoutARecord) {
  DeleteRow(kRunStatuses, kChild.view());
  EXPECT_THAT(Fault(), HasSubstr("run " + kChild.ToString() + ": it has no status"));
  Refill();
  DeleteRow(kRunRecords, kChild.view());
  EXPECT_THAT(Fault(), HasSubstr("run " + kChild.ToString() + ": it has a status and no record"));
}

TEST_F(RunCheckRows, FindsAChildWithoutItsParent) {
  DeleteRow(kRunRecords, kParent.view());
  EXPECT_THAT(Fault(), HasSubstr("run " + kChild.ToString() + ": its parent does not exist"));
}

TEST_F(RunCheckRows, FindsRowsThatDoNotDecode) {
  PutRow(kRunRecords, kChild.view(), "x");
  EXPECT_THAT(Fault(), HasSubstr("run " + kChild.ToString()));
  Refill();
  PutRow(kRunStatuses, kChild.view(), "\x63");
  EXPECT_THAT(Fault(), HasSubstr("run " + kChild.ToString()));
  Refill();
  PutRow(kRunRecords, "short", "");
  EXPECT_THAT(Fault(), HasSubstr("the key of a run has 5 bytes"));
}

TEST_F(RunCheckRows, FindsStepsThatAreMissingOrMiscounted) {
  const std::string where = "run " + kChild.ToString() + ": ";
  DeleteRow(kRunSteps, StepKey(2), kChild);
  EXPECT_THAT(Fault(), HasSubstr(where + "step 2 is missing: the next is 3"));
  Refill();
  DeleteRow(kRunSteps, StepKey(3), kChild);
  EXPECT_THAT(Fault(), HasSubstr(where + "its steps are counted as 3, and there are 2"));
  Refill();
  DeleteRow(kRunStepCounts, "", kChild);
  EXPECT_THAT(Fault(), HasSubstr(where + "it has steps and no count of them"));
  Refill();
  PutRow(kRunSteps, StepKey(2), "x", kChild);
  EXPECT_THAT(Fault(), HasSubstr(where));
  Refill();
  PutRow(kRunStepCounts, "", StepKey(0), kGone);
  EXPECT_THAT(Fault(), HasSubstr("run " + kGone.ToString() + ": its steps are counted"));
}

}  // namespace
}  // namespace varve
