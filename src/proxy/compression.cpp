#include <holysheep/proxy/compression.hpp>

#include <utility>

namespace holysheep::proxy {

using http::Then;

std::string_view Compression::take(std::span<const std::string_view> pieces, bool last) {
  out_.clear();
  if (!encoder_) return out_;
  for (const auto piece : pieces) {
    if (piece.empty()) continue;
    encoder_->feed(piece, Then::more, out_);
    holds_ = true;
  }
  if (last) {
    encoder_->feed({}, Then::end, out_);
    encoder_.reset();  // a client that reads slowly needs none
    holds_ = false;
  }
  charge();
  return out_;
}

std::string_view Compression::flush() {
  out_.clear();
  if (std::exchange(holds_, false)) encoder_->feed({}, Then::wait, out_);
  charge();
  return out_;
}

void Compression::charge() noexcept {
  const std::size_t encoder = encoder_ ? encoder_->memory() : 0;
  const auto bytes = static_cast<std::int64_t>(encoder + out_.capacity());
  charge_.set(bytes);
  promised_.set(bytes);
}

}  // namespace holysheep::proxy
