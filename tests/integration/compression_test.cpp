#include "support/gunzip.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"
#include "support/tcp_server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <sstream>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const Header takes_gzip{"Accept-Encoding", "gzip, deflate"};

/// JSON of exactly this size, as compressible as a model's answer.
std::string json_of(std::size_t size) {
  static constexpr std::array words{"the ",    "answer ", "is ",    "a ",  "proxy ",
                                    "stream ", "\\n",     "token ", "and "};
  std::minstd_rand numbers(7);
  std::string out = R"({"object":"chat.completion","content":")";
  while (out.size() + 32 < size) out += numbers() % 9 == 0 ? std::to_string(numbers()) : words[numbers() % 9];
  out.resize(size - 2, '.');
  return out + "\"}";
}

/// The mirror's request: upstream answers with this body, as `script` has it.
Request mirrored(std::string body, std::string script = {}, std::vector<Header> headers = {takes_gzip}) {
  if (!script.empty()) headers.push_back({"X-Sim", "sim:" + script});
  return json_request("/v1/mirror", std::move(body), std::move(headers));
}

std::size_t count(const Response& response, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(response.headers, [&](const Header& header) { return header.name == name; }));
}

void expect_gzip_of(const Response& response, const std::string& plain) {
  EXPECT_EQ(response.end, BodyEnd::complete) << response.failure;
  EXPECT_EQ(response.header("Content-Encoding"), "gzip");
  EXPECT_EQ(response.header("Vary"), "Accept-Encoding");
  EXPECT_FALSE(response.has("Content-Length"));
  EXPECT_LT(response.body.size(), plain.size());
  const auto inflated = gunzip(response.body);
  EXPECT_TRUE(inflated.complete);
  EXPECT_TRUE(inflated.bytes == plain) << inflated.bytes.size() << " bytes";
}

void expect_plain(const Response& response, const std::string& plain) {
  EXPECT_EQ(response.end, BodyEnd::complete) << response.failure;
  EXPECT_FALSE(response.has("Content-Encoding"));
  EXPECT_TRUE(response.body == plain) << response.body.size() << " bytes";
}

class Compression : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { stage_ = new Stage; }
  static void TearDownTestSuite() { delete std::exchange(stage_, nullptr); }

  static Response ask(const Request& request) { return fetch(stage_->port(), request); }

  static inline Stage* stage_ = nullptr;
};

TEST_F(Compression, GivesBackTheSameBytesWhateverTheSizeAndFraming) {
  HttpClient client(stage_->port());
  for (const std::size_t size : {1024U, 1500U, 4096U, 20'000U, 70'000U, 300'000U, 8U << 20U}) {
    const auto plain = json_of(size);
    for (const char* script : {"", "trailers"}) {
      SCOPED_TRACE(std::to_string(size) + script);
      expect_gzip_of(client.exchange(mirrored(plain, script)), plain);
    }
  }
  const auto plain = json_of(20'000);
  expect_gzip_of(client.exchange(mirrored(plain, "http10")), plain);
}

TEST_F(Compression, LeavesShortBodiesAlone) {
  for (const std::size_t size : {40U, 512U, 1023U}) {
    for (const char* script : {"", "trailers"}) {
      const auto answer = ask(mirrored(json_of(size), script));
      expect_plain(answer, json_of(size));
      EXPECT_FALSE(answer.has("Vary")) << "nobody would get other bytes";
    }
  }
}

TEST_F(Compression, IsForClientsThatAcceptIt) {
  const auto plain = json_of(5000);
  for (const char* accepted : {"gzip;q=0", "br", "identity;q=1, gzip;q=0.5", "gzip;q=x", "identity"}) {
    const auto answer = ask(mirrored(plain, "", {{"Accept-Encoding", accepted}}));
    expect_plain(answer, plain);
    EXPECT_EQ(answer.header("Vary"), "Accept-Encoding") << accepted;
    EXPECT_EQ(answer.header("Content-Length"), "5000");
  }
  expect_plain(ask(mirrored(plain, "", {})), plain);
  expect_plain(ask(mirrored(plain, "", {takes_gzip, {"Cache-Control", "no-transform"}})), plain);
}

TEST_F(Compression, MendsWhatTheHeaderSaysOfTheBytes) {
  const auto plain = json_of(5000);
  const auto answer = ask(mirrored(plain,
                                   "header=ETag:\"v1\";header=Accept-Ranges:bytes;header=Vary:Origin;header="
                                   "Content-Digest:sha-256=:eA==:"));
  EXPECT_EQ(answer.header("ETag"), "W/\"v1\"");
  EXPECT_FALSE(answer.has("Accept-Ranges"));
  EXPECT_FALSE(answer.has("Content-Digest"));
  EXPECT_EQ(count(answer, "Vary"), 2U) << "upstream's and ours";
  EXPECT_EQ(gunzip(answer.body).bytes, plain);
  EXPECT_EQ(count(ask(mirrored(plain, "header=Vary:accept-encoding")), "Vary"), 1U);
}

TEST_F(Compression, ComesToErrorsToo) {
  const auto plain = json_of(5000);
  const auto answer = ask(mirrored("{}", "status=400;body=" + plain));
  EXPECT_EQ(answer.status, 400);
  expect_gzip_of(answer, plain);
}

TEST_F(Compression, LeavesWhatIsNotTextOrNotWholeAlone) {
  const auto plain = json_of(5000);
  for (const auto& script :
       {"header=Content-Type:application/octet-stream"s, "header=Cache-Control:no-transform"s,
        "header=Content-Encoding:br"s, "status=206;body=" + plain}) {
    const auto answer = ask(mirrored(plain, script));
    EXPECT_TRUE(answer.body == plain) << script.substr(0, 50);
    EXPECT_NE(answer.header("Content-Encoding"), "gzip") << script.substr(0, 50);
    EXPECT_FALSE(answer.has("Vary")) << script.substr(0, 50);
  }
}

TEST_F(Compression, LeavesEventStreamsAlone) {
  for (const char* model : {"gpt-4.1", "sim:chunks=300"}) {
    const auto answer = ask(chat(model, true, {takes_gzip}));
    EXPECT_FALSE(answer.has("Content-Encoding"));
    EXPECT_FALSE(answer.has("Vary"));
    EXPECT_THAT(answer.body, HasSubstr("data: [DONE]"));
  }
}

TEST_F(Compression, LeavesWhatUpstreamCompressedAlone) {
  const auto plain = json_of(5000);
  const auto answer = ask(mirrored(plain, "gzip"));
  EXPECT_EQ(count(answer, "Content-Encoding"), 1U);
  EXPECT_EQ(gunzip(answer.body).bytes, plain);
  EXPECT_TRUE(answer.has("Content-Length"));
}

TEST_F(Compression, IsNotForHead) {
  HttpClient client(stage_->port());
  const Header as_json{"X-Sim", "sim:header=Content-Type:application/json"};
  const auto answer = client.exchange({"HEAD", "/v1/bytes/5000", {takes_gzip, as_json}});
  EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
  EXPECT_FALSE(answer.has("Content-Encoding"));
  EXPECT_EQ(client.exchange({"GET", "/v1/bytes/5000", {takes_gzip, as_json}}).header("Content-Encoding"),
            "gzip");
}

TEST_F(Compression, IsNotForHttp10) {
  RawClient client(stage_->port());
  client.send(
      "GET /v1/bytes/5000?chunked=1 HTTP/1.0\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
      "X-Sim: sim:header=Content-Type:application/json\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
  const auto head = client.received().substr(0, client.received().find("\r\n\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(head, HasSubstr("\r\nVary: Accept-Encoding"));
  EXPECT_EQ(client.received().size() - head.size() - 4, 5000U);
}

TEST_F(Compression, CountsInTheLogWhatWentToTheClientAndTheTokensOfThePlainBytes) {
  const auto answer =
      ask(chat("sim:usage=100:50;big=20000", false, {takes_gzip, {"X-Request-Id", "compressed"}}));
  ASSERT_EQ(answer.header("Content-Encoding"), "gzip");
  const auto line = stage_->proxy.request_line("compressed");
  EXPECT_EQ(line["response_bytes"], answer.body.size());
  EXPECT_EQ(line["input_tokens"], 100);
  EXPECT_EQ(line["output_tokens"], 50);
}

TEST_F(Compression, AnAnswerThatUpstreamCutsIsNotComplete) {
  for (const char* script : {"close=body:70000", "reset=body:70000", "trailers;close=body:70000"}) {
    const auto answer = ask(mirrored(json_of(100'000), script));
    EXPECT_EQ(answer.header("Content-Encoding"), "gzip") << script;
    EXPECT_EQ(answer.end, BodyEnd::cut) << script;
    EXPECT_FALSE(gunzip(answer.body).complete) << script;
  }
}

TEST(CompressionOfWhatTrickles, DoesNotWaitForTheEnd) {
  const std::string first = "{\"n\":1,\"text\":\"the first line\"}\n";
  const std::string second = "{\"n\":2,\"text\":\"the second line\"}\n";
  RawClient* upstream_side = nullptr;
  std::atomic<bool> asked = false;
  std::atomic<bool> done = false;
  TcpServer upstream([&](RawClient& connection, int) {
    std::string request;
    if (!read_request(connection, request)) return;
    upstream_side = &connection;
    asked = true;
    eventually([&] { return done.load(); });
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"}});
  RawClient client(proxy.port());
  client.send("GET /v1/lines HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return asked.load(); }));
  std::string packed;
  const auto until = [&](const std::string& plain) {
    return client.read_until([&](std::string_view all) {
      packed.clear();
      auto at = all.find("\r\n\r\n");
      if (at == all.npos) return false;
      for (at += 4; at < all.size();) {  // the chunks that are there whole
        const auto line = all.find("\r\n", at);
        if (line == all.npos) break;
        const auto size = std::strtoull(std::string(all.substr(at, line - at)).c_str(), nullptr, 16);
        if (size == 0 || all.size() < line + 2 + size + 2) break;
        packed += all.substr(line + 2, size);
        at = line + 2 + size + 2;
      }
      return gunzip(packed).bytes == plain;
    });
  };
  const auto chunk = [](const std::string& text) {
    std::ostringstream out;
    out << std::hex << text.size() << "\r\n" << text << "\r\n";
    return out.str();
  };
  upstream_side->send(
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n" +
      chunk(first));
  EXPECT_EQ(until(first), ReadEnd::satisfied);
  upstream_side->send(chunk(second));
  EXPECT_EQ(until(first + second), ReadEnd::satisfied);
  EXPECT_FALSE(gunzip(packed).complete);
  upstream_side->send("0\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n0\r\n\r\n"), ReadEnd::satisfied);
  until(first + second);
  EXPECT_TRUE(gunzip(packed).complete);
  done = true;
}

TEST(CompressionSettings, MaxResponseSizeIsOfWhatUpstreamSends) {
  Stage stage({{"MAX_RESPONSE_SIZE", "100k"}});
  expect_gzip_of(fetch(stage.port(), mirrored(json_of(100'000), "trailers")), json_of(100'000));
  EXPECT_EQ(fetch(stage.port(), mirrored(json_of(103'000), "trailers")).end, BodyEnd::cut);
}

TEST(CompressionSettings, OffMeansNothingIsTouched) {
  Stage stage({{"ENABLE_GZIP", "false"}});
  const auto answer = fetch(stage.port(), mirrored(json_of(5000), "header=ETag:\"v1\""));
  expect_plain(answer, json_of(5000));
  EXPECT_FALSE(answer.has("Vary"));
  EXPECT_EQ(answer.header("ETag"), "\"v1\"");
}

TEST(CompressionForASlowReader, HoldsLittleAndSlowsUpstream) {
  constexpr std::size_t enough = 200U << 20U;
  std::atomic<std::size_t> taken = 0;
  std::atomic<bool> stuck = false;
  TcpServer upstream([&](RawClient& connection, int) {
    std::string request;
    if (!read_request(connection, request)) return;
    const std::string piece = noise(65'536);  // larger than the window, so nothing repeats
    connection.set_limit(std::chrono::seconds{1});
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (taken < enough && connection.send("10000\r\n" + piece + "\r\n")) taken += piece.size();
    stuck = true;
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"MAX_RESPONSE_SIZE", "1g"}});
  const auto before = proxy.process().resident_bytes();
  RawClient reader(proxy.port(), 4096);
  reader.send("GET /v1/noise HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  ASSERT_EQ(reader.read_until("\r\nContent-Encoding: gzip\r\n"), ReadEnd::satisfied);
  ASSERT_TRUE(eventually([&] { return stuck.load(); }));
  EXPECT_LT(taken, enough);
  EXPECT_LT(proxy.process().resident_bytes(), before + (4U << 20U) * static_cast<unsigned>(time_scale()));
}

}  // namespace
}  // namespace holysheep::testing
