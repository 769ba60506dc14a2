#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/core/sha256.hpp>
#include <holysheep/http/json_canonical.hpp>
#include <holysheep/http/request_head.hpp>
#include <holysheep/http/response_head.hpp>
#include <holysheep/http/route.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace holysheep::http {

// What spec.md "Cache" says of requests and answers, read off their heads. No state, any thread.

/// What a request asks of caches (RFC 9111 §5.2.1): all its `Cache-Control` lines together.
struct CacheDirectives {
  bool no_store = false;
  bool no_cache = false;            ///< not to be answered from the cache; the answer may be kept
  std::optional<Duration> max_age;  ///< the least that was said. Not a number: 0. Too large: Duration::max()

  friend bool operator==(const CacheDirectives&, const CacheDirectives&) = default;
};

CacheDirectives cache_directives(const HeaderBlock& fields) noexcept;

/// What a request's method and path alone have to say.
enum class CacheRule : std::uint8_t {
  never,
  always,      ///< models, embeddings: nothing about them is left to chance
  completion,  ///< as `CACHE_COMPLETIONS` says
};

CacheRule cache_rule(Method method, const Route& to) noexcept;

/// What a request's head has to say.
enum class CacheUse : std::uint8_t {
  never,
  if_temperature_zero,  ///< its body decides
  always,
};

/// Never: by `rule`, under `CACHE_COMPLETIONS`, for `no-store`, and where the answer depends on what is not
/// in the key: a range, a condition, an upgrade, a coded body, a GET's body.
CacheUse cache_use(CacheRule rule, const RequestHead& request, CacheCompletions completions,
                   const CacheDirectives& directives) noexcept;

/// `body`: of a POST; a GET has no body to ask.
bool may_use(CacheUse use, Method method, const std::optional<CanonicalJson>& body) noexcept;

/// Whether an answer may be kept once it has come to its end: a whole 200 without `no-store` or `private`,
/// varying by nothing but the key. Not one that ends with its connection or announces trailers.
bool may_keep(const ResponseHead& answer) noexcept;

/// SHA-256 of everything the answer to a request depends on: method, path as upstream gets it, query, the
/// credentials as presented, `client_id`, the dialects' fields that change the answer, and the body. Each
/// part comes with its length, so no two requests give the same input. Throws std::runtime_error where
/// OpenSSL has no SHA-256 or no memory.
Digest cache_digest(const RequestHead& request, const Route& to, std::string_view client_id,
                    std::string_view canonical_body);

}  // namespace holysheep::http
