#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace holysheep {

/// A value that is replaced as a whole while others read it (keys, trust anchors): written by one thread,
/// read by all. Readers keep a `Subscription` each; as long as nothing was published, reading it costs one
/// relaxed load.
template <class T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  void publish(std::shared_ptr<const T> next) {
    const std::scoped_lock lock(mutex_);
    value_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
  }
  [[nodiscard]] std::shared_ptr<const T> current() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }

  /// One reader's view, for one event loop.
  class Subscription {
   public:
    explicit Subscription(const Published& from) : from_(from) { refresh(); }
    const std::shared_ptr<const T>& get() {
      if (from_.version_.load(std::memory_order_acquire) != seen_) refresh();
      return value_;
    }

   private:
    void refresh() {
      const std::scoped_lock lock(from_.mutex_);
      seen_ = from_.version_.load(std::memory_order_relaxed);
      value_ = from_.value_;
    }
    const Published& from_;
    std::uint64_t seen_ = 0;
    std::shared_ptr<const T> value_;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace holysheep
