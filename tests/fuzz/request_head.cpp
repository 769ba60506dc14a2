// The request's head: found, parsed, routed, and written for upstream.
#include "heads.hpp"
#include <holysheep/http/cache_rules.hpp>
#include <holysheep/http/credentials.hpp>
#include <holysheep/http/request_writer.hpp>
#include <holysheep/http/route.hpp>

namespace holysheep::fuzz {
namespace {

using http::FieldName;
using http::Framing;
using http::Onward;
using http::RequestHead;

constexpr std::string_view key = "sk-the-keyofours";
constexpr std::string_view authority = "upstream.test:8443";

void expect_views_within(const RequestHead& head, std::string_view bytes) {
  for (const auto view : {head.method_text, head.target, head.path, head.query, head.host})
    expect(within(view, bytes) || view == "/" || view == "*", "a head's views point into it");
  for (const auto& field : head.fields)
    expect(within(field.name, bytes) && within(field.value, bytes), "a field's views point into the head");
}

void expect_beast_agrees(const RequestHead& ours, std::string_view bytes) {
  const auto beasts = beast_request(bytes);
  if (!beasts) return;
  expect(beasts->method == ours.method_text, "Beast reads the same method");
  const bool origin = beasts->target.starts_with('/') || beasts->target == "*";
  expect(origin ? beasts->target == ours.target
                : std::string_view(beasts->target).ends_with(ours.target) || ours.target.size() == 1,
         "Beast reads the same target");
  expect_same_fields(ours.fields, *beasts);
  expect(beasts->chunked == (ours.framing == Framing::chunked), "Beast delimits by chunks where we do");
  if (ours.framing == Framing::length)
    expect(beasts->length == ours.content_length, "Beast reads the same length");
  if (ours.framing == Framing::none) expect(!beasts->length, "Beast sees no body either");
}

bool repeats_own_credential(const http::HeaderBlock& fields) {
  for (const auto& field : fields) {
    if (http::is_credential(field.id) && field.value.find(key) == std::string_view::npos) return true;
  }
  return false;
}

/// What goes upstream is read there as what was meant: one request, ours in framing, host and credentials.
void expect_written_head_is_read(const RequestHead& head, Chance& chance) {
  const http::Route to = http::route(head.path);
  if (to.endpoint != http::Endpoint::forward || head.method == http::Method::connect) return;
  Onward onward{head};
  onward.base_path = chance.once_in(2) ? "/v1" : "";
  onward.rest = to.rest;
  onward.beta = to.beta;
  onward.dialect = to.dialect;
  onward.authority = authority;
  onward.key = chance.once_in(2) ? key : "";
  onward.withhold = chance.once_in(4);
  onward.client_address = "192.0.2.7";
  onward.request_id = "0123456789abcdef";
  onward.framing = head.framing;
  onward.content_length = head.content_length;
  onward.answer_coding = static_cast<http::AnswerCoding>(chance.below(3));
  std::string written = "x";  // it appends
  http::write_request_head(written, onward);
  written.erase(0, 1);

  expect(scanned_head(http::Side::request, written, chance) == written, "what is written is one head");
  static RequestHead again;
  const auto refused = http::parse_request_head(written, again);
  if (refused.fault == Fault::headers_too_large) return;  // ours came on top
  expect(refused.fault == Fault::none, "what is written is a request");
  expect(again.method_text == head.method_text, "the method goes on as it is");
  expect(again.path.ends_with(to.rest), "the path goes on as it is");
  expect(again.host == authority, "the host is upstream's");
  expect(again.framing == head.framing || (head.framing == Framing::none && again.content_length == 0),
         "the framing goes on as it is");
  expect(head.framing != Framing::length || again.content_length == head.content_length,
         "the length goes on as it is");
  expect(count(again.fields, FieldName::host) == 1, "upstream is named once");
  for (const FieldName id : {FieldName::connection, FieldName::te, FieldName::upgrade, FieldName::keep_alive,
                             FieldName::proxy_authorization, FieldName::proxy_connection})
    expect(count(again.fields, id) == 0, "no hop-by-hop field goes on");
  for (const auto& field : head.fields) {
    if (!field.nominated) continue;
    for (const auto& other : again.fields)
      expect(other.name.data() != field.name.data() &&
                 (other.name != field.name || other.value != field.value || other.id == FieldName::via),
             "no nominated field goes on");
  }
  if (!onward.key.empty() || onward.withhold)
    expect(!repeats_own_credential(again.fields), "the client's credentials stay here");
  expect_beast_agrees(again, written);
}

}  // namespace

void request_head(std::string_view input) {
  Chance chance(input);
  const auto bytes = scanned_head(http::Side::request, input, chance);
  if (!bytes) return;
  static RequestHead head;  // its capacity is reused, as a session's is
  const auto refused = http::parse_request_head(*bytes, head);
  if (refused.fault != Fault::none) {
    expect(!refused.why.empty(), "a refusal says why");
    return;
  }
  expect_views_within(head, *bytes);
  expect_beast_agrees(head, *bytes);
  expect_written_head_is_read(head, chance);
  const http::Route to = http::route(head.path);
  (void)http::decoded_model(to);
  (void)http::may_name_unread_model(to);
  if (chance.once_in(8)) {
    const auto digest = http::cache_digest(head, to, "client", "{}");
    expect(digest == http::cache_digest(head, to, "client", "{}"), "a key is the same again");
    expect(digest != http::cache_digest(head, to, "client2", "{}"), "a key is one client's");
    expect(digest != http::cache_digest(head, to, "client", "[]"), "a key is one body's");
  }
}

}  // namespace holysheep::fuzz
