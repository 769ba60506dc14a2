#include <holysheep/core/text.hpp>
#include <holysheep/http/json_canonical.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace holysheep::http {
namespace {

using nlohmann::json;

constexpr std::size_t deepest = 256;
constexpr std::size_t longest = std::size_t{1}
                                << 29;  // offsets have 32 bits, and an escape six bytes for one
constexpr std::size_t most_moves = 16;  // of every byte, on average

/// Takes the parser's events and writes the canonical text. Every function's answer says whether to go on.
class Writer final : public nlohmann::json_sax<json> {
 public:
  explicit Writer(std::size_t size) : size_(size) { out_.text.reserve(size); }

  CanonicalJson take() { return std::move(out_); }

  bool null() override { return literal("null"); }
  bool boolean(bool value) override {
    if (value && member_of_top("stream")) out_.stream = true;
    return literal(value ? "true" : "false");
  }
  bool number_integer(number_integer_t value) override { return integer(value); }
  bool number_unsigned(number_unsigned_t value) override { return integer(value); }
  bool number_float(number_float_t value, const string_t& spelt) override {
    return number(spelt, value == 0);
  }
  bool string(string_t& value) override {
    begin_value();
    append_json_string(out_.text, value);
    return true;
  }
  bool binary(binary_t& /*value*/) override { return false; }  // not of JSON

  bool start_object(std::size_t /*size*/) override { return open('{'); }
  bool end_object() override { return sort_members() && close('}'); }
  bool start_array(std::size_t /*size*/) override { return open('['); }
  bool end_array() override { return close(']'); }

  bool key(string_t& name) override {
    Level& object = levels_.back();
    if (members_.size() > object.first_member) out_.text.push_back(',');
    const std::size_t begin = out_.text.size();
    append_json_string(out_.text, name);
    const Member member{.begin = narrow(begin), .name_size = narrow(out_.text.size() - begin)};
    out_.text.push_back(':');
    if (members_.size() > object.first_member) {
      const int order = name_of(members_.back()).compare(name_of(member));
      if (order == 0) return false;
      if (order > 0) object.sorted = false;
    }
    members_.push_back(member);
    return true;
  }

  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const json::exception& /*why*/) override {
    return false;
  }

 private:
  struct Member {
    std::uint32_t begin;      ///< in the text, of the name's quote
    std::uint32_t name_size;  ///< with its quotes
    std::uint32_t size = 0;   ///< of name, colon and value; known at the object's end
  };
  struct Level {
    std::size_t first_member;  ///< of those of this object, behind those of the objects around it
    bool array;
    bool sorted = true;  ///< the members so far
    bool empty = true;   ///< no element so far
  };

  static std::uint32_t narrow(std::size_t size) noexcept { return static_cast<std::uint32_t>(size); }

  [[nodiscard]] std::string_view name_of(const Member& member) const noexcept {
    return std::string_view(out_.text).substr(member.begin, member.name_size);
  }

  [[nodiscard]] bool member_of_top(std::string_view name) const noexcept {
    if (levels_.size() != 1 || levels_.back().array) return false;
    const std::string_view quoted = name_of(members_.back());
    return quoted.substr(1, quoted.size() - 2) == name;
  }

  void begin_value() {
    if (levels_.empty() || !levels_.back().array) return;
    if (!std::exchange(levels_.back().empty, false)) out_.text.push_back(',');
  }

  bool literal(std::string_view text) {
    begin_value();
    out_.text.append(text);
    return true;
  }

  bool number(std::string_view text, bool zero) {
    if (zero && member_of_top("temperature")) out_.temperature_zero = true;
    return literal(text);
  }

  bool integer(auto value) {
    char digits[24];
    const char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return number({digits, end}, value == 0);
  }

  bool open(char bracket) {
    if (levels_.size() == deepest) return false;
    begin_value();
    levels_.push_back({.first_member = members_.size(), .array = bracket == '['});
    out_.text.push_back(bracket);
    return true;
  }

  bool close(char bracket) {
    members_.resize(levels_.back().first_member);
    levels_.pop_back();
    out_.text.push_back(bracket);
    return true;
  }

  /// Of the object that ends here. False: a name stands twice, or too much has been moved already.
  bool sort_members() {
    const Level& object = levels_.back();
    if (object.sorted) return true;
    const auto first = members_.begin() + static_cast<std::ptrdiff_t>(object.first_member);
    const std::size_t begin = first->begin;
    const std::size_t size = out_.text.size() - begin;
    moved_ += size;
    if (moved_ > most_moves * std::max(size_, out_.text.size())) return false;

    for (auto member = first; member != members_.end(); ++member) {
      const bool last = member + 1 == members_.end();
      member->size = (last ? narrow(out_.text.size()) : (member + 1)->begin - 1) - member->begin;
    }
    std::sort(first, members_.end(),
              [this](const Member& a, const Member& b) { return name_of(a) < name_of(b); });
    const auto same_name = [this](const Member& a, const Member& b) { return name_of(a) == name_of(b); };
    if (std::adjacent_find(first, members_.end(), same_name) != members_.end()) return false;

    sorted_.clear();
    for (auto member = first; member != members_.end(); ++member) {
      if (member != first) sorted_.push_back(',');
      sorted_.append(out_.text, member->begin, member->size);
    }
    out_.text.replace(begin, size, sorted_);
    return true;
  }

  CanonicalJson out_;
  std::vector<Level> levels_;
  std::vector<Member> members_;
  std::string sorted_;
  const std::size_t size_;
  std::size_t moved_ = 0;
};

}  // namespace

std::optional<CanonicalJson> canonical_json(std::string_view text) {
  // The parser takes a NUL for the end of the text, whatever follows.
  if (text.size() > longest || text.find('\0') != text.npos) return std::nullopt;
  Writer writer(text.size());
  if (!json::sax_parse(text, &writer)) return std::nullopt;
  return writer.take();
}

}  // namespace holysheep::http
