#pragma once

#include <holysheep/core/access_log.hpp>
#include <holysheep/http/route.hpp>
#include <holysheep/http/usage_scan.hpp>
#include <holysheep/proxy/loop_context.hpp>

#include <optional>
#include <string_view>

namespace holysheep::proxy {

/// How a request ended. Everything is lent for the call that tells it.
struct RequestEnd {
  AccessRecord record{};  ///< its tokens are taken from `usage`
  const http::Route& route;
  Fault fault = Fault::none;           ///< what the proxy itself answered, or why it broke the answer off
  std::string_view detail{};           ///< of the fault
  bool answered = false;               ///< the last attempt upstream had a first byte
  std::optional<Duration> overhead{};  ///< of an answer that went on at once: what the proxy itself took
  bool let_in = false;                 ///< it was meant for upstream, and came from who may ask there
  std::string_view answer_model{};     ///< the model that the answer names; empty: not known
  http::Usage usage;
};

/// Tells it all: a line in the log, counts in the metrics, tokens and dollars in usage and ledger, and of
/// what failed an entry among the last errors. Once for each request, on its event loop.
void tell_end(LoopContext& context, RequestEnd& end);

/// An attempt whose answer nobody gets, though it told what it cost.
struct SpentInVain {
  std::string_view request_id;
  std::string_view client;
  std::string_view model;
  unsigned status = 0;
  http::Usage usage;
};

/// Counts its tokens, not a request; in the ledger it has a line of its own, marked as retried.
void tell_spent(LoopContext& context, const SpentInVain& spent);

}  // namespace holysheep::proxy
