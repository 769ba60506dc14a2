#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace holysheep {

/// What this process holds of the machine's memory, in bytes.
struct MemoryReading {
  std::uint64_t resident = 0;  ///< 0 where it cannot be read
  /// What its cgroup is charged without page cache, which the kernel takes back by itself: the kernel's own
  /// memory for sockets counts here too, and it is what the OOM killer looks at. Where a limit is set only.
  std::optional<std::uint64_t> charged;
};

/// Reads it anew each time. Its files stay open. One thread.
class MemoryMeter {
 public:
  /// `root` as in machine.hpp.
  explicit MemoryMeter(const std::string& root = {});
  ~MemoryMeter();
  MemoryMeter(const MemoryMeter&) = delete;
  MemoryMeter& operator=(const MemoryMeter&) = delete;

  /// One `pread`, 2 µs; three within a cgroup that has a limit, 18 µs.
  [[nodiscard]] MemoryReading read() const;
  /// The cgroup's limit in bytes, as it was at first.
  [[nodiscard]] std::optional<std::uint64_t> limit() const noexcept { return limit_; }
  /// Bytes in socket buffers count in `charged`: version 2.
  [[nodiscard]] bool charges_sockets() const noexcept { return version2_; }

 private:
  [[nodiscard]] std::optional<std::uint64_t> charged() const;

  std::optional<std::uint64_t> limit_;
  bool version2_ = false;
  int statm_ = -1;
  int usage_ = -1;
  int stat_ = -1;
};

}  // namespace holysheep
