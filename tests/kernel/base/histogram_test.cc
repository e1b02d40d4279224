#include "kernel/base/histogram.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace varve {
namespace {

TEST(Histogram, EveryBoundIsTheLastValueOfItsBucket) {
  for (std::size_t bucket = 0; bucket + 1 < kHistogramBuckets; ++bucket) {
    EXPECT_EQ(HistogramBucketOf(HistogramBound(bucket)), bucket);
    EXPECT_EQ(HistogramBucketOf(HistogramBound(bucket) + 1), bucket + 1);
  }
}

TEST(Histogram, PowersOfTwoAreBounds) {
  for (int exponent = 0; exponent <= 40; ++exponent) {
    const std::uint64_t power = std::uint64_t{1} << exponent;
    EXPECT_EQ(HistogramBound(HistogramBucketOf(power)), power);
  }
}

TEST(Histogram, ABucketIsAtMostAQuarterAsWideAsItsValuesAreLarge) {
  for (std::size_t bucket = 4; bucket < kHistogramBuckets; ++bucket) {
    const std::uint64_t below = HistogramBound(bucket - 1);
    EXPECT_LE((HistogramBound(bucket) - below) * 4, below);
  }
}

TEST(Histogram, NothingIsTooLargeOrTooSmall) {
  Histogram histogram;
  histogram.Record(0);
  histogram.Record(~std::uint64_t{0});
  const HistogramValue value = histogram.value();
  EXPECT_EQ(value.count, 2u);
  EXPECT_EQ(value.buckets.front(), 1u);
  EXPECT_EQ(value.buckets.back(), 1u);
}

TEST(Histogram, QuantilesAreOffByLessThanAQuarter) {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 10'000; ++i) histogram.Record(i * 1000);
  const HistogramValue value = histogram.value();
  for (const double fraction : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = fraction * 10'000 * 1000;
    EXPECT_NEAR(value.Quantile(fraction), exact, exact / 4) << fraction;
  }
  EXPECT_DOUBLE_EQ(value.Mean(), 5'000'500.0);
  EXPECT_EQ(HistogramValue().Quantile(0.5), 0.0);
  EXPECT_EQ(HistogramValue().Mean(), 0.0);
}

TEST(Histogram, NoThreadsValueIsLost) {
  Histogram histogram;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t value = 1; value <= 10'000; ++value) histogram.Record(value);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(histogram.value().count, 40'000u);
  EXPECT_EQ(histogram.value().sum, 4u * 50'005'000u);
}

}  // namespace
}  // namespace varve
