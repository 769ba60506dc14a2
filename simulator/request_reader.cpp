#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <simulator/request_reader.hpp>

namespace holysheep::sim {
namespace {

constexpr std::uint32_t max_header_bytes = 1U << 20U;
constexpr std::uint64_t max_body_bytes = 256ULL << 20U;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

RequestReader::RequestReader(Request& request) : request_(request) {
  request.clear();
  header_limit(max_header_bytes);
  body_limit(max_body_bytes);
  eager(true);
}

bool RequestReader::take(std::string_view bytes, std::size_t& taken) {
  taken = 0;
  while (!is_done() && taken < bytes.size()) {
    Error error;
    const auto used = put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
    taken += used;
    if (error == boost::beast::http::error::need_more) return true;
    if (error) return false;
    if (used == 0) return true;
  }
  return true;
}

void RequestReader::on_request_impl(boost::beast::http::verb, Text method, Text target, int version, Error&) {
  request_.method = view(method);
  request_.target = view(target);
  request_.version = static_cast<unsigned>(version);
}

void RequestReader::on_field_impl(boost::beast::http::field name, Text text, Text value, Error&) {
  request_.add_field(view(text), view(value));
  if (name == boost::beast::http::field::expect && boost::beast::iequals(value, "100-continue")) {
    request_.expects_continue = true;
  }
}

void RequestReader::on_header_impl(Error&) {
  request_.keep_alive = keep_alive();
}

std::size_t RequestReader::on_body_impl(Text bytes, Error&) {
  body_bytes_ += bytes.size();
  if (!discards_) request_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::size_t RequestReader::on_chunk_body_impl(std::uint64_t, Text bytes, Error& error) {
  if (body_bytes_ > max_body_bytes) error = boost::beast::http::error::body_limit;
  return on_body_impl(bytes, error);
}

}  // namespace holysheep::sim
