#pragma once

#include <holysheep/http/gzip_encoder.hpp>
#include <holysheep/policy/loop_memory.hpp>
#include <holysheep/policy/memory_accounts.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holysheep::proxy {

/// One answer's body on its way to a client that gets it compressed. Holds an encoder until the body's end,
/// and what has come out of it until that is sent: at most what one read from upstream can make. Both are
/// charged to `MemoryUse::compression`, and promised by its event loop. One event loop.
class Compression {
 public:
  /// Has the event loop memory for an encoder? `length`: the body's, where it is known.
  [[nodiscard]] static bool possible(const LoopMemory& loop, std::optional<std::uint64_t> length) noexcept {
    const auto bytes = http::GzipEncoder::memory_of(http::window_for(length));
    return loop.may_hold(static_cast<std::int64_t>(bytes));
  }

  Compression(http::GzipEncoders& encoders, MemoryAccounts& accounts, LoopMemory& loop,
              std::optional<std::uint64_t> length)
      : encoder_(encoders.take(length)), charge_(accounts, MemoryUse::compression), promised_(loop) {
    charge();
  }

  /// Takes what came, and gives what can go on: often nothing, and with `last` the rest. Good until the next
  /// call.
  std::string_view take(std::span<const std::string_view> pieces, bool last);
  /// What was taken and has not come out yet; to be asked for before waiting for more. Good until the next
  /// call. Nothing where there is none, and the stream is no longer for it.
  std::string_view flush();

 private:
  void charge() noexcept;

  http::GzipEncoders::Lent encoder_;
  MemoryCharge charge_;
  LoopMemory::Held promised_;
  std::string out_;
  bool holds_ = false;  // something is inside
};

}  // namespace holysheep::proxy
