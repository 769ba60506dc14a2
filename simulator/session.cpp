#include <array>
#include <cerrno>

#include <simulator/session.hpp>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace holysheep::sim {
namespace {

constexpr std::size_t read_size = 65'536;
constexpr std::size_t in_limit = 1U << 20U;
constexpr std::size_t out_target = 65'536;
/// Turns of one answer before others get theirs: an endless answer must not keep the loop.
constexpr int turns_at_once = 32;
constexpr std::chrono::seconds drain_limit{1};

}  // namespace

Session::Session(Setup setup, int fd)
    : loop_(setup.loop),
      service_(setup.service),
      fault_(setup.fault),
      id_(setup.id),
      transport_(fd, setup.tls),
      watched_(EPOLLIN | EPOLLRDHUP) {
  if (setup.tls != nullptr && fault_ == TlsFault::tls11_only) {
    SSL_set_security_level(transport_.tls(), 0);
    SSL_set_min_proto_version(transport_.tls(), TLS1_1_VERSION);
    SSL_set_max_proto_version(transport_.tls(), TLS1_1_VERSION);
  }
  service_.opened();
  if (setup.tls != nullptr) return;
  state_ = State::asking;
  become_idle();
}

Session::~Session() {
  if (state_ == State::answering) report(Service::End::broken_off);
  drop_timer();
  service_.closed();
}

void Session::on_ready(std::uint32_t events) {
  if (closed_) return;
  if (state_ == State::handshake && !shake_hands()) return;
  const bool is_full = in_.size() - parsed_ >= in_limit;
  if (is_full && (events & (EPOLLHUP | EPOLLERR)) != 0) return client_gone();
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) read_some();
  if (!closed_) advance();
}

bool Session::shake_hands() {
  if (fault_ == TlsFault::handshake_close) {
    close();
    return false;
  }
  if (fault_ == TlsFault::handshake_stall) {
    // Reading past the ClientHello is how its sender's leaving is noticed.
    std::array<char, 4096> sink{};
    const auto got = ::recv(transport_.fd(), sink.data(), sink.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) close();
    return false;
  }
  const auto outcome = transport_.handshake();
  if (outcome == Transport::Outcome::gone) close();
  if (outcome != Transport::Outcome::done) return false;
  service_.handshake_done(SSL_session_reused(transport_.tls()) == 1);
  state_ = State::asking;
  become_idle();
  return true;
}

void Session::read_some() {
  thread_local std::array<char, read_size> buffer;
  std::size_t count = 0;
  while (in_.size() - parsed_ < in_limit) {
    const auto outcome = transport_.read(buffer, count);
    if (outcome == Transport::Outcome::gone) return client_gone();
    if (outcome == Transport::Outcome::would_block) break;
    if (state_ != State::draining && state_ != State::lingering) in_.append(buffer.data(), count);
    if (count < buffer.size() && !transport_.has_pending()) break;
  }
}

void Session::advance() {
  while (!closed_) {
    if (state_ == State::asking) {
      if (!parse()) break;
    } else if (state_ == State::answering) {
      if (early_ && reader_ && !reader_->complete()) {
        std::size_t taken = 0;
        reader_->take(std::string_view(in_).substr(parsed_), taken);
        parsed_ += taken;
      }
      if (!pump()) break;
    } else {
      break;
    }
  }
  if (closed_) return;
  if (parsed_ == in_.size()) {
    in_.clear();
    parsed_ = 0;
    if (in_.capacity() > in_limit) in_ = {};
  } else if (parsed_ > in_limit / 4) {
    in_.erase(0, parsed_);
    parsed_ = 0;
  }
  watch();
  // What OpenSSL has read ahead wakes nobody.
  if (state_ == State::asking && transport_.has_pending() && !waiting_) wait(std::chrono::nanoseconds(0));
}

bool Session::parse() {
  if (parsed_ == in_.size()) {
    if (sent_ < out_.size()) flush();
    return false;
  }
  if (!reader_) {
    become_busy();
    reader_.emplace(request_);
    continue_handled_ = early_ = false;
  }
  std::size_t taken = 0;
  const bool is_http = reader_->take(std::string_view(in_).substr(parsed_), taken);
  parsed_ += taken;
  if (!is_http) {
    refuse();
    return true;
  }
  if (early_) {  // answered already: its body is only read past
    if (!reader_->complete()) return false;
    reader_.reset();
    become_idle();
    return true;
  }
  if (reader_->header_complete() && !continue_handled_) {
    continue_handled_ = true;
    early_ = service_.answers_early(request_);
    if (early_) {
      reader_->discard_body();
      begin_answer(reader_->complete());
      return true;
    }
    if (request_.expects_continue && !reader_->complete()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  if (!reader_->complete()) {
    flush();
    return false;
  }
  begin_answer(true);
  return true;
}

void Session::refuse() {
  out_ +=
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 8\r\nConnection: "
      "close\r\n\r\nnot HTTP";
  reader_.reset();
  reported_ = true;
  reply_ = {};
  reply_.keep_alive = false;
  state_ = State::answering;
}

void Session::begin_answer(bool body_complete) {
  state_ = State::answering;
  reported_ = false;
  ending_.reset();
  reply_ = service_.answer(request_, id_, ++nth_, body_complete, reader_->body_bytes(), out_);
  tell_when_out(reply_.told);
}

bool Session::pump() {
  for (int turn = 0; turn < turns_at_once; ++turn) {
    if (!flush()) return false;
    if (waiting_) return false;
    if (ending_) return apply_ending();
    if (!reply_.steps) return finish_answer();
    take_steps();
  }
  wait(std::chrono::nanoseconds(0));
  return false;
}

bool Session::flush() {
  while (sent_ < out_.size()) {
    std::size_t count = 0;
    const auto outcome = transport_.write(std::string_view(out_).substr(sent_), count);
    if (outcome == Transport::Outcome::gone) client_gone();
    if (outcome != Transport::Outcome::done) return false;
    sent_ += count;
    tell_what_is_out();
  }
  out_.clear();
  sent_ = 0;
  if (out_.capacity() > 4 * out_target) out_ = {};
  return true;
}

void Session::take_steps() {
  while (out_.size() < out_target && !waiting_ && !ending_) {
    Step* step = reply_.steps.next();
    if (step == nullptr) {
      reply_.steps = {};
      reply_.keep_alive = true;
      return;
    }
    take(*step);
  }
}

void Session::take(Step& step) {
  switch (step.kind) {
    case Step::Kind::bytes:
      out_ += step.bytes;
      tell_when_out(step.told);
      break;
    case Step::Kind::wait:
      wait(step.time);
      break;
    default:
      ending_ = step.kind;
  }
}

void Session::tell_when_out(const std::optional<ToldUsage>& usage) {
  if (usage) untold_.emplace_back(out_.size(), *usage);
}

void Session::tell_what_is_out() {
  while (!untold_.empty() && untold_.front().first <= sent_) {
    service_.told(reply_, untold_.front().second);
    untold_.pop_front();
  }
}

bool Session::finish_answer() {
  report(Service::End::answered);
  if (!reply_.keep_alive) {
    drain(true);
    return false;
  }
  state_ = State::asking;
  if (reader_ && !reader_->complete()) return true;
  reader_.reset();
  early_ = false;
  become_idle();
  return true;
}

bool Session::apply_ending() {
  switch (*ending_) {
    case Step::Kind::stall:
      return false;
    case Step::Kind::linger:
      report(Service::End::answered);
      state_ = State::lingering;
      return false;
    case Step::Kind::reset:
      report(Service::End::broken_off);
      transport_.make_reset();
      close();
      return false;
    case Step::Kind::finish:
    case Step::Kind::finish_without_notify:
      report(Service::End::answered);
      break;
    default:
      report(Service::End::broken_off);
  }
  drain(*ending_ == Step::Kind::close || *ending_ == Step::Kind::finish);
  return false;
}

void Session::report(Service::End how) {
  if (reported_) return;
  reported_ = true;
  service_.ended(reply_, how);
}

/// The FIN is out; what still comes is read past for a moment, since closing a socket with unread bytes
/// would send a RST that can overtake the answer.
void Session::drain(bool notify) {
  transport_.end_writing(notify);
  state_ = State::draining;
  drop_timer();
  timer_ = loop_.after(drain_limit, [this] {
    timer_.reset();
    close();
  });
}

void Session::client_gone() {
  if (state_ == State::answering) report(Service::End::cancelled);
  if (state_ == State::asking && reader_ && reader_->header_complete() && !early_) {
    service_.left_while_asking(request_, id_, reader_->body_bytes());
  }
  close();
}

void Session::close() {
  if (closed_) return;
  if (state_ == State::answering) report(Service::End::broken_off);
  closed_ = true;
  drop_timer();
  loop_.retire(transport_.fd(), *this);
}

void Session::watch() {
  std::uint32_t wanted = EPOLLRDHUP;
  const bool full = in_.size() - parsed_ >= in_limit && state_ == State::answering;
  if (!full) wanted |= EPOLLIN;
  if (full) wanted &= ~static_cast<std::uint32_t>(EPOLLRDHUP);
  if (sent_ < out_.size()) wanted |= EPOLLOUT;
  if (wanted == watched_) return;
  watched_ = wanted;
  loop_.change(transport_.fd(), wanted, *this);
}

void Session::wait(std::chrono::nanoseconds time) {
  drop_timer();
  waiting_ = true;
  timer_ = loop_.after(time, [this] {
    timer_.reset();
    waiting_ = false;
    if (transport_.has_pending()) read_some();
    if (!closed_) advance();
  });
}

void Session::drop_timer() {
  if (timer_) loop_.cancel(*timer_);
  timer_.reset();
}

void Session::become_idle() {
  const auto limit = service_.idle_limit();
  if (limit.count() == 0) return;
  drop_timer();
  timer_ = loop_.after(limit, [this] {
    timer_.reset();
    drain(true);
  });
}

void Session::become_busy() {
  if (!waiting_) drop_timer();
}

}  // namespace holysheep::sim
