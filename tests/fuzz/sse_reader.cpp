#include "sse_reader.hpp"

#include <utility>

namespace holysheep::fuzz {
namespace {

/// The first line, and in `size` how many bytes it takes with its end; 0: it has none.
std::string_view first_line(std::string_view bytes, std::size_t& size) {
  const std::size_t end = bytes.find_first_of("\r\n");
  if (end == std::string_view::npos) return size = 0, bytes;
  size = end + (bytes.substr(end, 2) == "\r\n" ? 2 : 1);
  return bytes.substr(0, end);
}

void take_line(std::string_view line, SseEvent& event) {
  if (line.front() == ':') {
    event.comment = true;
    return;
  }
  event.blank = false;
  const std::size_t colon = line.find(':');
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (line.substr(0, colon) == "data") event.data.push_back(value);
  if (line.substr(0, colon) == "event") event.name = value;
}

}  // namespace

SseStream read_events(std::string_view bytes) {
  SseStream stream;
  SseEvent event;
  std::size_t begin = 0;
  bool first = true;
  for (std::size_t at = 0;;) {
    std::size_t size = 0;
    std::string_view line = first_line(bytes.substr(at), size);
    if (size == 0) {
      stream.rest = bytes.substr(begin);
      stream.rest_is_event = !event.blank || !line.empty();
      return stream;
    }
    if (std::exchange(first, false) && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    at += size;
    if (!line.empty()) {
      take_line(line, event);
      continue;
    }
    event.bytes = bytes.substr(begin, at - begin);
    stream.events.push_back(std::exchange(event, {}));
    begin = at;
  }
}

}  // namespace holysheep::fuzz
