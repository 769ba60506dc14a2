#pragma once

#include <holysheep/http/header_block.hpp>

#include <string_view>

#include <boost/container/static_vector.hpp>

namespace holysheep::http {

using ClientCredentials = boost::container::static_vector<std::string_view, 3>;

/// The keys that a client presented, as views into its fields: what follows the scheme in
/// `Authorization: Bearer` (the scheme in any case, RFC 9110 §11.1), `x-api-key` and `x-goog-api-key`, in
/// this order. Of several lines of one name the first counts; an empty key and another scheme are none. The
/// query's `key` is not looked at. No allocation.
ClientCredentials client_credentials(const HeaderBlock& fields) noexcept;

}  // namespace holysheep::http
