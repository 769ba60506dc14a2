#include <holysheep/app/memory_watch.hpp>
#include <holysheep/core/heap.hpp>
#include <holysheep/policy/loop_memory.hpp>

#include <algorithm>

namespace holysheep::app {
namespace {

constexpr Duration closely = std::chrono::milliseconds(20);
constexpr Duration at_ease = std::chrono::milliseconds(250);
constexpr Duration unbounded = std::chrono::seconds(1);
/// Pressure that comes again within this time is still the same for the log.
constexpr Duration calm = std::chrono::seconds(5);
/// Of a request that waits for its turn: its coroutines and names.
constexpr std::int64_t waiting_cost = 8 * 1024;

MemoryCeilings ceilings_of(const LoadedSettings& loaded, const MemoryMeter& meter) {
  MemoryCeilings ceilings;
  ceilings.limit = meter.limit();
  const bool given = loaded.sources.at("MEMORY_THRESHOLD_MB") != SettingSource::default_value;
  if (meter.charges_sockets()) ceilings.stall += socket_stall_cost;
  if (given) ceilings.threshold = *loaded.settings.memory_threshold_mb << 20;
  return ceilings;
}

std::uint64_t mebibytes(std::uint64_t bytes) {
  return bytes >> 20;
}

}  // namespace

MemoryWatch::MemoryWatch(boost::asio::io_context& io, spdlog::logger& log, const LoadedSettings& loaded)
    : timer_(io), log_(log), action_(loaded.settings.action), ceilings_(ceilings_of(loaded, meter_)) {}

void MemoryWatch::start(const std::vector<std::unique_ptr<Worker>>& workers, const Admission& admission) {
  workers_ = &workers;
  admission_ = &admission;
  slack_.first(measure());
  look();
}

void MemoryWatch::stop() {
  timer_.cancel();
  workers_ = nullptr;
}

std::array<std::int64_t, memory_use_count> MemoryWatch::held() const {
  std::array<std::int64_t, memory_use_count> held{};
  for (std::size_t i = 0; i < memory_use_count; ++i) held[i] = accounts_.held(static_cast<MemoryUse>(i));
  if (workers_ == nullptr) return held;
  for (const auto& worker : *workers_)
    held[static_cast<std::size_t>(MemoryUse::relay)] += worker->relay_bytes();
  held[static_cast<std::size_t>(MemoryUse::queue)] +=
      static_cast<std::int64_t>(admission_->waiting()) * waiting_cost;
  return held;
}

MemoryReport MemoryWatch::report() const {
  const MemoryReading reading = meter_.read();
  MemoryReport report;
  report.resident = reading.resident;
  report.charged = reading.charged;
  report.held = held();
  if (ceilings_.limit) report.threshold = *ceilings_.limit / 10 * 9;
  if (ceilings_.threshold) {
    report.threshold = std::min(*ceilings_.threshold, report.threshold.value_or(*ceilings_.threshold));
  }
  report.pressure = pressed_;
  return report;
}

MemoryState MemoryWatch::measure() const {
  const MemoryReading reading = meter_.read();
  MemoryState state;
  state.resident = reading.resident;
  state.charged = reading.charged.value_or(0);
  for (const auto& worker : *workers_) {
    state.requests += worker->memory().requests();
    state.connections += worker->memory().connections();
  }
  const auto accounts = held();
  state.relay = accounts[static_cast<std::size_t>(MemoryUse::relay)];
  state.cache = accounts[static_cast<std::size_t>(MemoryUse::cache)];
  for (const auto bytes : accounts) state.accounts += bytes;
  if (action_ != MemoryAction::evict_oldest) state.cache = 0;  // nobody drops it
  state.waiting = static_cast<std::int64_t>(admission_->waiting());
  state.loops = static_cast<std::int64_t>(workers_->size());
  return state;
}

/// Whoever comes after this takes of what is granted then, however long that takes.
void MemoryWatch::note_promises() {
  committed_.clear();
  for (const auto& worker : *workers_) committed_.push_back(worker->memory().committed());
}

void MemoryWatch::look() {
  const TimePoint now = Clock::now();
  note_promises();
  MemoryState state = measure();
  const auto promised = state.requests * request_cost + state.connections * connection_cost;
  state.newcomers = std::max<std::int64_t>(0, promised - std::exchange(promised_, promised));
  MemoryVerdict verdict = judge_memory(ceilings_, state, pressed_);
  pressed_ = verdict.refuse;
  tell(verdict, state, now);
  if (verdict.refuse && action_ == MemoryAction::evict_oldest && drop_) verdict = drop_cache(state, verdict);
  if (verdict.bounded && action_ != MemoryAction::none) grant(verdict);
  give_back(verdict, state, now);
  timer_.expires_after(!verdict.bounded ? unbounded : verdict.close ? closely : at_ease);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && workers_ != nullptr) look();
  });
}

/// What the verdict is once the cache has given what it can.
MemoryVerdict MemoryWatch::drop_cache(MemoryState state, const MemoryVerdict& verdict) {
  const std::uint64_t freed = drop_(verdict.over);
  if (freed == 0) return verdict;
  trim_heap();
  state.cache = std::max<std::int64_t>(0, state.cache - static_cast<std::int64_t>(freed));
  state.resident -= std::min(state.resident, freed);
  state.charged -= std::min(state.charged, freed);
  return judge_memory(ceilings_, state, false);
}

void MemoryWatch::grant(const MemoryVerdict& verdict) {
  const auto loops = static_cast<std::int64_t>(workers_->size());
  for (std::size_t i = 0; i < workers_->size(); ++i) {
    Worker& worker = *(*workers_)[i];
    LoopMemory& memory = worker.memory();
    const auto limit = [&](std::int64_t more) {
      if (more == MemoryGrant::unlimited) return more;
      return more < 0 ? std::int64_t{-1} : committed_[i] + more / loops;
    };
    const bool could_not = !memory.may_connect();
    memory.grant({.forward = limit(verdict.forward),
                  .hold = limit(verdict.hold),
                  .connect = limit(verdict.connect),
                  .request = ceilings_.request()});
    if (could_not && memory.may_connect()) worker.look_for_room();
  }
  refuses_.store(verdict.refuse, std::memory_order_relaxed);
}

/// Once when it begins, and once when it has ended for a while.
void MemoryWatch::tell(const MemoryVerdict& verdict, const MemoryState& state, TimePoint now) {
  if (verdict.refuse) last_pressed_ = now;
  if (verdict.refuse && !std::exchange(told_, true)) {
    log_.warn("memory is at its threshold: {} MiB are resident, {} MiB charged by the cgroup; {}",
              mebibytes(state.resident), mebibytes(state.charged),
              action_ == MemoryAction::none           ? "nothing is done about it (ACTION=none)"
              : action_ == MemoryAction::evict_oldest ? "the cache goes first, then new requests are refused"
                                                      : "new requests are refused");
  } else if (told_ && now - last_pressed_ >= calm) {
    told_ = false;
    log_.info("memory is below its threshold again: {} MiB are resident", mebibytes(state.resident));
  }
}

void MemoryWatch::give_back(const MemoryVerdict& verdict, const MemoryState& state, TimePoint now) {
  if (giving_back_) {
    // Where it is urgent, what the loops have not let go of yet is for the next time.
    if (!verdict.refuse && loops_giving_back_.load(std::memory_order_acquire) > 0) return;
    trim_heap();
    slack_.gave_back(measure(), now);
    giving_back_ = false;
  } else if (slack_.due(state, verdict.refuse, now)) {
    loops_giving_back_.fetch_add(workers_->size(), std::memory_order_relaxed);
    for (const auto& worker : *workers_) worker->give_back(loops_giving_back_);
    giving_back_ = true;
  }
}

}  // namespace holysheep::app
