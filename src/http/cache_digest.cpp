#include "cache_key_fields.hpp"
#include <holysheep/http/cache_rules.hpp>

#include <algorithm>

#include <boost/container/small_vector.hpp>

namespace holysheep::http {
namespace {

/// Stands where the number of a field would: no more of them.
constexpr std::uint8_t end_of_fields = 0xff;

/// The input but for the body, which is long and stays where it is.
class Input {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void part(std::string_view text) {
    size_of(text);
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  /// Four bytes for nearly every part: what is hashed costs by the byte.
  void size_of(std::string_view text) {
    constexpr std::size_t long_text = 0xffffffff;
    number(std::min(text.size(), long_text), 4);
    if (text.size() >= long_text) number(text.size(), 8);
  }
  [[nodiscard]] std::string_view bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }

 private:
  void number(std::size_t value, int size) {
    for (int i = 0; i < size; ++i) byte(static_cast<std::uint8_t>(value >> (8 * i)));
  }

  boost::container::small_vector<char, 1024> bytes_;
};

struct KeyField {
  std::uint8_t place;
  std::string_view value;
};

/// Lines of one name stay in order; between names the client's order has no meaning.
void add_fields(Input& input, const HeaderBlock& fields) {
  boost::container::small_vector<KeyField, 16> found;
  for (const Field& field : fields) {
    if (field.nominated) continue;  // ends here: upstream is not told
    const auto place = cache_key_field(field.name);
    if (!place) continue;
    const auto behind =
        std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.place > *place; });
    found.insert(behind, {.place = *place, .value = field.value});
  }
  for (const KeyField& field : found) {
    input.byte(field.place);
    input.part(field.value);
  }
  input.byte(end_of_fields);
}

}  // namespace

Digest cache_digest(const RequestHead& request, const Route& to, std::string_view client_id,
                    std::string_view canonical_body) {
  Input input;
  input.part(request.method_text);
  input.byte(to.beta ? 1 : 0);
  input.part(to.rest);
  input.byte(request.has_query ? 1 : 0);
  input.part(request.query);
  input.part(client_id);
  add_fields(input, request.fields);
  input.size_of(canonical_body);
  return sha256(input.bytes(), canonical_body);
}

}  // namespace holysheep::http
