#pragma once

#include <holysheep/http/whole_events.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holysheep::http {

/// Takes out of an OpenAI chat stream what upstream adds when it is asked for the stream's usage
/// (`stream_options.include_usage`), so that a client that did not ask gets what it would have got: the
/// member `"usage":null` of each chunk, and the last chunk, whose `choices` is empty and whose `usage` is an
/// object, whole. Everything else passes as it is: usage beside choices, members of nested objects, text that
/// looks like it, other fields and comments. Of an event whose JSON goes over several data lines only the
/// first line is looked at, and it is never dropped.
///
/// Stands behind `WholeEvents`, and an event that this holds until it is whole is never held here. Of a
/// larger one, which comes as it arrives, at most `longest_member` bytes wait: a comma, and what follows as
/// long as it may become that member. More white space in it than fits: it stays. Such a larger event cannot
/// be dropped, because its beginning is with the client: a chunk of usage that large passes as it came.
///
/// Constant memory, no allocation; long strings cost about 0.1 ns a byte, the rest about 1. One stream, not
/// thread-safe.
class UsageRemoval {
 public:
  static constexpr std::size_t longest_member = 48;

  UsageRemoval() noexcept = default;
  UsageRemoval(const UsageRemoval&) = delete;
  UsageRemoval& operator=(const UsageRemoval&) = delete;

  /// Takes the pieces that `WholeEvents::pass` left and puts in their place what passes now: parts of the
  /// same memory, IN WHICH IT MOVES BYTES TOGETHER (so all of it must be writable, and nobody else's), or of
  /// this object until the next call. None of them is empty. `last`: nothing comes after them; of an event
  /// that is not complete then, what waits is not shown any more.
  void pass(WholeEvents::Pieces& pieces, bool last);

 private:
  /// A place among the bytes that pass in this call.
  struct Mark {
    std::size_t piece = 0;
    std::size_t offset = 0;  // in what is left of it
  };
  enum class Line : std::uint8_t { name, data, other };
  enum class Place : std::uint8_t {
    before,     // the document
    first_key,  // behind `{`, or where the first member was
    key,        // behind a comma
    in_key,
    colon,
    value,
    string,
    literal,
    null,
    choices,  // behind its `[`
    nested,
    nested_string,
    behind_value,
    behind_taken,  // the first member was taken out: its comma goes too
    behind_taken_comma,
    over,
    foreign,  // no object, or malformed: nothing more is looked for
  };

  // What passes, moved together.
  void begin_piece(std::size_t index) noexcept;
  void keep_up_to(const char* p) noexcept;
  [[nodiscard]] Mark here(const char* p) const noexcept;
  void drop(Mark from, const char* to) noexcept;
  void show_what_waited();
  void let_wait() noexcept;

  // Lines and events.
  void take(const char* p, const char* end) noexcept;
  void take_line(const char* p, const char* end) noexcept;
  void begin_data() noexcept;
  void end_line(const char* p) noexcept;
  void end_event(const char* p) noexcept;

  // The data's JSON.
  void take_json(const char* p, const char* end) noexcept;
  const char* step(const char* p, const char* end) noexcept;
  void at_mark(const char* p) noexcept;
  void begin_member(const char* p, bool first) noexcept;
  void begin_value(char c) noexcept;
  const char* in_key(const char* p, const char* end) noexcept;
  const char* in_string(const char* p, const char* end) noexcept;
  const char* in_null(const char* p, const char* end) noexcept;
  const char* in_nested(const char* p, const char* end) noexcept;

  WholeEvents::Pieces* pieces_ = nullptr;
  std::size_t index_ = 0;        // of the piece that is looked at
  char* begin_ = nullptr;        // its memory,
  char* end_of_kept_ = nullptr;  // the end of what passes of it, moved together,
  const char* kept_ = nullptr;   // and the beginning of what passes and has not been moved yet

  std::uint8_t marked_ = 0;  // bytes of a byte order mark passed, or all of them without one
  bool after_cr_ = false;    // an LF that comes next belongs to the line that has ended
  bool drops_lf_ = false;    // that was the last of an event that has been dropped
  Line line_ = Line::name;
  std::size_t line_size_ = 0;  // bytes of it so far, while line_ is name

  bool in_event_ = false;    // a line of one has begun since the last blank line
  bool event_here_ = false;  // it began in this call, at event_
  bool one_line_ = false;    // it has had no second data line
  bool has_data_ = false;
  bool no_choices_ = false;
  bool has_usage_ = false;
  Mark event_;

  Place place_ = Place::before;
  bool escaped_ = false;    // the string's next byte stands behind a backslash
  bool candidate_ = false;  // what has passed since member_ may become `"usage":null`
  bool is_first_ = false;   // of its object
  std::uint8_t key_size_ = 0;
  std::uint8_t matched_ = 0;  // bytes of `null`
  std::uint64_t depth_ = 0;
  Mark member_;  // of this call, while candidate_
  std::array<char, 8> key_;

  std::size_t waiting_ = 0;  // bytes of wait_
  std::array<char, longest_member> wait_;
  std::array<char, longest_member> shown_;
};

}  // namespace holysheep::http
