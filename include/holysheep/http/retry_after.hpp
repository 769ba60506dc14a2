#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/http/header_block.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace holysheep::http {

/// How long upstream asks to wait: `retry-after-ms` (milliseconds) where it can be read, else `Retry-After`
/// in seconds or as a date (RFC 9110 §10.2.3). Decimals are tolerated. Never negative: what is past is 0;
/// what is too far to count is `Duration::max()`. Nothing where neither field can be read.
std::optional<Duration> advised_wait(const HeaderBlock& fields,
                                     std::chrono::system_clock::time_point now) noexcept;

/// What `x-should-retry` says: `true` or `false`, in any case. Nothing for anything else.
std::optional<bool> should_retry(const HeaderBlock& fields) noexcept;

/// Appends the two lines that tell a client when to come back: `Retry-After` in whole seconds, rounded up
/// and at least 1, and `retry-after-ms`, rounded up and at least 1.
void append_retry_after(std::string& out, Duration wait);

}  // namespace holysheep::http
