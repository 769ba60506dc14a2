#include <holysheep/proxy/relay.hpp>

namespace holysheep::proxy {

using net::Event;

Relay::Relay(LoopContext& context, ClientConnection& client, UpstreamCall& call, Downstream down)
    : call_(call),
      compresses_(down.gzip != nullptr),
      body_(context, client, call, down.dialect),
      writer_(client, down) {}

Task<Fault> Relay::run(std::string_view head_bytes) {
  writer_.add_head(head_bytes);
  for (;;) {
    const Fault fault = body_.take();
    writer_.add_body(body_.pieces(), body_.payload(), body_.complete());
    if (body_.complete()) writer_.add_end(body_.trailers());
    if (!writer_.send_at_once()) {
      const bool sent = co_await writer_.send();
      if (!sent) co_return Fault::client_gone;
      body_.held_up();
    }
    body_.consume();
    if (fault != Fault::none) co_return co_await break_off(fault);
    if (body_.complete()) co_return Fault::none;
    if (body_.has_more()) continue;
    const Fault lost = co_await receive();
    if (lost == Fault::client_gone) co_return lost;
    if (lost != Fault::none) co_return co_await break_off(lost);
  }
}

Task<Fault> Relay::receive() {
  Event came = Event::none;
  if (compresses_) {
    // What has been compressed is not held while upstream has nothing more.
    const Fault lost = co_await body_.receive(TimePoint::min(), Event::none, came);
    if (lost != Fault::none || has(came, Event::upstream_readable)) co_return lost;
    if (!writer_.flush_at_once()) {
      const bool sent = co_await writer_.send();
      if (!sent) co_return Fault::client_gone;
      body_.held_up();
    }
  }
  for (;;) {
    const TimePoint ping = body_.inside_event() || body_.ended() ? never : writer_.ping_due();
    const Fault lost = co_await body_.receive(ping, Event::none, came);
    if (lost != Fault::none || has(came, Event::upstream_readable)) co_return lost;
    const Fault left = co_await writer_.ping();
    if (left != Fault::none) co_return left;
  }
}

Task<Fault> Relay::break_off(Fault fault) {
  call_.lease.close();
  co_return co_await writer_.break_off(fault, body_.ended(), body_.inside_event());
}

}  // namespace holysheep::proxy
