#include <holysheep/proxy/request_body.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace holysheep::proxy {
namespace {

/// A body that came with its head, or in blocks as a chunked one does, all of it.
struct ARequestBody : ::testing::Test {
  net::EventLoop loop;
  MemoryAccounts accounts;
  ReplayMemory replay{accounts, 1 << 20};
  LoopMemory memory;
  ClientConnection client{loop, "10.0.0.7"};
  std::string received;
  http::RequestHead head;
  std::optional<RequestBody> body;
  Task<void> holding;

  static Task<void> hold(RequestBody& body) {
    const Fault fault = co_await body.hold();
    EXPECT_EQ(fault, Fault::none);
  }

  void receive(const std::string& text, bool chunked = false, const std::string& fields = "",
               const std::string& trailers = "") {
    std::string request = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + fields;
    const std::size_t half = text.size() / 2;
    if (chunked) {
      request += "Transfer-Encoding: chunked\r\n\r\n" + chunk(text.substr(0, half)) +
                 chunk(text.substr(half)) + "0\r\n" + trailers + "\r\n";
    } else {
      request += "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
    }
    received = request;
    const std::size_t head_size = received.find("\r\n\r\n") + 4;
    ASSERT_EQ(http::parse_request_head(std::string_view(received).substr(0, head_size), head).fault,
              Fault::none);
    body.emplace(client, BodyReservation(replay, memory), RequestBody::Limits{1 << 20, Duration::max()}, head,
                 std::string_view(received).substr(head_size));
    holding = hold(*body);
    holding.start();
    ASSERT_TRUE(body->complete());
  }
  static std::string chunk(const std::string& text) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    return text.empty() ? "" : size + text + "\r\n";
  }
  void expect_onward(const std::string& text) const {
    EXPECT_EQ(body->text(), text);
    EXPECT_EQ(body->held(), text.size());
    EXPECT_EQ(body->onward_framing(), http::Framing::length);
    EXPECT_EQ(body->onward_length(), text.size());
  }
};

const std::string asked = R"("stream_options":{"include_usage":true},)";
const std::string prompt = R"("messages":[")" + std::string(40'000, 'x') + R"("],)";

TEST_F(ARequestBody, AsksForUsageOnce) {
  for (const bool chunked : {false, true}) {
    receive(R"({"model":"m","stream":true})", chunked);
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(body->ask_for_usage());
      expect_onward("{" + asked + R"("model":"m","stream":true})");
    }
  }
}

TEST_F(ARequestBody, AsksForUsageUnderAnotherModelsNameInEitherOrder) {
  for (const bool chunked : {false, true}) {
    for (const bool usage_first : {false, true}) {
      receive("{" + prompt + R"("model":"m","stream":true})", chunked);
      if (usage_first) EXPECT_TRUE(body->ask_for_usage());
      for (const char* name : {"a-longer-name", "other"}) {
        body->name_model(name);
        EXPECT_TRUE(body->ask_for_usage());
        expect_onward("{" + asked + prompt + "\"model\":\"" + name + R"(","stream":true})");
      }
    }
  }
}

TEST_F(ARequestBody, AsksForUsageInOptionsThatLieInTwoBlocks) {
  constexpr std::size_t block = net::BufferPool::block_size;
  const std::string before = R"({"stream":true,"stream_options":)";
  for (std::size_t cut = 0; cut < 40; ++cut) {
    const std::string options = R"({"a":1,"include_usage":false})";
    const std::string space(block - before.size() - cut % (options.size() + 1), ' ');
    receive(before + space + options + "}", true);
    EXPECT_TRUE(body->ask_for_usage());
    expect_onward(before + space + R"({"a":1,"include_usage":true})" + "}");
  }
}

TEST_F(ARequestBody, StaysAsItIsWhereItCannotAsk) {
  const std::string own = R"({"stream":true,"stream_options":{"include_usage":true}})";
  receive(own);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(body->ask_for_usage());
  expect_onward(own);
  const std::string coded = R"({"stream":true})";
  receive(coded, false, "Content-Encoding: deflate\r\n");
  EXPECT_FALSE(body->ask_for_usage());
  expect_onward(coded);
}

TEST_F(ARequestBody, StaysAsItIsWhereItIsBoundToItsBytes) {
  const std::string text = R"({"model":"m","stream":true})";
  for (const std::string field :
       {"Content-MD5: x", "Digest: sha-256=x", "content-digest: sha-256=:x:", "Repr-Digest: sha-256=:x:",
        "SIGNATURE: sig1=:x:", "Content-Encoding: gzip"}) {
    receive(text, false, field + "\r\n");
    EXPECT_FALSE(body->ask_for_usage()) << field;
    EXPECT_FALSE(body->model_span()) << field;
    expect_onward(text);
  }
  receive(text, true, "", "Content-Digest: sha-256=:x:\r\n");
  EXPECT_FALSE(body->ask_for_usage());
  EXPECT_FALSE(body->model_span());
  EXPECT_EQ(body->text(), text);
  receive(text, true, "Want-Content-Digest: sha-256=1\r\n");
  EXPECT_TRUE(body->ask_for_usage());
}

}  // namespace
}  // namespace holysheep::proxy
