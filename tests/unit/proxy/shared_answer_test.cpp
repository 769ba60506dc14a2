#include <holysheep/policy/response_cache.hpp>
#include <holysheep/proxy/shared_answer.hpp>

#include <gmock/gmock.h>

namespace holysheep::proxy {
namespace {

using Stage = SharedAnswer::Stage;

struct Shared : ::testing::Test {
  explicit Shared(std::uint64_t most_kept = 1 << 20)
      : answer(std::make_shared<SharedAnswer>(accounts, most_kept)) {
    answer->on_reading([this] { ++needed; }, [this] { ++abandoned; });
  }

  void begin(bool for_all = true) { answer->begin("HTTP/1.1 200 OK\r\n\r\n", {}, TimePoint(), {}, for_all); }
  void append(std::string_view piece, http::Usage usage = {}) {
    answer->append({&piece, 1}, true, false, usage);
  }

  static std::string read(SharedReader& reader, Stage* stage = nullptr) {
    std::string all;
    for (;;) {
      SharedReader::Pieces pieces;
      const auto look = reader.look(pieces);
      if (stage) *stage = look.stage;
      for (const auto piece : pieces) all += piece;
      if (pieces.empty()) return all;
    }
  }

  MemoryAccounts accounts;
  int needed = 0;
  int abandoned = 0;
  std::shared_ptr<SharedAnswer> answer;
};

struct SharedBeyond : Shared {
  SharedBeyond() : Shared(100 * 1024) {}
};

TEST_F(Shared, GivesALatecomerWhatHasPassed) {
  SharedReader first(answer, true);
  begin();
  append("one ");
  EXPECT_EQ(read(first), "one ");
  append("two ");
  SharedReader late(answer, false);
  ASSERT_TRUE(late.joined());
  EXPECT_EQ(read(late), "one two ");
  append("three");
  answer->complete({});
  Stage stage{};
  EXPECT_EQ(read(first, &stage), "two three");
  EXPECT_EQ(stage, Stage::complete);
  EXPECT_EQ(read(late), "three");
}

TEST_F(Shared, IsTheSameInEveryBlock) {
  SharedReader reader(answer, true);
  begin();
  std::string all;
  std::string got;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26));
    all += piece;
    append(piece);
    if (i % 7 == 0) got += read(reader);
  }
  answer->complete({});
  got += read(reader);
  EXPECT_TRUE(got == all);
  SharedReader kept(answer, false);
  EXPECT_TRUE(kept.kept());
  EXPECT_TRUE(read(kept) == all);
  EXPECT_EQ(answer->size(), all.size());
}

TEST_F(Shared, WakesWhoSawNothingNew) {
  SharedReader reader(answer, true);
  int woken = 0;
  reader.on_more([&] { ++woken; });
  EXPECT_EQ(reader.look_for_head().stage, Stage::asked);
  begin();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(reader.look_for_head().stage, Stage::answering);
  append("x");
  EXPECT_EQ(woken, 1) << "it has not looked for more";
  EXPECT_EQ(read(reader), "x");
  append("y");
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(read(reader), "y");
  answer->break_off(Fault::silence);
  EXPECT_EQ(woken, 3);
  SharedReader::Pieces none;
  EXPECT_EQ(reader.look(none).fault, Fault::silence);
}

TEST_F(Shared, ShowsAllBeforeItShowsThatItBroke) {
  SharedReader reader(answer, true);
  begin();
  append(std::string(200'000, 'x'));
  answer->break_off(Fault::answer_cut);
  std::size_t seen = 0;
  for (SharedReader::Pieces pieces;;) {
    const auto look = reader.look(pieces);
    for (const auto piece : pieces) seen += piece.size();
    EXPECT_EQ(look.stage == Stage::broken, seen == 200'000);
    if (look.stage == Stage::broken) break;
  }
}

TEST_F(Shared, LetsNothingBePutInBeforeAllThatIsThere) {
  SharedReader reader(answer, true);
  begin();
  append(std::string(100'000, 'x'));
  std::size_t seen = 0;
  for (SharedReader::Pieces pieces; seen < 100'000;) {
    const auto look = reader.look(pieces);
    ASSERT_FALSE(pieces.empty());
    for (const auto piece : pieces) seen += piece.size();
    EXPECT_EQ(look.boundary, seen == 100'000);
  }
}

TEST_F(Shared, GivesInterimAnswersToWhoWaitsOnce) {
  SharedReader reader(answer, true);
  int woken = 0;
  reader.on_more([&] { ++woken; });
  reader.look_for_head();
  answer->interim("HTTP/1.1 103 \r\n\r\n");
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(reader.take_interims(), "HTTP/1.1 103 \r\n\r\n");
  EXPECT_EQ(reader.take_interims(), "");
}

TEST_F(Shared, IsPacedByItsFastestReader) {
  SharedReader fast(answer, true);
  SharedReader slow(answer, false);
  begin();
  EXPECT_TRUE(answer->wants_more());
  append(std::string(SharedAnswer::window, 'x'));
  EXPECT_FALSE(answer->wants_more());
  SharedReader::Pieces pieces;
  fast.look(pieces);
  EXPECT_EQ(needed, 1);
  EXPECT_TRUE(answer->wants_more());
  read(fast);
  EXPECT_EQ(needed, 1) << "it was not waiting";
}

TEST_F(Shared, IsNeededAgainWhenTheFastestLeaves) {
  SharedReader slow(answer, true);
  auto fast = std::make_unique<SharedReader>(answer, false);
  begin();
  append(std::string(SharedAnswer::window, 'x'));
  EXPECT_FALSE(answer->wants_more());
  fast.reset();
  EXPECT_EQ(needed, 1) << "so that it is judged anew";
}

TEST_F(Shared, IsAbandonedByTheLastAndThenTakesNobody) {
  auto first = std::make_unique<SharedReader>(answer, true);
  auto second = std::make_unique<SharedReader>(answer, false);
  first.reset();
  EXPECT_EQ(abandoned, 0);
  second.reset();
  EXPECT_EQ(abandoned, 1);
  EXPECT_FALSE(SharedReader(answer, false).joined());
}

TEST_F(Shared, SetsAllButTheLeaderFreeWhenItMayNotBeShared) {
  SharedReader leader(answer, true);
  SharedReader other(answer, false);
  begin(false);
  append("x");
  EXPECT_EQ(leader.look_for_head().stage, Stage::answering);
  EXPECT_EQ(other.look_for_head().stage, Stage::failed);
  EXPECT_FALSE(SharedReader(answer, false).joined());
  EXPECT_EQ(read(leader), "x");
  answer->complete({});
  EXPECT_FALSE(answer->kept_whole());
}

TEST_F(Shared, TellsWhyItFailedToTheLeaderAlone) {
  SharedReader leader(answer, true);
  SharedReader other(answer, false);
  Fared fared;
  fared.attempts = 2;
  answer->fail(Fault::circuit_open, std::nullopt, fared);
  EXPECT_EQ(leader.look_for_head().fault, Fault::circuit_open);
  EXPECT_EQ(leader.answer().fared().attempts, 2U);
  EXPECT_EQ(other.look_for_head().stage, Stage::failed);
}

TEST_F(Shared, IsMeteredForTheLeaderOrElseForTheLast) {
  const http::Usage cost{.input = 3, .known = true};
  {
    SharedReader leader(answer, true);
    SharedReader other(answer, false);
    begin();
    append("x", cost);
    answer->complete({});
    EXPECT_FALSE(other.leave().known);
    EXPECT_TRUE(leader.leave().known);
  }
  answer = std::make_shared<SharedAnswer>(accounts, 1000);
  auto leader = std::make_unique<SharedReader>(answer, true);
  SharedReader second(answer, false);
  SharedReader third(answer, false);
  begin();
  append("x", cost);
  EXPECT_FALSE(leader->leave().known) << "it goes on without it";
  EXPECT_FALSE(second.leave().known);
  EXPECT_TRUE(third.leave().known);
}

TEST_F(Shared, IsMeteredForALeaderThatLeavesWhatNobodyElseMayRead) {
  SharedReader leader(answer, true);
  SharedReader other(answer, false);  // has not looked yet
  begin(false);
  append("x", {.input = 3, .known = true});
  EXPECT_TRUE(leader.leave().known);
  EXPECT_FALSE(other.leave().known);
}

std::string model_of(const SharedReader& reader) {
  std::string model = "of the request before";
  reader.copy_answer_model(model);
  return model;
}

TEST_F(Shared, TellsWhichModelAnsweredToAllWhoRead) {
  SharedReader leader(answer, true);
  begin();
  EXPECT_EQ(model_of(leader), "");
  const std::string_view piece = "x";
  answer->append({&piece, 1}, true, false, {}, "gpt-4.1-2025-04-14");
  EXPECT_EQ(model_of(leader), "gpt-4.1-2025-04-14");
  answer->complete({});
  EXPECT_EQ(model_of(SharedReader(answer, false)), "gpt-4.1-2025-04-14");
  const auto coded = std::make_shared<SharedAnswer>(accounts, 1000);
  coded->become_coded(*answer, "y");
  EXPECT_EQ(model_of(SharedReader(coded, false)), "gpt-4.1-2025-04-14");
}

TEST_F(Shared, AccountsForEveryBlockUntilItGoes) {
  {
    SharedReader reader(answer, true);
    begin();
    append(std::string(50'000, 'x'));
    EXPECT_GE(accounts.held(MemoryUse::coalescing), 50'000);
    answer->complete({});
    EXPECT_LT(accounts.held(MemoryUse::coalescing), 51'000);
    EXPECT_GE(answer->heap_size(), 50'000U);
  }
  answer.reset();
  EXPECT_EQ(accounts.held(MemoryUse::coalescing), 0);
}

TEST_F(SharedBeyond, WhatIsKeptHoldsNoMoreThanReadersMayBeBehind) {
  SharedReader along(answer, true);
  SharedReader stopped(answer, false);
  begin();
  const std::string piece(10'000, 'x');
  for (int i = 0; i < 500; ++i) {
    append(piece);
    read(along);
  }
  EXPECT_LT(accounts.held(MemoryUse::coalescing), 2 * static_cast<std::int64_t>(SharedAnswer::most_behind));
  EXPECT_FALSE(SharedReader(answer, false).joined());
  SharedReader::Pieces pieces;
  const auto look = stopped.look(pieces);
  EXPECT_EQ(look.stage, Stage::broken);
  EXPECT_EQ(look.fault, Fault::memory_pressure);
  answer->complete({});
  EXPECT_FALSE(answer->kept_whole());
}

TEST_F(SharedBeyond, WhatIsKeptLeavesTheBytesThatAReaderHolds) {
  SharedReader reader(answer, true);
  begin();
  append(std::string(20'000, 'a'));
  SharedReader::Pieces held;
  reader.look(held);
  std::vector<std::string> before(held.begin(), held.end());
  for (int i = 0; i < 300; ++i) append(std::string(10'000, 'b'));
  EXPECT_THAT(before, ::testing::ElementsAreArray(held.begin(), held.end()));
}

}  // namespace
}  // namespace holysheep::proxy
