#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simulator/simulator.hpp>

namespace holysheep {

/// How a connection ended as the client saw it.
enum class WireEnd { open, closed, closed_without_notify, reset };

struct WireAnswer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool is_http = false;   ///< the bytes so far are HTTP
  bool complete = false;  ///< a whole message, by its framing
  bool header_complete = false;
  WireEnd end = WireEnd::open;

  std::string header(std::string_view name) const;
};

/// A blocking TLS (or plain) client on Asio and Beast's parser; every read gives up after ten seconds.
class WireClient {
 public:
  struct Impl;
  explicit WireClient(const sim::Simulator& simulator, bool tls = true);
  /// Plain, to a port of this machine.
  explicit WireClient(std::uint16_t plain_port);
  WireClient(WireClient&&) noexcept;
  ~WireClient();

  /// The handshake's error message; empty: it succeeded.
  const std::string& handshake_error() const;
  void send(std::string_view bytes);
  /// Reads up to `size` bytes; fewer only at the connection's end.
  std::string read(std::size_t size, WireEnd* end = nullptr);
  /// Reads until `text` has come, or the end.
  std::string read_until(std::string_view text, WireEnd* end = nullptr);
  /// Reads one answer; 1xx count as answers of their own.
  WireAnswer read_answer();
  /// Reads one answer and then on to the connection's end.
  WireAnswer read_to_end();
  /// close_notify and FIN, but reads on.
  void half_close();
  void reset();
  bool resumed() const;
  /// Connects again, offering the session that this connection was given.
  WireClient resume(const sim::Simulator& simulator);

 private:
  explicit WireClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A POST of JSON; `more` is further header lines, each with its CRLF.
std::string post(std::string_view path, std::string_view body, std::string_view more = {});
std::string get(std::string_view target, std::string_view more = {});
/// A chat completion for that model.
std::string chat(std::string_view model, bool stream = false, std::string_view more = {});

/// The `data:` values of an event stream.
std::vector<std::string> data_of(std::string_view stream);

}  // namespace holysheep
