#include <holysheep/core/text.hpp>
#include <holysheep/http/first_event.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace holysheep::http {
namespace {

using Json = nlohmann::json;

/// The data of the first event that has any, its lines joined (WHATWG HTML §9.2.6).
std::string first_data(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::string data;
  bool found = false;
  while (!text.empty()) {
    const auto end = text.find_first_of("\r\n");
    const auto line = text.substr(0, end);
    std::size_t ending = end == text.npos ? 0 : 1;
    if (ending == 1 && text[end] == '\r' && text.substr(end + 1).starts_with('\n')) ending = 2;
    text.remove_prefix(line.size() + ending);
    if (line.empty() && found) break;
    if (!line.starts_with("data:")) continue;
    if (found) data += '\n';
    found = true;
    data += line.substr(line.starts_with("data: ") ? 6 : 5);
  }
  if (data.starts_with(byte_order_mark))
    data.erase(0, byte_order_mark.size());  // the parser would pass over it
  return data;
}

std::optional<int> numeric_code(const Json& error) {
  const auto code = error.find("code");
  if (code == error.end()) return std::nullopt;
  long long value = 0;
  if (code->is_number_integer()) {
    value = code->get<long long>();
  } else if (code->is_string()) {
    const auto& text = code->get_ref<const std::string&>();
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  }
  if (value < 400 || value > 599) return std::nullopt;
  return static_cast<int>(value);
}

/// As the OpenAI and Anthropic APIs document their error types.
int status_of_type(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, int>, 15> known{{{"invalid_request_error", 400},
                                                                    {"context_length_exceeded", 400},
                                                                    {"authentication_error", 401},
                                                                    {"permission_error", 403},
                                                                    {"not_found_error", 404},
                                                                    {"request_too_large", 413},
                                                                    {"rate_limit_error", 429},
                                                                    {"rate_limit_exceeded", 429},
                                                                    {"insufficient_quota", 429},
                                                                    {"tokens", 429},
                                                                    {"requests", 429},
                                                                    {"api_error", 500},
                                                                    {"server_error", 500},
                                                                    {"timeout_error", 504},
                                                                    {"overloaded_error", 529}}};
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.first == type; });
  return found == known.end() ? 502 : found->second;
}

std::string text_member(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

}  // namespace

std::optional<EventError> error_of_event(std::string_view event) {
  if (event.find("error") == event.npos) return std::nullopt;  // nearly every event there is
  const std::string data = first_data(event);
  if (data.find('\0') != data.npos) return std::nullopt;  // the parser takes it for the end
  const Json json = Json::parse(data, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto nested = json.find("error");
  const bool has_object = nested != json.end() && nested->is_object();
  const bool typed = text_member(json, "type") == "error";
  if (!has_object && !typed) return std::nullopt;
  const Json& error = has_object ? *nested : json;
  auto status = numeric_code(error);
  if (!status) status = status_of_type(text_member(error, "type"));
  // Where the type only says that it is an error, its code is the more telling one.
  if (*status == 502 && !text_member(error, "code").empty())
    status = status_of_type(text_member(error, "code"));
  return EventError{*status, has_object ? data : R"({"error":)" + data + "}"};
}

FirstEvent::State FirstEvent::feed(std::string_view bytes) {
  if (framing_ != Framing::chunked) {
    const bool bounded = framing_ == Framing::length;
    if (bounded)
      bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size())));
    remaining_ -= bounded ? bytes.size() : 0;
    const State state = take(bytes);
    return state == State::need_more && (framing_ == Framing::none || (bounded && remaining_ == 0))
               ? State::none
               : state;
  }
  for (;;) {
    switch (decoder_.next(bytes)) {
      case ChunkDecoder::Event::payload:
        if (take(decoder_.span()) == State::known) return State::known;
        break;
      case ChunkDecoder::Event::need_more:
        return State::need_more;
      case ChunkDecoder::Event::end:
        return State::none;
      default:
        return State::malformed;
    }
  }
}

/// Line by line, so that what is kept is one event's: pings before it, or events behind it, may have come in
/// the same read.
FirstEvent::State FirstEvent::take(std::string_view payload) {
  while (!payload.empty()) {
    const std::size_t end = payload.find_first_of("\r\n");
    const auto line = payload.substr(0, end == payload.npos ? end : end + 1);
    payload.remove_prefix(line.size());
    const std::size_t whole = tracker_.feed(line);
    text_ += line;
    if (tracker_.events() > 0) return State::known;
    if (whole > 0) text_.assign(line.substr(whole));  // comments and pings so far
  }
  return State::need_more;
}

}  // namespace holysheep::http
