#include "support/proxy_process.hpp"

#include "support/files.hpp"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep::testing {
namespace {

using nlohmann::json;

std::uint16_t listening_port(const std::vector<json>& lines) {
  for (const auto& line : lines) {
    if (line.value("msg", "") != "listening" || !line.contains("port")) continue;
    const auto& port = line["port"];
    return static_cast<std::uint16_t>(port.is_string() ? std::stoi(port.get<std::string>())
                                                       : port.get<int>());
  }
  return 0;
}

bool answers_ready(std::uint16_t port) {
  try {
    return get(port, "/ready").status == 200;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

std::string proxy_binary() {
  const char* given = std::getenv("HOLYSHEEP_PROXY_BINARY");
  return given != nullptr ? given : HOLYSHEEP_PROXY_BINARY;
}

bool proxy_is_sanitized() {
  const std::string bytes = read_file(proxy_binary());
  return bytes.find("__asan_init") != std::string::npos || bytes.find("__tsan_init") != std::string::npos;
}

ProxyUsed::ProxyUsed(const std::string& binary) {
  if (const char* given = std::getenv("HOLYSHEEP_PROXY_BINARY")) before_ = given;
  ::setenv("HOLYSHEEP_PROXY_BINARY", binary.c_str(), 1);
}

ProxyUsed::~ProxyUsed() {
  if (before_) {
    ::setenv("HOLYSHEEP_PROXY_BINARY", before_->c_str(), 1);
  } else {
    ::unsetenv("HOLYSHEEP_PROXY_BINARY");
  }
}

Environment proxy_settings(const Environment& over) {
  Environment settings = over;
  settings.insert({{"LISTEN_ADDRESS", "127.0.0.1"},
                   {"LISTEN_PORT", "0"},
                   {"ADMIN_PORT", "0"},
                   {"WORKER_PROCESSES", "1"},
                   {"RATE_LIMIT_PER_SECOND", "0"}});
  return settings;
}

ProxyProcess::ProxyProcess(const Environment& settings, std::vector<std::string> arguments)
    : process_(proxy_binary(), std::move(arguments), proxy_settings(settings)) {
  await_readiness();
}

ProxyProcess::ProxyProcess(Command command, const Environment& settings)
    : process_(command.words.at(0), {command.words.begin() + 1, command.words.end()},
               proxy_settings(settings)) {
  await_readiness();
}

void ProxyProcess::await_readiness() {
  const bool up = eventually([&] {
    if (!process_.running()) return true;
    if (port_ == 0) port_ = listening_port(log());
    return port_ != 0 && answers_ready(port_);
  });
  if (!up || !process_.running()) {
    throw std::runtime_error("the proxy does not serve\nstdout: " + process_.out() +
                             "\nstderr: " + process_.err());
  }
}

ProxyProcess::~ProxyProcess() {
  // A sanitizer's verdict comes at exit, so each run ends in order; what it says fails the test.
  if (process_.running()) {
    process_.signal(SIGTERM);
    process_.signal(SIGTERM);
    process_.wait();
  }
  if (const auto complaint = process_.err(); complaint.find("Sanitizer") != std::string::npos) {
    ADD_FAILURE() << complaint;
  }
}

std::vector<json> ProxyProcess::log() const {
  std::vector<json> lines;
  const std::string text = process_.out();
  std::istringstream whole(text.substr(0, text.rfind('\n') + 1));
  for (std::string line; std::getline(whole, line);) {
    auto parsed = json::parse(line, nullptr, false);
    if (parsed.is_object()) lines.push_back(std::move(parsed));
  }
  return lines;
}

std::vector<json> ProxyProcess::log_where(std::string_view field, std::string_view value) const {
  std::vector<json> found;
  for (auto& line : log()) {
    const auto at = line.find(field);
    if (at != line.end() && at->is_string() && at->get_ref<const std::string&>() == value) {
      found.push_back(std::move(line));
    }
  }
  return found;
}

json ProxyProcess::request_line(std::string_view request_id) const {
  std::vector<json> lines;
  eventually([&] {
    lines = log_where("request_id", request_id);
    return !lines.empty();
  });
  return lines.empty() ? json(nullptr) : lines.front();
}

int ProxyProcess::stop(std::chrono::milliseconds limit) {
  process_.signal(SIGTERM);
  const auto ending = process_.wait(limit);
  return ending && ending->code ? *ending->code : -1;
}

}  // namespace holysheep::testing
