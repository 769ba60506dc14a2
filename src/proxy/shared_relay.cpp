#include <holysheep/proxy/shared_relay.hpp>

namespace holysheep::proxy {

using net::Event;
using Stage = SharedAnswer::Stage;

Task<Fault> SharedRelay::run(std::string_view head_bytes) {
  writer_.add_head(head_bytes);
  for (unsigned in_a_row = 0;;) {
    client_.wakeup.clear(Event::shared);
    SharedReader::Pieces pieces;
    const SharedReader::Look look = reader_.look(pieces);
    std::uint64_t payload = 0;
    for (const auto piece : pieces) payload += piece.size();
    writer_.add_body(pieces, payload, look.stage == Stage::complete);
    if (look.stage == Stage::complete) writer_.add_end(reader_.answer().trailers());
    if (!writer_.send_at_once()) {
      in_a_row = 0;
      const bool sent = co_await writer_.send();
      if (!sent) co_return Fault::client_gone;
    }
    if (look.stage == Stage::complete) co_return Fault::none;
    if (look.stage == Stage::broken || look.stage == Stage::failed) {
      co_return co_await writer_.break_off(look.fault, look.ended, !look.boundary);
    }
    if (!pieces.empty() && ++in_a_row < ClientConnection::most_in_a_row) continue;
    in_a_row = 0;
    if (!pieces.empty()) {
      const bool go_on = co_await client_.let_others_run();
      if (!go_on && !client_.cut_by_shutdown()) co_return Fault::client_gone;
      if (go_on) continue;
    }
    if (!writer_.flush_at_once()) {
      const bool sent = co_await writer_.send();
      if (!sent) co_return Fault::client_gone;
    }
    const Fault fault = co_await wait(look.boundary);
    if (fault == Fault::client_gone) co_return fault;
    if (fault != Fault::none) co_return co_await writer_.break_off(fault, look.ended, !look.boundary);
  }
}

Task<Fault> SharedRelay::wait(bool boundary) {
  for (;;) {
    const TimePoint ping = boundary ? writer_.ping_due() : never;
    const Event came = co_await client_.wakeup.wait(Event::shared | Event::client_readable, ping);
    if (has(came, Event::shutdown) && client_.cut_by_shutdown()) co_return Fault::draining;
    if (client_.left(came)) co_return Fault::client_gone;
    if (has(came, Event::shared)) co_return Fault::none;
    if (!has(came, Event::time)) continue;
    const Fault left = co_await writer_.ping();
    if (left != Fault::none) co_return left;
  }
}

}  // namespace holysheep::proxy
