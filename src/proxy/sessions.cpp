#include <holysheep/proxy/sessions.hpp>

#include <vector>

#include <boost/asio/post.hpp>

namespace holysheep::proxy {

Sessions::Sessions(LoopContext& context, std::size_t places, std::function<void()> on_room,
                   std::function<void(const std::exception&)> on_bug)
    : context_(context), places_(places), on_room_(std::move(on_room)), on_bug_(std::move(on_bug)) {}

Sessions::~Sessions() = default;

bool Sessions::no_room() const noexcept {
  if (has_place() || may_end_idle() || extra_ < most_extra) return false;
  return !crowded() || idle_extra_.empty();
}

/// The longest idle one that may make room: not one whose request has come, unless nobody else is left.
Session* Sessions::longest_idle() {
  if (!may_end_idle()) return nullptr;
  unsigned looked_at = 0;
  for (Session& session : idle_) {
    if (!session.has_request()) return &session;
    if (++looked_at == most_looked_at) break;
  }
  const bool no_other_room = extra_ >= most_extra && idle_extra_.empty();
  return no_other_room ? &idle_.front() : nullptr;
}

void Sessions::add(net::Socket socket, std::string address) {
  if (Session* idle = longest_idle()) remove(*idle);
  const bool extra = !has_place();
  if (extra && extra_ >= most_extra && crowded() && !idle_extra_.empty()) remove(idle_extra_.front());
  if (extra) ++extra_;
  auto session = std::make_unique<Session>(context_, *this, std::move(socket), std::move(address), extra);
  Session& added = *session;
  all_.emplace(&added, std::move(session));
  count_.store(all_.size(), std::memory_order_relaxed);
  context_.memory.connections(1);
  added.start();
}

void Sessions::remove(Session& session) {
  const bool had_place = !session.extra();
  if (!had_place) --extra_;
  all_.erase(&session);
  count_.store(all_.size(), std::memory_order_relaxed);
  context_.memory.connections(-1);
  if (had_place) place_freed();
  look_for_room();
}

void Sessions::look_for_room() {
  if (!full_ || no_room()) return;
  full_ = false;
  boost::asio::post(context_.loop.io, on_room_);
}

void Sessions::place(Session& session) {
  waiting_.push_back(session);
  if (has_place()) place_freed();
}

/// A place goes to the one that has waited longest.
void Sessions::place_freed() {
  if (waiting_.empty()) return;
  Session& next = waiting_.front();
  waiting_.pop_front();
  --extra_;
  next.admit();
}

bool Sessions::rest(Session& session) {
  if (!session.extra() && !waiting_.empty()) return false;
  (session.extra() ? idle_extra_ : idle_).push_back(session);
  look_for_room();
  return true;
}

std::size_t Sessions::cut_all() {
  end_idle(TimePoint::max());
  std::vector<Session*> busy;
  for (const auto& [session, owned] : all_) busy.push_back(session);
  std::size_t cut = 0;
  for (Session* session : busy) cut += session->cut();  // none is destroyed before the event loop's next turn
  return cut;
}

void Sessions::end_idle(TimePoint before) {
  for (IdleList* list : {&idle_, &idle_extra_}) {
    while (!list->empty() && list->front().idle_since() <= before) remove(list->front());
  }
}

bool Sessions::is_probe(const http::RequestHead& head) noexcept {
  const auto endpoint = http::route(head.path).endpoint;
  return endpoint == http::Endpoint::health || endpoint == http::Endpoint::ready;
}

}  // namespace holysheep::proxy
