#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

namespace holysheep::fuzz {

/// What a target found: an invariant that an input broke.
struct Violation : std::logic_error {
  using std::logic_error::logic_error;
};

/// Throws a Violation that says what should have held.
inline void expect(bool holds, const char* what) {
  if (!holds) throw Violation(what);
}

/// Looks at one input, whatever its bytes are, and throws where something does not hold that must. Depends on
/// nothing but the input, so that the same bytes find the same again.
using Target = void (*)(std::string_view input);

struct Entry {
  std::string_view name;  ///< of its folder in tests/fuzz/corpus too
  Target run;
};

std::span<const Entry> targets() noexcept;
/// Null: there is none of that name.
Target find_target(std::string_view name) noexcept;

/// Chance that is the input's own (its FNV-1a hash, then xorshift64*).
class Chance {
 public:
  explicit Chance(std::string_view input) noexcept;
  std::uint64_t next() noexcept;
  std::uint64_t below(std::uint64_t end) noexcept { return next() % end; }
  bool once_in(unsigned times) noexcept { return below(times) == 0; }

 private:
  std::uint64_t state_;
};

/// Calls `take` for `text` in pieces, empty ones among them: at times byte by byte, at times large. At times
/// each piece is in memory of its own, so that a step beyond it, or a view of it that is kept, is seen by
/// AddressSanitizer.
template <class Take>
void in_pieces(std::string_view text, Chance& chance, Take take) {
  constexpr std::size_t longest[] = {1, 3, 16, 200};
  const std::size_t most = longest[chance.below(4)];
  const bool apart = chance.once_in(2);
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, most == 1 ? 1 : chance.below(most + 1));
    text.remove_prefix(piece.size());
    if (!apart) {
      take(piece);
      continue;
    }
    const std::unique_ptr<char[]> own(new char[piece.size()]);
    piece.copy(own.get(), piece.size());
    take(std::string_view(own.get(), piece.size()));
  }
}

/// Takes the first byte off `input`: 0 to `end` - 1 for '0', '1', … and any other byte, so that what a seed
/// chooses can be read in it. 0 for an empty input.
inline unsigned take_choice(std::string_view& input, unsigned end) noexcept {
  if (input.empty()) return 0;
  const unsigned choice = static_cast<unsigned char>(input.front() - '0') % end;
  input.remove_prefix(1);
  return choice;
}

// One for each parser or room of parsers.
void request_head(std::string_view input);
void response_head(std::string_view input);
void chunked_body(std::string_view input);
void event_stream(std::string_view input);
void usage(std::string_view input);
void usage_removal(std::string_view input);
void request_body(std::string_view input);
void cache_key(std::string_view input);
void coded_body(std::string_view input);
void settings(std::string_view input);
void documents(std::string_view input);
void header_forms(std::string_view input);
void texts(std::string_view input);
void exchange(std::string_view input);

}  // namespace holysheep::fuzz
