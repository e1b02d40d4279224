// Tests: cli/session.cc
//
// A store that holds entries of a primitive that the command does not know.
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "primitives/builtin.h"
#include "primitives/template/tally.h"
#include "primitives/template/tally_primitive.h"
#include "recovery/open.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class UnknownPrimitive : public CommandTest {
 protected:
  OpenedStore OpenWithTally() {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    EXPECT_TRUE(registry.Register(std::make_unique<TallyPrimitive>()).ok());
    absl::StatusOr<OpenedStore> opened = OpenStore(store_, std::move(registry));
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  void SetUp() override {
    CommandTest::SetUp();
    const OpenedStore opened = OpenWithTally();
    EXPECT_TRUE(
        opened.store->Update([](Transaction& txn) { return Tally(txn).Add("requests", 42); }).ok());
    EXPECT_TRUE(opened.store->Close().ok());
  }
};

TEST_F(UnknownPrimitive, IsUnsupportedAndNothingIsWritten) {
  const std::vector<std::string> before = Image();
  for (const char* verb :
       {"kv count", "kv put a 1", "stat", "check", "export", "snapshot create"}) {
    const CommandAnswer answer = Run(verb);
    EXPECT_EQ(answer.exit_code, 6) << verb << answer.err;
    EXPECT_NE(answer.err.find("--carry-unknown"), std::string::npos) << answer.err;
  }
  EXPECT_EQ(Image(), before);
}

TEST_F(UnknownPrimitive, IsShownInTheLogAllTheSame) {
  const Json record = Do("wal dump --json --from 1 --to 1").Object();
  EXPECT_EQ(record["entries"][0]["primitive"], "");
  EXPECT_GT(record["entries"][0]["payload_bytes"], 0);
}

TEST_F(UnknownPrimitive, IsCarriedOnRequestAndComesBackWhole) {
  Do("kv put a 1 --carry-unknown");
  Do("snapshot create --carry-unknown");
  Do("check --carry-unknown");
  EXPECT_EQ(Do("kv get a --carry-unknown").out, "1\n");
  const OpenedStore opened = OpenWithTally();
  EXPECT_TRUE(opened.store
                  ->Read([](ReadView& view) {
                    const absl::StatusOr<TallyTotal> total = Tally(view).Get("requests");
                    EXPECT_EQ(total->total, 42);
                    return total.status();
                  })
                  .ok());
}

}  // namespace
}  // namespace varve::testing
