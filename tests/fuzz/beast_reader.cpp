#include "beast_reader.hpp"

#include <limits>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace holysheep::fuzz {
namespace {

namespace beast = boost::beast::http;

std::string text(boost::beast::string_view view) {
  return {view.data(), view.size()};
}

template <bool is_request>
void read_start_line(const beast::message<is_request, beast::string_body>& message, BeastHead& head) {
  if constexpr (is_request) {
    head.method = text(message.method_string());
    head.target = text(message.target());
  } else {
    head.status = static_cast<int>(message.result_int());
    head.reason = text(message.reason());
  }
}

template <bool is_request>
std::optional<BeastHead> read(std::string_view bytes) {
  beast::parser<is_request, beast::string_body> parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(boost::none);
  parser.skip(!is_request);  // what a body would be depends on the request's method
  boost::system::error_code error;
  parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error || !parser.is_header_done()) return std::nullopt;
  const auto& message = parser.get();
  BeastHead head;
  read_start_line<is_request>(message, head);
  for (const auto& field : message) head.fields.emplace_back(text(field.name_string()), text(field.value()));
  head.chunked = parser.chunked();
  if (const auto length = parser.content_length()) head.length = *length;
  head.keep_alive = parser.keep_alive();
  return head;
}

}  // namespace

std::optional<BeastHead> beast_request(std::string_view head) {
  return read<true>(head);
}

std::optional<BeastHead> beast_response(std::string_view head) {
  return read<false>(head);
}

BeastBody beast_chunked(std::string_view bytes) {
  beast::parser<true, beast::string_body> parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(boost::none);
  parser.eager(true);
  std::string all = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::size_t head = all.size();
  all += bytes;
  BeastBody body;
  std::size_t at = 0;
  while (!parser.is_done()) {
    boost::system::error_code error;
    const std::size_t taken = parser.put(boost::asio::const_buffer(all.data() + at, all.size() - at), error);
    at += taken;
    if (error == beast::error::need_more) break;
    body.refused = error.failed();
    if (body.refused || taken == 0) break;
  }
  body.complete = parser.is_done();
  body.payload = parser.get().body();
  body.taken = at - std::min(at, head);
  return body;
}

}  // namespace holysheep::fuzz
