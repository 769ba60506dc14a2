#include <holysheep/core/log.hpp>
#include <holysheep/core/text.hpp>

#include <array>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>

namespace holysheep {
namespace {

// Room for all of a line but its message: time, level, braces, keys.
constexpr std::size_t frame_bytes = 128;

constexpr std::array<std::string_view, 7> level_names{"trace", "debug",    "info", "warn",
                                                      "error", "critical", "off"};

constexpr spdlog::level::level_enum spdlog_level(LogLevel level) {
  return static_cast<spdlog::level::level_enum>(level);
}
static_assert(spdlog_level(LogLevel::trace) == spdlog::level::trace);
static_assert(spdlog_level(LogLevel::error) == spdlog::level::err);
static_assert(spdlog_level(LogLevel::off) == spdlog::level::off);

/// Renders a message and hands it to the LogWriter. Holds nothing that changes, so it needs no lock.
class WriterSink final : public spdlog::sinks::sink {
 public:
  WriterSink(LogWriter& writer, LogFormat format) : writer_(writer), format_(format) {}

  void log(const spdlog::details::log_msg& message) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    const auto level = level_name(static_cast<LogLevel>(message.level));
    std::string line;
    line.reserve(frame_bytes + text.size());
    if (format_ == LogFormat::json) {
      append_json(line, message.time, level, text);
    } else {
      append_text(line, message.time, level, text);
    }
    writer_.append(line);
  }
  void flush() override { writer_.flush(); }
  // The form of a line is a promise to those who read it, not a setting.
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  static void append_json(std::string& line, spdlog::log_clock::time_point time, std::string_view level,
                          std::string_view text) {
    line.append(R"({"time":")");
    append_timestamp(line, time);
    line.append(R"(","level":")").append(level).append(R"(","msg":)");
    append_json_string(line, text, max_log_line - frame_bytes);
    line.append("}\n");
  }
  static void append_text(std::string& line, spdlog::log_clock::time_point time, std::string_view level,
                          std::string_view text) {
    append_timestamp(line, time);
    line.append(1, ' ').append(level).append(9 - level.size(), ' ');
    append_printable(line, text, max_log_line - frame_bytes);
    line.push_back('\n');
  }

  LogWriter& writer_;
  const LogFormat format_;
};

}  // namespace

std::string_view level_name(LogLevel level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

std::shared_ptr<spdlog::logger> make_logger(LogWriter& writer, LogLevel level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("holysheep", std::make_shared<WriterSink>(writer, format));
  logger->set_level(spdlog_level(level));
  return logger;
}

}  // namespace holysheep
