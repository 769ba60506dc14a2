#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <simulator/delivery.hpp>
#include <simulator/gzip.hpp>

namespace holysheep::sim {
namespace {

using namespace std::string_literals;

void append_number(std::string& out, std::uint64_t value, int base = 10) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

std::string_view http_date() {
  thread_local std::time_t second = 0;
  thread_local std::array<char, 40> text{};
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    second = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return text.data();
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

std::string_view reason_of(unsigned status) {
  if (status == 103) return "Early Hints";
  if (status == 529) return "Overloaded";
  const auto known = boost::beast::http::int_to_status(status);
  if (known == boost::beast::http::status::unknown) return "Unknown";
  const auto reason = boost::beast::http::obsolete_reason(known);
  return {reason.data(), reason.size()};
}

void append_status(std::string& out, unsigned status, std::string_view version) {
  out.append(version).push_back(' ');
  append_number(out, status);
  out.append(" ").append(reason_of(status)).append("\r\n");
}

/// Status line and fields up to the framing, without the empty line.
void append_head(std::string& out, const Content& content, std::string_view version) {
  append_status(out, content.status, version);
  append_field(out, "Date", http_date());
  append_field(out, "Server", "holysheep-simulator");
  if (!content.type.empty()) append_field(out, "Content-Type", content.type);
  for (const auto& [name, value] : content.headers) append_field(out, name, value);
}

void append_length(std::string& out, std::uint64_t length) {
  out.append("Content-Length: ");
  append_number(out, length);
  out.append("\r\n");
}

bool has_body(unsigned status) {
  return status >= 200 && status != 204 && status != 304;
}

/// Wraps payload bytes as the framing and the content coding ask.
class Framer {
 public:
  Framer(bool chunked, bool gzip, bool trailers) : chunked_(chunked), gzip_(gzip), trailers_(trailers) {}

  std::string wrap(std::string payload) {
    if (gzip_) payload = coder_.write(payload);
    return framed(std::move(payload));
  }

  std::string finish() {
    std::string out = gzip_ ? framed(coder_.finish()) : ""s;
    if (chunked_) out += trailers_ ? "0\r\nX-Sim-Trailer: done\r\n\r\n" : "0\r\n\r\n";
    return out;
  }

 private:
  std::string framed(std::string payload) const {
    if (!chunked_ || payload.empty()) return payload;
    std::string out;
    out.reserve(payload.size() + 24);
    append_number(out, payload.size(), 16);
    out.append("\r\n").append(payload).append("\r\n");
    return out;
  }

  StoredGzip coder_;
  bool chunked_;
  bool gzip_;
  bool trailers_;
};

void apply_script_to(Content& content, const Script& script) {
  for (const auto& [name, value] : script.headers) {
    if (boost::beast::iequals(name, "content-type")) {
      content.type = value;
    } else {
      content.headers.emplace_back(name, value);
    }
  }
  for (std::uint64_t left = script.header_flood, i = 0; left > 0; ++i) {
    const std::string name = "X-Flood-" + std::to_string(i);
    const std::uint64_t size = std::min<std::uint64_t>(left, 1024);
    content.headers.emplace_back(name, std::string(size > name.size() + 4 ? size - name.size() - 4 : 1, 'f'));
    left -= size;
  }
  if (content.piece) return;
  // A plain body is a stream of one piece, so that the cuts below need no case of their own.
  content.length = content.body.size();
  content.pieces = content.body.empty() ? 0 : 1;
  content.piece = [body = std::move(content.body)](std::uint64_t) { return body; };
}

bool uses_chunks(const Content& content, const Script& script) {
  if (script.http10 || script.no_close_notify) return false;
  return content.framing == Content::Framing::chunked || script.trailers || script.bad_chunk ||
         (script.gzip && content.framing == Content::Framing::length && content.is_events);
}

bool delimited_by_close(const Content& content, const Script& script) {
  return script.http10 || script.no_close_notify || content.framing == Content::Framing::close;
}

std::string rendered_head(const Content& content, const Script& script, bool chunked, bool closes) {
  std::string head;
  append_head(head, content, script.http10 ? "HTTP/1.0" : "HTTP/1.1");
  if (script.gzip) append_field(head, "Content-Encoding", "gzip");
  if (chunked) {
    append_field(head, "Transfer-Encoding", "chunked");
    if (script.trailers) append_field(head, "Trailer", "X-Sim-Trailer");
  } else if (!delimited_by_close(content, script) && has_body(content.status)) {
    std::uint64_t length = content.length;
    if (script.gzip) length = StoredGzip{}.write(content.piece(0)).size() + 13;
    append_length(head, length);
  }
  if (closes) append_field(head, "Connection", "close");
  return head + "\r\n";
}

Step::Kind end_of(Cut::Act act) {
  if (act == Cut::Act::reset) return Step::Kind::reset;
  return act == Cut::Act::stall ? Step::Kind::stall : Step::Kind::close;
}

bool cut_at(const Script& script, Cut::Where where) {
  return script.cut && script.cut->where == where;
}

bool cut_at(const Script& script, Cut::Where where, std::uint64_t count) {
  return cut_at(script, where) && script.cut->count == count;
}

/// The i-th piece, or the end mark, as the script bends it.
std::string scripted_piece(const Content& content, const Script& script, std::uint64_t i) {
  std::string piece = i == content.pieces ? content.end_mark : content.piece(i);
  if (script.invalid_json_event && *script.invalid_json_event == i && content.is_events) {
    piece.insert(0, "data: {\"broken\": \n\n");
  }
  if (cut_at(script, Cut::Where::mid_event, i)) piece.resize(piece.size() / 2);
  return piece;
}

std::string interim(unsigned status) {
  std::string out;
  append_status(out, status, "HTTP/1.1");
  if (status == 103) append_field(out, "Link", "</style.css>; rel=preload; as=style");
  return out + "\r\n";
}

}  // namespace

void append_plain(std::string& out, const Content& content, Asked asked) {
  append_head(out, content, "HTTP/1.1");
  if (has_body(content.status)) append_length(out, content.body.size());
  if (!asked.keep_alive) append_field(out, "Connection", "close");
  out.append("\r\n");
  if (!asked.head_only && has_body(content.status)) out.append(content.body);
}

// One long story on purpose: it reads in the order of the bytes on the wire.
Steps deliver(Content content, Script script, Asked asked) {
  Step step = Step::wait(script.delay);
  if (script.delay.count() > 0) co_yield step;
  const Step::Kind cut = script.cut ? end_of(script.cut->act) : Step::Kind::close;
  Step cut_off = Step::end(script.silent ? Step::Kind::stall : cut);
  if (script.silent || cut_at(script, Cut::Where::before)) co_yield cut_off;
  Step close = Step::end(Step::Kind::close);
  Step linger = Step::end(Step::Kind::linger);
  if (script.garbage) {
    step = Step::send("\x01\xffthis is not HTTP\r\n\r\n"s);
    co_yield step;
    co_yield close;
  }
  step = Step::send(interim(script.interim.value_or(103)));
  if (script.interim) co_yield step;
  if (script.interim_flood) {
    for (;;) co_yield step;
  }
  if (script.upgrade) {
    step =
        Step::send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"s);
    co_yield step;
    co_yield linger;
  }

  const bool had_pieces = static_cast<bool>(content.piece);
  apply_script_to(content, script);
  const bool chunked = uses_chunks(content, script);
  const bool by_close = !chunked && delimited_by_close(content, script);
  const bool closes = by_close || !asked.keep_alive || script.linger || script.no_close_notify;
  // What goes out next: the head, and with it the first of the body.
  std::string bytes = rendered_head(content, script, chunked, closes);
  if (cut_at(script, Cut::Where::header)) {
    if (cut != Step::Kind::stall) bytes.resize(bytes.find("Server:") + 3);  // within a field's name
    step = Step::send(std::exchange(bytes, {}));
    co_yield step;
    co_yield cut_off;
  }

  Framer framer(chunked, script.gzip, script.trailers);
  std::uint64_t sent = 0;
  const bool body_goes = !asked.head_only && has_body(content.status);
  const std::uint64_t marks = had_pieces && !content.end_mark.empty() && !script.no_done ? 1 : 0;
  const std::uint64_t total = body_goes ? content.pieces + marks : 0;
  const std::chrono::nanoseconds pause =
      std::max<std::chrono::nanoseconds>(script.chunk_delay, content.interval);
  auto due = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < total; ++i) {
    if (cut_at(script, Cut::Where::event, i)) {
      step = Step::send(std::exchange(bytes, {}));
      co_yield step;
      co_yield cut_off;
    }
    if (script.pause && script.pause->events == i) {
      step = Step::send(std::exchange(bytes, {}));
      co_yield step;
      step = Step::wait(script.pause->time);
      co_yield step;
    }
    if (script.bad_chunk && *script.bad_chunk == i) {
      bytes += "zz;not-a-size\r\ndata\r\n";
      step = Step::send(std::exchange(bytes, {}));
      co_yield step;
      co_yield close;
    }
    if (script.error_event && *script.error_event == i && content.is_events) {
      bytes += framer.wrap(content.error_event);
      bytes += framer.finish();
      step = Step::send(std::exchange(bytes, {}));
      co_yield step;
      break;
    }
    std::string piece = scripted_piece(content, script, i);
    const bool body_ends_here = cut_at(script, Cut::Where::body) && sent + piece.size() >= script.cut->count;
    bool whole = !cut_at(script, Cut::Where::mid_event, i);
    if (body_ends_here) {
      whole = script.cut->count - sent == piece.size();
      piece.resize(script.cut->count - sent);
    }
    sent += piece.size();
    bytes += framer.wrap(std::move(piece));
    const bool last = i + 1 == total;
    const bool stops = body_ends_here || cut_at(script, Cut::Where::mid_event, i) ||
                       (last && cut_at(script, Cut::Where::after_done));
    if (last && !stops) bytes += framer.finish();
    step = Step::send(std::exchange(bytes, {}));
    if (whole && content.told) step.told = content.told(i);
    co_yield step;
    if (stops) co_yield cut_off;
    // By the clock: from send to send, streams that were late together would come together ever after.
    const auto now = std::chrono::steady_clock::now();
    due = std::max(due, now - pause) + pause;
    step = Step::wait(std::max(due - now, std::chrono::nanoseconds(0)));
    if (!last && pause.count() > 0) co_yield step;
  }
  if (total == 0) {
    if (body_goes) bytes += framer.finish();
    step = Step::send(std::exchange(bytes, {}));
    co_yield step;
    if (script.cut) co_yield cut_off;
  }
  if (script.linger) co_yield linger;
  step = Step::end(script.no_close_notify ? Step::Kind::finish_without_notify : Step::Kind::finish);
  if (closes) co_yield step;
}

}  // namespace holysheep::sim
