#include "coding_weights.hpp"
#include <holysheep/http/answer_coding.hpp>

#include <algorithm>
#include <array>

namespace holysheep::http {
namespace {

constexpr std::array<std::string_view, 5> metered_labels{"/v1/chat/completions", "/v1/completions",
                                                         "/v1/responses", "/v1/embeddings", "/v1/messages"};

bool is_identity(std::string_view coding) noexcept {
  return same_ignoring_case(coding, "identity");
}

bool is_readable_coding(std::string_view coding) noexcept {
  return is_gzip(coding) || same_ignoring_case(coding, "deflate") || is_identity(coding);
}

}  // namespace

AnswerCoding answer_coding(Method method, const Route& route, bool asks_for_stream) noexcept {
  const bool counted =
      route.beta ? !route.model.empty() : std::ranges::count(metered_labels, route.label) > 0;
  if (method != Method::post || !counted) return AnswerCoding::as_asked;
  return asks_for_stream ? AnswerCoding::plain : AnswerCoding::readable;
}

bool takes_unreadable_coding(const HeaderBlock& request) noexcept {
  bool unreadable = false;
  bool readable = false;
  bool refuses_identity = false;
  bool names_identity = false;
  bool refuses_others = false;
  each_accepted_coding(request, [&](std::string_view coding, CodingWeight weight, std::string_view) {
    if (is_readable_coding(coding)) {
      readable = readable || weight > 0;
    } else {
      unreadable = unreadable || weight > 0;
    }
    if (is_identity(coding)) {
      names_identity = true;
      refuses_identity = refuses_identity || weight == 0;
    }
    if (coding == "*" && weight == 0) refuses_others = true;
  });
  // It is acceptable unless it is refused, by its name or among all others (RFC 9110 §12.5.3).
  const bool plain = !refuses_identity && (names_identity || !refuses_others);
  return unreadable && (readable || plain);
}

void append_readable_codings(std::string& out, const HeaderBlock& request) {
  const std::size_t begin = out.size();
  bool takes_any = false;
  const auto add = [&](std::string_view element) {
    if (out.size() > begin) out.append(", ", 2);
    out.append(element);
  };
  each_accepted_coding(request, [&](std::string_view coding, CodingWeight weight, std::string_view element) {
    if (weight > 0 && !is_readable_coding(coding)) return;
    takes_any = takes_any || weight > 0;
    add(element);
  });
  if (!takes_any) add("identity");
}

}  // namespace holysheep::http
