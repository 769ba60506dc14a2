#pragma once

#include "support/http_client.hpp"
#include "support/process.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holysheep::testing {

/// What one request with a faulty provider comes to. `got` is what the client can tell: `whole`, or the
/// status with the code of its error (`gateway` before it where the error is ours), or what came of the
/// stream.
struct Expected {
  int primary;
  int fallback;
  std::string got;
  std::chrono::milliseconds least{0};
  std::chrono::milliseconds most{2000};  ///< times time_scale()
};

/// A row: one provider with this fault, and what a request comes to without and with a second upstream.
struct ProviderFault {
  std::string name;
  std::string script = {};  ///< of every request that reaches the provider
  Environment settings = {};
  std::string certificate = "server";  ///< the provider's
  std::optional<Expected> alone = {};
  std::optional<Expected> with_fallback = {};
};

struct Played {
  Response head;
  int primary = 0;   ///< attempts at the provider
  int fallback = 0;  ///< at the second upstream
  std::string got;
  std::chrono::milliseconds took{0};
};

inline const std::string whole = "whole";

/// Streams one request for each row that expects something this `way` (`&ProviderFault::alone` or
/// `with_fallback`), all at the same time, each through a proxy and to a provider of its own, so that no
/// breaker, budget or pause is shared. A whole answer has 60 tokens. Prints the table, and gives its rows.
std::vector<Played> expect_as_told(std::vector<ProviderFault> rows,
                                   std::optional<Expected> ProviderFault::* way);

}  // namespace holysheep::testing
