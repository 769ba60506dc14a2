// A request's JSON as it comes: what is read in it, and what is put into it.
#include "fuzz.hpp"
#include <holysheep/http/context_length.hpp>
#include <holysheep/http/json_canonical.hpp>
#include <holysheep/http/model_name.hpp>
#include <holysheep/http/stream_usage.hpp>

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace holysheep::fuzz {
namespace {

using http::BodyEdit;
using http::RequestScan;
using nlohmann::json;

bool same(const std::optional<RequestScan::Span>& a, const std::optional<RequestScan::Span>& b) {
  return a.has_value() == b.has_value() && (!a || (a->offset == b->offset && a->size == b->size));
}

void expect_same(const RequestScan& a, const RequestScan& b) {
  expect(a.model() == b.model() && a.models() == b.models() && same(a.model_span(), b.model_span()),
         "a body that is cut names the same model");
  expect(a.stream() == b.stream() && a.streams() == b.streams(),
         "a body that is cut asks for the same stream");
  expect(a.stream_options() == b.stream_options() && same(a.stream_options_span(), b.stream_options_span()),
         "a body that is cut has the same options");
  expect(a.first_member() == b.first_member() && a.closed() == b.closed() && a.whole() == b.whole(),
         "a body that is cut begins and ends at the same place");
}

std::string_view part(std::string_view body, const RequestScan::Span& span) {
  expect(span.offset <= body.size() && span.size <= body.size() - span.offset, "a span is within the body");
  return body.substr(static_cast<std::size_t>(span.offset), static_cast<std::size_t>(span.size));
}

/// The body with the edit in it, which is the same however the body lies in pieces.
std::string with(const BodyEdit& edit, std::string_view body, Chance& chance) {
  const std::string expected = std::string(body.substr(0, static_cast<std::size_t>(edit.offset)))
                                   .append(edit.text)
                                   .append(body.substr(static_cast<std::size_t>(edit.offset + edit.size)));
  std::vector<std::string_view> pieces;
  for (std::string_view rest = body; !rest.empty(); rest.remove_prefix(pieces.back().size()))
    pieces.push_back(rest.substr(0, chance.below(40)));
  std::string out;
  for (const auto piece : http::edited(pieces, {&edit, 1})) {
    expect(!piece.empty(), "no piece is empty");
    out += piece;
  }
  expect(out == expected, "an edit replaces its own bytes, however the body is cut");
  return out;
}

void expect_edits_say_what_they_should(std::string_view body, const RequestScan& scan, const json* document,
                                       Chance& chance) {
  if (const auto span = scan.model_span()) {
    const auto name = part(body, *span);
    expect(name.size() >= 2 && name.front() == '"' && name.back() == '"', "a model's name is a string");
    const std::string text = with({span->offset, span->size, R"("another")"}, body, chance);
    if (document != nullptr) {
      json expected = *document;
      expected["model"] = "another";
      expect(json::parse(text, nullptr, false) == expected, "another model, and nothing else");
    }
  }
  const auto options = scan.stream_options_span();
  const auto edit = http::usage_edit(scan, options ? part(body, *options) : std::string_view{});
  if (!edit) return;
  expect(edit->offset <= body.size() && edit->size <= body.size() - edit->offset,
         "an edit is within the body");
  const std::string text = with(*edit, body, chance);
  if (document == nullptr) return;
  json expected = *document;
  expected["stream_options"]["include_usage"] = true;
  expect(json::parse(text, nullptr, false) == expected, "the usage is asked for, and nothing else");
}

bool has_controls(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

void expect_scan_agrees(const RequestScan& scan, const json& document, std::string_view body) {
  expect(scan.whole() || document.empty(), "a whole document is seen to be one");
  expect(scan.streams() == (document.contains("stream") ? 1 : 0), "one member is one");
  expect(scan.stream() == (document.contains("stream") && document["stream"] == true),
         "stream is told as it is");
  const auto model = document.find("model");
  if (model == document.end()) return expect(scan.model().empty(), "there is no model");
  if (scan.models() != 1) return;
  std::string decoded;
  const auto found = http::top_level_string(body, "model", decoded, http::longest_model_name);
  if (!model->is_string()) return expect(scan.model().empty() && !found, "what is no string names no model");
  const auto& name = model->get_ref<const std::string&>();
  if (name.size() > http::longest_model_name || has_controls(name))
    return expect(scan.model().empty() && !found, "what cannot be a name is none");
  expect(scan.model() == name, "the model is told as it is");
  expect(found == name, "the model is found as it is");
}

}  // namespace

void request_body(std::string_view input) {
  Chance chance(input);
  RequestScan whole;
  whole.feed(input);
  RequestScan cut;
  in_pieces(input, chance, [&](std::string_view piece) { cut.feed(piece); });
  expect_same(whole, cut);
  expect(whole.model().size() <= http::longest_model_name, "a model's name is bounded");
  (void)http::says_context_too_long(input);
  // What no two readers read in two ways.
  const bool plain = !input.starts_with('\xef') && http::canonical_json(input).has_value();
  const json document = plain ? json::parse(input, nullptr, false) : json();
  expect_edits_say_what_they_should(input, whole, document.is_object() ? &document : nullptr, chance);
  if (document.is_object()) expect_scan_agrees(whole, document, input);
}

}  // namespace holysheep::fuzz
