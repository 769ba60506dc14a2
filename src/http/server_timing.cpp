#include "lines.hpp"
#include <holysheep/http/server_timing.hpp>

#include <algorithm>
#include <chrono>

namespace holysheep::http {
namespace {

void append_milliseconds(std::string& out, Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const auto us = static_cast<std::uint64_t>(std::max<decltype(count)>(count, 0));
  append_number(out, us / 1000);
  const unsigned part = us % 1000;
  if (part == 0) return;
  const char digits[4] = {'.', static_cast<char>('0' + part / 100), static_cast<char>('0' + part / 10 % 10),
                          static_cast<char>('0' + part % 10)};
  out.append(digits, part % 100 == 0 ? 2 : part % 10 == 0 ? 3 : 4);
}

}  // namespace

void append_server_timing(std::string& out, const ServerTiming& timing) {
  out.append("Server-Timing: queue;dur=");
  append_milliseconds(out, timing.queue);
  out.append(", upstream;dur=");
  append_milliseconds(out, timing.upstream);
  out.append(", proxy;dur=");
  append_milliseconds(out, timing.proxy);
  out.append(", cache;desc=").append(timing.cache);
  out.append(", attempts;desc=\"");
  append_number(out, timing.attempts);
  out.append("\"\r\n");
}

}  // namespace holysheep::http
