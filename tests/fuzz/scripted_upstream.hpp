#pragma once

#include "fuzz.hpp"
#include "message_reader.hpp"
#include "plain_socket.hpp"

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::fuzz {

/// What upstream does when a request has come.
enum class Then : unsigned char { keep, close, reset, early, close_unanswered };

struct ScriptedAnswer {
  Then then = Then::keep;
  std::string_view bytes;
};

/// An upstream on loopback within this process that answers the requests, in the order in which they come,
/// with bytes that were written beforehand, in pieces. With no answer left it closes.
class ScriptedUpstream {
 public:
  /// Binds once; `begin` starts anew.
  ScriptedUpstream();
  ~ScriptedUpstream();
  ScriptedUpstream(const ScriptedUpstream&) = delete;
  ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void begin(std::vector<ScriptedAnswer> answers);
  /// Takes what has come and sends one piece. Whether anything happened.
  bool step(Chance& chance);
  /// All connections.
  void close();

  /// What it was asked for, requests that were complete alone, and in which order they were answered.
  [[nodiscard]] const std::vector<ReadRequest>& requests() const noexcept { return requests_; }
  /// A proxy sent what is no request.
  [[nodiscard]] bool confused() const noexcept { return confused_; }

 private:
  struct Connection {
    PlainSocket socket;
    std::string came;
    std::string_view answer;
    Then then = Then::keep;
    bool answers = false;
    bool early = false;  ///< its request was answered before it was complete
  };
  bool accept();
  bool listen_to(Connection& connection);
  void answer(Connection& connection);
  bool speak(Connection& connection, Chance& chance);

  int listening_;
  std::uint16_t port_ = 0;
  std::vector<ScriptedAnswer> answers_;
  std::size_t next_answer_ = 0;
  std::list<Connection> connections_;
  std::vector<ReadRequest> requests_;
  bool confused_ = false;
};

}  // namespace holysheep::fuzz
