#include "cache_key_fields.hpp"
#include "list_elements.hpp"
#include <holysheep/http/cache_rules.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace holysheep::http {
namespace {

using std::chrono::seconds;

struct Directive {
  std::string_view name;
  std::string_view value;  ///< without quotes
};

Directive directive(std::string_view element) noexcept {
  const std::size_t equals = element.find('=');
  if (equals == element.npos) return {.name = element, .value = {}};
  std::string_view value = trimmed(element.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return {.name = trimmed(element.substr(0, equals)), .value = value};
}

/// Calls `each` with every directive of all `Cache-Control` lines.
void for_each_directive(const HeaderBlock& fields, auto&& each) noexcept {
  for (const Field& field : fields) {
    if (field.id != FieldName::cache_control) continue;
    for (std::string_view list = field.value; !list.empty();) each(directive(take_element(list)));
  }
}

/// `delta-seconds` (RFC 9111 §1.2.2).
Duration delta_seconds(std::string_view text) noexcept {
  constexpr auto most = std::chrono::duration_cast<seconds>(Duration::max()).count();
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return Duration::zero();
  seconds::rep number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc::result_out_of_range || number > most) return Duration::max();
  return seconds(number);
}

/// Makes an answer depend on what the key does not hold.
bool forbids_cache(const Field& field) noexcept {
  if (field.id == FieldName::upgrade || field.id == FieldName::content_encoding) return true;
  if (field.id != FieldName::other) return false;
  return same_ignoring_case(field.name, "range") || same_ignoring_case(field.name.substr(0, 3), "if-");
}

bool varies_by_key_alone(std::string_view names) noexcept {
  while (!names.empty()) {
    const std::string_view name = take_element(names);
    if (!name.empty() && !cache_key_field(name)) return false;
  }
  return true;
}

bool may_keep_with(const Field& field) noexcept {
  if (field.id == FieldName::trailer) return false;
  if (field.id != FieldName::other) return true;
  if (same_ignoring_case(field.name, "vary")) return varies_by_key_alone(field.value);
  return !same_ignoring_case(field.name, "content-range");
}

}  // namespace

CacheDirectives cache_directives(const HeaderBlock& fields) noexcept {
  CacheDirectives all;
  for_each_directive(fields, [&](const Directive& directive) {
    if (same_ignoring_case(directive.name, "no-store")) {
      all.no_store = true;
    } else if (same_ignoring_case(directive.name, "no-cache")) {
      all.no_cache = true;
    } else if (same_ignoring_case(directive.name, "max-age")) {
      const Duration age = delta_seconds(directive.value);
      all.max_age = std::min(age, all.max_age.value_or(age));
    }
  });
  return all;
}

CacheRule cache_rule(Method method, const Route& to) noexcept {
  constexpr std::string_view models = "/models";
  constexpr std::array<std::string_view, 4> completions{"/chat/completions", "/completions", "/messages",
                                                        "/responses"};
  if (to.endpoint != Endpoint::forward || to.beta) return CacheRule::never;
  if (method == Method::get) {
    const bool of_models =
        to.rest.starts_with(models) && (to.rest.size() == models.size() || to.rest[models.size()] == '/');
    return of_models ? CacheRule::always : CacheRule::never;
  }
  if (method != Method::post) return CacheRule::never;
  if (to.rest == "/embeddings") return CacheRule::always;
  const bool completion = std::find(completions.begin(), completions.end(), to.rest) != completions.end();
  return completion ? CacheRule::completion : CacheRule::never;
}

CacheUse cache_use(CacheRule rule, const RequestHead& request, CacheCompletions completions,
                   const CacheDirectives& directives) noexcept {
  if (rule == CacheRule::never || directives.no_store) return CacheUse::never;
  if (request.method == Method::get && request.framing != Framing::none) return CacheUse::never;
  if (std::any_of(request.fields.begin(), request.fields.end(), forbids_cache)) return CacheUse::never;
  if (rule == CacheRule::always) return CacheUse::always;
  if (completions == CacheCompletions::off) return CacheUse::never;
  if (directives.max_age) return CacheUse::always;
  return completions == CacheCompletions::deterministic ? CacheUse::if_temperature_zero : CacheUse::never;
}

bool may_use(CacheUse use, Method method, const std::optional<CanonicalJson>& body) noexcept {
  if (use == CacheUse::never) return false;
  if (method == Method::get) return true;
  return body && (use == CacheUse::always || body->temperature_zero);
}

bool may_keep(const ResponseHead& answer) noexcept {
  if (answer.status != 200 || answer.framing == Framing::until_close) return false;
  if (!std::all_of(answer.fields.begin(), answer.fields.end(), may_keep_with)) return false;
  bool allowed = true;
  for_each_directive(answer.fields, [&](const Directive& directive) {
    if (same_ignoring_case(directive.name, "no-store") || same_ignoring_case(directive.name, "private")) {
      allowed = false;
    }
  });
  return allowed;
}

}  // namespace holysheep::http
