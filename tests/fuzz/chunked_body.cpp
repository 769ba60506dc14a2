// The chunked coding, and what of its trailers may go on.
#include "beast_reader.hpp"
#include "fuzz.hpp"
#include <holysheep/http/chunk_decoder.hpp>
#include <holysheep/http/response_head.hpp>
#include <holysheep/http/trailers.hpp>

namespace holysheep::fuzz {
namespace {

using http::ChunkDecoder;
using Event = ChunkDecoder::Event;

constexpr std::size_t most_trailers = 256;

struct Read {
  Event verdict = Event::need_more;
  std::string payload;
  std::string trailers;
  std::size_t left = 0;  ///< bytes behind the body's end
  friend bool operator==(const Read&, const Read&) = default;
};

/// Feeds one piece; what the decoder leaves of it is what follows the body.
void feed(ChunkDecoder& decoder, std::string_view bytes, Read& read) {
  if (read.verdict != Event::need_more) {
    read.left += bytes.size();
    return;
  }
  for (;;) {
    const std::string_view before = bytes;
    read.verdict = decoder.next(bytes);
    expect(bytes.data() + bytes.size() == before.data() + before.size(), "a decoder takes from the front");
    if (read.verdict != Event::payload) break;
    const auto span = decoder.span();
    expect(!span.empty() && span.data() >= before.data() && span.data() + span.size() <= bytes.data(),
           "payload is a part of what was given and taken");
    read.payload += span;
  }
  expect(read.verdict != Event::need_more || bytes.empty(), "who wants more has taken all");
  read.left = bytes.size();
  expect(decoder.next(bytes) == read.verdict, "what is over stays so");
}

void expect_trailers_are_lines(std::string_view trailers, bool other_bytes) {
  const std::string kept = http::forwardable_trailers(trailers, other_bytes);
  expect(kept.size() <= trailers.size(), "no trailer is made up");
  http::ResponseHead head;
  expect(http::parse_response_head("HTTP/1.1 200 OK\r\n" + kept + "\r\n", http::Method::get, head) ||
             kept.size() > 128,
         "trailers that go on are field lines");
  for (const auto& field : head.fields)
    expect(field.id == http::FieldName::other, "no trailer that some rule speaks of goes on");
}

}  // namespace

void chunked_body(std::string_view input) {
  Chance chance(input);
  ChunkDecoder whole(most_trailers);
  Read read;
  feed(whole, input, read);
  if (read.verdict == Event::end) read.trailers = whole.trailers();

  ChunkDecoder decoder(most_trailers);
  Read cut;
  in_pieces(input, chance, [&](std::string_view piece) { feed(decoder, piece, cut); });
  if (cut.verdict == Event::end) cut.trailers = decoder.trailers();
  if (read.verdict != Event::end) cut.left = read.left;  // what is malformed has no end
  expect(cut == read, "a body that is cut is the same");
  expect(decoder.trailers().size() <= most_trailers + 2, "trailers are bounded");

  if (read.verdict != Event::end) return;
  expect_trailers_are_lines(read.trailers, chance.once_in(2));
  const BeastBody beasts = beast_chunked(input);
  if (beasts.refused) return;
  expect(beasts.complete, "Beast sees the body's end");
  expect(beasts.payload == read.payload, "Beast reads the same body");
  expect(beasts.taken == input.size() - read.left, "Beast sees the end at the same place");
}

}  // namespace holysheep::fuzz
