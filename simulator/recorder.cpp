#include <boost/beast/core/string.hpp>
#include <simulator/digest.hpp>
#include <simulator/recorder.hpp>

namespace holysheep::sim {
namespace {

constexpr std::size_t kept = 10'000;
constexpr std::size_t small_body = 65'536;

std::int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string RequestRecord::header(std::string_view name) const {
  for (const auto& [candidate, value] : headers) {
    if (boost::beast::iequals(candidate, name)) return value;
  }
  return {};
}

void Recorder::accepted() {
  ++counters_.accepted;
  ++counters_.open;
  notify();
}

void Recorder::closed() {
  --counters_.open;
  notify();
}

void Recorder::handshake_done(bool resumed) {
  ++counters_.handshakes;
  if (resumed) ++counters_.resumptions;
  notify();
}

std::uint64_t Recorder::begin(const Request& request, std::uint64_t connection, const std::string& model,
                              const std::string& script, bool body_complete, std::uint64_t body_length) {
  std::uint64_t ticket = 0;
  if (keeps_requests_) {
    RequestRecord record;
    record.arrived_ns = now_ns();
    record.connection = connection;
    record.method = request.method;
    record.target = request.target;
    for (std::size_t i = 0; i < request.field_count(); ++i) {
      const auto field = request.field(i);
      record.headers.emplace_back(field.name, field.value);
    }
    record.body_length = body_length;
    if (request.body.size() < small_body) record.body_sha256 = sha256_hex(request.body);
    record.model = model;
    record.script = script;
    record.body_complete = body_complete;
    const std::scoped_lock lock(mutex_);
    ticket = record.sequence = next_++;
    records_.push_back(std::move(record));
    if (records_.size() > kept) records_.pop_front();
  }
  ++counters_.requests;
  ++counters_.in_flight;
  notify();
  return ticket;
}

void Recorder::answered(std::uint64_t ticket) {
  end(ticket, End::answered);
}
void Recorder::cancelled(std::uint64_t ticket) {
  end(ticket, End::cancelled);
}
void Recorder::broken_off(std::uint64_t ticket) {
  end(ticket, End::broken_off);
}

void Recorder::end(std::uint64_t ticket, End how) {
  if (keeps_requests_) {
    const std::scoped_lock lock(mutex_);
    if (!records_.empty() && ticket >= records_.front().sequence) {
      RequestRecord& record = records_[ticket - records_.front().sequence];
      record.ended_ns = now_ns();
      record.answered = how == End::answered;
      record.cancelled = how == End::cancelled;
    }
  }
  if (how == End::answered) ++counters_.answered;
  if (how == End::cancelled) ++counters_.cancelled;
  --counters_.in_flight;
  notify();
}

std::vector<RequestRecord> Recorder::requests() const {
  const std::scoped_lock lock(mutex_);
  return {records_.begin(), records_.end()};
}

Stats Recorder::stats() const {
  const Counters& c = counters_;
  return Stats{c.accepted, c.open,      c.handshakes, c.resumptions,
               c.requests, c.in_flight, c.answered,   c.cancelled};
}

void Recorder::reset() {
  const std::scoped_lock lock(mutex_);
  records_.clear();
  for (auto* counter : {&counters_.accepted, &counters_.handshakes, &counters_.resumptions,
                        &counters_.requests, &counters_.answered, &counters_.cancelled}) {
    counter->store(0);
  }
}

bool Recorder::wait_until(const std::function<bool(const Stats&)>& reached,
                          std::chrono::milliseconds limit) const {
  ++waiters_;
  std::unique_lock lock(mutex_);
  const bool held = changed_.wait_for(lock, limit, [&] { return reached(stats()); });
  --waiters_;
  return held;
}

void Recorder::notify() const {
  if (waiters_.load() == 0) return;
  const std::scoped_lock lock(mutex_);
  changed_.notify_all();
}

}  // namespace holysheep::sim
