#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep::http {

/// A model's name is no longer than this; a longer one counts as none.
inline constexpr std::size_t longest_model_name = 128;

/// What the top level of a request's JSON body (RFC 8259) says of model and streaming, read as the body
/// comes, in pieces cut anywhere and without keeping them. Members of nested objects and text inside strings
/// are passed over; an escaped spelling of a key is that key; of members with the same key the last one
/// counts, as it does for most readers. A body that does not begin with `{` is not looked at. Not a
/// validator: what is malformed ends the scan where that shows, with what has been found so far. Costs a
/// memchr over long strings and at most about a nanosecond a byte over the rest.
class RequestScan {
 public:
  /// A part of the body, in bytes; `offset` from the body's beginning.
  struct Span {
    std::uint64_t offset;
    std::uint64_t size;
  };

  /// The body's next bytes.
  void feed(std::string_view bytes);

  /// The value of the last member `model` whose colon has come, without its escapes. Empty: there is none, it
  /// is not a string or not all there yet, is longer than `longest_model_name`, or holds control characters
  /// or malformed escapes. Until the next `feed`.
  [[nodiscard]] std::string_view model() const noexcept { return {name_.data(), name_size_}; }
  /// How many members `model` there are, in capitals too, since some readers take those for it: who replaces
  /// the value, or allows by it, must see 1.
  [[nodiscard]] unsigned models() const noexcept { return models_; }
  /// Where the only `model` stands, its quotes included; nothing unless it is a whole string.
  [[nodiscard]] std::optional<Span> model_span() const noexcept;
  /// The last member `stream` is the literal `true`. A literal is whole once something stands behind it.
  [[nodiscard]] bool stream() const noexcept { return stream_; }
  /// How many members `stream` there are.
  [[nodiscard]] unsigned streams() const noexcept { return streams_; }
  /// How many members `stream_options` there are.
  [[nodiscard]] unsigned stream_options() const noexcept { return options_; }
  /// Where the value of the only `stream_options` stands, of whatever kind; nothing unless it is whole.
  [[nodiscard]] std::optional<Span> stream_options_span() const noexcept;
  /// Bytes before the object's first member: its `{` is the last of them. 0: it has not come.
  [[nodiscard]] std::uint64_t first_member() const noexcept { return first_member_; }
  /// The object, of one member at least, has come to its end, and nothing malformed was seen before it.
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  /// And nothing but white space stood behind it.
  [[nodiscard]] bool whole() const noexcept { return closed_ && !followed_; }

 private:
  enum class Place : std::uint8_t {
    before_body,
    before_key,
    key,
    before_colon,
    before_value,
    string,
    literal,
    nested,
    nested_string,
    behind_value,
    over,
  };
  enum class Member : std::uint8_t { other, model, nearly_model, stream, options };

  const char* step(const char* p, const char* end);
  static Member member_of(std::string_view raw);
  void see_behind(std::string_view bytes) noexcept;
  void at_mark(char c, std::uint64_t offset) noexcept;
  void begin_member() noexcept;
  void begin_value(char c, std::uint64_t offset) noexcept;
  void end_value(std::uint64_t end) noexcept;
  const char* in_string(const char* p, const char* end);
  const char* in_literal(const char* p, const char* end) noexcept;
  const char* in_nested(const char* p, const char* end) noexcept;
  [[nodiscard]] bool is_kept() const noexcept;
  void keep(std::string_view part);
  void take_text(std::string_view raw, std::uint64_t end);

  Place place_ = Place::before_body;
  Member member_ = Member::other;
  bool escaped_ = false;  // of a cut string: its next byte stands behind a backslash
  bool stream_ = false;
  bool closed_ = false;
  bool followed_ = false;
  unsigned models_ = 0;
  unsigned streams_ = 0;
  unsigned options_ = 0;
  std::size_t true_matched_ = 0;  // of a literal: how much of `true` it is so far
  std::uint64_t depth_ = 0;
  std::uint64_t fed_ = 0;
  std::uint64_t first_member_ = 0;
  Span span_{};          // of the model's name; size 0: not a string, or not its end yet
  Span options_span_{};  // size 0: not its end yet
  std::string cut_;      // a key or name that began in an earlier piece
  std::size_t name_size_ = 0;
  std::array<char, longest_model_name> name_;
};

}  // namespace holysheep::http
