#pragma once

#include <holysheep/net/event_loop.hpp>
#include <holysheep/net/wakeup.hpp>

#include <memory>

#include <boost/asio/post.hpp>

namespace holysheep::net {

/// Lets another thread raise an event at a sink that may be gone by then. The owner lives on the event loop
/// and forgets the sink in its destructor; what is already on its way then reaches nobody.
class RemoteEvent {
 public:
  RemoteEvent(EventLoop& loop, EventSink& sink, Event event)
      : target_(std::make_shared<Target>(Target{loop, &sink, event})) {}
  RemoteEvent(const RemoteEvent&) = delete;
  RemoteEvent& operator=(const RemoteEvent&) = delete;
  ~RemoteEvent() { target_->sink = nullptr; }

  /// For any thread, as often as wanted, also after this object is gone.
  [[nodiscard]] auto raiser() const {
    return [target = target_] {
      boost::asio::post(target->loop.io, [target] {
        if (target->sink) target->sink->raise(target->event);
      });
    };
  }

 private:
  struct Target {
    EventLoop& loop;
    EventSink* sink;
    Event event;
  };
  std::shared_ptr<Target> target_;
};

}  // namespace holysheep::net
