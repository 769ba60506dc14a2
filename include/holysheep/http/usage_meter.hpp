#pragma once

#include <holysheep/http/inflater.hpp>
#include <holysheep/http/usage_scan.hpp>

#include <memory>
#include <string_view>

namespace holysheep::http {

/// `UsageScan` over a body in its content coding: gzip and deflate are read through, of other codings nothing
/// is known. It looks at what passes and holds nothing up; a coded body that proves faulty is read up to
/// there. Constant memory. Not thread-safe. The constructor throws std::bad_alloc only.
class UsageMeter {
 public:
  UsageMeter(Dialect dialect, bool event_stream, ContentCoding coding);

  /// The body's next bytes, without transfer coding.
  void feed(std::string_view payload) noexcept;

  /// What reading the coding takes now, in bytes.
  [[nodiscard]] std::size_t memory() const noexcept { return inflater_ ? inflater_->memory() : 0; }

  [[nodiscard]] Usage usage() const noexcept { return scan_.usage(); }
  /// See UsageScan::model.
  [[nodiscard]] std::string_view model() const noexcept { return scan_.model(); }

 private:
  const ContentCoding coding_;
  std::unique_ptr<Inflater> inflater_;
  UsageScan scan_;
};

}  // namespace holysheep::http
