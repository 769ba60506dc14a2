// An answer's head: found, parsed for the request's method, and written for the client.
#include "heads.hpp"
#include <holysheep/http/response_writer.hpp>

namespace holysheep::fuzz {
namespace {

using http::FieldName;
using http::Framing;
using http::ResponseHead;

constexpr http::Method methods[] = {http::Method::get, http::Method::head, http::Method::post};

void expect_beast_agrees(const ResponseHead& ours, std::string_view bytes) {
  const auto beasts = beast_response(bytes);
  if (!beasts) return;
  expect(beasts->status == ours.status, "Beast reads the same status");
  // Where there is none, Beast tells the registered one.
  expect(ours.reason.empty() || beasts->reason == ours.reason, "Beast reads the same reason");
  expect_same_fields(ours.fields, *beasts);
  if (ours.framing == Framing::none) return;  // that goes by the method
  expect(beasts->chunked == (ours.framing == Framing::chunked), "Beast delimits by chunks where we do");
  if (ours.framing == Framing::length)
    expect(beasts->length == ours.content_length, "Beast reads the same length");
  if (ours.framing == Framing::until_close) expect(!beasts->length, "Beast sees no length either");
}

Framing onward_framing(const ResponseHead& head, Chance& chance) {
  if (head.framing == Framing::none || head.framing == Framing::length) return head.framing;
  return chance.once_in(2) ? Framing::chunked : Framing::until_close;
}

void expect_no_hop_by_hop(const ResponseHead& before, const ResponseHead& after) {
  for (const FieldName id :
       {FieldName::te, FieldName::upgrade, FieldName::keep_alive, FieldName::proxy_connection})
    expect(count(after.fields, id) == 0, "no hop-by-hop field goes on");
  expect(count(after.fields, FieldName::connection) <= 1, "what is said of the connection is ours");
  for (const auto& field : before.fields) {
    if (!field.nominated || field.id != FieldName::other) continue;
    for (const auto& other : after.fields)
      expect(other.name != field.name || other.value != field.value || other.name == "Vary",
             "no nominated field goes on");
  }
}

void expect_written_head_is_read(const ResponseHead& head, http::Method to, Chance& chance) {
  const http::ServerTiming timing{};
  http::Downward down{.head = head, .timing = timing};
  down.client_version_minor = static_cast<int>(chance.below(2));
  down.framing = onward_framing(head, chance);
  if (down.client_version_minor == 0 && down.framing == Framing::chunked) down.framing = Framing::until_close;
  down.content_length = head.content_length;
  if (down.framing == Framing::chunked) down.coding = static_cast<http::Coding>(chance.below(3));
  down.edited = chance.once_in(2);
  down.close = chance.once_in(2);
  down.request_id = "0123456789abcdef";
  down.date = "Tue, 24 Nov 2026 08:45:34 GMT";
  if (chance.once_in(2)) down.should_retry = chance.once_in(2);
  down.second_hand = chance.once_in(2);
  if (chance.once_in(2)) down.age = std::chrono::seconds(7);
  std::string written;
  http::write_response_head(written, down);

  expect(scanned_head(http::Side::response, written, chance) == written, "what is written is one head");
  static ResponseHead again;
  if (!http::parse_response_head(written, to, again)) {
    expect(head.fields.size() > 200, "what is written is an answer");  // ours came on top
    return;
  }
  expect(again.status == head.status && again.reason == head.reason, "the status goes on as it is");
  expect(again.framing == down.framing, "the framing is what was told");
  expect(down.framing != Framing::length || again.content_length == head.content_length,
         "the length is what was told");
  expect(again.version_minor == 1, "an answer is HTTP/1.1");
  if (down.close) expect(!again.keep_alive, "a connection that ends says so");
  expect(again.event_stream == head.event_stream, "an event stream stays one");
  if (down.second_hand)
    expect(count(again.fields, FieldName::set_cookie) == 0, "nobody gets another's cookie");
  expect_no_hop_by_hop(head, again);
  expect_beast_agrees(again, written);
}

}  // namespace

void response_head(std::string_view input) {
  const http::Method to = methods[take_choice(input, 3)];
  Chance chance(input);
  const auto bytes = scanned_head(http::Side::response, input, chance);
  if (!bytes) return;
  static ResponseHead head;
  if (!http::parse_response_head(*bytes, to, head)) return;
  expect(within(head.reason, *bytes), "a head's views point into it");
  for (const auto& field : head.fields)
    expect(within(field.name, *bytes) && within(field.value, *bytes), "a field's views point into the head");
  expect(head.status >= 100 && head.status <= 999, "a status has three digits");
  expect_beast_agrees(head, *bytes);
  if (!head.interim()) return expect_written_head_is_read(head, to, chance);
  std::string written;
  http::write_interim_head(written, head);
  expect(scanned_head(http::Side::response, written, chance) == written, "an interim answer is one head");
  static ResponseHead again;
  expect(http::parse_response_head(written, to, again) || head.fields.size() > 200,
         "an interim answer is read");
}

}  // namespace holysheep::fuzz
