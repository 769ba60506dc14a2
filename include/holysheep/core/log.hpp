#pragma once

#include <holysheep/core/log_writer.hpp>
#include <holysheep/core/settings.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;  // who logs includes <spdlog/logger.h>
}

namespace holysheep {

/// No log line is longer, its '\n' included.
inline constexpr std::size_t max_log_line = std::size_t{16} << 10;

/// As in `LOG_LEVEL` and in every line's `level`.
std::string_view level_name(LogLevel level) noexcept;

/// The logger of operational messages (start, reload, warnings): one line each onto `writer`, which must
/// outlive it. Json: `{"time":"2026-11-24T08:45:34.123Z","level":"info","msg":"…"}`; text: the same for
/// people. A message is escaped and cut so that its line is one line of at most `max_log_line`. Any thread;
/// logging never waits for I/O, but the logger's `flush()` does (`LogWriter::flush`).
std::shared_ptr<spdlog::logger> make_logger(LogWriter& writer, LogLevel level, LogFormat format);

}  // namespace holysheep
