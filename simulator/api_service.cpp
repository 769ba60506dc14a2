#include <simulator/api_service.hpp>
#include <simulator/content.hpp>
#include <simulator/delivery.hpp>

namespace holysheep::sim {

std::string ApiService::set_default_script(std::string_view text) {
  ParsedScript parsed = parse_script(text);
  if (!parsed.problem.empty()) return parsed.problem;
  const std::scoped_lock lock(mutex_);
  default_script_ = text;
  has_default_ = !text.empty();
  return {};
}

std::string ApiService::default_script() {
  if (!has_default_.load(std::memory_order_relaxed)) return {};
  const std::scoped_lock lock(mutex_);
  return default_script_;
}

void ApiService::reset() {
  const std::scoped_lock lock(mutex_);
  failed_.clear();
}

bool ApiService::fails_now(const Script& script) {
  const std::scoped_lock lock(mutex_);
  std::uint64_t& count = failed_[script.text];
  if (count >= script.fail->times) return false;
  ++count;
  return true;
}

bool ApiService::answers_early(const Request& request) {
  const std::string_view header = request.value_of("x-sim");
  if (header.empty() && !has_default_.load(std::memory_order_relaxed)) return false;
  return parse_script(header.empty() ? default_script() : std::string(header)).script.early.has_value();
}

Service::Reply ApiService::answer(const Request& request, std::uint64_t connection, std::uint64_t nth,
                                  bool body_complete, std::uint64_t body_length, std::string& out) {
  const JsonProbe json = probe_json(request.body);
  std::string text = script_text_of(request, json);
  if (text.empty()) text = default_script();

  Reply reply;
  reply.ticket = recorder_.begin(request, connection, json.model, text, body_complete, body_length);
  const std::uint64_t limit = requests_per_connection_.load(std::memory_order_relaxed);
  const Asked asked{request.method == "HEAD", request.keep_alive && (limit == 0 || nth < limit)};
  reply.keep_alive = asked.keep_alive;

  ParsedScript parsed = parse_script(text);
  Script& script = parsed.script;
  if (!parsed.problem.empty()) {
    append_plain(out, error_content(request.path(), 400, parsed.problem), asked);
    return reply;
  }
  if (script.usage_varied) {
    script.usage = varied_counts(std::string(request.value_of("x-request-id")) + "\n" + request.body);
  }
  if (script.early) script.status = script.early->status;
  if (script.fail && fails_now(script)) script.status = script.fail->status;

  Content content = content_of(request, json, script);
  if (request.version < 11 && content.piece) script.http10 = true;  // knows no chunks
  reply.telling = usage_.begin({.request_id = std::string(request.value_of("x-request-id")),
                                .model = model_of(request, json),
                                .dialect = dialect_of(request.path()),
                                .status = content.status});
  if (script.is_default() && !content.piece) {
    append_plain(out, content, asked);
    if (content.told && !asked.head_only) reply.told = content.told(0);
    return reply;
  }
  const Asked scripted{asked.head_only, asked.keep_alive && !(script.early && script.early->closes)};
  reply.steps = deliver(std::move(content), std::move(script), scripted);
  return reply;
}

void ApiService::left_while_asking(const Request& request, std::uint64_t connection, std::uint64_t read) {
  recorder_.cancelled(recorder_.begin(request, connection, {}, {}, false, read));
}

void ApiService::told(const Reply& reply, const ToldUsage& usage) {
  usage_.told(reply.telling, usage);
}

void ApiService::ended(const Reply& reply, End how) {
  usage_.ended(reply.telling, how == End::answered);
  const std::uint64_t ticket = reply.ticket;
  switch (how) {
    case End::answered:
      return recorder_.answered(ticket);
    case End::cancelled:
      return recorder_.cancelled(ticket);
    case End::broken_off:
      return recorder_.broken_off(ticket);
  }
}

}  // namespace holysheep::sim
