#pragma once

#include <holysheep/http/request_head.hpp>
#include <holysheep/http/route.hpp>

#include <cstdint>
#include <string>

namespace holysheep::http {

/// What upstream is told of the content codings that an answer may come in.
enum class AnswerCoding : std::uint8_t {
  as_asked,  ///< what the client said
  readable,  ///< of that what can be read here: gzip, deflate, and as it is
  plain,     ///< none, whatever the client said; of a client that said nothing: nothing
};

/// For a request whose answer's usage is counted: of a stream no coding at all, because the events of a coded
/// one can be neither told apart nor joined by others; else one that can be read. A client gets an answer
/// then that it accepts too (RFC 9110 §12.5.3), only in fewer bytes' saving; what it gets without coding can
/// still be compressed here (ENABLE_GZIP). For every other request: as it asked.
AnswerCoding answer_coding(Method method, const Route& route, bool asks_for_stream) noexcept;

/// Does a request's `Accept-Encoding`, all its lines together, take a coding that cannot be read here (`br`,
/// `zstd`, and `*`, which stands for them too), and besides it one that can? No allocation.
bool takes_unreadable_coding(const HeaderBlock& request) noexcept;

/// Appends the value of an `Accept-Encoding` that takes the others of those alone: elements as they were
/// spelt, refusals among them, and `identity` where else nothing would be taken.
void append_readable_codings(std::string& out, const HeaderBlock& request);

}  // namespace holysheep::http
