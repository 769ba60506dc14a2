#include "client.hpp"

#include <stdexcept>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <sys/socket.h>

namespace holysheep {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Error = boost::system::error_code;
using Text = boost::beast::string_view;

std::string text_of(Text view) {
  return {view.data(), view.size()};
}

class AnswerParser : public http::basic_parser<false> {
 public:
  explicit AnswerParser(WireAnswer& answer) : answer_(answer) {
    eager(true);
    header_limit(1U << 24U);
    body_limit(boost::none);
  }

 private:
  void on_request_impl(http::verb, Text, Text, int, boost::beast::error_code&) override {}
  void on_response_impl(int status, Text, int, boost::beast::error_code&) override {
    answer_.status = static_cast<unsigned>(status);
  }
  void on_field_impl(http::field, Text name, Text value, boost::beast::error_code&) override {
    answer_.headers.emplace_back(text_of(name), text_of(value));
  }
  void on_header_impl(boost::beast::error_code&) override { answer_.header_complete = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, boost::beast::error_code&) override {}
  std::size_t on_body_impl(Text bytes, boost::beast::error_code&) override {
    answer_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, boost::beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, boost::beast::error_code& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(boost::beast::error_code&) override {}

  WireAnswer& answer_;
};

}  // namespace

std::string WireAnswer::header(std::string_view name) const {
  for (const auto& [candidate, value] : headers) {
    if (boost::beast::iequals(candidate, name)) return value;
  }
  return {};
}

struct WireClient::Impl {
  asio::io_context io{1};
  asio::ssl::context context{asio::ssl::context::tls_client};
  asio::ssl::stream<asio::ip::tcp::socket> stream{io, context};
  bool tls = true;
  std::string handshake_error;
  std::string leftover;
  WireEnd end = WireEnd::open;

  void connect(std::uint16_t port) {
    const auto address = asio::ip::make_address("127.0.0.1");
    stream.next_layer().connect({address, port});
    const timeval limit{10, 0};
    ::setsockopt(stream.next_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (!tls) return;
    Error error;
    stream.handshake(asio::ssl::stream_base::client, error);
    handshake_error = error ? error.message() : std::string();
  }

  void trust(const sim::Simulator& simulator) {
    context.load_verify_file(simulator.ca_file().string());
    context.set_verify_mode(asio::ssl::verify_peer);
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_CLIENT);
    // The stream was made before the context knew its anchors: verification settings are its own.
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification("localhost"));
  }

  /// Appends some bytes to `leftover`; false at the end.
  bool fill() {
    if (end != WireEnd::open) return false;
    std::string buffer(65'536, '\0');
    Error error;
    const auto target = asio::buffer(buffer);
    const auto count = tls ? stream.read_some(target, error) : stream.next_layer().read_some(target, error);
    leftover.append(buffer, 0, count);
    if (!error) return true;
    if (error == asio::error::connection_reset) {
      end = WireEnd::reset;
    } else if (error == asio::ssl::error::stream_truncated) {
      end = WireEnd::closed_without_notify;
    } else if (error == asio::error::eof) {
      end = WireEnd::closed;
    } else {
      throw std::runtime_error("client: " + error.message());
    }
    return count > 0;
  }
};

WireClient::WireClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WireClient::WireClient(WireClient&&) noexcept = default;
WireClient::~WireClient() = default;

WireClient::WireClient(const sim::Simulator& simulator, bool tls) : impl_(std::make_unique<Impl>()) {
  impl_->tls = tls;
  if (tls) impl_->trust(simulator);
  impl_->connect(simulator.port());
}

WireClient::WireClient(std::uint16_t plain_port) : impl_(std::make_unique<Impl>()) {
  impl_->tls = false;
  impl_->connect(plain_port);
}

WireClient WireClient::resume(const sim::Simulator& simulator) {
  auto next = std::make_unique<Impl>();
  next->trust(simulator);
  SSL_SESSION* session = SSL_get1_session(impl_->stream.native_handle());
  SSL_set_session(next->stream.native_handle(), session);
  SSL_SESSION_free(session);
  next->connect(simulator.port());
  return WireClient(std::move(next));
}

bool WireClient::resumed() const {
  return SSL_session_reused(impl_->stream.native_handle()) == 1;
}
const std::string& WireClient::handshake_error() const {
  return impl_->handshake_error;
}

void WireClient::send(std::string_view bytes) {
  Error error;
  const auto source = asio::buffer(bytes);
  if (impl_->tls) {
    asio::write(impl_->stream, source, error);
  } else {
    asio::write(impl_->stream.next_layer(), source, error);
  }
}

std::string WireClient::read(std::size_t size, WireEnd* end) {
  while (impl_->leftover.size() < size && impl_->fill()) {
  }
  if (end != nullptr) *end = impl_->end;
  std::string out = impl_->leftover.substr(0, size);
  impl_->leftover.erase(0, size);
  return out;
}

std::string WireClient::read_until(std::string_view text, WireEnd* end) {
  std::size_t at = std::string::npos;
  while ((at = impl_->leftover.find(text)) == std::string::npos && impl_->fill()) {
  }
  if (end != nullptr) *end = impl_->end;
  return read(at == std::string::npos ? impl_->leftover.size() : at + text.size());
}

WireAnswer WireClient::read_answer() {
  WireAnswer answer;
  AnswerParser parser(answer);
  answer.is_http = true;
  while (!parser.is_done()) {
    boost::beast::error_code error;
    const auto used = parser.put(asio::const_buffer(impl_->leftover.data(), impl_->leftover.size()), error);
    impl_->leftover.erase(0, used);
    if (error && error != http::error::need_more) answer.is_http = false;
    if (!answer.is_http || parser.is_done()) break;
    if (used > 0 && !impl_->leftover.empty() && !error) continue;
    if (!impl_->fill()) {
      boost::beast::error_code at_end;
      if (parser.got_some() && impl_->end == WireEnd::closed) parser.put_eof(at_end);
      break;
    }
  }
  answer.complete = parser.is_done();
  answer.end = impl_->end;
  return answer;
}

WireAnswer WireClient::read_to_end() {
  WireAnswer answer = read_answer();
  while (impl_->fill()) {
  }
  answer.end = impl_->end;
  return answer;
}

void WireClient::half_close() {
  if (impl_->tls) SSL_shutdown(impl_->stream.native_handle());
  ::shutdown(impl_->stream.next_layer().native_handle(), SHUT_WR);
}

void WireClient::reset() {
  impl_->stream.next_layer().set_option(asio::socket_base::linger(true, 0));
  impl_->stream.next_layer().close();
}

std::string post(std::string_view path, std::string_view body, std::string_view more) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string get(std::string_view target, std::string_view more) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
}

std::string chat(std::string_view model, bool stream, std::string_view more) {
  return post(
      "/v1/chat/completions",
      "{\"model\":\"" + std::string(model) + "\",\"messages\":[]" + (stream ? ",\"stream\":true}" : "}"),
      more);
}

std::vector<std::string> data_of(std::string_view stream) {
  std::vector<std::string> out;
  while (!stream.empty()) {
    const auto end = stream.find('\n');
    const auto line = stream.substr(0, end);
    if (line.starts_with("data: ")) out.emplace_back(line.substr(6));
    stream = end == std::string_view::npos ? std::string_view{} : stream.substr(end + 1);
  }
  return out;
}

}  // namespace holysheep
