#pragma once

#include "characters.hpp"
#include <holysheep/http/header_block.hpp>

#include <algorithm>
#include <string_view>

namespace holysheep::http {

/// In thousandths; 0: not accepted.
using CodingWeight = int;

/// `qvalue`: "0" or "1" with at most three decimals, no more than 1; 0 for anything else.
inline CodingWeight coding_weight(std::string_view text) noexcept {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 5 || (text.size() > 1 && text[1] != '.')) return 0;
  CodingWeight value = text[0] == '1' ? 1000 : 0;
  CodingWeight place = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) return 0;
    value += (c - '0') * place;
    place /= 10;
  }
  return value <= 1000 ? value : 0;
}

/// Of what follows a coding's name: empty, or `OWS ";" OWS "q=" qvalue`.
inline CodingWeight coding_weight_behind(std::string_view rest) noexcept {
  rest = trimmed(rest);
  if (rest.empty()) return 1000;
  if (rest.front() != ';') return 0;
  rest = trimmed(rest.substr(1));
  if (rest.size() < 3 || to_lower(rest[0]) != 'q' || rest[1] != '=') return 0;
  return coding_weight(rest.substr(2));
}

/// Calls `take(coding, weight, element)` for each element of a request's `Accept-Encoding`, all its lines
/// together; empty ones are left out.
template <typename Take>
void each_accepted_coding(const HeaderBlock& request, Take take) {
  for (const Field& field : request) {
    if (field.id != FieldName::accept_encoding || field.nominated) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view element = trimmed(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (element.empty()) continue;
      const std::size_t end = std::min(element.find_first_of("; \t"), element.size());
      take(element.substr(0, end), coding_weight_behind(element.substr(end)), element);
    }
  }
}

inline bool is_gzip(std::string_view coding) noexcept {
  return same_ignoring_case(coding, "gzip") || same_ignoring_case(coding, "x-gzip");
}

}  // namespace holysheep::http
