#include <array>
#include <charconv>

#include <simulator/script.hpp>

namespace holysheep::sim {
namespace {

using Value = std::string_view;

bool number(Value text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool status(Value text, unsigned& out) {
  std::uint64_t wide = 0;
  if (!number(text, wide) || wide < 100 || wide > 999) return false;
  out = static_cast<unsigned>(wide);
  return true;
}

std::pair<Value, Value> split(Value text, char by) {
  const auto at = text.find(by);
  if (at == Value::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

bool optional_number(Value text, std::optional<std::uint64_t>& out) {
  std::uint64_t value = 0;
  if (!text.empty() && !number(text, value)) return false;
  out = value;
  return true;
}

bool milliseconds(Value text, std::chrono::milliseconds& out) {
  std::uint64_t value = 0;
  if (!number(text, value) || value > 86'400'000) return false;
  out = std::chrono::milliseconds(value);
  return true;
}

bool cut(Cut::Act act, Value text, Script& script) {
  struct Place {
    Value name;
    Cut::Where where;
    bool counted;
  };
  static constexpr std::array places{
      Place{"before", Cut::Where::before, false},      Place{"header", Cut::Where::header, false},
      Place{"body", Cut::Where::body, true},           Place{"event", Cut::Where::event, true},
      Place{"mid-event", Cut::Where::mid_event, true}, Place{"after-done", Cut::Where::after_done, false},
  };
  const auto [name, count] = split(text, ':');
  for (const Place& place : places) {
    if (place.name != name) continue;
    script.cut = Cut{act, place.where, 0};
    return place.counted ? number(count, script.cut->count) : count.empty();
  }
  return false;
}

bool pause(Value text, Script& script) {
  const auto [count, time] = split(text, ':');
  script.pause = Pause{};
  return number(count, script.pause->events) && milliseconds(time, script.pause->time);
}

bool header(Value text, Script& script) {
  const auto [name, value] = split(text, ':');
  if (name.empty() || text.find_first_of("\r\n") != Value::npos) return false;
  script.headers.emplace_back(name, value);
  return true;
}

bool failures(Value text, Script& script) {
  const auto [times, code] = split(text, ':');
  script.fail = Failures{};
  return number(times, script.fail->times) && (code.empty() || status(code, script.fail->status));
}

bool early(Value text, Script& script) {
  const auto [code, end] = split(text, ':');
  script.early = Early{};
  script.early->closes = end == "close";
  return status(code, script.early->status) && (end.empty() || end == "close");
}

bool usage(Value text, Script& script) {
  script.usage_varied = text == "varied";
  if (script.usage_varied) return true;
  TokenCounts& counts = script.usage;
  for (auto* field : {&counts.input, &counts.output, &counts.cached, &counts.reasoning, &counts.written}) {
    const auto [head, rest] = split(text, ':');
    if (!number(head, *field)) return false;
    text = rest;
    if (text.empty()) return true;
  }
  return false;
}

bool flag(Value text, bool& out) {
  out = true;
  return text.empty();
}

bool optional_status(Value text, std::optional<unsigned>& out) {
  out = 0;
  return status(text, *out);
}

struct Directive {
  Value name;
  bool (*apply)(Value, Script&);
};

constexpr std::array directives{
    Directive{"status", [](Value v, Script& s) { return optional_status(v, s.status); }},
    Directive{"body", [](Value v, Script& s) { return s.body = v, true; }},
    Directive{"header", header},
    Directive{"retry-after",
              [](Value v, Script& s) { return s.headers.emplace_back("retry-after", v), true; }},
    Directive{"model", [](Value v, Script& s) { return s.model = v, !v.empty(); }},
    Directive{"tag", [](Value, Script&) { return true; }},
    Directive{"delay", [](Value v, Script& s) { return milliseconds(v, s.delay); }},
    Directive{"chunk-delay", [](Value v, Script& s) { return milliseconds(v, s.chunk_delay); }},
    Directive{"chunks", [](Value v, Script& s) { return number(v, s.chunks) && s.chunks <= 10'000'000; }},
    Directive{"chunk-size",
              [](Value v, Script& s) { return number(v, s.chunk_size) && s.chunk_size <= (64U << 20U); }},
    Directive{"big", [](Value v, Script& s) { return number(v, s.big) && s.big <= (1U << 30U); }},
    Directive{"header-flood",
              [](Value v, Script& s) { return number(v, s.header_flood) && s.header_flood <= (64U << 20U); }},
    Directive{"close", [](Value v, Script& s) { return cut(Cut::Act::close, v, s); }},
    Directive{"reset", [](Value v, Script& s) { return cut(Cut::Act::reset, v, s); }},
    Directive{"stall", [](Value v, Script& s) { return cut(Cut::Act::stall, v, s); }},
    Directive{"pause", pause},
    Directive{"bad-chunk", [](Value v, Script& s) { return optional_number(v, s.bad_chunk); }},
    Directive{"error-event", [](Value v, Script& s) { return optional_number(v, s.error_event); }},
    Directive{"error-type", [](Value v, Script& s) { return s.error_type = v, !v.empty(); }},
    Directive{"error-code", [](Value v, Script& s) { return s.error_code = v, !v.empty(); }},
    Directive{"invalid-json-event",
              [](Value v, Script& s) { return optional_number(v, s.invalid_json_event); }},
    Directive{"interim",
              [](Value v, Script& s) { return optional_status(v, s.interim) && *s.interim < 200; }},
    Directive{"interim-flood", [](Value v, Script& s) { return flag(v, s.interim_flood); }},
    Directive{"fail", failures},
    Directive{"early", early},
    Directive{"usage", usage},
    Directive{"silent", [](Value v, Script& s) { return flag(v, s.silent); }},
    Directive{"garbage", [](Value v, Script& s) { return flag(v, s.garbage); }},
    Directive{"no-done", [](Value v, Script& s) { return flag(v, s.no_done); }},
    Directive{"no-close-notify", [](Value v, Script& s) { return flag(v, s.no_close_notify); }},
    Directive{"usage-first", [](Value v, Script& s) { return flag(v, s.usage_first); }},
    Directive{"usage-each", [](Value v, Script& s) { return flag(v, s.usage_each); }},
    Directive{"billed", [](Value v, Script& s) { return flag(v, s.billed); }},
    Directive{"linger", [](Value v, Script& s) { return flag(v, s.linger); }},
    Directive{"trailers", [](Value v, Script& s) { return flag(v, s.trailers); }},
    Directive{"gzip", [](Value v, Script& s) { return flag(v, s.gzip); }},
    Directive{"upgrade", [](Value v, Script& s) { return flag(v, s.upgrade); }},
    Directive{"http10", [](Value v, Script& s) { return flag(v, s.http10); }},
};

std::string apply(Value directive, Script& script) {
  const auto [name, value] = split(directive, '=');
  for (const Directive& known : directives) {
    if (known.name != name) continue;
    if (known.apply(value, script)) return {};
    return "bad value in directive \"" + std::string(directive) + "\"";
  }
  return "unknown directive \"" + std::string(name) + "\"";
}

}  // namespace

ParsedScript parse_script(std::string_view text) {
  ParsedScript parsed;
  parsed.script.text = text;
  if (text.starts_with("sim:")) text.remove_prefix(4);
  while (!text.empty()) {
    const bool takes_the_rest = text.starts_with("body=");
    const auto [directive, rest] = takes_the_rest ? std::pair{text, Value{}} : split(text, ';');
    if (!directive.empty()) parsed.problem = apply(directive, parsed.script);
    if (!parsed.problem.empty()) break;
    text = rest;
  }
  return parsed;
}

}  // namespace holysheep::sim
