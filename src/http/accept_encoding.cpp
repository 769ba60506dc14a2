#include "coding_weights.hpp"
#include <holysheep/http/accept_encoding.hpp>

#include <algorithm>
#include <optional>

namespace holysheep::http {
namespace {

/// The weights of the codings that matter; of one named twice the lower.
struct GzipWeights {
  std::optional<CodingWeight> gzip, identity, others;

  void add(std::string_view coding, CodingWeight given) noexcept {
    std::optional<CodingWeight>* of = nullptr;
    if (is_gzip(coding)) of = &gzip;
    if (same_ignoring_case(coding, "identity")) of = &identity;
    if (coding == "*") of = &others;
    if (of == nullptr) return;
    *of = *of ? std::min(**of, given) : given;
  }
};

}  // namespace

bool accepts_gzip(const HeaderBlock& request) noexcept {
  GzipWeights weights;
  each_accepted_coding(request, [&weights](std::string_view coding, CodingWeight given, std::string_view) {
    weights.add(coding, given);
  });
  const CodingWeight others = weights.others.value_or(0);
  const CodingWeight gzip = weights.gzip.value_or(others);
  return gzip > 0 && gzip >= weights.identity.value_or(others);
}

}  // namespace holysheep::http
