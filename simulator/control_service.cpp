#include <nlohmann/json.hpp>
#include <simulator/control_service.hpp>
#include <simulator/delivery.hpp>
#include <simulator/simulator.hpp>

namespace holysheep::sim {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json requests_json(const std::vector<RequestRecord>& records) {
  Json list = Json::array();
  for (const RequestRecord& record : records) {
    Json headers = Json::array();
    for (const auto& [name, value] : record.headers) headers.push_back({name, value});
    list.push_back({{"sequence", record.sequence},
                    {"arrived_ns", record.arrived_ns},
                    {"connection", record.connection},
                    {"method", record.method},
                    {"target", record.target},
                    {"headers", std::move(headers)},
                    {"body_length", record.body_length},
                    {"body_complete", record.body_complete},
                    {"body_sha256", record.body_sha256},
                    {"model", record.model},
                    {"script", record.script},
                    {"answered", record.answered},
                    {"cancelled", record.cancelled},
                    {"ended_ns", record.ended_ns}});
  }
  return list;
}

Json stats_json(const Stats& stats) {
  return {{"connections_accepted", stats.connections_accepted},
          {"connections_open", stats.connections_open},
          {"handshakes", stats.handshakes},
          {"resumptions", stats.resumptions},
          {"requests", stats.requests},
          {"in_flight", stats.in_flight},
          {"answered", stats.answered},
          {"cancelled", stats.cancelled}};
}

std::string set_connections(Simulator& simulator, const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return "the body is not a JSON object";
  for (const auto& [key, value] : json.items()) {
    TlsFault fault = TlsFault::none;
    if (key == "tls_fault" && value.is_string() && parse_tls_fault(value.get<std::string>(), fault)) {
      simulator.set_tls_fault(fault);
    } else if (key == "max_requests" && value.is_number_unsigned()) {
      simulator.set_max_requests_per_connection(value.get<std::uint64_t>());
    } else if (key == "idle_close_ms" && value.is_number_unsigned()) {
      simulator.set_idle_close(std::chrono::milliseconds(value.get<std::uint32_t>()));
    } else if (key == "accept_pause" && value.is_boolean()) {
      simulator.set_accept_paused(value.get<bool>());
    } else {
      return "unknown or bad: " + key;
    }
  }
  return {};
}

Content done(const std::string& problem) {
  Content content;
  if (!problem.empty()) content.status = 400;
  content.body = text_of(problem.empty() ? Json{{"ok", true}} : Json{{"error", problem}});
  return content;
}

Content content_for(Simulator& simulator, const Request& request) {
  const std::string action = request.method + " " + std::string(request.path());
  Content content;
  if (action == "GET /requests") {
    content.body = text_of(requests_json(simulator.requests()));
  } else if (action == "GET /usage") {
    content.type = "application/x-ndjson";
    content.body = usage_lines(simulator.told_usage());
  } else if (action == "GET /stats") {
    content.body = text_of(stats_json(simulator.stats()));
  } else if (action == "POST /reset") {
    simulator.reset();
    content = done({});
  } else if (action == "POST /script") {
    content = done(simulator.set_script(request.body));
  } else if (action == "POST /connections") {
    content = done(set_connections(simulator, request.body));
  } else if (action == "POST /close-connections") {
    simulator.close_connections();
    content = done({});
  } else {
    content = done("no such control: " + action);
    content.status = 404;
  }
  return content;
}

}  // namespace

Service::Reply ControlService::answer(const Request& request, std::uint64_t, std::uint64_t, bool,
                                      std::uint64_t, std::string& out) {
  Reply reply;
  reply.keep_alive = request.keep_alive;
  append_plain(out, content_for(simulator_, request), Asked{request.method == "HEAD", request.keep_alive});
  return reply;
}

}  // namespace holysheep::sim
