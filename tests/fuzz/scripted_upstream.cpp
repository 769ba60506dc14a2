#include "scripted_upstream.hpp"

#include <holysheep/http/head_scanner.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::fuzz {

ScriptedUpstream::ScriptedUpstream()
    : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (listening_ < 0 || ::bind(listening_, generic, size) != 0 || ::listen(listening_, 64) != 0 ||
      ::getsockname(listening_, generic, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "an upstream on loopback");
  port_ = ntohs(address.sin_port);
}

ScriptedUpstream::~ScriptedUpstream() {
  ::close(listening_);
}

void ScriptedUpstream::begin(std::vector<ScriptedAnswer> answers) {
  answers_ = std::move(answers);
  next_answer_ = 0;
  requests_.clear();
  confused_ = false;
}

bool ScriptedUpstream::step(Chance& chance) {
  bool happened = accept();
  for (Connection& connection : connections_) {
    happened = listen_to(connection) || happened;
    happened = (connection.answers && speak(connection, chance)) || happened;
  }
  connections_.remove_if([](const Connection& one) { return !one.socket.open(); });
  return happened;
}

void ScriptedUpstream::close() {
  while (accept()) {
  }
  connections_.clear();
}

bool ScriptedUpstream::accept() {
  const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return false;
  connections_.push_back({.socket = PlainSocket(fd), .came = {}, .answer = {}});
  return true;
}

bool ScriptedUpstream::listen_to(Connection& connection) {
  const bool came = connection.socket.read(connection.came);
  if (connection.answers || connection.came.empty()) {
    if (connection.socket.ended()) connection.socket.close();
    return came;
  }
  while (!connection.answers) {
    ReadRequests read = read_requests(connection.came);
    confused_ = confused_ || read.refused;
    if (read.complete.empty()) break;
    // One after the other: the second comes once the first is answered.
    confused_ = confused_ || read.complete.size() > 1;
    connection.came.erase(0, read.taken);
    requests_.push_back(std::move(read.complete.front()));
    if (std::exchange(connection.early, false)) continue;
    answer(connection);
  }
  const bool has_head = connection.came.find("\r\n\r\n") != std::string::npos;
  if (!connection.answers && has_head && next_answer_ < answers_.size() &&
      answers_[next_answer_].then == Then::early) {
    answer(connection);
    connection.early = true;
  }
  if (connection.socket.ended()) connection.socket.close();
  return came || connection.answers;
}

void ScriptedUpstream::answer(Connection& connection) {
  if (next_answer_ == answers_.size()) return connection.socket.close();
  const ScriptedAnswer& next = answers_[next_answer_++];
  connection.answer = next.bytes;
  connection.then = next.then;
  connection.answers = true;
  if (next.then == Then::close_unanswered) connection.answer = {};
}

bool ScriptedUpstream::speak(Connection& connection, Chance& chance) {
  if (!connection.answer.empty()) {
    const auto piece = connection.answer.substr(0, 1 + chance.below(chance.once_in(2) ? 8 : 2000));
    connection.answer.remove_prefix(connection.socket.write(piece));
    if (connection.socket.ended()) connection.socket.close();
    return true;
  }
  connection.answers = false;
  if (connection.then == Then::close || connection.then == Then::close_unanswered) connection.socket.close();
  if (connection.then == Then::reset) connection.socket.reset();
  return true;
}

}  // namespace holysheep::fuzz
