#pragma once
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include <simulator/event_loop.hpp>
#include <simulator/request_reader.hpp>
#include <simulator/service.hpp>
#include <simulator/transport.hpp>

namespace holysheep::sim {

/// What goes wrong in a TLS handshake on purpose.
enum class TlsFault { none, handshake_close, handshake_stall, tls11_only };

/// One accepted connection: reads requests, sends what the service makes of them, and notices at once,
/// in every state, that the client went away (but for one that has pipelined more than 1 MiB: its FIN is
/// seen once its turn comes, its reset at once). Lives on its loop's thread.
class Session : public EventLoop::Watcher {
 public:
  struct Setup {
    EventLoop& loop;
    Service& service;
    SSL_CTX* tls;
    TlsFault fault;
    std::uint64_t id;
  };
  Session(Setup setup, int fd);
  ~Session() override;

  void on_ready(std::uint32_t events) override;
  void close_now() override { close(); }

 private:
  enum class State { handshake, asking, answering, lingering, draining };

  bool shake_hands();
  void read_some();
  void advance();
  bool parse();
  void refuse();
  void begin_answer(bool body_complete);
  bool pump();
  bool flush();
  void take_steps();
  void take(Step& step);
  void tell_when_out(const std::optional<ToldUsage>& usage);
  void tell_what_is_out();
  bool finish_answer();
  bool apply_ending();
  void report(Service::End how);
  void drain(bool notify);
  void client_gone();
  void close();
  void watch();
  void wait(std::chrono::nanoseconds time);
  void drop_timer();
  void become_idle();
  void become_busy();

  EventLoop& loop_;
  Service& service_;
  const TlsFault fault_;
  const std::uint64_t id_;
  Transport transport_;
  State state_ = State::handshake;
  std::uint32_t watched_;
  std::uint64_t nth_ = 0;

  std::string in_;
  std::size_t parsed_ = 0;
  Request request_;
  std::optional<RequestReader> reader_;
  bool continue_handled_ = false;
  bool early_ = false;

  std::string out_;
  std::size_t sent_ = 0;
  /// Usage that is told once so many bytes of `out_` are sent.
  std::deque<std::pair<std::size_t, ToldUsage>> untold_;
  Service::Reply reply_;
  bool reported_ = true;
  bool waiting_ = false;
  std::optional<Step::Kind> ending_;
  std::optional<EventLoop::Timer> timer_;
  bool closed_ = false;
};

}  // namespace holysheep::sim
