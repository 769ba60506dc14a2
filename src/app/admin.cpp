#include <holysheep/app/admin.hpp>
#include <holysheep/app/admin_host.hpp>
#include <holysheep/app/dashboard_files.hpp>

#include <memory>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace holysheep::app {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;

namespace {

/// Each may hold a whole page for as long as it is slow. Further ones wait in the backlog.
constexpr long most_connections = 128;
constexpr auto until_next_look = std::chrono::milliseconds(50);

}  // namespace

/// One connection: reads one request's header, answers it, closes. Keeps itself alive until then.
class Admin::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Answer& answer, std::shared_ptr<const Places> place)
      : stream_(std::move(socket)), answer_(answer), place_(std::move(place)) {}

  void start() {
    stream_.expires_after(std::chrono::seconds(10));
    parser_.header_limit(16 * 1024);
    http::async_read_header(stream_, buffer_, parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!error) self->respond();
                            });
  }

 private:
  void respond() {
    const auto& request = parser_.get();
    proxy::ProbeAnswer answer = answer_to(request);
    response_.result(static_cast<unsigned>(answer.status));
    response_.set(http::field::content_type, answer.type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("Content-Security-Policy", dashboard_policy);
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Referrer-Policy", "no-referrer");
    response_.set("Cross-Origin-Resource-Policy", "same-origin");
    if (answer.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(false);
    response_.content_length(answer.body.size());
    if (request.method() != http::verb::head) response_.body() = std::move(answer.body);
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code, std::size_t) {
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  [[nodiscard]] proxy::ProbeAnswer answer_to(const http::request<http::empty_body>& request) const {
    const std::string target(request.target());
    const std::string_view path = std::string_view(target).substr(0, target.find('?'));
    if (!is_meant(request) && path != "/health" && path != "/ready") {
      return {421,
              R"({"error":"this Host is not answered here, lest a web page of that name read it: ask by )"
              R"(address, as localhost, or by a service's name in the cluster"})"};
    }
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      return {405, R"({"error":"method not allowed, GET and HEAD are"})"};
    }
    return answer_({path, std::string_view(request[http::field::accept])});
  }

  /// Not by a page that has let its own name resolve to here. HTTP/1.0 knows no Host, and browsers do not
  /// speak it.
  static bool is_meant(const http::request<http::empty_body>& request) {
    const auto hosts = request.count(http::field::host);
    if (hosts == 0) return request.version() == 10;
    return hosts == 1 && is_local_host(std::string_view(request[http::field::host]));
  }

  beast::tcp_stream stream_;
  const Answer& answer_;
  const std::shared_ptr<const Places> place_;
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
};

Result<std::uint16_t, std::string> Admin::open(const std::string& address, std::uint16_t port) {
  beast::error_code error;
  const tcp::endpoint endpoint(boost::asio::ip::make_address(address, error), port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(128, error);
  if (error) return Unexpected{address + " port " + std::to_string(port) + ": " + error.message()};
  accept();
  return acceptor_.local_endpoint().port();
}

void Admin::close() {
  beast::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Admin::accept() {
  if (places_.use_count() > most_connections) return accept_later();
  acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (error) return accept_later();  // descriptors are short: asking again at once would spin
    std::make_shared<Connection>(std::move(socket), answer_, places_)->start();
    accept();
  });
}

void Admin::accept_later() {
  pause_.expires_after(until_next_look);
  pause_.async_wait([this](beast::error_code error) {
    if (!error && acceptor_.is_open()) accept();
  });
}

}  // namespace holysheep::app
