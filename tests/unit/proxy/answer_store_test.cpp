#include <holysheep/proxy/answer_store.hpp>

#include <gtest/gtest.h>

namespace holysheep::proxy {
namespace {

using Found = AnswerStore::Found;

struct TheAnswerStore : ::testing::Test {
  AnswerStore::Wanted wanted{.key = {{7}}, .now = TimePoint(std::chrono::hours(1))};
  MemoryAccounts accounts;
  ResponseCache cache{16 << 20, std::chrono::seconds(60), accounts};
  AnswerStore store{cache, accounts};

  /// One answer to `wanted`, complete and kept.
  void keep(std::string_view body) {
    std::optional<SharedReader> leader;
    ASSERT_EQ(store.open(wanted, leader), Found::nothing);
    const auto answer = leader->shared();
    answer->begin("HTTP/1.1 200 OK\r\n\r\n", {}, wanted.now, {}, true);
    answer->append({&body, 1}, true, false, {});
    answer->complete({});
    store.keep(wanted.key, answer);
  }
  static std::string body(SharedReader& reader) {
    SharedReader::Pieces pieces;
    reader.look(pieces);
    std::string all;
    for (const auto piece : pieces) all += piece;
    return all;
  }
};

TEST_F(TheAnswerStore, LetsOneLeadAndTheOthersReadAlong) {
  std::optional<SharedReader> first;
  std::optional<SharedReader> second;
  EXPECT_EQ(store.open(wanted, first), Found::nothing);
  EXPECT_TRUE(first->leads());
  EXPECT_EQ(store.open(wanted, second), Found::under_way);
  EXPECT_FALSE(second->leads());
  EXPECT_EQ(&first->answer(), &second->answer());
}

TEST_F(TheAnswerStore, AsksAnewForWhoWantsItFresh) {
  keep("old");
  std::optional<SharedReader> reader;
  wanted.fresh = true;
  EXPECT_EQ(store.open(wanted, reader), Found::nothing);
  std::optional<SharedReader> other;
  EXPECT_EQ(store.open(wanted, other), Found::nothing) << "not what was asked for before it either";
}

TEST_F(TheAnswerStore, KeepsWhatHasEnded) {
  keep("body");
  std::optional<SharedReader> reader;
  ASSERT_EQ(store.open(wanted, reader), Found::kept);
  EXPECT_EQ(body(*reader), "body");
  EXPECT_GT(accounts.held(MemoryUse::cache), 0);
  EXPECT_EQ(accounts.held(MemoryUse::coalescing), 0) << "counted once";
}

TEST_F(TheAnswerStore, KeepsNoAnswerThatSomebodyAskedForAnewMeanwhile) {
  std::optional<SharedReader> slow;
  ASSERT_EQ(store.open(wanted, slow), Found::nothing);
  wanted.fresh = true;
  keep("newer");
  wanted.fresh = false;
  const auto late = slow->shared();
  late->begin("HTTP/1.1 200 OK\r\n\r\n", {}, wanted.now, {}, true);
  late->complete({});
  store.keep(wanted.key, late);
  std::optional<SharedReader> reader;
  ASSERT_EQ(store.open(wanted, reader), Found::kept);
  EXPECT_EQ(body(*reader), "newer");
}

TEST_F(TheAnswerStore, TakesNobodyIntoWhatWasAbandoned) {
  std::optional<SharedReader> first;
  store.open(wanted, first);
  const auto abandoned = first->shared();
  first.reset();
  std::optional<SharedReader> second;
  EXPECT_EQ(store.open(wanted, second), Found::nothing);
  store.close(wanted.key, *abandoned);  // which comes late, and is not the one under way now
  std::optional<SharedReader> third;
  EXPECT_EQ(store.open(wanted, third), Found::under_way);
}

TEST_F(TheAnswerStore, KeepsTheCompressedCopyOfTheAnswerThatIsKept) {
  keep("plain");
  std::optional<SharedReader> reader;
  ASSERT_EQ(store.open(wanted, reader), Found::kept);
  EXPECT_FALSE(store.open_coded(wanted, reader));
  store.keep_coded(wanted, reader, "coded");
  EXPECT_TRUE(reader->answer().coded());
  EXPECT_EQ(body(*reader), "coded");
  ASSERT_EQ(store.open(wanted, reader), Found::kept);
  EXPECT_FALSE(reader->answer().coded());
  ASSERT_TRUE(store.open_coded(wanted, reader));
  EXPECT_EQ(body(*reader), "coded");
  EXPECT_EQ(reader->answer().born(), wanted.now);

  wanted.now += std::chrono::seconds(1);
  wanted.fresh = true;
  keep("newer");
  wanted.fresh = false;
  ASSERT_EQ(store.open(wanted, reader), Found::kept);
  EXPECT_FALSE(store.open_coded(wanted, reader)) << "that copy is of the answer before";
}

}  // namespace
}  // namespace holysheep::proxy
