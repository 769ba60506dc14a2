#pragma once

#include <holysheep/app/memory_report.hpp>
#include <holysheep/app/worker.hpp>
#include <holysheep/core/memory_meter.hpp>
#include <holysheep/core/settings_loader.hpp>
#include <holysheep/policy/memory_guard.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/logger.h>

namespace holysheep::app {

/// Looks at this process' memory, on the App's thread, off the event loops: every 20 ms while more than half
/// of what is allowed is used, else four times a second, and once a second where there is no limit. Tells the
/// event loops how far they may go until the next look (`LoopMemory`), has the cache's oldest entries
/// dropped, and gives memory that nobody uses any more back to the machine.
class MemoryWatch {
 public:
  /// Drops entries until so many bytes are free, the oldest first. How many that were.
  using DropOldest = std::function<std::uint64_t(std::uint64_t bytes)>;

  MemoryWatch(boost::asio::io_context& io, spdlog::logger& log, const LoadedSettings& loaded);
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

  [[nodiscard]] MemoryAccounts& accounts() noexcept { return accounts_; }
  /// New requests are refused now. Any thread.
  [[nodiscard]] const std::atomic<bool>& refuses() const noexcept { return refuses_; }

  /// What goes first under `ACTION=evict-oldest`. To be set before `start`.
  void drop_first(DropOldest drop) { drop_ = std::move(drop); }
  /// From now on. `workers` and `admission` must outlive it, or `stop`.
  void start(const std::vector<std::unique_ptr<Worker>>& workers, const Admission& admission);
  void stop();

  [[nodiscard]] MemoryReport report() const;

 private:
  [[nodiscard]] std::array<std::int64_t, memory_use_count> held() const;
  [[nodiscard]] MemoryState measure() const;
  void look();
  void note_promises();
  MemoryVerdict drop_cache(MemoryState state, const MemoryVerdict& verdict);
  void grant(const MemoryVerdict& verdict);
  void tell(const MemoryVerdict& verdict, const MemoryState& state, TimePoint now);
  void give_back(const MemoryVerdict& verdict, const MemoryState& state, TimePoint now);

  boost::asio::basic_waitable_timer<Clock> timer_;
  spdlog::logger& log_;
  const MemoryAction action_;
  const MemoryMeter meter_;
  const MemoryCeilings ceilings_;
  MemoryAccounts accounts_;
  std::atomic<bool> refuses_{false};
  DropOldest drop_;
  const std::vector<std::unique_ptr<Worker>>* workers_ = nullptr;
  const Admission* admission_ = nullptr;
  SlackWatch slack_;
  std::int64_t promised_ = 0;            // nominal bytes of requests and connections at the last look
  std::vector<std::int64_t> committed_;  // by each event loop, just before memory was read
  bool pressed_ = false;                 // over a threshold at the last look
  bool told_ = false;                    // the log has said so
  TimePoint last_pressed_{};
  bool giving_back_ = false;  // the event loops empty their pools; the allocator's turn is next
  std::atomic<std::size_t> loops_giving_back_{0};  // so many have not done so yet
};

}  // namespace holysheep::app
