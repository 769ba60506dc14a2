#include <holysheep/http/usage_meter.hpp>

namespace holysheep::http {

UsageMeter::UsageMeter(Dialect dialect, bool event_stream, ContentCoding coding)
    : coding_(coding), scan_(dialect, event_stream) {
  if (coding == ContentCoding::gzip || coding == ContentCoding::deflate)
    inflater_ = std::make_unique<Inflater>(coding);
}

void UsageMeter::feed(std::string_view payload) noexcept {
  if (coding_ == ContentCoding::identity) return scan_.feed(payload);
  if (!inflater_) return;
  for (auto plain = inflater_->next(payload); !plain.empty(); plain = inflater_->next(payload)) {
    scan_.feed(plain);
  }
  if (inflater_->failed()) inflater_.reset();
}

}  // namespace holysheep::http
