#include <holysheep/core/log.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <unistd.h>

namespace holysheep {
namespace {

/// What a logger writes, as far as a pipe's capacity goes.
class Logged {
 public:
  explicit Logged(LogLevel level, LogFormat format = LogFormat::json) {
    if (::pipe(ends_.data()) != 0) std::abort();
    writer_ = std::make_unique<LogWriter>(ends_[1]);
    logger = make_logger(*writer_, level, format);
  }
  ~Logged() {
    writer_.reset();
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  std::string text() {
    writer_.reset();
    ::close(ends_[1]);
    ends_[1] = -1;
    std::string all(1 << 16, '\0');
    all.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(ends_[0], all.data(), all.size()))));
    return all;
  }

  std::shared_ptr<spdlog::logger> logger;

 private:
  std::array<int, 2> ends_{};
  std::unique_ptr<LogWriter> writer_;
};

TEST(Log, AMessageIsOneJsonLine) {
  Logged log(LogLevel::info);
  log.logger->info("listening on {}", "[::]:8080");
  const auto text = log.text();
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const auto parsed = nlohmann::json::parse(text);
  EXPECT_EQ(parsed.size(), 3U);
  EXPECT_EQ(parsed["level"], "info");
  EXPECT_EQ(parsed["msg"], "listening on [::]:8080");
  const auto time = parsed["time"].get<std::string>();
  EXPECT_EQ(time.size(), std::string_view("2026-11-24T08:45:34.123Z").size());
  EXPECT_EQ(time[10], 'T');
  EXPECT_EQ(time.back(), 'Z');
}

TEST(Log, EveryLevelHasTheNameOfItsSetting) {
  Logged log(LogLevel::trace);
  log.logger->trace("m");
  log.logger->debug("m");
  log.logger->info("m");
  log.logger->warn("m");
  log.logger->error("m");
  log.logger->critical("m");
  std::string levels;
  std::string text = log.text();
  for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
    levels += nlohmann::json::parse(text.substr(0, end))["level"].get<std::string>() + ' ';
  }
  EXPECT_EQ(levels, "trace debug info warn error critical ");
}

TEST(Log, BelowTheLevelNothingIsWritten) {
  Logged warn(LogLevel::warn);
  warn.logger->info("no");
  warn.logger->warn("yes");
  const auto text = warn.text();
  EXPECT_EQ(text.find("no\""), std::string::npos);
  EXPECT_NE(text.find("yes"), std::string::npos);
  Logged off(LogLevel::off);
  off.logger->critical("no");
  EXPECT_EQ(off.text(), "");
}

TEST(Log, MessagesAreEscapedAndCut) {
  for (const std::string_view unit : {"a", "\n", "\x01", "\xFF", "羊"}) {
    for (const auto format : {LogFormat::json, LogFormat::text}) {
      Logged log(LogLevel::info, format);
      std::string message;
      while (message.size() < 30000) message += unit;
      log.logger->critical(message);
      const auto text = log.text();
      EXPECT_LE(text.size(), max_log_line);
      EXPECT_GT(text.size(), max_log_line - 200);
      EXPECT_EQ(text.find('\n'), text.size() - 1);
      if (format == LogFormat::json) {
        EXPECT_TRUE(nlohmann::json::accept(text));
      }
    }
  }
}

TEST(Log, TextIsForPeople) {
  Logged log(LogLevel::info, LogFormat::text);
  log.logger->warn("say \"hi\"\nagain");
  EXPECT_EQ(log.text().substr(24), " warn     say \"hi\"\\nagain\n");
}

TEST(Log, AnotherPatternChangesNothing) {
  Logged log(LogLevel::info, LogFormat::text);
  log.logger->set_pattern("%v");
  log.logger->info("m");
  EXPECT_EQ(log.text().substr(24), " info     m\n");
}

}  // namespace
}  // namespace holysheep
