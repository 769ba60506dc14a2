#pragma once

#include <holysheep/core/tally.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace holysheep {

/// Upper bounds of a histogram's buckets, ascending; a value at a bound is within it.
template <std::size_t N>
using Bounds = std::array<std::uint64_t, N>;

/// What histograms of the same bounds counted, added up.
template <std::size_t N>
struct HistogramCounts {
  std::array<std::uint64_t, N + 1> buckets{};  ///< not cumulative; the last is of what is past all bounds
  double sum = 0;                              ///< in the bounds' unit

  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (const auto bucket : buckets) all += bucket;
    return all;
  }
};

/// How values are spread over the buckets of `bounds`, a constant. One thread adds, any thread reads: loads
/// and stores, no read-modify-write. Buckets and sum are exact each by itself; a reader may see a value in
/// its bucket and not yet in the sum. The sum wraps at 2⁶⁴: of nanoseconds after 584 years of durations.
template <const auto& bounds>
class Histogram {
 public:
  static constexpr std::size_t size = bounds.size();
  using Counts = HistogramCounts<size>;

  /// The owner's thread only.
  void add(std::uint64_t value) noexcept {
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
    buckets_[static_cast<std::size_t>(bucket)].add(1);
    sum_.add(value);
  }

  void add_to(Counts& all) const noexcept {
    for (std::size_t i = 0; i <= size; ++i) all.buckets[i] += buckets_[i].get();
    all.sum += static_cast<double>(sum_.get());
  }

 private:
  std::array<Tally, size + 1> buckets_;
  Tally sum_;
};

}  // namespace holysheep
