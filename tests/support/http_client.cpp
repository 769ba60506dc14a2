#include "support/http_client.hpp"

#include "support/raw_client.hpp"

#include <array>
#include <cerrno>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <poll.h>
#include <sys/socket.h>

namespace holysheep::testing {
namespace beast = boost::beast;
namespace http = beast::http;
namespace {

/// What Beast reads from and writes to: a non-blocking socket whose waits end at a deadline.
class DeadlineSocket {
 public:
  DeadlineSocket(std::uint16_t port, std::chrono::milliseconds limit) : raw_(port), limit_(limit) {
    raw_.set_limit(limit);
  }
  RawClient& raw() { return raw_; }

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
    const boost::asio::mutable_buffer buffer = *boost::asio::buffer_sequence_begin(buffers);
    if (buffer.size() == 0) return 0;
    pollfd entry{raw_.descriptor(), POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(limit_.count())) <= 0) {
      error = boost::asio::error::timed_out;
      return 0;
    }
    const auto count = ::recv(raw_.descriptor(), buffer.data(), buffer.size(), 0);
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) {
      error = boost::asio::error::eof;
    } else {
      error.assign(errno, boost::system::system_category());
    }
    return 0;
  }
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    boost::system::error_code error;
    const auto count = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }

 private:
  RawClient raw_;
  std::chrono::milliseconds limit_;
};

std::string head_of(const Request& request) {
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  bool host = false;
  bool length = false;
  for (const auto& [name, value] : request.headers) {
    host = host || beast::iequals(name, "Host");
    length = length || beast::iequals(name, "Content-Length") || beast::iequals(name, "Transfer-Encoding");
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!host) head += "Host: localhost\r\n";
  if (request.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (!length && (!request.body.empty() || request.method == "POST")) {
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return head + "\r\n";
}

/// Chunks of growing, odd sizes, so that a boundary falls everywhere.
std::string chunked(std::string_view body) {
  std::string out;
  std::size_t size = 1;
  while (!body.empty()) {
    const auto part = body.substr(0, size);
    std::array<char, 20> line{};
    std::snprintf(line.data(), line.size(), "%zx\r\n", part.size());
    out.append(line.data()).append(part).append("\r\n");
    body.remove_prefix(part.size());
    size = std::min<std::size_t>(size * 2 + 1, 100'001);
  }
  return out + "0\r\n\r\n";
}

}  // namespace

struct HttpClient::Connection {
  explicit Connection(std::uint16_t port, std::chrono::milliseconds limit) : socket(port, limit) {}

  DeadlineSocket socket;
  beast::flat_buffer buffer;
  std::optional<http::response_parser<http::buffer_body>> parser;
  std::string pending;  // of the event stream, after the last whole event
  bool head_request = false;
  BodyEnd end = BodyEnd::none;
  std::string failure;

  void begin_response() {
    parser.emplace();
    parser->body_limit(boost::none);
    parser->header_limit(16 * 1024 * 1024);
    parser->skip(head_request);
    end = BodyEnd::none;
    pending.clear();
  }

  bool read_header() {
    begin_response();
    boost::system::error_code error;
    http::read_header(socket, buffer, *parser, error);
    failure = error ? error.message() : "";
    return !error;
  }

  /// Appends what came to `out`; false at the body's end, whichever.
  bool read_body(std::string& out) {
    if (parser->is_done()) {
      end = BodyEnd::complete;
      return false;
    }
    std::array<char, 65536> chunk;
    parser->get().body().data = chunk.data();
    parser->get().body().size = chunk.size();
    boost::system::error_code error;
    http::read_some(socket, buffer, *parser, error);
    if (error == http::error::need_buffer) error = {};
    out.append(chunk.data(), chunk.size() - parser->get().body().size);
    if (!error) return true;
    failure = error.message();
    const bool over = error == http::error::end_of_stream && parser->is_done();
    end =
        over ? BodyEnd::complete : (error == boost::asio::error::timed_out ? BodyEnd::timeout : BodyEnd::cut);
    return false;
  }
};

std::string Response::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (beast::iequals(header.name, name)) return header.value;
  }
  return {};
}

bool Response::has(std::string_view name) const {
  for (const auto& header : headers) {
    if (beast::iequals(header.name, name)) return true;
  }
  return false;
}

std::string StreamEvent::data() const {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with("data:")) continue;
    if (!out.empty()) out += '\n';
    out += line.substr(line.starts_with("data: ") ? 6 : 5);
  }
  return out;
}

HttpClient::HttpClient(std::uint16_t port, std::chrono::milliseconds limit) : port_(port), limit_(limit) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

void HttpClient::send(const Request& request) {
  if (!connection_) connection_ = std::make_unique<Connection>(port_, limit_);
  connection_->head_request = request.method == "HEAD";
  auto bytes = head_of(request);
  bytes += request.chunked ? chunked(request.body) : request.body;
  // A refusal may come before the body has been taken, so a failed write is no failure yet.
  connection_->socket.raw().send(bytes);
}

Response HttpClient::read_head() {
  Response response;
  if (!connection_) return response;
  while (connection_->read_header()) {
    const auto& message = connection_->parser->get();
    if (message.result_int() < 200 && message.result_int() != 101) {
      response.interims.push_back(static_cast<int>(message.result_int()));
      continue;
    }
    response.status = static_cast<int>(message.result_int());
    response.keep_alive = connection_->parser->keep_alive();
    for (const auto& field : message) {
      response.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    return response;
  }
  response.failure = connection_->failure;
  return response;
}

std::string HttpClient::read_rest() {
  std::string body = std::exchange(connection_->pending, {});
  while (connection_->read_body(body)) {
  }
  return body;
}

std::optional<StreamEvent> HttpClient::next_event() {
  auto& pending = connection_->pending;
  for (;;) {
    if (const auto end = pending.find("\n\n"); end != std::string::npos) {
      StreamEvent event{pending.substr(0, end), Clock::now()};
      pending.erase(0, end + 2);
      return event;
    }
    if (!connection_->read_body(pending)) return std::nullopt;
  }
}

BodyEnd HttpClient::body_end() const {
  return connection_ ? connection_->end : BodyEnd::none;
}

Response HttpClient::exchange(const Request& request) {
  send(request);
  Response response = read_head();
  if (response.status == 0) {
    connection_.reset();
    return response;
  }
  response.body = read_rest();
  response.end = body_end();
  if (response.end != BodyEnd::complete) response.failure = connection_->failure;
  if (!response.keep_alive || response.end != BodyEnd::complete) connection_.reset();
  return response;
}

void HttpClient::reset() {
  if (connection_) connection_->socket.raw().reset();
  connection_.reset();
}

void HttpClient::close() {
  connection_.reset();
}

void HttpClient::half_close() {
  if (connection_) connection_->socket.raw().half_close();
}

Response fetch(std::uint16_t port, const Request& request, std::chrono::milliseconds limit) {
  return HttpClient(port, limit).exchange(request);
}

Response get(std::uint16_t port, std::string target, std::vector<Header> headers) {
  return fetch(port, {.target = std::move(target), .headers = std::move(headers)});
}

Request json_request(std::string target, std::string body, std::vector<Header> headers) {
  headers.push_back({"Content-Type", "application/json"});
  return {
      .method = "POST", .target = std::move(target), .headers = std::move(headers), .body = std::move(body)};
}

Response post_json(std::uint16_t port, std::string target, std::string body, std::vector<Header> headers) {
  return fetch(port, json_request(std::move(target), std::move(body), std::move(headers)));
}

}  // namespace holysheep::testing
