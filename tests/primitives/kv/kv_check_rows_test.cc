#include "gmock/gmock.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_payload.h"
#include "primitives/kv/kv_primitive.h"
#include "tests/primitives/vandal.h"

namespace varve {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr RunId kRun({7});

class KvCheckRows : public VandalizedStore<KvPrimitive> {
 protected:
  void Put(std::string_view key, const KvPutOptions& options = {}, const RunId& run = {}) {
    Commit([&](Transaction& to) { return Kv(to, run).Put(key, "value", options); });
  }
};

TEST_F(KvCheckRows, FindsNothingInRowsAsTheyAreWritten) {
  EXPECT_THAT(Fault(), IsEmpty());
  Put("plain");
  Put("plain", {}, kRun);
  Put("expiring", {.expires = Timestamp(1)});
  // Lines that outlive their rows are as they should be (KV-6, KV-7).
  Put("overwritten", {.expires = Timestamp(~std::uint64_t{0})});
  Put("overwritten");
  EXPECT_THAT(Fault(), IsEmpty());
}

TEST_F(KvCheckRows, FindsARowThatDoesNotDecodeInAnyRun) {
  Put("a");
  PutRow(kKvRows, "b\n", "\x08value", kRun);
  EXPECT_THAT(Fault(), HasSubstr("run " + kRun.ToString() + ": key \"b\\n\": KV row"));
}

TEST_F(KvCheckRows, FindsAKeyOutsideItsLimits) {
  PutRow(kKvRows, std::string(1025, 'k'), std::string("\0value", 6));
  EXPECT_THAT(Fault(), HasSubstr("the default run: a key of 1025 bytes"));
}

TEST_F(KvCheckRows, FindsARowWhoseExpiryHasNoLine) {
  const Timestamp expires(~std::uint64_t{0});
  Put("a", {.expires = expires});
  DeleteRow(kKvExpiries, kv::MakeExpiryKey(expires, "a"));
  EXPECT_THAT(Fault(), HasSubstr("no line says so"));
}

TEST_F(KvCheckRows, FindsALineThatIsNone) {
  PutRow(kKvExpiries, "short", "");
  EXPECT_THAT(Fault(), HasSubstr("holds no expiry"));
}

TEST_F(KvCheckRows, TellsHowFarItIsAndStopsWhenAsked) {
  Commit([](Transaction& to) -> absl::Status {
    for (int i = 0; i < 1000; ++i) {
      VARVE_RETURN_IF_ERROR(Kv(to).Put("key" + std::to_string(i), "value"));
    }
    return absl::OkStatus();
  });
  std::uint64_t rows = 0;
  const absl::Status status = CheckRows([&rows](std::uint64_t seen) {
    EXPECT_GT(seen, rows);
    rows = seen;
    return seen > 500 ? absl::CancelledError("enough") : absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_LT(rows, 1000u);
}

}  // namespace
}  // namespace varve
