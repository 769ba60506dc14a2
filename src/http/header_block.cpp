#include "characters.hpp"
#include <holysheep/http/header_block.hpp>

#include <algorithm>
#include <array>

namespace holysheep::http {
namespace {

struct Known {
  std::string_view name;  // in lower case
  FieldName id;
};

constexpr std::size_t longest = 23;

// In the order of their length, then the more frequent first.
constexpr std::array known{
    Known{"te", FieldName::te},
    Known{"age", FieldName::age},
    Known{"via", FieldName::via},
    Known{"host", FieldName::host},
    Known{"date", FieldName::date},
    Known{"expect", FieldName::expect},
    Known{"trailer", FieldName::trailer},
    Known{"upgrade", FieldName::upgrade},
    Known{"x-api-key", FieldName::x_api_key},
    Known{"connection", FieldName::connection},
    Known{"keep-alive", FieldName::keep_alive},
    Known{"set-cookie", FieldName::set_cookie},
    Known{"retry-after", FieldName::retry_after},
    Known{"traceparent", FieldName::traceparent},
    Known{"content-type", FieldName::content_type},
    Known{"x-request-id", FieldName::x_request_id},
    Known{"max-forwards", FieldName::max_forwards},
    Known{"authorization", FieldName::authorization},
    Known{"cache-control", FieldName::cache_control},
    Known{"server-timing", FieldName::server_timing},
    Known{"content-length", FieldName::content_length},
    Known{"retry-after-ms", FieldName::retry_after_ms},
    Known{"x-goog-api-key", FieldName::x_goog_api_key},
    Known{"x-should-retry", FieldName::x_should_retry},
    Known{"accept-encoding", FieldName::accept_encoding},
    Known{"x-forwarded-for", FieldName::x_forwarded_for},
    Known{"content-encoding", FieldName::content_encoding},
    Known{"x-forwarded-host", FieldName::x_forwarded_host},
    Known{"proxy-connection", FieldName::proxy_connection},
    Known{"transfer-encoding", FieldName::transfer_encoding},
    Known{"x-forwarded-proto", FieldName::x_forwarded_proto},
    Known{"x-accel-buffering", FieldName::x_accel_buffering},
    Known{"proxy-authenticate", FieldName::proxy_authenticate},
    Known{"proxy-authorization", FieldName::proxy_authorization},
    Known{"x-stainless-timeout", FieldName::x_stainless_timeout},
    Known{"x-stainless-retry-count", FieldName::x_stainless_retry_count},
};
static_assert(std::is_sorted(known.begin(), known.end(),
                             [](const Known& a, const Known& b) { return a.name.size() < b.name.size(); }));
static_assert(known.back().name.size() == longest);

// Where the names of each length begin; those of length n end where those of n + 1 begin.
constexpr auto first_of_length = [] {
  std::array<std::uint8_t, longest + 2> first{};
  for (std::size_t length = 0; length < first.size(); ++length) {
    while (first[length] < known.size() && known[first[length]].name.size() < length) ++first[length];
  }
  return first;
}();

}  // namespace

FieldName field_name(std::string_view name) noexcept {
  if (name.size() > longest) return FieldName::other;
  const std::size_t end = first_of_length[name.size() + 1];
  for (std::size_t i = first_of_length[name.size()]; i < end; ++i) {
    if (same_ignoring_case(name, known[i].name)) return known[i].id;
  }
  return FieldName::other;
}

const Field* HeaderBlock::find(FieldName id) const noexcept {
  for (const Field& field : fields_) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

std::string_view HeaderBlock::value(FieldName id) const noexcept {
  const Field* field = find(id);
  return field == nullptr ? std::string_view{} : field->value;
}

}  // namespace holysheep::http
