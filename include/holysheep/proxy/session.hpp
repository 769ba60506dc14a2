#pragma once

#include <holysheep/http/head_scanner.hpp>
#include <holysheep/proxy/exchange.hpp>

#include <boost/intrusive/list.hpp>

namespace holysheep::proxy {

class Sessions;

using AutoUnlink = boost::intrusive::link_mode<boost::intrusive::auto_unlink>;
struct IdleTag;
struct WaitingTag;
using IdleHook = boost::intrusive::list_base_hook<boost::intrusive::tag<IdleTag>, AutoUnlink>;
using WaitingHook = boost::intrusive::list_base_hook<boost::intrusive::tag<WaitingTag>, AutoUnlink>;

/// One client connection and the requests on it, one after the other. Lives and dies on one event loop, owned
/// by its Sessions; destroying it, in whatever it is waiting for, gives back all that it holds.
class Session : public IdleHook, public WaitingHook {
 public:
  /// `extra`: accepted past WORKER_CONNECTIONS; until it gets a place it is answered on the probes only.
  Session(LoopContext& context, Sessions& owner, net::Socket socket, std::string address, bool extra);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  [[nodiscard]] bool extra() const noexcept { return extra_; }
  [[nodiscard]] bool idle() const noexcept { return IdleHook::is_linked(); }
  [[nodiscard]] TimePoint idle_since() const noexcept { return idle_since_; }
  /// At rest, but a request has come that the event loop has not seen yet.
  [[nodiscard]] bool has_request() const noexcept { return client_.socket.has_bytes(); }
  /// It has a place now.
  void admit();
  /// The process ends: what is in flight is cut, and its client told so as far as that is still possible.
  /// False: nothing was, all had been answered.
  bool cut() {
    const bool in_flight = !lingering_;
    client_.wakeup.raise(net::Event::shutdown);
    return in_flight;
  }

 private:
  enum class Next : unsigned char { head, refused, end };
  enum class Then : unsigned char { go_on, linger, end };

  Task<void> live();
  Task<void> serve();
  Next refuse(http::Refused refused);
  Task<Next> next_head();
  Task<Then> answer(Next next);
  Task<bool> wait_for_bytes(TimePoint header_deadline);
  Task<bool> wait_for_place();
  Task<void> linger();

  LoopContext& context_;
  Sessions& owner_;
  ClientConnection client_;
  http::HeadScanner scanner_{http::Side::request};
  http::RequestHead head_;
  RequestNames names_;
  http::Refused refused_{};
  TimePoint started_ = never;  // the request's first byte
  TimePoint idle_since_;
  unsigned at_once_ = 0;  // requests since it last waited for its client
  bool extra_;
  bool lingering_ = false;
  Task<void> life_;
};

}  // namespace holysheep::proxy
