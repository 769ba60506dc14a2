#include <holysheep/app/worker.hpp>
#include <holysheep/core/frame_memory.hpp>
#include <holysheep/core/heap.hpp>
#include <holysheep/proxy/fetch.hpp>
#include <holysheep/proxy/listener.hpp>
#include <holysheep/proxy/sessions.hpp>

#include <atomic>
#include <future>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <pthread.h>

namespace holysheep::app {

struct Worker::Loop {
  Loop(proxy::Pod& pod, spdlog::logger& logger)
      : log(logger),
        context(events, pod),
        fetches(context, [this](const std::exception& bug) { report("a fetch", bug); }),
        sessions(
            context, pod.settings.worker_connections, [this] { listener.accept(); },
            [this](const std::exception& bug) { report("a session", bug); }),
        listener(events, sessions),
        sweep(events.io) {
    context.fetches = &fetches;
  }

  void report(std::string_view what, const std::exception& bug) {
    log.critical("{} ended in an exception: {}", what, bug.what());
  }

  /// While draining: ends connections that have nothing in flight and stay silent.
  void sweep_idle(Duration quiet) {
    sessions.end_idle(Clock::now() - quiet);
    sweep.expires_after(std::chrono::milliseconds(50));
    sweep.async_wait([this, quiet](const boost::system::error_code& error) {
      if (!error) sweep_idle(quiet);
    });
  }

  spdlog::logger& log;
  net::EventLoop events;
  proxy::LoopContext context;
  proxy::Fetches fetches;
  proxy::Sessions sessions;
  proxy::Listener listener;
  boost::asio::steady_timer sweep;
  std::atomic<bool> listening = true;
};

Worker::Worker(proxy::Pod& pod, spdlog::logger& log, unsigned index)
    : index_(index), loop_(std::make_unique<Loop>(pod, log)) {}

Worker::~Worker() {
  stop();
}

Result<std::uint16_t, std::string> Worker::listen(const std::string& address, std::uint16_t port) {
  return loop_->listener.open(address, port, index_ > 0);
}

void Worker::start() {
  thread_ = std::thread([this] {
    const std::string name = "worker-" + std::to_string(index_);
    ::pthread_setname_np(::pthread_self(), name.c_str());
    const auto work = boost::asio::make_work_guard(loop_->events.io);
    loop_->listener.accept();
    loop_->events.io.run();
  });
}

void Worker::close_listener(Duration quiet) {
  boost::asio::post(loop_->events.io, [loop = loop_.get(), quiet] {
    loop->listener.close();
    loop->listening.store(false, std::memory_order_release);
    loop->sweep_idle(quiet);
  });
}

bool Worker::listening() const noexcept {
  return loop_->listening.load(std::memory_order_acquire);
}

std::size_t Worker::connections() const noexcept {
  return loop_->sessions.count();
}

LoopMemory& Worker::memory() noexcept {
  return loop_->context.memory;
}

const proxy::LoopContext& Worker::context() const noexcept {
  return loop_->context;
}

void Worker::measure_lag() {
  boost::asio::post(loop_->events.io, [loop = loop_.get(), posted = Clock::now()] {
    loop->context.metrics.lagged(Clock::now() - posted);
  });
}

void Worker::forget_old_keys() {
  boost::asio::post(loop_->events.io, [loop = loop_.get()] {
    loop->context.upstream.key.get();
    if (loop->context.second_upstream) loop->context.second_upstream->key.get();
  });
}

std::int64_t Worker::relay_bytes() const noexcept {
  return loop_->events.buffers.lent.get();
}

void Worker::look_for_room() {
  boost::asio::post(loop_->events.io, [loop = loop_.get()] { loop->sessions.look_for_room(); });
}

void Worker::give_back(std::atomic<std::size_t>& left) {
  boost::asio::post(loop_->events.io, [loop = loop_.get(), &left] {
    loop->events.buffers.trim();
    FrameMemory::trim();
    renew_thread_cache();
    left.fetch_sub(1, std::memory_order_release);
  });
}

std::size_t Worker::cut() {
  if (!thread_.joinable()) return 0;
  std::promise<std::size_t> cut;
  boost::asio::post(loop_->events.io,
                    [loop = loop_.get(), &cut] { cut.set_value(loop->sessions.cut_all()); });
  return cut.get_future().get();
}

std::size_t Worker::stop() {
  if (!thread_.joinable()) return 0;
  std::size_t cut = 0;
  boost::asio::post(loop_->events.io, [loop = loop_.get(), &cut] {
    cut = loop->sessions.cut_all();
    loop->fetches.cut_all();
    loop->events.io.stop();
  });
  thread_.join();
  return cut;
}

}  // namespace holysheep::app
