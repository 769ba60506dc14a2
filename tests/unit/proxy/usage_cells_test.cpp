#include <holysheep/proxy/usage_cells.hpp>

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep::proxy {
namespace {

using Pair = std::pair<std::string, std::string>;

std::map<Pair, std::uint64_t> requests_of(const UsageCells& cells) {
  std::map<Pair, std::uint64_t> requests;
  cells.each([&](std::string_view client, std::string_view model, const UsageCells::Cell& cell) {
    requests[{std::string(client), std::string(model)}] += cell.requests();
  });
  return requests;
}

TEST(UsageCells, CountsByClientAndModel) {
  UsageBounds bounds;
  UsageCells cells(bounds);
  cells.cell("a", "m", true).count_request(false, false);
  cells.cell("a", "m", true).count_request(true, true);
  cells.cell("b", "m", true).count_request(false, true);
  cells.cell("", "", false).count_request(true, false);
  EXPECT_EQ(requests_of(cells),
            (std::map<Pair, std::uint64_t>{{{"a", "m"}, 2}, {{"b", "m"}, 1}, {{"none", "none"}, 1}}));
  EXPECT_EQ(cells.cell("a", "m", false).errors(), 1U);
  EXPECT_EQ(cells.cell("a", "m", false).partial(), 1U);
  EXPECT_EQ(cells.cell("b", "m", false).errors(), 0U);
  EXPECT_EQ(cells.cell("b", "m", false).partial(), 1U);
}

TEST(UsageCells, CountsTokensAndTheirCost) {
  UsageBounds bounds;
  UsageCells cells(bounds);
  auto& cell = cells.cell("a", "m", true);
  cell.count_tokens({.input = 10, .cached_input = 4, .output = 3, .reasoning = 2}, Cost{100, 900});
  cell.count_tokens({.input = 1, .cached_input = 1, .output = 1, .reasoning = 1}, Cost{1, 2});
  EXPECT_EQ(cell.tokens(), (TokenCounts{11, 5, 4, 3}));
  EXPECT_EQ(cell.cost(), (Cost{101, 902}));
  EXPECT_EQ(cell.unpriced(), 0U);
  cell.count_tokens({.input = 5}, std::nullopt);
  cell.count_tokens({}, std::nullopt);
  EXPECT_EQ(cell.tokens().input, 16U);
  EXPECT_EQ(cell.cost(), (Cost{101, 902}));
  EXPECT_EQ(cell.unpriced(), 1U) << "without tokens nothing lacks a price";
}

TEST(UsageCells, ACellStaysWhereItIs) {
  UsageBounds bounds;
  UsageCells cells(bounds);
  auto& cell = cells.cell("a", "m", true);
  for (int i = 0; i < 500; ++i) cells.cell("client " + std::to_string(i), "m", true);
  EXPECT_EQ(&cells.cell("a", "m", false), &cell);
}

TEST(UsageCells, ANameThatMayTakeNoPlaceIsCountedUnderOther) {
  UsageBounds bounds(1, 10, 100);
  UsageCells cells(bounds);
  cells.cell("a", "made-up", false).count_request(true, false);
  cells.cell("a", "real", true).count_request(false, false);
  cells.cell("b", "real", false).count_request(true, false);
  cells.cell("a", "late", true).count_request(false, false);
  EXPECT_EQ(requests_of(cells),
            (std::map<Pair, std::uint64_t>{{{"a", "other"}, 2}, {{"a", "real"}, 1}, {{"b", "real"}, 1}}));
}

TEST(UsageCells, AModelTakesItsPlaceOnceItIsAnswered) {
  UsageBounds bounds;
  UsageCells cells(bounds);
  cells.cell("a", "new", false).count_request(true, false);
  cells.cell("a", "new", true).count_request(false, false);
  cells.cell("a", "new", false).count_request(true, false);
  EXPECT_EQ(requests_of(cells), (std::map<Pair, std::uint64_t>{{{"a", "other"}, 1}, {{"a", "new"}, 2}}));
}

TEST(UsageCells, LoopsShareThePodsPlaces) {
  UsageBounds bounds(1, 1, 100);
  UsageCells one(bounds);
  UsageCells other(bounds);
  one.cell("a", "m", true);
  other.cell("b", "n", true).count_request(false, false);
  other.cell("a", "m", false).count_request(false, false);
  EXPECT_EQ(requests_of(other), (std::map<Pair, std::uint64_t>{{{"a", "m"}, 1}, {{"other", "other"}, 1}}));
}

TEST(UsageCells, KeepsEachClientsPlaceWhenPairsRunOut) {
  UsageBounds bounds(10, 2, 5);  // one exact pair, and (a, other), (b, other), (other, other), (none, other)
  UsageCells cells(bounds);
  for (const std::string client : {"a", "b", "c", ""}) {
    for (const std::string model : {"m", "n"}) cells.cell(client, model, true).count_request(false, false);
  }
  EXPECT_EQ(requests_of(cells), (std::map<Pair, std::uint64_t>{{{"a", "m"}, 1},
                                                               {{"a", "other"}, 1},
                                                               {{"b", "other"}, 2},
                                                               {{"other", "other"}, 2},
                                                               {{"none", "other"}, 2}}));
}

TEST(UsageCells, JunkTakesNoPlaceHoweverMuchOfItComes) {
  UsageBounds bounds;
  UsageCells cells(bounds);
  for (int client = 0; client < 250; ++client) {
    const auto id = "team-" + std::to_string(client);
    for (int junk = 0; junk < 40; ++junk) {
      cells.cell(id, "junk-" + std::to_string(client * 40 + junk), false).count_request(true, false);
    }
  }
  auto requests = requests_of(cells);
  EXPECT_EQ(requests.size(), 201U);
  EXPECT_EQ((requests[{"team-0", "other"}]), 40U);
  EXPECT_EQ((requests[{"other", "other"}]), 50U * 40U);
  cells.cell("team-0", "gpt-4.1", true).count_request(false, false);
  EXPECT_EQ((requests_of(cells)[{"team-0", "gpt-4.1"}]), 1U) << "places are left";
}

TEST(UsageCells, PairsStayBoundedWhateverIsAnswered) {
  UsageBounds bounds;
  UsageCells one(bounds);
  UsageCells two(bounds);
  std::uint64_t counted = 0;
  for (int i = 0; i < 10000; ++i) {
    for (int client = i % 10; client < 250; client += 10, ++counted) {
      auto& cells = counted % 2 == 0 ? one : two;
      cells.cell("team-" + std::to_string(client), "model-" + std::to_string(i), true)
          .count_request(false, false);
    }
  }
  std::set<Pair> pairs;
  std::uint64_t sum = 0;
  for (const auto* cells : {&one, &two}) {
    for (const auto& [pair, requests] : requests_of(*cells)) {
      pairs.insert(pair);
      sum += requests;
    }
  }
  EXPECT_GT(pairs.size(), 500U);
  EXPECT_LE(pairs.size(), 600U);
  EXPECT_EQ(sum, counted);
}

TEST(UsageCells, IsReadWhileItsOwnerCounts) {
  constexpr int rounds = 2000;
  UsageBounds bounds;
  UsageCells cells(bounds);
  std::atomic<bool> done = false;
  std::thread owner([&] {
    for (int i = 0; i < rounds; ++i) {
      auto& cell = cells.cell("team-" + std::to_string(i % 70), "model-" + std::to_string(i % 30), true);
      cell.count_request(i % 2 == 0, false);
      cell.count_tokens({.input = 3, .output = 1}, Cost{5, 7});
    }
    done = true;
  });
  const auto sum = [&] {
    std::uint64_t requests = 0;
    std::uint64_t input = 0;
    cells.each([&](std::string_view client, std::string_view, const UsageCells::Cell& cell) {
      EXPECT_FALSE(client.empty());
      requests += cell.requests();
      input += cell.tokens().input;
    });
    return std::pair(requests, input);
  };
  std::uint64_t before = 0;
  while (!done) {
    const auto now = sum().first;
    EXPECT_GE(now, before);
    before = now;
  }
  owner.join();
  EXPECT_EQ(sum(), std::pair(std::uint64_t{rounds}, std::uint64_t{3 * rounds}));
}

}  // namespace
}  // namespace holysheep::proxy
