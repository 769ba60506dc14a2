#include <holysheep/core/event_line.hpp>
#include <holysheep/core/log.hpp>
#include <holysheep/core/text.hpp>

#include <algorithm>
#include <chrono>

namespace holysheep {
namespace {

bool whole_number(std::string_view text) {
  return !text.empty() && text.size() < 16 && (text.front() != '0' || text.size() == 1) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string event_line(LogFormat format, LogLevel level, std::string_view message,
                       std::initializer_list<std::pair<std::string_view, std::string>> values) {
  const auto now = std::chrono::system_clock::now();
  std::string line;
  if (format == LogFormat::text) {
    append_timestamp(line, now);
    line.append(" ").append(level_name(level)).append(" ").append(message);
    for (const auto& [name, value] : values) {
      line.append(" ").append(name).append("=");
      append_printable(line, value);
    }
    return line += '\n';
  }
  line = R"({"time":")";
  append_timestamp(line, now);
  line.append(R"(","level":")").append(level_name(level)).append(R"(","msg":)");
  append_json_string(line, message);
  for (const auto& [name, value] : values) {
    line += ',';
    append_json_string(line, name);
    line += ':';
    if (whole_number(value)) {
      line += value;
    } else {
      append_json_string(line, value);
    }
  }
  return line += "}\n";
}

}  // namespace holysheep
