#include "support/cached_stage.hpp"
#include "support/files.hpp"
#include "support/ledger.hpp"
#include "support/raw_client.hpp"

namespace holysheep::testing {
namespace {

using nlohmann::json;

/// One way to ask for an answer that tells its usage.
struct Way {
  std::string name;
  std::string path;
  bool streamed = false;
};

std::vector<Way> all_ways() {
  return {{"Chat", "/v1/chat/completions"},
          {"ChatStream", "/v1/chat/completions", true},
          {"Completions", "/v1/completions"},
          {"CompletionsStream", "/v1/completions", true},
          {"Responses", "/v1/responses"},
          {"ResponsesStream", "/v1/responses", true},
          {"Embeddings", "/v1/embeddings"},
          {"Messages", "/v1/messages"},
          {"MessagesStream", "/v1/messages", true},
          {"Gemini", "/v1beta/models/sim:tag=odd:generateContent"},
          {"GeminiStream", "/v1beta/models/sim:tag=odd:streamGenerateContent?alt=sse", true}};
}

const PriceClass& odd = price_classes[2];

class MeteredStage {
 public:
  explicit MeteredStage(const Environment& more = {}) : stage_(settings(more)) {}

  Stage& stage() { return stage_; }

  /// The request for model `odd`, answered as `script` says.
  static Request asking(const Way& way, const std::string& id, const std::string& script,
                        std::vector<Header> headers = {}) {
    json body{{"model", "sim:tag=odd"}, {"stream", way.streamed}, {"input", "hello " + id}};
    if (way.path.find("completions") != std::string::npos && way.streamed) {
      body["stream_options"] = {{"include_usage", true}};
    }
    headers.push_back({"X-Request-Id", id});
    headers.push_back({"X-Sim", script});
    return json_request(way.path, body.dump(), std::move(headers));
  }

  /// The ledger's lines for a request, once there are any.
  std::vector<json> ledger(const std::string& id) {
    std::vector<json> found;
    eventually([&] {
      found.clear();
      for (auto& line : json_lines(file())) {
        if (line.value("request_id", "") == id) found.push_back(std::move(line));
      }
      return !found.empty();
    });
    return found;
  }

  /// What upstream has told, answer by answer, once it is done with all of them.
  std::vector<json> told(const std::string& id) {
    std::vector<json> found;
    eventually([&] {
      found.clear();
      bool ended = true;
      for (auto& telling : stage_.simulator.told_usage()) {
        if (telling["request_id"] != id) continue;
        ended = ended && telling["ended"].get<bool>();
        found.push_back(std::move(telling));
      }
      return ended && !found.empty();
    });
    return found;
  }

  /// That ledger and log say of a request what upstream told with its last answer, at its price.
  json expect_truth(const std::string& id) {
    const auto tellings = told(id);
    const auto lines = ledger(id);
    EXPECT_EQ(lines.size(), 1U) << id;
    if (tellings.empty() || lines.empty()) {
      ADD_FAILURE() << id << ": " << tellings.size() << " answers, " << lines.size() << " lines";
      return json::object();
    }
    const json& line = lines.front();
    const Tokens truth = Tokens::of(tellings.back()["told"]);
    EXPECT_EQ(Tokens::of(line), truth) << line.dump() << "\n" << tellings.back().dump();
    EXPECT_EQ(nano_usd_of(line["cost_usd"]), odd.price.nano_usd(truth)) << line.dump();
    EXPECT_EQ(nano_usd_of(line["direct_cost_usd"]), odd.direct.nano_usd(truth)) << line.dump();
    EXPECT_EQ(line["model"], "odd");
    EXPECT_EQ(line["estimated"], false);
    EXPECT_EQ(Tokens::of(stage_.proxy.request_line(id)), truth) << stage_.proxy.request_line(id).dump();
    return line;
  }

 private:
  std::filesystem::path file() const { return directory_.path() / "usage.jsonl"; }
  Environment settings(const Environment& more) const {
    Environment all = more;
    all.insert({{"USAGE_FILE", file().string()},
                {"MODELS_FILE", directory_.write("models.json", models_file_of_price_classes())},
                {"CACHE_SIZE_MB", "16"},
                {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
    return all;
  }

  TempDirectory directory_;
  Stage stage_;
};

class AMeteredAnswer : public ::testing::TestWithParam<Way> {};

TEST_P(AMeteredAnswer, CostsWhatUpstreamTold) {
  MeteredStage metered;
  const auto answer =
      fetch(metered.stage().port(), MeteredStage::asking(GetParam(), "plain", "usage=1234:567:89:10:11"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json line = metered.expect_truth("plain");
  EXPECT_EQ(line.value("status", 0), 200);
  EXPECT_EQ(line.value("partial", true), false);
  EXPECT_GT(Tokens::of(line).input, 1000U);
}

TEST_P(AMeteredAnswer, CostsTheSameCompressed) {
  MeteredStage metered;
  const auto answer =
      fetch(metered.stage().port(), MeteredStage::asking(GetParam(), "gzip", "usage=1234:567:89:10:11;gzip",
                                                         {{"Accept-Encoding", "gzip"}}));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
  EXPECT_GT(Tokens::of(metered.expect_truth("gzip")).input, 1000U);
}

TEST_P(AMeteredAnswer, CostsWhatTheLastAttemptTold) {
  MeteredStage metered;
  const auto answer = fetch(metered.stage().port(),
                            MeteredStage::asking(GetParam(), "again", "fail=2:500;usage=1234:567:89:10:11"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(metered.told("again").size(), 3U);
  EXPECT_EQ(metered.expect_truth("again").value("status", 0), 200);
}

TEST_P(AMeteredAnswer, ThatUpstreamRefusesCostsNothing) {
  MeteredStage metered;
  const auto answer = fetch(metered.stage().port(), MeteredStage::asking(GetParam(), "no", "status=400"));
  ASSERT_EQ(answer.status, 400) << answer.body;
  const json line = metered.expect_truth("no");
  EXPECT_EQ(line.value("status", 0), 400);
  EXPECT_EQ(Tokens::of(line), Tokens{});
}

INSTANTIATE_TEST_SUITE_P(In, AMeteredAnswer, ::testing::ValuesIn(all_ways()),
                         [](const auto& each) { return each.param.name; });

/// A client that reads `events` and leaves; upstream waits behind the last of them, so that what it has told
/// by then is no race.
json line_of_who_leaves(MeteredStage& metered, const Way& way, const std::string& script, int events) {
  HttpClient client(metered.stage().port());
  client.send(MeteredStage::asking(way, "left", script));
  EXPECT_EQ(client.read_head().status, 200);
  for (int i = 0; i < events; ++i) EXPECT_TRUE(client.next_event());
  client.reset();
  return metered.expect_truth("left");
}

TEST(AMeteredStreamWhoseClientLeaves, CostsTheInputThatAnthropicTellsFirst) {
  MeteredStage metered;
  const json line =
      line_of_who_leaves(metered, {"", "/v1/messages", true}, "usage=1234:567:89:0:11;stall=event:5", 5);
  EXPECT_EQ(Tokens::of(line), (Tokens{1334, 89, 1, 0}));
  EXPECT_EQ(line.value("partial", false), true);
}

TEST(AMeteredStreamWhoseClientLeaves, CostsAllThatAnthropicToldBeforeItsLastEvent) {
  MeteredStage metered;
  const json line = line_of_who_leaves(metered, {"", "/v1/messages", true},
                                       "usage=1234:567:89:0:11;chunks=4;stall=event:9", 9);
  EXPECT_EQ(Tokens::of(line), (Tokens{1334, 89, 567, 0}));
  EXPECT_EQ(line.value("partial", false), true);
}

TEST(AMeteredStreamWhoseClientLeaves, CostsWhatGeminiHasToldSoFar) {
  MeteredStage metered;
  const Way gemini{"", "/v1beta/models/sim:tag=odd:streamGenerateContent?alt=sse", true};
  const json line = line_of_who_leaves(metered, gemini, "usage=1000:80:20:5;usage-each;stall=event:4", 4);
  EXPECT_EQ(Tokens::of(line), (Tokens{1000, 20, 45, 5}));
  EXPECT_EQ(line.value("partial", false), true);
}

TEST(AMeteredStreamWhoseClientLeaves, CostsWhatAChatToldFirst) {
  MeteredStage metered;
  const json line = line_of_who_leaves(metered, {"", "/v1/chat/completions", true},
                                       "usage=1000:80:20:5;usage-first;stall=event:3", 3);
  EXPECT_EQ(Tokens::of(line), (Tokens{1000, 20, 80, 5}));
  EXPECT_EQ(line.value("partial", false), true);
}

TEST(AMeteredStreamWhoseClientLeaves, CostsNothingBeforeItsUsageIsTold) {
  for (const char* path : {"/v1/chat/completions", "/v1/completions", "/v1/responses"}) {
    MeteredStage metered;
    const json line = line_of_who_leaves(metered, {"", path, true}, "usage=1000:80:20:5;stall=event:3", 3);
    EXPECT_EQ(Tokens::of(line), Tokens{}) << path;
    EXPECT_EQ(line.value("partial", false), true) << path;
  }
}

TEST(AMeteredStreamWhoseClientLeaves, BeforeItsAnswerIsARequestThatCostNothing) {
  MeteredStage metered;
  RawClient client(metered.stage().port());
  client.send(
      "POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Request-Id: left\r\nX-Sim: interim=103;stall=header\r\n"
      "Content-Length: 37\r\n\r\n{\"model\":\"sim:tag=odd\",\"stream\":true}");
  ASSERT_EQ(client.read_until("HTTP/1.1 103"), ReadEnd::satisfied) << client.received();
  client.close();
  const json line = metered.expect_truth("left");
  EXPECT_EQ(line.value("status", 0), 499);
  EXPECT_EQ(Tokens::of(line), Tokens{});
}

TEST(AMeteredStream, ThatUpstreamCutsCostsWhatItHadTold) {
  MeteredStage metered;
  fetch(metered.stage().port(),
        MeteredStage::asking({"", "/v1/messages", true}, "cut", "usage=1234:567:89:0:11;close=event:5"));
  const json line = metered.expect_truth("cut");
  EXPECT_EQ(Tokens::of(line), (Tokens{1334, 89, 1, 0}));
  EXPECT_EQ(line.value("partial", false), true);
}

TEST(AMeteredStream, TellsItsUsageToTheLedgerWhereTheClientDidNotAskForIt) {
  MeteredStage metered;
  for (const char* path : {"/v1/chat/completions", "/v1/completions"}) {
    const std::string id = std::string("of") + (path[4] == 'h' ? "chat" : "text");
    const auto answer = fetch(metered.stage().port(),
                              json_request(path, R"({"model":"sim:tag=odd","stream":true})",
                                           {{"X-Request-Id", id}, {"X-Sim", "usage=1234:567:89:10"}}));
    EXPECT_EQ(answer.body.find("\"usage\""), std::string::npos) << answer.body;
    EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n")) << answer.body;
    EXPECT_EQ(Tokens::of(metered.expect_truth(id)), (Tokens{1234, 89, 567, 10})) << path;
  }
}

TEST(AMeteredStream, IsLeftAsItIsWhereThatIsAskedFor) {
  const Environment unasked{{"METER_STREAM_USAGE", "false"}};
  MeteredStage metered(unasked);
  fetch(metered.stage().port(),
        json_request("/v1/chat/completions", R"({"model":"sim:tag=odd","stream":true})",
                     {{"X-Request-Id", "id"}, {"X-Sim", "usage=1234:567:89:10"}}));
  ASSERT_EQ(metered.told("id").size(), 1U);
  EXPECT_TRUE(metered.told("id").front()["told"].is_null());
}

TEST(AMeteredAnswerOfTheCache, CostsOnlyWhoAskedFirst) {
  MeteredStage metered;
  const Way embeddings{"", "/v1/embeddings", false};
  Request request = MeteredStage::asking(embeddings, "first", "usage=1234:0");
  EXPECT_EQ(cache_result(fetch(metered.stage().port(), request)), "miss");
  for (Header& header : request.headers) {
    if (header.name == "X-Request-Id") header.value = "second";
  }
  EXPECT_EQ(cache_result(fetch(metered.stage().port(), request)), "hit");
  EXPECT_EQ(metered.expect_truth("first").value("cache", ""), "miss");
  const auto lines = metered.ledger("second");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines.front()["cache"], "hit");
  EXPECT_EQ(Tokens::of(lines.front()), Tokens{});
  EXPECT_EQ(nano_usd_of(lines.front()["cost_usd"]), 0);
}

TEST(AMeteredAnswerOfTheCache, HasTheNameAndPriceOfTheModelThatAnswered) {
  MeteredStage metered;
  for (const std::string id : {"miss", "hit"}) {
    const auto answer =
        fetch(metered.stage().port(),
              json_request("/v1/embeddings", R"({"model":"latest","input":"x"})",
                           {{"X-Request-Id", id},
                            {"X-Sim", R"(header=Content-Type:application/json;)"
                                      R"(body={"model":"odd","usage":{"prompt_tokens":1000}})"}}));
    ASSERT_EQ(cache_result(answer), id) << answer.body;
    const auto lines = metered.ledger(id);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines.front()["model"], "odd");
    const Tokens truth{id == "miss" ? 1000U : 0U, 0, 0, 0};
    EXPECT_EQ(Tokens::of(lines.front()), truth);
    EXPECT_EQ(nano_usd_of(lines.front()["cost_usd"]), odd.price.nano_usd(truth)) << lines.front().dump();
  }
}

}  // namespace
}  // namespace holysheep::testing
