#include "support/cached_stage.hpp"
#include "support/connection_crowd.hpp"
#include "support/gunzip.hpp"
#include "support/raw_client.hpp"
#include "support/tcp_server.hpp"

namespace holysheep::testing {
namespace {

Request embeddings(std::string body, std::vector<Header> headers = {}) {
  return json_request("/v1/embeddings", std::move(body), std::move(headers));
}

TEST(TheCache, AnswersAgainWithoutUpstreamAndSaysHowOldTheAnswerIs) {
  Stage stage = cached();
  HttpClient client(stage.port());
  const Response first = client.exchange(models());
  const Response second = client.exchange(models({{"X-Request-Id", "second"}}));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(cache_result(first), "miss");
  EXPECT_FALSE(first.has("Age"));
  EXPECT_EQ(attempts(first), 1);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(cache_result(second), "hit");
  EXPECT_EQ(second.header("Age"), "0");
  EXPECT_EQ(second.header("X-Request-Id"), "second");
  EXPECT_EQ(second.header("Content-Type"), first.header("Content-Type"));
  EXPECT_EQ(attempts(second), 0);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(stage.simulator.request_count(), 1U);
  const auto line = stage.proxy.request_line("second");
  EXPECT_EQ(line.value("cache", ""), "hit");
}

TEST(TheCache, TakesTheSameJsonInAnotherOrderForTheSame) {
  Stage stage = cached();
  HttpClient client(stage.port());
  const Response first = client.exchange(embeddings(R"({"model":"m","input":["a","b"]})"));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(ask(stage, embeddings("{ \"input\": [\"a\", \"b\"],\n\"model\": \"\\u006d\" }"), &first), "hit");
  EXPECT_EQ(ask(stage, embeddings(R"({"model":"m","input":["b","a"]})")), "miss");
  EXPECT_EQ(stage.simulator.request_count(), 2U);
}

TEST(TheCache, TellsClientsApart) {
  Stage stage = cached();
  EXPECT_EQ(ask(stage, models({{"Authorization", "Bearer a"}})), "miss");
  EXPECT_EQ(ask(stage, models({{"Authorization", "Bearer b"}})), "miss");
  EXPECT_EQ(ask(stage, models({{"x-api-key", "a"}})), "miss");
  EXPECT_EQ(ask(stage, models()), "miss");
  EXPECT_EQ(ask(stage, models({{"Authorization", "Bearer a"}})), "hit");
}

TEST(TheCache, TellsApartWhatUpstreamWasTold) {
  Stage stage = cached();
  EXPECT_EQ(ask(stage, models({{"anthropic-beta", "b"}, {"Connection", "anthropic-beta"}})), "miss");
  EXPECT_EQ(ask(stage, models({{"anthropic-beta", "b"}})), "miss") << "that one was not told of it";
  EXPECT_EQ(ask(stage, models()), "hit") << "but the same as this one";
}

TEST(TheCache, ObeysTheRequest) {
  Stage stage = cached();
  EXPECT_EQ(ask(stage, models({{"Cache-Control", "no-store"}})), "bypass");
  EXPECT_EQ(ask(stage, models()), "miss") << "no-store is not kept";
  EXPECT_EQ(ask(stage, models({{"Cache-Control", "no-cache"}})), "miss");
  EXPECT_EQ(ask(stage, models({{"Cache-Control", "max-age=60"}})), "hit");
  EXPECT_EQ(ask(stage, models({{"Range", "bytes=0-1"}})), "bypass");
  EXPECT_EQ(ask(stage, models({{"If-None-Match", "\"x\""}})), "bypass");
  EXPECT_EQ(stage.simulator.request_count(), 5U);
}

TEST(TheCache, KeepsNoAnswerThatForbidsItAndNoError) {
  Stage stage = cached();
  for (const std::string script : {"sim:header=Cache-Control:no-store", "sim:header=Cache-Control:private",
                                   "sim:header=Vary:X-Mood", "sim:status=404", "sim:trailers"}) {
    const Request request = models({{"X-Sim", script}});
    EXPECT_EQ(ask(stage, request), "miss") << script;
    EXPECT_EQ(ask(stage, request), "miss") << script;
  }
  EXPECT_EQ(stage.simulator.request_count(), 10U);
}

TEST(TheCache, KeepsCompletionsOnlyForWhoAsksForIt) {
  Stage stage = cached();
  EXPECT_EQ(ask(stage, chat("gpt-4.1")), "bypass");
  EXPECT_EQ(ask(stage, opted_in("gpt-4.1")), "miss");
  EXPECT_EQ(ask(stage, opted_in("gpt-4.1")), "hit");
  EXPECT_EQ(ask(stage, chat("gpt-4.1")), "bypass");
}

TEST(TheCache, KeepsWhatIsDeterministicWhereThatIsAskedFor) {
  Stage stage = cached({{"CACHE_COMPLETIONS", "deterministic"}});
  const Request cold = json_request("/v1/chat/completions", R"({"model":"m","temperature":0,"messages":[]})");
  const Request warm = json_request("/v1/chat/completions", R"({"model":"m","temperature":1,"messages":[]})");
  EXPECT_EQ(ask(stage, cold), "miss");
  EXPECT_EQ(ask(stage, cold), "hit");
  EXPECT_EQ(ask(stage, warm), "bypass");
}

TEST(TheCache, CanBeOff) {
  Stage no_completions = cached({{"CACHE_COMPLETIONS", "off"}});
  EXPECT_EQ(ask(no_completions, opted_in("gpt-4.1")), "bypass");
  Stage off({{"CACHE_SIZE_MB", "0"}});
  EXPECT_EQ(ask(off, models()), "bypass");
  EXPECT_EQ(ask(off, models()), "bypass");
}

TEST(TheCache, ReplaysAStreamAsAStream) {
  Stage stage = cached();
  HttpClient client(stage.port());
  const Response first = client.exchange(opted_in("sim:chunks=20", true));
  const Response again = client.exchange(opted_in("sim:chunks=20", true));
  EXPECT_EQ(cache_result(again), "hit");
  EXPECT_EQ(again.header("Content-Type"), first.header("Content-Type"));
  EXPECT_EQ(again.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(again.header("X-Accel-Buffering"), "no");
  EXPECT_EQ(again.body, first.body);
  EXPECT_NE(first.body.find("[DONE]"), std::string::npos);
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

TEST(TheCache, KeepsNoPartOfAnAnswer) {
  Stage stage = cached({{"MAX_RETRIES", "0"}, {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
  for (const std::string script :
       {"sim:close=event:3", "sim:reset=event:3", "sim:no-done", "sim:error-event=3", "sim:bad-chunk=3"}) {
    const auto before = stage.simulator.request_count();
    for (int i = 0; i < 2; ++i) {
      HttpClient client(stage.port());
      client.exchange(opted_in(script, true));
    }
    EXPECT_EQ(stage.simulator.request_count(), before + 2) << script;
  }
}

TEST(TheCache, KeepsNoOtherModelsAnswer) {
  Stage stage = cached({{"MODEL_FALLBACKS", R"({"sim:status=503":["gpt-4.1"]})"}, {"MAX_RETRIES", "0"}});
  for (int i = 0; i < 2; ++i) {
    HttpClient client(stage.port());
    const Response answer = client.exchange(opted_in("sim:status=503"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("X-HolySheep-Model"), "gpt-4.1");
    EXPECT_EQ(cache_result(answer), "miss");
  }
}

TEST(TheCache, ForgetsAfterItsTime) {
  Stage stage = cached({{"CACHE_TTL", "300ms"}});
  EXPECT_EQ(ask(stage, models()), "miss");
  EXPECT_TRUE(eventually([&] { return ask(stage, models()) == "miss"; }));
  EXPECT_EQ(stage.simulator.request_count(), 2U);
}

TEST(TheCache, AnswersHttp10AndManyInARow) {
  Stage stage = cached();
  ask(stage, models());
  ConnectionCrowd crowd(stage.port());
  crowd.open(2);
  crowd.send(0, "GET /v1/models HTTP/1.0\r\n\r\n");
  std::string pipelined;
  for (int i = 0; i < 100; ++i) pipelined += "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n";
  crowd.send(1, pipelined);
  const auto hits = [&](std::size_t i) {
    std::size_t count = 0;
    const auto& text = crowd.member(i).received;
    for (auto at = text.find("cache;desc=hit"); at != text.npos; at = text.find("cache;desc=hit", at + 1)) {
      ++count;
    }
    return count;
  };
  EXPECT_TRUE(crowd.run_until([&] { return crowd.member(0).ended && hits(1) == 100; }));
  EXPECT_EQ(hits(0), 1U);
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

TEST(TheCache, LetsInterimAnswersPass) {
  Stage stage = cached();
  RawClient client(stage.port());
  client.send("GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Sim: sim:interim=103\r\n\r\n");
  EXPECT_EQ(client.read_until("HTTP/1.1 200 OK\r\n"), ReadEnd::satisfied);
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 103 ")) << client.received();
}

TEST(TheCache, TellsCookiesAndOtherKeysApart) {
  Stage stage = cached();
  EXPECT_EQ(ask(stage, models({{"Cookie", "a=1"}})), "miss");
  EXPECT_EQ(ask(stage, models({{"Cookie", "a=2"}})), "miss");
  EXPECT_EQ(ask(stage, models({{"api-key", "a"}})), "miss");
  EXPECT_EQ(ask(stage, models({{"Api-Key", "b"}})), "miss");
  EXPECT_EQ(ask(stage, models({{"api-key", "a"}})), "hit");
}

TEST(TheCache, GivesAKeptAnswerCompressedToWhoTakesThat) {
  Stage stage = cached();
  const std::string script = "sim:big=100000";
  Request request = opted_in(script);
  request.headers.push_back({"Accept-Encoding", "gzip"});
  HttpClient client(stage.port());
  const Response first = client.exchange(request);
  EXPECT_EQ(first.header("Transfer-Encoding"), "chunked") << "as it came";
  for (int i = 0; i < 2; ++i) {
    const Response hit = client.exchange(request);
    EXPECT_EQ(cache_result(hit), "hit");
    EXPECT_EQ(hit.header("Content-Encoding"), "gzip");
    EXPECT_EQ(hit.header("Content-Length"), std::to_string(hit.body.size()));
    EXPECT_EQ(hit.header("Vary"), "Accept-Encoding");
    EXPECT_LT(hit.body.size(), 50'000U);
    const Inflated inflated = gunzip(hit.body);
    EXPECT_TRUE(inflated.complete);
    EXPECT_EQ(inflated.bytes, gunzip(first.body).bytes);
  }
  EXPECT_EQ(stage.simulator.request_count(), 1U);
  const Response plain = client.exchange(opted_in(script));
  EXPECT_EQ(plain.body, gunzip(first.body).bytes);
}

TEST(TheCache, TellsOfAKeptAnswerHowLongItIsAlthoughItCameInChunks) {
  TcpServer upstream([](RawClient& connection, int) {
    for (std::string request; read_request(connection, request);) {
      connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: whose=first\r\nAge: 7\r\n"
          "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n1\r\n\n\r\n0\r\n\r\n");
    }
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"}});
  HttpClient client(proxy.port());
  const Response first = client.exchange(models());
  const Response hit = client.exchange(models());
  EXPECT_EQ(first.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(first.header("Set-Cookie"), "whose=first");
  EXPECT_EQ(cache_result(hit), "hit");
  EXPECT_EQ(hit.header("Content-Length"), "3");
  EXPECT_FALSE(hit.has("Transfer-Encoding"));
  EXPECT_FALSE(hit.has("Set-Cookie")) << "it was for another";
  EXPECT_EQ(hit.header("Age"), "7");
  EXPECT_EQ(hit.body, first.body);
}

}  // namespace
}  // namespace holysheep::testing
