#pragma once
#include <cstddef>
#include <span>
#include <string_view>

#include <openssl/ssl.h>

namespace holysheep::sim {

/// A non-blocking socket, with OpenSSL directly on it where it is TLS. Owns both.
class Transport {
 public:
  enum class Outcome { done, would_block, gone };

  /// `context` null: plain.
  Transport(int fd, SSL_CTX* context);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport();

  int fd() const { return fd_; }
  SSL* tls() { return ssl_; }

  Outcome handshake();
  /// `count` is what was read or written; above 0 exactly when the outcome is done.
  Outcome read(std::span<char> into, std::size_t& count);
  Outcome write(std::string_view bytes, std::size_t& count);
  /// Whether bytes wait in user space, of which epoll knows nothing.
  bool has_pending() const;

  /// FIN, after close_notify if `notify`.
  void end_writing(bool notify);
  /// Makes the destructor send RST.
  void make_reset();

 private:
  Outcome outcome_of(int result);
  int fd_;
  SSL* ssl_ = nullptr;
};

}  // namespace holysheep::sim
