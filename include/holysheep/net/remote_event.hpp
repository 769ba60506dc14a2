#pragma once

#include <holysheep/net/event_loop.hpp>
#include <holysheep/net/wakeup.hpp>

#include <memory>
#include <mutex>

#include <boost/asio/post.hpp>

namespace holysheep::net {

/// Lets another thread raise an event at a sink that may be gone by then. The owner lives on the event loop
/// and forgets the sink in its destructor; what is already on its way then reaches nobody.
class RemoteEvent {
 public:
  RemoteEvent(EventLoop& loop, EventSink& sink, Event event)
      : target_(std::make_shared<Target>(loop, sink, event)) {}
  RemoteEvent(const RemoteEvent&) = delete;
  RemoteEvent& operator=(const RemoteEvent&) = delete;
  ~RemoteEvent() {
    const std::scoped_lock lock(target_->mutex);
    target_->sink = nullptr;
  }

  /// For any thread, as often as wanted, also after this object and its event loop are gone.
  [[nodiscard]] auto raiser() const {
    return [target = target_] {
      const std::scoped_lock lock(target->mutex);
      if (target->sink == nullptr) return;  // and perhaps no event loop either
      boost::asio::post(target->loop.io, [target] {
        if (target->sink) target->sink->raise(target->event);
      });
    };
  }

 private:
  struct Target {
    Target(EventLoop& event_loop, EventSink& listener, Event what) noexcept
        : loop(event_loop), sink(&listener), event(what) {}
    EventLoop& loop;
    std::mutex mutex;  // guards `sink` against other threads; its own event loop alone changes it
    EventSink* sink;
    Event event;
  };
  std::shared_ptr<Target> target_;
};

}  // namespace holysheep::net
