#include <holysheep/proxy/probes.hpp>

namespace holysheep::proxy {

ProbeAnswer health() {
  return {200, R"({"status":"ok"})"};
}

ProbeAnswer readiness(const Lifecycle& lifecycle, const Upstream& upstream, const Upstream* second) {
  const auto stage = lifecycle.stage();
  ProbeAnswer answer{200, R"({"status":"ready")"};
  if (stage != Lifecycle::Stage::serving) {
    answer = {503, R"({"status":"unready","reasons":[")"};
    answer.body += stage == Lifecycle::Stage::draining ? R"(draining"])" : R"(starting"])";
  }
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
