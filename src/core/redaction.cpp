#include <holysheep/core/redaction.hpp>
#include <holysheep/core/text.hpp>
#include <holysheep/core/value_forms.hpp>

#include <algorithm>

namespace holysheep {
namespace {

constexpr std::string_view mask = "********";
constexpr std::size_t longest_shown = 200;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_in_key(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '_';
}

bool has_key_prefix(std::string_view word) {
  const auto prefix = to_lower(word.substr(0, word.find_first_of("-_")));
  return word.size() >= 8 && (prefix == "sk" || prefix == "hs" || prefix == "pk" || prefix == "hsk");
}

/// Random text: 20 letters and digits or more in one run, some of both among them. No model, host or folder
/// that people name is like that.
bool has_random_run(std::string_view word) {
  std::size_t letters = 0;
  std::size_t digits = 0;
  for (const char c : word) {
    const bool run_goes_on = is_letter(c) || is_digit(c);
    letters = run_goes_on ? letters + (is_letter(c) ? 1 : 0) : 0;
    digits = run_goes_on ? digits + (is_digit(c) ? 1 : 0) : 0;
    if (letters >= 3 && digits >= 3 && letters + digits >= 20) return true;
  }
  return false;
}

/// The longest first: hiding one that another begins with would leave the other's rest.
void hide_known(std::string& text, std::vector<std::string> secrets) {
  std::sort(secrets.begin(), secrets.end(),
            [](const auto& one, const auto& other) { return one.size() > other.size(); });
  for (const auto& secret : secrets) {
    if (text == secret) text = mask;
    if (secret.size() < 4) continue;  // a shorter one would also be found where it was never written
    for (auto at = text.find(secret); at != text.npos; at = text.find(secret, at + mask.size())) {
      text.replace(at, secret.size(), mask);
    }
  }
}

/// Up to the last `@`: a password may hold one, written by someone who did not encode it.
void hide_user(std::string& text) {
  const auto at = text.rfind('@');
  if (at == text.npos) return;
  const auto colon = text.find(':');  // a scheme's, where it is the first and slashes follow
  const auto start = text.compare(std::min(colon, at), 3, "://") == 0 ? colon + 3 : 0;
  text.replace(start, at - start, mask);
}

/// Where it names something of the kind: a plain `?a=b` helps whoever looks for the mistake.
void hide_query(std::string& text) {
  const auto query = text.find_first_of("?#");
  if (query == text.npos) return;
  const auto lower = to_lower(std::string_view(text).substr(query));
  for (const auto* word : {"key", "token", "secret", "pass", "auth", "sig"}) {
    if (lower.find(word) != lower.npos) return void(text.replace(query + 1, text.npos, mask));
  }
}

std::string without_keys(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_in_key);
    const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    out += has_key_prefix(word) || has_random_run(word) ? mask : word;
    text.remove_prefix(word.size());
    if (text.empty()) break;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::string redacted(std::string_view value, const std::vector<std::string>& secrets) {
  std::string text(value);
  hide_known(text, secrets);
  hide_user(text);
  hide_query(text);
  std::string out;
  append_json_string(out, without_keys(text), longest_shown);
  return out;
}

}  // namespace holysheep
