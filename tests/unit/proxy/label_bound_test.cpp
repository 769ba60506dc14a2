#include <holysheep/proxy/label_bound.hpp>

#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep::proxy {
namespace {

TEST(LabelBound, GivesPlacesToTheFirstNamesAndOtherToTheRest) {
  LabelBound bound(2);
  EXPECT_EQ(bound.bound("a"), "a");
  EXPECT_EQ(bound.bound("b"), "b");
  EXPECT_EQ(bound.bound("c"), "other");
  EXPECT_EQ(bound.bound("a"), "a");
  EXPECT_EQ(bound.bound("b"), "b");
}

TEST(LabelBound, ItsViewsStayWhereTheyAre) {
  LabelBound bound;
  const auto first = bound.bound(std::string("a"));
  for (int i = 0; i < 1000; ++i) bound.bound("model " + std::to_string(i));
  EXPECT_EQ(first, "a");
  EXPECT_EQ(bound.bound("a").data(), first.data());
  EXPECT_EQ(bound.placed("a").data(), first.data());
}

TEST(LabelBound, NamesThatAreNoneTakeNoPlace) {
  LabelBound bound(1);
  EXPECT_EQ(bound.bound(""), "none");
  EXPECT_EQ(bound.bound("none"), "none");
  EXPECT_EQ(bound.bound("other"), "other");
  EXPECT_EQ(bound.bound("a\nb"), "other");
  EXPECT_EQ(bound.bound(std::string_view("a\0", 2)), "other");
  EXPECT_EQ(bound.bound("a\x7f"), "other");
  EXPECT_EQ(bound.bound("a\xc2\x85"), "other") << "a control character too";
  EXPECT_EQ(bound.bound("a\xff"), "other") << "no UTF-8";
  EXPECT_EQ(bound.bound(std::string(129, 'a')), "other");
  EXPECT_EQ(bound.bound(std::string(128, 'a')), std::string(128, 'a'));
}

TEST(LabelBound, TakesQuotesAndForeignLetters) {
  LabelBound bound;
  EXPECT_EQ(bound.bound(R"(a "b" \c)"), R"(a "b" \c)");
  EXPECT_EQ(bound.bound("\u6a21\u578b"), "\u6a21\u578b");
}

TEST(LabelBound, LookingTakesNoPlace) {
  LabelBound bound(1);
  EXPECT_EQ(bound.placed("a"), "other");
  EXPECT_EQ(bound.placed(""), "none");
  EXPECT_EQ(bound.bound("b"), "b");
  EXPECT_EQ(bound.placed("b"), "b");
}

TEST(LabelBound, HoldsItsBoundAgainstManyThreads) {
  LabelBound bound(50);
  std::vector<std::set<std::string_view>> seen(4);
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&bound, &mine] {
      for (int i = 0; i < 1000; ++i) mine.insert(bound.bound("model " + std::to_string(i)));
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string_view> all;
  for (const auto& some : seen) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), 51U) << "and other";
}

}  // namespace
}  // namespace holysheep::proxy
