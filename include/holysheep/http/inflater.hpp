#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct z_stream_s;

namespace holysheep::http {

/// What a message's `Content-Encoding` says of its bytes.
enum class ContentCoding : std::uint8_t { identity, gzip, deflate, other };

/// Reads a body in gzip (RFC 1952, also several members one behind the other) or deflate coding (RFC 1950,
/// or RFC 1951 alone, which some servers send under that name), in any cutting. What comes out lies in a
/// buffer that stays the same, however much it is. About 44 KiB in all, given back where nothing more can
/// come.
///
/// A body that grows beyond what text does (past 1 MiB, to more than a hundred times its size) counts as
/// faulty, so that one that is made to does not keep the event loop. Not thread-safe. The constructor throws
/// std::bad_alloc only.
class Inflater {
 public:
  /// `coding`: gzip or deflate.
  explicit Inflater(ContentCoding coding);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// What comes out next of `input`, which begins behind what has been used: a view until the next call.
  /// Empty: all of it has been used, and more is needed, or nothing more comes out.
  std::string_view next(std::string_view& input) noexcept;
  /// It was no such body from some byte on: nothing more comes out.
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  /// What it takes now, in bytes.
  [[nodiscard]] std::size_t memory() const noexcept { return sizeof *this + (stream_ ? of_zlib : 0); }

 private:
  static constexpr std::size_t of_zlib = 40 * 1024;  // the window's 32 KiB, and what zlib keeps beside it

  struct End {
    void operator()(z_stream_s* stream) const noexcept;
  };

  bool begin(char first) noexcept;
  void fail() noexcept;
  [[nodiscard]] bool grows_too_much() const noexcept;

  ContentCoding coding_;
  bool begun_ = false;
  bool failed_ = false;
  std::uint64_t taken_ = 0;
  std::uint64_t given_ = 0;
  std::unique_ptr<z_stream_s, End> stream_;  // none: nothing more comes out
  std::array<char, 4096> out_;
};

}  // namespace holysheep::http
