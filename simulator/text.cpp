#include <array>

#include <simulator/dialects.hpp>

namespace holysheep::sim {
namespace {

constexpr std::array<std::string_view, 8> words{"The ",   "sheep ",  "counts ", "every ",
                                                "token ", "before ", "it ",     "sleeps. "};

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      out.append("\\u00").push_back(digits[byte >> 4U]);
      out.push_back(digits[byte & 15U]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string delta_text(std::uint64_t index, const Script& script) {
  if (script.chunk_size == 0) return std::string(words[index % words.size()]);
  std::string out;
  out.reserve(script.chunk_size + 8);
  while (out.size() < script.chunk_size) out.append(words[index++ % words.size()]);
  out.resize(script.chunk_size);
  return out;
}

std::string full_text(const Script& script) {
  std::string out;
  for (std::uint64_t i = 0; i < script.chunks; ++i) out.append(delta_text(i, script));
  return out;
}

}  // namespace holysheep::sim
