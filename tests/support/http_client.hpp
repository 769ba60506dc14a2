#pragma once

#include "support/deadline.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::testing {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method = "GET";
  std::string target = "/";
  std::vector<Header> headers = {};
  std::string body = {};
  bool chunked = false;
};

/// How a response's body ended: as its framing says, cut off, or not within the limit.
enum class BodyEnd { complete, cut, timeout, none };

struct Response {
  int status = 0;  ///< 0: no response came
  std::vector<Header> headers = {};
  std::string body = {};
  std::vector<int> interims = {};  ///< 1xx statuses that came before
  BodyEnd end = BodyEnd::none;
  bool keep_alive = false;
  std::string failure = {};  ///< what the parser or socket said, for messages

  /// The first value of a header; empty where there is none.
  std::string header(std::string_view name) const;
  bool has(std::string_view name) const;
};

/// One Server-Sent Event as it came, without its blank line.
struct StreamEvent {
  std::string text;
  Clock::time_point at;

  /// The `data:` lines joined by newline.
  std::string data() const;
};

/// A client connection to 127.0.0.1 that parses with Boost.Beast, which the proxy does not share code with
/// here. One request at a time; it connects at first use and again after the peer has closed.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, std::chrono::milliseconds limit = patience());
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  /// Sends a request and reads its whole response.
  Response exchange(const Request& request);

  /// The parts of it, for streams: send; read up to the final header; then events or the rest.
  void send(const Request& request);
  Response read_head();
  std::optional<StreamEvent> next_event();
  std::string read_rest();
  /// After next_event() gave nothing or read_rest(): how the body ended.
  BodyEnd body_end() const;

  /// Leaves: with RST, or an orderly close.
  void reset();
  void close();
  void half_close();

 private:
  struct Connection;
  std::uint16_t port_;
  std::chrono::milliseconds limit_;
  std::unique_ptr<Connection> connection_;
};

/// One request on a connection of its own.
Response fetch(std::uint16_t port, const Request& request, std::chrono::milliseconds limit = patience());
Response get(std::uint16_t port, std::string target, std::vector<Header> headers = {});
/// POST with Content-Type application/json.
Response post_json(std::uint16_t port, std::string target, std::string body,
                   std::vector<Header> headers = {});
Request json_request(std::string target, std::string body, std::vector<Header> headers = {});

}  // namespace holysheep::testing
