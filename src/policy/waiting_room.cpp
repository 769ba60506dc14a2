#include <holysheep/policy/waiting_room.hpp>

#include <algorithm>
#include <cmath>

namespace holysheep {
namespace {

bool has_place(const ClientShare* share) noexcept {
  return !share || share->limits.max_in_flight <= 0 || share->in_flight.load() < share->limits.max_in_flight;
}

bool has_token(const ClientShare* share, TimePoint now) noexcept {
  return !share || share->bucket.time_until(now) == Duration::zero();
}

/// How many of its waiters may go before `waiter` as far as pauses and their client's rate are concerned.
double sure_to_go(const WaitingClient& client, const Waiter& waiter, TimePoint now) {
  std::size_t firsts = 0;
  std::size_t others = 0;
  for (const auto& lane : client.lanes) {
    if (lane.paused_until > now && lane.model != waiter.model) continue;
    (lane.first ? firsts : others) += lane.line.size() - (waiter.lane == &lane ? 1 : 0);
  }
  double tokens = INFINITY;
  if (client.share && !client.share->bucket.unlimited()) {
    const double seconds = std::chrono::duration<double>(waiter.deadline - now).count();
    tokens = client.share->bucket.available(now) + client.share->limits.rate_per_second * seconds;
  }
  return static_cast<double>(others) + std::clamp(std::floor(tokens), 0.0, static_cast<double>(firsts));
}

}  // namespace

void WaitingRoom::enter(const std::shared_ptr<Waiter>& waiter) {
  auto& client = clients_.try_emplace(waiter->client, WaitingClient{.share = waiter->client}).first->second;
  auto lane = std::ranges::find_if(client.lanes, [&](const WaitingLane& one) {
    return one.first == waiter->first && one.model == waiter->model;
  });
  if (lane == client.lanes.end()) {
    lane = client.lanes.insert(
        lane, WaitingLane{.model = waiter->model, .first = waiter->first, .client = &client});
    lane->self = lane;
  }
  waiter->number = ++came_;
  waiter->lane = &*lane;
  waiter->place = lane->line.insert(lane->line.end(), waiter);
  ++client.size;
  ++size_;
  if (client.share) client.share->waiting.fetch_add(1);
}

void WaitingRoom::leave(const Waiter& waiter) {
  WaitingLane& lane = *waiter.lane;
  WaitingClient& client = *lane.client;
  lane.line.erase(waiter.place);
  --size_;
  if (client.share) client.share->waiting.fetch_sub(1);
  if (lane.line.empty()) client.lanes.erase(lane.self);
  if (--client.size == 0) clients_.erase(client.share);
}

TimePoint WaitingRoom::see_pauses(const UpstreamPauses& pauses, TimePoint now) {
  TimePoint first = never;
  for (auto& [share, client] : clients_) {
    for (auto& lane : client.lanes) {
      lane.paused_until = pauses.paused_until(lane.model, now);
      if (lane.paused_until > now) first = std::min(first, lane.paused_until);
    }
  }
  return first;
}

double WaitingRoom::turn(const WaitingClient& client) const noexcept {
  return std::max(latest_turn_ - memory, client.share ? client.share->next_turn : turn_of_no_client_);
}

std::shared_ptr<Waiter> WaitingRoom::next(TimePoint now) const {
  const std::shared_ptr<Waiter>* found = nullptr;
  double found_turn = 0;
  for (const auto& [share, client] : clients_) {
    const double its_turn = turn(client);
    if ((found && its_turn > found_turn) || !has_place(share)) continue;
    const bool token = has_token(share, now);
    for (const auto& lane : client.lanes) {
      if (lane.paused_until > now || (lane.first && !token)) continue;
      const auto& head = lane.line.front();
      if (found && its_turn == found_turn && head->number > (*found)->number) continue;
      found = &head;
      found_turn = its_turn;
    }
  }
  return found ? *found : nullptr;
}

TimePoint WaitingRoom::next_token(TimePoint now) const {
  TimePoint next = never;
  for (const auto& [share, client] : clients_) {
    if (!share || !has_place(share)) continue;
    const bool lacks_only_that = std::ranges::any_of(
        client.lanes, [&](const WaitingLane& lane) { return lane.first && lane.paused_until <= now; });
    if (lacks_only_that) next = std::min(next, after(now, share->bucket.time_until(now)));
  }
  return next;
}

void WaitingRoom::serve(const Waiter& waiter) {
  const double its_turn = turn(*waiter.lane->client);
  (waiter.client ? waiter.client->next_turn : turn_of_no_client_) = its_turn + 1;
  latest_turn_ = std::max(latest_turn_, its_turn);
  leave(waiter);
}

WaitingRoom::Ahead WaitingRoom::turns_ahead(const Waiter& waiter, TimePoint now) const {
  const WaitingClient& own = *waiter.lane->client;
  const double own_turns = sure_to_go(own, waiter, now);
  const double his_turn = turn(own) + own_turns;
  double all = own_turns;
  for (const auto& [share, client] : clients_) {
    if (&client == &own || !has_place(share)) continue;
    const double turns = std::floor(his_turn - turn(client)) + 1;
    all += std::clamp(turns, 0.0, sure_to_go(client, waiter, now));
  }
  std::size_t firsts = 0;
  for (const auto& lane : own.lanes) {
    if (!lane.first || (lane.paused_until > now && lane.model != waiter.model)) continue;
    firsts += lane.line.size() - (waiter.lane == &lane ? 1 : 0);
  }
  return {.all = static_cast<std::size_t>(all), .own = firsts};
}

std::shared_ptr<Waiter> WaitingRoom::whom_to_put_out(const Waiter& newcomer) const {
  const WaitingClient* longest = newcomer.lane->client;
  for (const auto& [share, client] : clients_) {
    if (client.size > longest->size) longest = &client;
  }
  if (longest == newcomer.lane->client) return nullptr;
  const auto newest = std::ranges::max_element(
      longest->lanes, {}, [](const WaitingLane& lane) { return lane.line.back()->number; });
  return newest->line.back();
}

}  // namespace holysheep
