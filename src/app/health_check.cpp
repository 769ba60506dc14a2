#include <holysheep/app/health_check.hpp>
#include <holysheep/core/value_forms.hpp>

#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace holysheep::app {

namespace beast = boost::beast;
using boost::asio::ip::tcp;

namespace {

/// Runs the one asynchronous step that was just begun to its end, within the stream's own time limit.
const beast::error_code& finish(boost::asio::io_context& io, const beast::error_code& result) {
  io.restart();
  io.run();
  return result;
}

/// Where it may listen, as seen from here. `::` is served for both families, and a container often has no
/// ::1.
std::vector<tcp::endpoint> endpoints(const Settings& settings) {
  const auto at = [&](const boost::asio::ip::address& address) {
    return tcp::endpoint(address, settings.listen_port);
  };
  const auto address = boost::asio::ip::make_address(settings.listen_address);
  if (!is_wildcard(settings.listen_address)) return {at(address)};
  const auto v4 = at(boost::asio::ip::address_v4::loopback());
  if (address.is_v4()) return {v4};
  return {at(boost::asio::ip::address_v6::loopback()), v4};
}

}  // namespace

Result<std::string, std::string> ask_health(const Settings& settings) {
  if (settings.listen_port == 0)
    return Unexpected{std::string("LISTEN_PORT is 0: which port it got is not known")};
  boost::asio::io_context io;
  beast::tcp_stream stream(io);
  stream.expires_after(std::chrono::seconds(2));
  beast::error_code error;
  const auto keep = [&error](const beast::error_code& code, auto&&...) { error = code; };
  const auto candidates = endpoints(settings);
  stream.async_connect(candidates, keep);
  if (finish(io, error)) return Unexpected{"nobody answers: " + error.message()};
  beast::http::request<beast::http::empty_body> request(beast::http::verb::get, "/health", 11);
  request.set(beast::http::field::host, "localhost");
  request.set(beast::http::field::connection, "close");
  beast::http::async_write(stream, request, keep);
  if (finish(io, error)) return Unexpected{"the question could not be sent: " + error.message()};
  beast::flat_buffer buffer;
  beast::http::response_parser<beast::http::string_body> answer;
  beast::http::async_read(stream, buffer, answer, keep);
  if (finish(io, error)) return Unexpected{"no answer: " + error.message()};
  const auto& response = answer.get();
  if (response.result_int() != 200) return Unexpected{"status " + std::to_string(response.result_int())};
  return response.body();
}

}  // namespace holysheep::app
