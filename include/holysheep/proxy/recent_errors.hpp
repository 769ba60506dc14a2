#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::proxy {

/// The last errors that clients got, for whoever asks what is wrong: bounded in number and length, and never
/// with a body, a key or a query in them. Any thread. Errors may come in thousands a second: one that would
/// have to wait for another is left out.
class RecentErrors {
 public:
  static constexpr std::size_t most = 50;
  static constexpr std::size_t longest_text = 512;  ///< bytes of each text

  struct Entry {
    std::chrono::system_clock::time_point time;
    std::string request_id;
    std::string client;  ///< id from the keys file, or empty
    std::string model;
    std::string route;
    unsigned status = 0;
    std::string code;   ///< the gateway error's; empty for upstream's own
    std::string check;  ///< what happened and what to look at
  };

  void add(Entry entry);
  [[nodiscard]] std::vector<Entry> newest_first() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;  // newest last
};

/// What to look at when upstream's own answer has a status from 400 on. Static text.
std::string_view check_upstream_status(unsigned status) noexcept;

}  // namespace holysheep::proxy
