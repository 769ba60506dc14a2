#include <holysheep/core/histogram.hpp>
#include <holysheep/core/own_count.hpp>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using ::testing::ElementsAre;

constexpr Bounds<3> three_bounds{10, 100, 1000};

TEST(Histogram, AValueAtABoundIsWithinIt) {
  Histogram<three_bounds> histogram;
  for (const unsigned value : {0U, 10U, 11U, 100U, 1000U, 1001U}) histogram.add(value);
  HistogramCounts<3> counts;
  histogram.add_to(counts);
  EXPECT_THAT(counts.buckets, ElementsAre(2, 2, 1, 1));
  EXPECT_EQ(counts.count(), 6U);
  EXPECT_EQ(counts.sum, 2122);
}

TEST(Histogram, SeveralOnesAddUp) {
  Histogram<three_bounds> one;
  Histogram<three_bounds> other;
  one.add(5);
  other.add(6);
  other.add(5000);
  HistogramCounts<3> counts;
  one.add_to(counts);
  other.add_to(counts);
  EXPECT_THAT(counts.buckets, ElementsAre(2, 0, 0, 1));
  EXPECT_EQ(counts.sum, 5011);
}

TEST(Counted, IsCountedAsLongAsItLivesWhereverItMoves) {
  OwnCount count;
  {
    Counted first(count);
    Counted second(std::move(first));
    Counted third;
    third = std::move(second);
    EXPECT_EQ(count.get(), 1);
    const Counted another(count);
    EXPECT_EQ(count.get(), 2);
  }
  EXPECT_EQ(count.get(), 0);
}

}  // namespace
}  // namespace holysheep
