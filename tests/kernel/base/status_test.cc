#include "kernel/base/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace varve {
namespace {

using ::testing::HasSubstr;

TEST(MakeStatus, JoinsTextAndNumbers) {
  const absl::Status status =
      MakeStatus(absl::StatusCode::kAborted, "at ", 12u, ", LSN ", Lsn(7), ", ", std::string("x"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(), "at 12, LSN 7, x");
  EXPECT_TRUE(absl::IsInvalidArgument(InvalidArgument("x")));
  EXPECT_TRUE(absl::IsFailedPrecondition(FailedPrecondition("x")));
  EXPECT_TRUE(absl::IsResourceExhausted(ResourceExhausted("x")));
  EXPECT_TRUE(absl::IsUnimplemented(Unimplemented("x")));
}

TEST(StatusStrings, CrossTheBorderToAbseilWhole) {
  const std::string text("a\0b", 3);
  EXPECT_EQ(FromAbsl(ToAbsl(text)), text);
}

absl::Status FailFirst(bool fails, int& reached) {
  VARVE_RETURN_IF_ERROR(fails ? absl::AbortedError("no") : absl::OkStatus());
  ++reached;
  return absl::OkStatus();
}

TEST(Macros, ReturnOnlyErrors) {
  int reached = 0;
  EXPECT_TRUE(absl::IsAborted(FailFirst(true, reached)));
  EXPECT_EQ(reached, 0);
  EXPECT_TRUE(FailFirst(false, reached).ok());
  EXPECT_EQ(reached, 1);
}

absl::StatusOr<std::unique_ptr<int>> MakeNumber(int value) {
  if (value < 0) return absl::OutOfRangeError("negative");
  return std::make_unique<int>(value);
}

absl::StatusOr<int> Sum(int a, int b) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, MakeNumber(a));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<int> second, MakeNumber(b));
  return *first + *second;
}

TEST(Macros, AssignMovesValuesAndPassesErrorsOn) {
  EXPECT_EQ(*Sum(1, 2), 3);
  EXPECT_TRUE(absl::IsOutOfRange(Sum(-1, 2).status()));
  EXPECT_TRUE(absl::IsOutOfRange(Sum(1, -2).status()));
}

Damage SomeDamage() {
  Damage damage;
  damage.kind = Damage::Kind::kMissing;
  damage.file = "store/wal/1.wal";
  damage.offset = 4096;
  damage.lsn = Lsn(42);
  damage.found = "checksum does not match";
  damage.evidence = "the manifest says that LSN 50 was durable";
  return damage;
}

TEST(Damage, TravelsInAStatusAndBack) {
  const Damage damage = SomeDamage();
  const absl::Status status = damage.ToStatus();
  EXPECT_TRUE(absl::IsDataLoss(status));
  const auto back = DamageOf(status);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->kind, damage.kind);
  EXPECT_EQ(back->file, damage.file);
  EXPECT_EQ(back->offset, damage.offset);
  EXPECT_EQ(back->lsn, damage.lsn);
  EXPECT_EQ(back->found, damage.found);
  EXPECT_EQ(back->evidence, damage.evidence);
}

TEST(Damage, SaysTheSameToPeople) {
  EXPECT_EQ(SomeDamage().ToStatus().message(),
            "store/wal/1.wal: offset 4096, LSN 42: checksum does not match (proof that this is "
            "damage: the manifest says that LSN 50 was durable)");
  Damage small;
  small.file = "f";
  small.found = "bad";
  EXPECT_EQ(small.ToStatus().message(), "f: offset 0: bad");
}

TEST(Damage, IsAbsentFromOtherStatuses) {
  EXPECT_FALSE(DamageOf(absl::OkStatus()).has_value());
  EXPECT_FALSE(DamageOf(absl::DataLossError("x")).has_value());
  absl::Status odd = absl::DataLossError("x");
  odd.SetPayload("type.varve/Damage", absl::Cord("too short"));
  EXPECT_FALSE(DamageOf(odd).has_value());
}

TEST(AddContext, KeepsCodeAndDamage) {
  const absl::Status status = AddContext(SomeDamage().ToStatus(), "opening the store");
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(FromAbsl(status.message())), HasSubstr("opening the store: store/wal"));
  EXPECT_TRUE(DamageOf(status).has_value());
  EXPECT_TRUE(AddContext(absl::OkStatus(), "x").ok());
}

TEST(Status, ReturnIfErrorMayStandWithinItsOwnArgument) {
  const auto call = [](const auto& body) { return body(); };
  const auto outer = [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(call([]() -> absl::Status {
      VARVE_RETURN_IF_ERROR(absl::OkStatus());
      VARVE_RETURN_IF_ERROR(absl::AbortedError("inner"));
      return absl::OkStatus();
    }));
    return absl::OkStatus();
  };
  EXPECT_TRUE(absl::IsAborted(outer()));
}

}  // namespace
}  // namespace varve
