#pragma once
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>
#include <simulator/request.hpp>

namespace holysheep::sim {

/// Beast's parser writing straight into a Request. One for each request.
class RequestReader : private boost::beast::http::basic_parser<true> {
 public:
  explicit RequestReader(Request& request);

  /// Takes what it can of `bytes` and says how much that was. Returns false when this is not HTTP.
  bool take(std::string_view bytes, std::size_t& taken);
  bool header_complete() const { return is_header_done(); }
  bool complete() const { return is_done(); }
  /// From now on body bytes are read past.
  void discard_body() { discards_ = true; }
  std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  using Error = boost::beast::error_code;
  using Text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version, Error&) override;
  void on_response_impl(int, Text, int, Error&) override {}
  void on_field_impl(boost::beast::http::field, Text name, Text value, Error&) override;
  void on_header_impl(Error&) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(Text bytes, Error&) override;
  void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, Error&) override;
  void on_finish_impl(Error&) override {}

  Request& request_;
  std::uint64_t body_bytes_ = 0;
  bool discards_ = false;
};

}  // namespace holysheep::sim
