#pragma once

#include <holysheep/proxy/answer_writer.hpp>
#include <holysheep/proxy/shared_answer.hpp>

#include <string>
#include <string_view>

namespace holysheep::proxy {

/// Gives one reader of a SharedAnswer its body: what has passed already at once, the rest as it comes, at its
/// own pace. Copies no byte. One event loop.
class SharedRelay {
 public:
  SharedRelay(ClientConnection& client, SharedReader& reader, Downstream down)
      : client_(client), reader_(reader), writer_(client, down) {}

  /// Sends `head_bytes` (of memory that others use while this waits) and the body behind it. Outcomes as
  /// Relay::run's.
  Task<Fault> run(std::string_view head_bytes);

  [[nodiscard]] std::uint64_t body_bytes() const noexcept { return writer_.body_bytes(); }
  [[nodiscard]] bool must_reset() const noexcept { return writer_.must_reset(); }

 private:
  Task<Fault> wait(bool boundary);

  ClientConnection& client_;
  SharedReader& reader_;
  AnswerWriter writer_;
};

}  // namespace holysheep::proxy
