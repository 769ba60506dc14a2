// Texts that come from outside and go into logs, answers and files.
#include "fuzz.hpp"
#include <holysheep/core/glob.hpp>
#include <holysheep/core/redaction.hpp>
#include <holysheep/core/rfc3339.hpp>
#include <holysheep/core/text.hpp>
#include <holysheep/core/token_counts.hpp>
#include <holysheep/core/value_forms.hpp>
#include <holysheep/http/credentials.hpp>
#include <holysheep/http/gateway_error.hpp>
#include <holysheep/http/route.hpp>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace holysheep::fuzz {
namespace {

using nlohmann::json;

/// A JSON string for everybody: quotes around it, no control characters, UTF-8.
void expect_string_is_json(std::string_view text, Chance& chance) {
  std::string whole;
  append_json_string(whole, text);
  const json read = json::parse(whole, nullptr, false);
  expect(read.is_string(), "a JSON string is one");
  const bool utf8 = !json::parse("\"" + std::string(text) + "\"", nullptr, false).is_discarded();
  if (utf8 && text.find_first_of("\"\\") == text.npos)
    expect(read == std::string(text), "a JSON string says its text");
  const std::size_t room = 3 + chance.below(40);
  std::string cut;
  append_json_string(cut, text, room);
  expect(json::parse(cut, nullptr, false).is_string(), "a JSON string that is cut is one");
  expect(cut.size() <= room + 2, "a JSON string has no more than its room");
  std::string printable;
  append_printable(printable, text, room);
  expect(printable.size() <= room && is_one_line(printable), "a printable text is one line of its room");
}

void expect_redaction_hides(std::string_view text, Chance& chance) {
  expect(is_one_line(redacted(text)), "a redacted text is one line");
  if (text.size() < 12) return;
  const std::string secret(text.substr(chance.below(text.size() - 11), 12));
  for (const char c : secret) {
    if (c <= ' ' || c == '\x7f' || c == '*' || c == '"' || c == '\\')
      return;  // what the text shown is made of
  }
  // As a reader takes it: what an escape is written with may complete what stands of it beside one.
  const auto shown = json::parse(redacted(text, {secret})).get<std::string>();
  expect(shown.find(secret) == std::string::npos, "a known secret is not shown");
}

/// As the definition has it: `matches[i]` is whether what has been seen of the text fits i bytes of the
/// pattern.
bool glob_by_definition(std::string_view pattern, std::string_view text) {
  std::vector<char> matches(pattern.size() + 1, 0);
  matches[0] = 1;
  for (std::size_t i = 0; i < pattern.size() && pattern[i] == '*'; ++i) matches[i + 1] = 1;
  for (const char c : text) {
    std::vector<char> next(pattern.size() + 1, 0);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] == '*') {
        next[i + 1] = static_cast<char>(next[i] != 0 || matches[i + 1] != 0 || matches[i] != 0);
      } else {
        next[i + 1] = static_cast<char>(matches[i] != 0 && pattern[i] == c);
      }
    }
    matches.swap(next);
  }
  return matches.back() != 0;
}

void expect_query_loses_its_key(std::string_view query) {
  std::string out;
  http::append_query_without_key(out, query);
  expect(out.empty() || out.front() == '?', "a query begins with its mark");
  expect(out.size() <= query.size() + 1, "no parameter is made up");
  std::string again;
  if (!out.empty()) http::append_query_without_key(again, std::string_view(out).substr(1));
  expect(again == out, "what is taken out is gone");
  expect(!out.starts_with("?key=") && out.find("&key=") == out.npos, "no key is left");
}

void expect_errors_are_readable(std::string_view detail, Chance& chance) {
  const auto dialect = static_cast<http::Dialect>(chance.below(3));
  std::string event;
  http::write_stream_error(event, dialect, Fault::connection_lost, detail, "0123");
  expect(event.ends_with("\n\n") && event.find("\n\n") == event.size() - 2, "an error event is one event");
  std::string answer;
  http::write_gateway_error(answer, {.fault = Fault::tls_handshake, .dialect = dialect, .detail = detail});
  const auto head_end = answer.find("\r\n\r\n");
  expect(head_end != answer.npos, "an error is an answer");
  expect(json::parse(answer.substr(head_end + 4), nullptr, false).is_object(), "an error's body is JSON");
}

}  // namespace

void texts(std::string_view input) {
  Chance chance(input);
  const std::size_t cut = std::min(input.find('\n'), input.size());
  const std::string_view first = input.substr(0, cut);
  const std::string_view second = input.substr(std::min(cut + 1, input.size()));
  expect_string_is_json(input, chance);
  expect_redaction_hides(input, chance);
  expect(matches_glob(first, second) == glob_by_definition(first, second), "a glob is what it stands for");
  expect_query_loses_its_key(first);
  (void)parse_rfc3339(first);
  const auto to = http::route(first);
  expect(http::decoded_model(to).size() <= first.size(), "a decoded name is no longer");
  if (chance.once_in(4)) expect_errors_are_readable(input, chance);
  std::string usd;
  const auto amount = static_cast<std::int64_t>(chance.next());
  append_usd(usd, amount);
  expect(json::parse(usd, nullptr, false).is_number(), "an amount is a JSON number");
}

}  // namespace holysheep::fuzz
