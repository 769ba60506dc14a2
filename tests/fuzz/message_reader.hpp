#pragma once

#include <holysheep/http/request_head.hpp>
#include <holysheep/http/response_head.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace holysheep::fuzz {

/// A message's body, read to its end or as far as it came.
struct ReadBody {
  std::string payload;
  bool complete = false;
  bool malformed = false;
  std::size_t taken = 0;  ///< bytes
};
/// `ended`: nothing comes behind `bytes`.
ReadBody read_body(http::Framing framing, std::uint64_t length, std::string_view bytes, bool ended);

struct ReadRequest {
  std::string method;
  http::Method method_id = http::Method::other;
  std::string path;
  std::string host;
  std::string body;
  std::string authorization;
};

/// The complete requests that a connection's bytes hold, up to the first that is none or that ends it.
struct ReadRequests {
  std::vector<ReadRequest> complete;
  bool more = false;                      ///< a head that is complete without its body, or is refused
  http::Method last = http::Method::get;  ///< of that
  std::size_t taken = 0;                  ///< bytes of the complete ones
  bool refused = false;
};
ReadRequests read_requests(std::string_view bytes);

struct ReadAnswer {
  int status = 0;
  bool complete = false;
  bool delimited = false;  ///< its end is told, not only seen
  bool keep_alive = false;
  bool event_stream = false;
  std::string body;
};

/// The answers to requests of these methods, to the end of `bytes`, after which nothing came.
struct ReadAnswers {
  std::vector<ReadAnswer> final;  ///< the interim ones left out
  bool malformed = false;
  std::size_t left = 0;  ///< bytes behind the last
};
ReadAnswers read_answers(std::string_view bytes, const std::vector<http::Method>& methods);

}  // namespace holysheep::fuzz
