// Bodies in gzip and deflate coding: what comes out of any bytes, and out of our own encoder's.
#include "fuzz.hpp"
#include <holysheep/http/gzip_encoder.hpp>
#include <holysheep/http/usage_meter.hpp>

#include <algorithm>
#include <string>

namespace holysheep::fuzz {
namespace {

using http::ContentCoding;
using http::Inflater;

constexpr std::size_t always_allowed = 1U << 20U;
constexpr std::size_t buffer = 4096;

struct Inflated {
  std::string text;
  bool failed = false;
};

void inflate(Inflater& inflater, std::string_view piece, Inflated& out) {
  for (;;) {
    const auto given = inflater.next(piece);
    if (given.empty()) break;
    out.text += given;
  }
  expect(piece.empty(), "who gives nothing more has taken all");
  out.failed = inflater.failed();
}

Inflated inflated(ContentCoding coding, std::string_view input) {
  Inflated out;
  Inflater inflater(coding);
  inflate(inflater, input, out);
  return out;
}

Inflated inflated_in_pieces(ContentCoding coding, std::string_view input, Chance& chance) {
  Inflated out;
  Inflater inflater(coding);
  in_pieces(input, chance, [&](std::string_view piece) { inflate(inflater, piece, out); });
  return out;
}

void expect_encoded_is_read_back(std::string_view input, Chance& chance) {
  static http::GzipEncoder encoder(http::GzipEncoder::least_window);
  encoder.restart();
  std::string coded;
  in_pieces(input, chance, [&](std::string_view piece) {
    encoder.feed(piece, chance.once_in(2) ? http::Then::wait : http::Then::more, coded);
  });
  encoder.feed({}, http::Then::end, coded);
  const Inflated back = inflated_in_pieces(ContentCoding::gzip, coded, chance);
  expect(!back.failed && back.text == input, "what was compressed is read back");
}

}  // namespace

void coded_body(std::string_view input) {
  const unsigned choice = take_choice(input, 4);
  Chance chance(input);
  if (choice >= 2) return expect_encoded_is_read_back(input, chance);
  const ContentCoding coding = choice == 0 ? ContentCoding::gzip : ContentCoding::deflate;
  const Inflated whole = inflated(coding, input);
  const Inflated cut = inflated_in_pieces(coding, input, chance);
  const std::size_t most = std::max(always_allowed, input.size() * 101) + buffer;
  expect(whole.text.size() <= most && cut.text.size() <= most, "what comes out is bounded");
  // One that grows too much is stopped where that shows, which the cutting may shift.
  if (whole.text.size() > always_allowed) return;
  expect(cut.text == whole.text && cut.failed == whole.failed, "a coded body that is cut is the same");
  http::UsageScan scan(http::Dialect::openai, false);
  scan.feed(whole.text);
  http::UsageMeter meter(http::Dialect::openai, false, coding);
  meter.feed(input);
  expect(meter.usage() == scan.usage() && meter.model() == scan.model(), "a meter reads through the coding");
}

}  // namespace holysheep::fuzz
