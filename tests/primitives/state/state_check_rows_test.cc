#include "gmock/gmock.h"
#include "primitives/state/lease.h"
#include "primitives/state/state.h"
#include "primitives/state/state_payload.h"
#include "primitives/state/state_primitive.h"
#include "tests/primitives/vandal.h"

namespace varve {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using StateCheckRows = VandalizedStore<StatePrimitive>;

TEST_F(StateCheckRows, FindsNothingInRowsAsTheyAreWritten) {
  EXPECT_THAT(Fault(), IsEmpty());
  Commit([](Transaction& to) -> absl::Status {
    VARVE_RETURN_IF_ERROR(Cells(to).Set("phase", "planning").status());
    VARVE_RETURN_IF_ERROR(Cells(to, RunId({7})).Set("phase", "acting").status());
    VARVE_RETURN_IF_ERROR(Leases(to).Acquire("held", "w", std::chrono::hours(1)).status());
    VARVE_RETURN_IF_ERROR(Leases(to).Acquire("released", "w", std::chrono::hours(1)).status());
    return Leases(to).Release("released", 1).status();
  });
  EXPECT_THAT(Fault(), IsEmpty());
}

TEST_F(StateCheckRows, FindsACellWithoutAVersion) {
  PutRow(kStateCells, "phase", state::EncodeCell(0, "value"));
  EXPECT_THAT(Fault(), HasSubstr("the default run: \"phase\": State cell row"));
}

TEST_F(StateCheckRows, FindsANameOutsideItsLimits) {
  PutRow(kStateCells, std::string(1025, 'c'), state::EncodeCell(1, "value"));
  EXPECT_THAT(Fault(), HasSubstr("the cell name has 1025 bytes"));
}

TEST_F(StateCheckRows, FindsALeaseThatIsNeitherHeldNorReleased) {
  PutRow(kStateLeases, "leader", state::EncodeLease({.token = 1, .owner = "w"}));
  EXPECT_THAT(Fault(), HasSubstr("\"leader\": State lease row"));
  Open();
  PutRow(kStateLeases, "leader", state::EncodeLease({.token = 0}));
  EXPECT_THAT(Fault(), HasSubstr("State lease row"));
}

}  // namespace
}  // namespace varve
