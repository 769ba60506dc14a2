#include "characters.hpp"
#include <holysheep/http/accept_encoding.hpp>

#include <algorithm>
#include <optional>

namespace holysheep::http {
namespace {

using Thousandths = int;

/// `qvalue`: "0" or "1" with at most three decimals, no more than 1; 0 for anything else.
Thousandths weight(std::string_view text) noexcept {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 5 || (text.size() > 1 && text[1] != '.')) return 0;
  Thousandths value = text[0] == '1' ? 1000 : 0;
  Thousandths place = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) return 0;
    value += (c - '0') * place;
    place /= 10;
  }
  return value <= 1000 ? value : 0;
}

/// Of what follows a coding's name: empty, or `OWS ";" OWS "q=" qvalue`.
Thousandths weight_behind(std::string_view rest) noexcept {
  rest = trimmed(rest);
  if (rest.empty()) return 1000;
  if (rest.front() != ';') return 0;
  rest = trimmed(rest.substr(1));
  if (rest.size() < 3 || to_lower(rest[0]) != 'q' || rest[1] != '=') return 0;
  return weight(rest.substr(2));
}

/// The weights of the codings that matter; of one named twice the lower.
struct Weights {
  std::optional<Thousandths> gzip, identity, others;

  void add(std::string_view element) noexcept {
    const std::size_t end = std::min(element.find_first_of("; \t"), element.size());
    const std::string_view coding = element.substr(0, end);
    std::optional<Thousandths>* of = nullptr;
    if (same_ignoring_case(coding, "gzip") || same_ignoring_case(coding, "x-gzip")) of = &gzip;
    if (same_ignoring_case(coding, "identity")) of = &identity;
    if (coding == "*") of = &others;
    if (of == nullptr) return;
    const Thousandths given = weight_behind(element.substr(end));
    *of = *of ? std::min(**of, given) : given;
  }
};

}  // namespace

bool accepts_gzip(const HeaderBlock& request) noexcept {
  Weights weights;
  for (const Field& field : request) {
    if (field.id != FieldName::accept_encoding || field.nominated) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::size_t end = std::min(list.find(','), list.size());
      weights.add(trimmed(list.substr(0, end)));
      list.remove_prefix(std::min(end + 1, list.size()));
    }
  }
  const Thousandths others = weights.others.value_or(0);
  const Thousandths gzip = weights.gzip.value_or(others);
  return gzip > 0 && gzip >= weights.identity.value_or(others);
}

}  // namespace holysheep::http
