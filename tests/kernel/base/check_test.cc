#include "kernel/base/check.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(CheckDeathTest, SaysWhatFailedWhereAndAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(VARVE_CHECK(1 + 1 == 3), "check_test.cc:.*VARVE_CHECK failed: 1 \\+ 1 == 3");
  VARVE_CHECK(1 + 1 == 2);
}

}  // namespace
}  // namespace varve
