#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holysheep::fuzz {

/// One event of a stream, as WHATWG HTML §9.2.6 delimits them.
struct SseEvent {
  std::string_view bytes;              ///< its lines and the blank one
  std::vector<std::string_view> data;  ///< the values of its data lines
  std::string_view name;               ///< of its last `event` line
  bool comment = false;                ///< one of its lines is a comment
  bool blank = true;                   ///< no line but comments
};

/// A stream read the simple way: all of it at once.
struct SseStream {
  std::vector<SseEvent> events;  ///< complete ones, blank ones too
  std::string_view rest;         ///< what is behind the last blank line
  bool rest_is_event = false;    ///< more than whole comment lines
};
SseStream read_events(std::string_view bytes);

}  // namespace holysheep::fuzz
