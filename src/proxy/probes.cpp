#include <holysheep/proxy/probes.hpp>

namespace holysheep::proxy {

ProbeAnswer health() {
  return {200, R"({"status":"ok"})"};
}

ProbeAnswer readiness(const Lifecycle& lifecycle, bool memory_refuses, const Upstream& upstream,
                      const Upstream* second) {
  std::string reasons;
  const auto add = [&](bool holds, std::string_view reason) {
    if (holds) reasons.append(reasons.empty() ? "\"" : ",\"").append(reason).append("\"");
  };
  add(lifecycle.stage() == Lifecycle::Stage::starting, "starting");
  add(lifecycle.draining(), "draining");
  add(memory_refuses, "memory");
  ProbeAnswer answer{200, R"({"status":"ready")"};
  if (!reasons.empty()) answer = {503, R"({"status":"unready","reasons":[)" + reasons + "]"};
  answer.body += R"(,"upstream":{"breaker":")";
  answer.body += state_name(upstream.breakers.upstream().state());
  answer.body += R"("})";
  if (second != nullptr) {
    answer.body += R"(,"fallback":{"breaker":")";
    answer.body += state_name(second->breakers.upstream().state());
    answer.body += R"("})";
  }
  answer.body += '}';
  return answer;
}

}  // namespace holysheep::proxy
