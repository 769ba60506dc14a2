#pragma once

#include <holysheep/core/token_counts.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep {

/// What the ledger says about one forwarded request. Views are read during `append_usage_line` only.
struct UsageRecord {
  std::chrono::system_clock::time_point time;  ///< when the request ended
  std::string_view request_id;
  std::string_view client;  ///< id from the keys file; empty: there is none
  std::string_view model;   ///< empty: the request named none
  TokenCounts tokens;
  std::optional<Cost> cost;  ///< none: the model has no known price
  unsigned status = 0;       ///< as sent; 499 when the client left before an answer began
  std::string_view cache;    ///< hit, miss, bypass, coalesced
  bool partial = false;      ///< the client left, or upstream broke off, with the answer under way
  bool estimated = false;    ///< the tokens are not what the provider said
  bool retried = false;      ///< not a request: what an attempt cost whose answer nobody got
};

/// Appends the record's one line of JSON, '\n' included, at most `max_log_line` bytes. Every line has every
/// field, in one order; a text that is empty is null, and so are dollars where tokens have no known price.
/// Values are escaped, cut where too long, and valid UTF-8 whatever the client sent. Under a microsecond;
/// allocates only where `out` has to grow. Any thread.
void append_usage_line(std::string& out, const UsageRecord& record);

}  // namespace holysheep
