#include "support/cached_stage.hpp"
#include "support/files.hpp"
#include "support/ledger.hpp"
#include "support/raw_client.hpp"
#include "support/request_plan.hpp"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>
#include <unordered_map>

namespace holysheep::testing {
namespace {

using nlohmann::json;

/// What the client of one planned request saw.
struct Seen {
  int status = 0;
  BodyEnd end = BodyEnd::none;
  std::string cache = {};
  bool usage = false;  ///< any, in what it got
  Tokens told = {};    ///< by the last event that tells them
  int events = 0;
  std::string failure = {};
};

std::string raw_bytes(const Request& request) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\nHost: x\r\n";
  for (const Header& header : request.headers) out += header.name + ": " + header.value + "\r\n";
  return out + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
}

Seen leave_before(std::uint16_t port, const PlannedRequest& planned) {
  RawClient client(port);
  client.send(raw_bytes(planned.request));
  Seen seen;
  if (client.read_until("HTTP/1.1 103") != ReadEnd::satisfied) seen.failure = "no 103: " + client.received();
  if (planned.resets) {
    client.reset();
  } else {
    client.close();
  }
  return seen;
}

Seen leave_in_mid_stream(HttpClient& client, const PlannedRequest& planned) {
  client.send(planned.request);
  const Response head = client.read_head();
  Seen seen{.status = head.status, .cache = cache_result(head), .failure = head.failure};
  while (seen.events < planned.events) {
    const auto event = client.next_event();
    if (!event) {
      seen.failure =
          "only " + std::to_string(seen.events) + " of " + std::to_string(planned.events) + " events";
      break;
    }
    ++seen.events;
    if (const auto told = Tokens::of_event(event->data())) seen.told = *told;
  }
  if (planned.resets) {
    client.reset();
  } else {
    client.close();
  }
  return seen;
}

Seen ask_whole(HttpClient& client, const PlannedRequest& planned) {
  const Response answer = client.exchange(planned.request);
  return {.status = answer.status,
          .end = answer.end,
          .cache = cache_result(answer),
          .usage = answer.body.find("\"usage\"") != std::string::npos,
          .told = {},
          .failure = answer.failure};
}

Seen live_through(std::uint16_t port, HttpClient& client, const PlannedRequest& planned) {
  switch (planned.fate) {
    case Fate::leaves_before:
      return leave_before(port, planned);
    case Fate::leaves_where_it_stalls:
    case Fate::leaves_anywhere:
      return leave_in_mid_stream(client, planned);
    default:
      return ask_whole(client, planned);
  }
}

/// All of the plan, on so many connections at a time.
std::vector<Seen> live_through_all(std::uint16_t port, const std::vector<PlannedRequest>& plan,
                                   int at_a_time) {
  std::vector<Seen> seen(plan.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < at_a_time; ++i) {
    clients.emplace_back([&] {
      HttpClient client(port);
      for (std::size_t at = next++; at < plan.size(); at = next++) {
        seen[at] = live_through(port, client, plan[at]);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  return seen;
}

/// What one request should have cost, and what the ledger says that it did.
struct Account {
  std::vector<json> told;     ///< upstream's answers to it
  std::vector<json> own;      ///< its line; one, if all is well
  std::vector<json> retried;  ///< lines for attempts whose answer was not passed on
};

class TheLedgersTruth : public ::testing::Test {
 protected:
  static constexpr int at_a_time = 64;

  void run(std::size_t count, std::uint64_t seed) {
    plan_ = plan_of_requests(count, seed, "truth");
    const auto begun = Clock::now();
    seen_ = live_through_all(stage_.port(), plan_, at_a_time);
    const std::chrono::duration<double> took = Clock::now() - begun;
    std::cout << count << " requests in " << took.count() << " s" << std::endl;
    ASSERT_TRUE(eventually([&] { return stage_.simulator.stats()["in_flight"] == 0; }));
    ASSERT_TRUE(eventually([&] { return count_lines(file()) >= count; }, patience() * 3))
        << count_lines(file()) << " lines";
    usage_ = json::parse(get(admin_, "/usage").body);
    EXPECT_EQ(stage_.proxy.stop(), 0);  // what is written after that is written by nobody
    sort_into_accounts();
  }

  /// Counts, tells the first few, and fails the test once.
  void complain(const PlannedRequest& planned, const Account& account, const std::string& what) {
    if (++complaints_ > 20) return;
    std::string text = planned.id + " (" + std::string(name_of(planned.fate)) + ", " + planned.request.target;
    for (const Header& header : planned.request.headers) text += ", " + header.value;
    text += "): " + what;
    for (const json& line : account.own) text += "\n  ledger " + line.dump();
    for (const json& line : account.retried) text += "\n  ledger " + line.dump();
    for (const json& telling : account.told) text += "\n  told   " + telling.dump();
    ADD_FAILURE() << text;
  }

  void check_all() {
    for (std::size_t i = 0; i < plan_.size(); ++i) check(plan_[i], seen_[i], accounts_[plan_[i].id]);
    EXPECT_EQ(complaints_, 0U);
    for (const auto& [fate, count] : fates_) std::cout << "  " << name_of(fate) << ": " << count << "\n";
    std::cout << "  cache: " << hits_ << " of " << asked_of_cache_ << " answered without upstream\n"
              << "  tokens: " << tokens_.text() << "\n  dollars: " << static_cast<double>(nano_) / 1e9
              << std::endl;
    EXPECT_GT(hits_, asked_of_cache_ / 4);
  }

  void check(const PlannedRequest& planned, const Seen& seen, const Account& account) {
    ++fates_[planned.fate];
    const auto wrong = [&](const std::string& what) { complain(planned, account, what); };
    if (!seen.failure.empty() && planned.fate != Fate::cut) wrong("the client: " + seen.failure);
    if (account.own.size() != 1) return wrong(std::to_string(account.own.size()) + " lines");
    const json& line = account.own.front();
    check_what_the_client_saw(planned, seen, wrong);
    if (line.value("model", "") != planned.price->id) wrong("another model");
    if (!line["client"].is_null()) wrong("a client where there are none");
    if (line.value("estimated", true)) wrong("estimated");
    const int status = planned.fate == Fate::leaves_before ? 499 : planned.status;
    if (line.value("status", 0) != status) wrong("status " + std::to_string(status) + " expected");
    const bool partial = line.value("partial", false);
    if (planned.marks_partial && !partial) wrong("not partial");
    if (planned.fate <= Fate::refused && partial) wrong("partial");
    const Tokens tokens = Tokens::of(line);
    check_tokens(planned, seen, account, tokens, wrong);
    check_retried(account, wrong);
    add(planned, line, tokens, wrong);
    for (const json& other : account.retried) add(planned, other, Tokens::of(other), wrong);
  }

  template <typename Wrong>
  void check_what_the_client_saw(const PlannedRequest& planned, const Seen& seen, const Wrong& wrong) {
    if (planned.fate == Fate::leaves_before) return;
    if (seen.status != planned.status) wrong("the client got status " + std::to_string(seen.status));
    if (planned.fate <= Fate::refused && seen.end != BodyEnd::complete)
      wrong("the client's answer is not whole");
    if (planned.hides_usage && seen.usage) wrong("the client got usage that it did not ask for");
  }

  /// The heart of it.
  template <typename Wrong>
  void check_tokens(const PlannedRequest& planned, const Seen& seen, const Account& account,
                    const Tokens& tokens, const Wrong& wrong) {
    const Tokens truth = account.told.empty() ? Tokens{} : Tokens::of(account.told.back()["told"]);
    if (planned.fate == Fate::leaves_anywhere) {
      // Upstream's last words may still have been on their way: no less than the client saw, no more than
      // told.
      if (!seen.told.within(tokens)) wrong("less than the client saw: " + seen.told.text());
      if (!tokens.within(truth)) wrong("more than told: " + truth.text());
      return;
    }
    if (tokens != truth) wrong("told were " + truth.text());
    if (planned.fate == Fate::cached) {
      ++asked_of_cache_;
      const bool without_upstream = seen.cache == "hit" || seen.cache == "coalesced";
      hits_ += without_upstream;
      if (without_upstream == !account.told.empty())
        wrong("cache " + seen.cache + ", yet otherwise upstream");
      if (account.own.front().value("cache", "") != seen.cache) wrong("the client was told " + seen.cache);
    } else if (account.told.empty()) {
      wrong("upstream does not know it");
    }
    if (planned.fate == Fate::retried && account.told.size() < 2) wrong("not retried");
  }

  /// A discarded attempt costs, at most, what its answer told, and once.
  template <typename Wrong>
  static void check_retried(const Account& account, const Wrong& wrong) {
    std::vector<Tokens> discarded;
    for (std::size_t i = 0; i + 1 < account.told.size(); ++i) {
      if (!account.told[i]["told"].is_null()) discarded.push_back(Tokens::of(account.told[i]["told"]));
    }
    for (const json& line : account.retried) {
      const auto at = std::ranges::find(discarded, Tokens::of(line));
      if (at == discarded.end()) return wrong("a retried line that no attempt told");
      discarded.erase(at);
    }
  }

  /// Holds the line's dollars to its tokens, and adds both to the sums.
  template <typename Wrong>
  void add(const PlannedRequest& planned, const json& line, const Tokens& tokens, const Wrong& wrong) {
    const std::int64_t nano = planned.price->price.nano_usd(tokens);
    const std::int64_t direct = planned.price->direct.nano_usd(tokens);
    if (nano_usd_of(line["cost_usd"]) != nano) wrong("it costs " + std::to_string(nano) + " nano-dollars");
    if (nano_usd_of(line["direct_cost_usd"]) != direct)
      wrong("direct " + std::to_string(direct) + " nano-dollars");
    tokens_ += tokens;
    nano_ += nano;
    direct_nano_ += direct;
  }

  void check_sums() {
    const json& totals = usage_["totals"];
    EXPECT_EQ(totals.value("requests", 0U), plan_.size()) << totals.dump();
    EXPECT_EQ(Tokens::of(totals), tokens_) << totals.dump();
    constexpr std::int64_t half_a_cent = 5'000'000;
    EXPECT_NEAR(static_cast<double>(nano_usd_of(totals["cost_usd"])), static_cast<double>(nano_),
                half_a_cent);
    EXPECT_NEAR(static_cast<double>(nano_usd_of(totals["direct_cost_usd"])),
                static_cast<double>(direct_nano_), half_a_cent);
    EXPECT_NEAR(static_cast<double>(nano_usd_of(totals["saved_usd"])),
                static_cast<double>(direct_nano_ - nano_), half_a_cent);
    const auto partial = std::ranges::count_if(accounts_, [](const auto& each) {
      return !each.second.own.empty() && each.second.own.front().value("partial", false);
    });
    EXPECT_EQ(totals.value("partial", -1), partial) << totals.dump();
    Tokens by_model;
    for (const auto& model : usage_["by_model"]) by_model += Tokens::of(model);
    EXPECT_EQ(by_model, tokens_) << usage_["by_model"].dump();
  }

 private:
  std::filesystem::path file() const { return directory_.path() / "usage.jsonl"; }

  Environment settings() const {
    return {{"USAGE_FILE", file().string()},
            {"MODELS_FILE", directory_.write("models.json", models_file_of_price_classes())},
            {"METER_STREAM_USAGE", "true"},
            {"ADMIN_PORT", std::to_string(admin_)},
            {"CACHE_SIZE_MB", "64"},
            {"MAX_RETRIES", "3"},
            {"RETRY_BUDGET_PERCENT", "100"},
            {"CIRCUIT_BREAKER_THRESHOLD", "0"},
            {"WORKER_PROCESSES", "2"}};
  }

  void sort_into_accounts() {
    for (auto& telling : stage_.simulator.told_usage()) {
      const auto id = telling["request_id"].get<std::string>();
      if (!id.empty()) accounts_[id].told.push_back(std::move(telling));
    }
    std::size_t strangers = 0;
    for (auto& line : json_lines(file())) {
      const std::string id = line["request_id"].is_string() ? line["request_id"].get<std::string>() : "";
      strangers += !id.starts_with("truth-");
      Account& account = accounts_[id];
      (line.value("retried", false) ? account.retried : account.own).push_back(std::move(line));
    }
    EXPECT_EQ(strangers, 0U) << "lines of no request of ours";
  }

  TempDirectory directory_;
  std::uint16_t admin_ = unused_port();
  Stage stage_{settings()};
  std::vector<PlannedRequest> plan_;
  std::vector<Seen> seen_;
  std::unordered_map<std::string, Account> accounts_;
  json usage_;
  std::size_t complaints_ = 0;
  std::map<Fate, std::size_t> fates_;
  std::size_t hits_ = 0;
  std::size_t asked_of_cache_ = 0;
  Tokens tokens_;
  std::int64_t nano_ = 0;
  std::int64_t direct_nano_ = 0;
};

TEST_F(TheLedgersTruth, IsWhatUpstreamToldToTheTokenAndToTheCent) {
  ASSERT_NO_FATAL_FAILURE(run(long_tests() ? 100'000 : 5'000, 20'260'117));
  check_all();
  check_sums();
}

}  // namespace
}  // namespace holysheep::testing
