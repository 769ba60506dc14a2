#pragma once

#include <cstddef>
#include <string_view>

namespace holysheep::proxy {

/// HTTP statuses that metrics tell apart: the registered ones, 499 (the client left before an answer), and
/// those of Anthropic (529) and of proxies in front of a provider (520 to 530). The last is `other`.
inline constexpr std::size_t status_label_count = 76;

/// Which of them a status is, 0 to `status_label_count` - 1. Constant time.
std::size_t status_label(unsigned status) noexcept;

/// `200`, …, `other`. Static text.
std::string_view status_name(std::size_t label) noexcept;

}  // namespace holysheep::proxy
