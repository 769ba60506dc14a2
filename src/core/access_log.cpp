#include <holysheep/core/access_log.hpp>
#include <holysheep/core/log.hpp>
#include <holysheep/core/text.hpp>

#include <algorithm>

namespace holysheep {
namespace {

/// The longest each value may be, in rendered bytes. A request id is 128 characters, each of which may take
/// two; paths hold model names.
struct Room {
  static constexpr std::size_t request_id = 256;
  static constexpr std::size_t trace_id = 64;
  static constexpr std::size_t client = 256;
  static constexpr std::size_t method = 64;
  static constexpr std::size_t path = 8192;
  static constexpr std::size_t model = 512;
  static constexpr std::size_t code = 64;
  static constexpr std::size_t detail = 1024;
  static constexpr std::size_t cache = 32;
};
constexpr std::size_t all_values = Room::request_id + Room::trace_id + Room::client + Room::method +
                                   Room::path + 2 * Room::model + Room::code + Room::detail + Room::cache;
// Keys, quotes, time, level, and ten numbers of at most 24 characters.
static_assert(all_values + 1024 <= max_log_line);

void append_milliseconds(std::string& out, Duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(std::max(duration, Duration::zero()));
  const auto count = static_cast<unsigned long long>(us.count());
  append_number(out, count / 1000);
  const auto rest = static_cast<unsigned>(count % 1000);
  const char decimals[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
  out.append(decimals, sizeof decimals);
}

/// `,"key":` is given whole, so that each key is one copy.
void json_text(std::string& out, std::string_view key, std::string_view value, std::size_t room) {
  if (value.empty()) return;
  out.append(key);
  append_json_string(out, value, room);
}
void json_number(std::string& out, std::string_view key, std::uint64_t value) {
  out.append(key);
  append_number(out, value);
}
void json_duration(std::string& out, std::string_view key, Duration value) {
  out.append(key);
  append_milliseconds(out, value);
}

void append_json_line(std::string& out, const AccessRecord& record) {
  out.append(R"({"time":")");
  append_timestamp(out, record.time);
  out.append(R"(","level":")").append(level_name(level_of(record))).append(R"(")");
  json_text(out, R"(,"request_id":)", record.request_id, Room::request_id);
  json_text(out, R"(,"trace_id":)", record.trace_id, Room::trace_id);
  json_text(out, R"(,"client":)", record.client, Room::client);
  out.append(R"(,"method":)");
  append_json_string(out, record.method, Room::method);
  out.append(R"(,"path":)");
  append_json_string(out, record.path, Room::path);
  json_text(out, R"(,"model":)", record.model, Room::model);
  json_text(out, R"(,"used_model":)", record.used_model, Room::model);
  json_number(out, R"(,"status":)", record.status);
  json_text(out, R"(,"code":)", record.code, Room::code);
  json_text(out, R"(,"detail":)", record.detail, Room::detail);
  if (record.broken) out.append(R"(,"broken":true)");
  json_number(out, R"(,"attempts":)", record.attempts);
  json_duration(out, R"(,"queue_ms":)", record.queue);
  json_duration(out, R"(,"upstream_ms":)", record.upstream);
  json_duration(out, R"(,"total_ms":)", record.total);
  json_number(out, R"(,"request_bytes":)", record.request_bytes);
  json_number(out, R"(,"response_bytes":)", record.response_bytes);
  if (record.has_tokens) {
    json_number(out, R"(,"input_tokens":)", record.input_tokens);
    json_number(out, R"(,"cached_input_tokens":)", record.cached_input_tokens);
    json_number(out, R"(,"output_tokens":)", record.output_tokens);
    json_number(out, R"(,"reasoning_tokens":)", record.reasoning_tokens);
  }
  if (record.partial) out.append(R"(,"partial":true)");
  json_text(out, R"(,"cache":)", record.cache, Room::cache);
  out.append("}\n");
}

void text_value(std::string& out, std::string_view key, std::string_view value, std::size_t room) {
  if (value.empty()) return;
  out.append(key);
  append_printable(out, value, room);
}

void append_text_line(std::string& out, const AccessRecord& record) {
  const auto level = level_name(level_of(record));
  append_timestamp(out, record.time);
  out.append(1, ' ').append(level).append(9 - level.size(), ' ');
  append_printable(out, record.method, Room::method);
  out.push_back(' ');
  append_printable(out, record.path, Room::path);
  json_number(out, " ", record.status);
  json_duration(out, " ", record.total);
  out.append("ms");
  text_value(out, " code=", record.code, Room::code);
  if (record.broken) out.append(" broken");
  text_value(out, " id=", record.request_id, Room::request_id);
  text_value(out, " trace=", record.trace_id, Room::trace_id);
  text_value(out, " client=", record.client, Room::client);
  text_value(out, " model=", record.model, Room::model);
  text_value(out, " used_model=", record.used_model, Room::model);
  json_number(out, " attempts=", record.attempts);
  json_duration(out, " queue_ms=", record.queue);
  json_duration(out, " upstream_ms=", record.upstream);
  json_number(out, " in=", record.request_bytes);
  json_number(out, " out=", record.response_bytes);
  if (record.has_tokens) {
    json_number(out, " input_tokens=", record.input_tokens);
    json_number(out, " cached_input_tokens=", record.cached_input_tokens);
    json_number(out, " output_tokens=", record.output_tokens);
    json_number(out, " reasoning_tokens=", record.reasoning_tokens);
  }
  if (record.partial) out.append(" partial");
  text_value(out, " cache=", record.cache, Room::cache);
  text_value(out, " detail=", record.detail, Room::detail);
  out.push_back('\n');
}

}  // namespace

LogLevel level_of(const AccessRecord& record) noexcept {
  if (record.broken || record.status >= 500) return LogLevel::error;
  return record.status >= 400 ? LogLevel::warn : LogLevel::info;
}

bool wants_line(const AccessRecord& record, LogLevel least, double share, double random) noexcept {
  const LogLevel level = level_of(record);
  return level >= least && (level != LogLevel::info || random < share);
}

void append_access_line(std::string& out, const AccessRecord& record, LogFormat format) {
  if (format == LogFormat::json) {
    append_json_line(out, record);
  } else {
    append_text_line(out, record);
  }
}

}  // namespace holysheep
