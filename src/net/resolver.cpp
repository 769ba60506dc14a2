#include <holysheep/net/resolver.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

namespace holysheep::net {
namespace {

/// Look-ups that are asked for: what the last one said is news for so long.
constexpr Duration least_between = std::chrono::milliseconds(500);

}  // namespace

struct Resolver::State {
  std::string host;
  std::uint16_t port;
  Duration refresh_every;
  Lookup lookup;

  std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<const Endpoints> answer;
  std::string failure;
  TimePoint ended = TimePoint::min();
  std::vector<std::function<void()>> waiting;
  bool wanted = true;
  bool stopped = false;
  bool literal = false;  // the host is an address
};

Resolver::Resolver(std::string host, std::uint16_t port, Duration refresh_every, Lookup lookup)
    : state_(std::make_shared<State>()) {
  state_->host = std::move(host);
  state_->port = port;
  state_->refresh_every = refresh_every;
  state_->lookup = std::move(lookup);
  boost::system::error_code not_literal;
  const auto literal = boost::asio::ip::make_address(state_->host, not_literal);
  if (!not_literal) {
    state_->answer = std::make_shared<const Endpoints>(Endpoints{{literal, state_->port}});
    state_->literal = true;
    return;  // nothing to look up, ever
  }
  // Detached: a look-up that hangs must not hold up the end of the process. The state outlives both.
  std::thread([state = state_] { run(state); }).detach();
}

Resolver::~Resolver() {
  const std::scoped_lock lock(state_->mutex);
  state_->stopped = true;
  state_->changed.notify_all();
}

std::shared_ptr<const Endpoints> Resolver::answer() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->answer;
}

std::string Resolver::failure() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->failure;
}

void Resolver::refresh(std::function<void()> done) {
  {
    const std::scoped_lock lock(state_->mutex);
    const bool fresh = state_->ended != TimePoint::min() && Clock::now() - state_->ended < least_between;
    if (!fresh && !state_->literal) {
      state_->waiting.push_back(std::move(done));
      state_->wanted = true;
      state_->changed.notify_all();
      return;
    }
  }
  done();
}

void Resolver::run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (!state->stopped) {
    if (!state->wanted) {
      state->changed.wait_for(lock, state->refresh_every, [&] { return state->wanted || state->stopped; });
      if (state->stopped) return;
    }
    state->wanted = false;
    auto waiting = std::exchange(state->waiting, {});
    lock.unlock();
    auto found = state->lookup(state->host, state->port);
    lock.lock();
    if (found) {
      state->answer = std::make_shared<const Endpoints>(std::move(*found));
      state->failure.clear();
    } else {
      state->failure = found.error();
    }
    state->ended = Clock::now();
    // Those who asked while it was under way have their answer too.
    for (auto& later : std::exchange(state->waiting, {})) waiting.push_back(std::move(later));
    state->wanted = false;
    lock.unlock();
    for (const auto& done : waiting) done();
    waiting.clear();
    lock.lock();
  }
}

Result<Endpoints, std::string> Resolver::system_lookup(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error == EAI_NONAME || error == EAI_ADDRFAMILY) {  // a machine with loopback addresses only
    hints.ai_flags = 0;
    error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  }
  if (error != 0) return Unexpected{std::string(::gai_strerror(error))};
  Endpoints endpoints;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    boost::asio::ip::tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    endpoint.port(port);
    endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(found);
  if (endpoints.empty()) return Unexpected{std::string("no address")};
  return endpoints;
}

}  // namespace holysheep::net
