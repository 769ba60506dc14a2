// What single header fields say: waits, codings, credentials, dates, caching.
#include "fuzz.hpp"
#include <holysheep/http/accept_encoding.hpp>
#include <holysheep/http/answer_coding.hpp>
#include <holysheep/http/body_edit.hpp>
#include <holysheep/http/cache_rules.hpp>
#include <holysheep/http/client_credentials.hpp>
#include <holysheep/http/compressible.hpp>
#include <holysheep/http/date.hpp>
#include <holysheep/http/json_body.hpp>
#include <holysheep/http/request_id.hpp>
#include <holysheep/http/retry_after.hpp>

#include <string>

namespace holysheep::fuzz {
namespace {

using namespace std::chrono;
using http::FieldName;
using http::HeaderBlock;

constexpr system_clock::time_point now{sys_days{2026y / November / 29}};

/// A block with one field, as a parser would give it.
HeaderBlock block(FieldName id, std::string_view name, std::string_view value) {
  HeaderBlock fields;
  fields.add({.name = name, .value = value, .id = id});
  return fields;
}

void expect_wait_is_sane(const HeaderBlock& fields) {
  (void)http::should_retry(fields);
  const auto wait = http::advised_wait(fields, now);
  if (!wait) return;
  expect(*wait >= Duration::zero(), "a wait is not negative");
  std::string lines;
  http::append_retry_after(lines, *wait);
  const auto begin = lines.find("retry-after-ms: ") + 16;
  const auto told = block(FieldName::retry_after_ms, "retry-after-ms",
                          std::string_view(lines).substr(begin, lines.size() - 2 - begin));
  const auto back = http::advised_wait(told, now);
  expect(back.has_value(), "a wait that is told can be read");
  const Duration slack = *wait / (std::int64_t{1} << 50) + milliseconds(2);
  if (*wait < Duration::max() - seconds(2))
    expect(*back + slack >= *wait && *back - slack <= *wait, "a wait that is told is the same, rounded up");
}

void expect_codings_are_sane(const HeaderBlock& fields) {
  (void)http::accepts_gzip(fields);
  if (!http::takes_unreadable_coding(fields)) return;
  std::string narrowed;
  http::append_readable_codings(narrowed, fields);
  expect(!narrowed.empty() && narrowed.find_first_of("\r\n") == narrowed.npos, "a narrowed list is one line");
  const HeaderBlock left = block(FieldName::accept_encoding, "Accept-Encoding", narrowed);
  expect(!http::takes_unreadable_coding(left), "what cannot be read is not asked for");
}

void expect_credentials_are_sane(const HeaderBlock& fields, std::string_view input) {
  const auto keys = http::client_credentials(fields);
  for (const auto key : keys) {
    expect(!key.empty(), "an empty key is none");
    expect(key.data() >= input.data() && key.data() + key.size() <= input.data() + input.size(),
           "a key is a part of its field");
  }
}

void expect_dates_are_read_back(std::string_view text) {
  const auto date = http::parse_http_date(text, floor<seconds>(now));
  if (!date) return;
  const year_month_day day(floor<days>(*date));
  if (day.year() < 1700y || day.year() > 2200y) return;  // those that system_clock holds
  http::HttpDate writer;
  const auto written = writer.at(system_clock::time_point(*date));
  expect(http::parse_http_date(written, floor<seconds>(now)) == date, "a date is read back");
}

void expect_cache_rules_are_sane(const HeaderBlock& fields, const http::ResponseHead& answer) {
  const auto directives = http::cache_directives(fields);
  if (directives.max_age) expect(*directives.max_age >= Duration::zero(), "an age is not negative");
  http::RequestHead request;
  request.fields = fields;
  if (directives.no_store)
    expect(http::cache_use(http::CacheRule::always, request, CacheCompletions::opt_in, directives) ==
               http::CacheUse::never,
           "what must not be stored is not");
  (void)http::choose_coding(request, answer);
  (void)http::may_keep(answer);
  (void)http::may_edit_body(fields);
  (void)http::told_as_json(fields);
}

}  // namespace

void header_forms(std::string_view input) {
  const unsigned choice = take_choice(input, 8);
  // A parser lets nothing else through in a value.
  const auto lines = "HTTP/1.1 200 OK\r\nX: " + std::string(input) + "\r\n\r\n";
  http::ResponseHead answer;
  if (!http::parse_response_head(lines, http::Method::get, answer)) return;
  const std::string_view value = answer.fields.begin()->value;
  expect_dates_are_read_back(value);
  const auto trace = http::trace_id(value);
  expect(trace.empty() || trace.size() == 32, "a trace id has 32 digits");
  if (http::valid_request_id(value)) expect(!value.empty() && value.size() <= 128, "a request id is bounded");
  constexpr std::pair<FieldName, std::string_view> names[] = {{FieldName::retry_after, "Retry-After"},
                                                              {FieldName::retry_after_ms, "retry-after-ms"},
                                                              {FieldName::accept_encoding, "Accept-Encoding"},
                                                              {FieldName::authorization, "Authorization"},
                                                              {FieldName::x_api_key, "x-api-key"},
                                                              {FieldName::cache_control, "Cache-Control"},
                                                              {FieldName::other, "Vary"},
                                                              {FieldName::x_should_retry, "x-should-retry"}};
  // As it stands, and as two fields, cut at the first tab.
  HeaderBlock fields = block(names[choice].first, names[choice].second, value.substr(0, value.find('\t')));
  if (const auto tab = value.find('\t'); tab != value.npos)
    fields.add({.name = names[choice].second, .value = value.substr(tab + 1), .id = names[choice].first});
  expect_wait_is_sane(fields);
  expect_codings_are_sane(fields);
  expect_credentials_are_sane(fields, lines);
  answer.fields = fields;
  expect_cache_rules_are_sane(fields, answer);
}

}  // namespace holysheep::fuzz
