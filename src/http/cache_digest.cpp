#include "cache_key_fields.hpp"
#include <holysheep/http/cache_rules.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <boost/container/small_vector.hpp>
#include <openssl/evp.h>

namespace holysheep::http {
namespace {

using Digest = std::array<std::uint8_t, 32>;

/// Stands where the number of a field would: no more of them.
constexpr std::uint8_t end_of_fields = 0xff;

struct FreeDigest {
  void operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// Looking the algorithm up by name costs more than the digest of a small request: once for the process.
const EVP_MD* sha256() {
  static const std::unique_ptr<EVP_MD, FreeDigest> digest(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return digest.get();
}

Digest digest_of(std::string_view head, std::string_view body) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  Digest digest;
  if (sha256() == nullptr || context == nullptr ||
      EVP_DigestInit_ex2(context.get(), sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), head.data(), head.size()) != 1 ||
      EVP_DigestUpdate(context.get(), body.data(), body.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    throw std::runtime_error("cannot compute a SHA-256 digest");
  }
  return digest;
}

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
  return digest_of(input.bytes(), canonical_body);
}

}  // namespace holysheep::http
