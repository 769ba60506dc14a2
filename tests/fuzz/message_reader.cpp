#include "message_reader.hpp"

#include <holysheep/http/chunk_decoder.hpp>
#include <holysheep/http/head_scanner.hpp>

#include <algorithm>

namespace holysheep::fuzz {
namespace {

using http::ChunkDecoder;
using http::Framing;
using http::HeadScanner;

ReadBody read_chunks(std::string_view bytes) {
  ReadBody body;
  ChunkDecoder decoder;
  const std::size_t size = bytes.size();
  for (;;) {
    const auto event = decoder.next(bytes);
    if (event == ChunkDecoder::Event::payload) {
      body.payload += decoder.span();
      continue;
    }
    body.complete = event == ChunkDecoder::Event::end;
    body.malformed = !body.complete && event != ChunkDecoder::Event::need_more;
    body.taken = size - bytes.size();
    return body;
  }
}

}  // namespace

ReadBody read_body(Framing framing, std::uint64_t length, std::string_view bytes, bool ended) {
  ReadBody body;
  switch (framing) {
    case Framing::none:
      body.complete = true;
      return body;
    case Framing::chunked:
      return read_chunks(bytes);
    case Framing::length:
      body.payload = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(length, bytes.size())));
      body.complete = body.payload.size() == length;
      break;
    case Framing::until_close:
      body.payload = bytes;
      body.complete = ended;
      break;
  }
  body.taken = body.payload.size();
  return body;
}

ReadRequests read_requests(std::string_view bytes) {
  ReadRequests read;
  for (;;) {
    const std::string_view rest = bytes.substr(read.taken);
    if (rest.empty()) return read;
    HeadScanner scanner(http::Side::request);
    const auto state = scanner.scan(rest);
    if (state == HeadScanner::State::need_more) return read;
    http::RequestHead head;
    read.refused =
        state == HeadScanner::State::malformed ||
        http::parse_request_head(rest.substr(scanner.begin(), scanner.end() - scanner.begin()), head).fault !=
            Fault::none;
    read.last = head.method;
    read.more = true;
    if (read.refused) return read;
    const ReadBody body = read_body(head.framing, head.content_length, rest.substr(scanner.end()), false);
    if (!body.complete) return read;
    read.more = false;
    read.taken += scanner.end() + body.taken;
    read.complete.push_back(
        {.method = std::string(head.method_text),
         .method_id = head.method,
         .path = std::string(head.path),
         .host = std::string(head.host),
         .body = body.payload,
         .authorization = std::string(head.fields.value(http::FieldName::authorization))});
    if (!head.keep_alive) return read;
  }
}

ReadAnswers read_answers(std::string_view bytes, const std::vector<http::Method>& methods) {
  ReadAnswers read;
  while (!bytes.empty()) {
    HeadScanner scanner(http::Side::response);
    const auto state = scanner.scan(bytes);
    if (state == HeadScanner::State::need_more) break;
    http::ResponseHead head;
    const auto method = read.final.size() < methods.size() ? methods[read.final.size()] : http::Method::get;
    read.malformed = state == HeadScanner::State::malformed ||
                     !http::parse_response_head(bytes.substr(0, scanner.end()), method, head);
    if (read.malformed) break;
    bytes.remove_prefix(scanner.end());
    if (head.interim()) continue;
    const ReadBody body = read_body(head.framing, head.content_length, bytes, true);
    read.malformed = body.malformed;
    if (read.malformed) break;
    read.final.push_back({.status = head.status,
                          .complete = body.complete,
                          .delimited = head.framing != Framing::until_close,
                          .keep_alive = head.keep_alive,
                          .event_stream = head.event_stream,
                          .body = body.payload});
    bytes.remove_prefix(body.taken);
    if (!body.complete || !head.keep_alive) break;
  }
  read.left = bytes.size();
  return read;
}

}  // namespace holysheep::fuzz
