// A feed as /dashboard.json has it, of a pod under steady load, `step` polls of two seconds after its start.

const durations = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const firstTokens = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const small = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5];

export const hostile = "<img src=x onerror=\"document.title='owned'\">";
const start = Date.UTC(2026, 10, 29, 14) / 1000;

/** `shares`: upper bound → the share of the observations in that bucket. */
function histogram(bounds, count, shares, labels = {}) {
  let below = 0;
  const buckets = [...bounds, "+Inf"].map((bound) => [bound, Math.round(below += (shares[bound] ?? 0) * count)]);
  buckets.at(-1)[1] = count;
  return { labels, buckets, sum: count * 0.3, count };
}

const counter = (...samples) => ({ type: "counter", samples: samples.map(([labels, value]) => ({ labels, value })) });
const gauge = (...samples) => ({ ...counter(...samples), type: "gauge" });
const histograms = (...samples) => ({ type: "histogram", samples });

function use(requests, price, direct) {
  const input = requests * 900;
  const output = requests * 240;
  const cost = (input + output) * price / 1e6;
  const directly = (input + output) * direct / 1e6;
  return {
    requests, errors: Math.floor(requests / 250), partial: 0, input_tokens: input, cached_input_tokens: requests * 300,
    output_tokens: output, reasoning_tokens: requests * 20, cost_usd: cost, direct_cost_usd: directly, saved_usd: directly - cost,
  };
}

function added(...all) {
  const sums = {};
  for (const one of all) for (const [name, value] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}

const settings = {
  upstream: "https://api.holysheep.ai/v1", fallback: "https://fallback.example/v1", listen_port: 8080, workers: 2,
  rate_limit_per_second: 50, rate_limit_burst: 50, queue_size: 1000, upstream_max_connections: 1024, cache_size_mb: 256,
  request_timeout_seconds: 60, circuit_breaker_threshold: 5, usage_file: true, client_keys: true,
};

export function untouched(step = 0) {
  const none = use(0, 0, 0);
  return {
    now: start + 2 + 2 * step, version: "0.1.0", uptime_seconds: 2 + 2 * step, settings: { ...settings, fallback: null, client_keys: false },
    ready: { status: "ready", reasons: [], upstream: { breaker: "closed" } },
    usage: { since: "2026-11-29T14:00:00.000Z", totals: none, by_model: {}, by_client: {} }, errors: [],
    metrics: {
      holysheep_breaker_state: gauge([{ upstream: "primary", model: "" }, 0]),
      holysheep_rate_limit_tokens: gauge([{}, 50]),
      process_resident_memory_bytes: gauge([{}, 21 * 1024 * 1024]),
      process_open_fds: gauge([{}, 24]), process_max_fds: gauge([{}, 1048576]),
    },
  };
}

/** Twelve requests a second, in waves; `stride` seconds from answer to answer. */
export function busy(step, stride = 2) {
  const seconds = 60 + stride * step;
  const done = Math.round(12 * seconds + 90 * Math.sin(seconds / 60));
  const failed = Math.floor(done * 0.003);
  const refused = Math.floor(done * 0.009);
  const slow = 0.02 + 0.012 * Math.sin(seconds / 45);
  const of = { gpt: use(Math.round(done * 0.5), 1.2, 8), claude: use(Math.round(done * 0.3), 2.25, 15), hostile: use(Math.round(done * 0.2), 0.06, 0.42) };
  const models = { "gpt-4.1": of.gpt, "claude-sonnet-4.5": of.claude, [hostile]: of.hostile };
  const totals = added(...Object.values(models));
  const byModel = (field) => counter(...Object.entries(models).map(([model, used]) => [{ client: "team-a", model }, used[field]]));
  const route = "/v1/chat/completions";
  return {
    now: start + seconds, version: "0.1.0", uptime_seconds: seconds, settings,
    ready: { status: "ready", reasons: [], upstream: { breaker: "closed" }, fallback: { breaker: "closed" } },
    usage: {
      since: "2026-11-29T14:00:00.000Z", totals, by_model: models,
      by_client: {
        "team-a": { ...added(of.gpt, of.claude), by_model: {} }, [hostile]: { ...of.hostile, by_model: {} },
      },
    },
    errors: [
      { time: "2026-11-29T14:09:41.123Z", request_id: "0f6a7e2c91d34b55", client: "team-a", model: "gpt-4.1", route, status: 502, code: "upstream_dns_error",
        check: "The name of the upstream did not resolve. Check BASE_URL and the DNS of the pod." },
      { time: "2026-11-29T14:08:02.004Z", request_id: "b1", client: hostile, model: hostile, route, status: 429, code: "rate_limit_exceeded",
        check: "The bucket was empty for longer than the request could wait. Raise RATE_LIMIT_PER_SECOND or send less." },
      { time: "2026-11-29T14:07:55.900Z", request_id: "c2", client: "team-a", model: "claude-sonnet-4.5", route: "/v1/messages", status: 400, code: "",
        check: "" },
    ],
    metrics: {
      holysheep_requests_total: counter([{ route, status: "200" }, done - failed - refused], [{ route, status: "429" }, refused],
        [{ route, status: "502" }, failed], [{ route: "/health", status: "200" }, seconds]),
      holysheep_requests_in_flight: gauge([{}, 7]),
      holysheep_streams_open: gauge([{}, 4]),
      holysheep_client_connections: gauge([{}, 19]),
      holysheep_partial_answers_total: counter([{}, 1]),
      holysheep_request_duration_seconds: histograms(
        histogram(durations, done, { 0.1: 0.1, 0.25: 0.5 - slow, 0.5: 0.3, 1: 0.1, 2.5: slow }, { route }),
        histogram(durations, seconds, { 0.0005: 1 }, { route: "/health" })),
      holysheep_queue_duration_seconds: histograms(histogram(durations, done, { 0.0005: 0.97, 0.005: 0.02, 0.05: 0.01 })),
      holysheep_upstream_first_byte_seconds: histograms(histogram(durations, done, { 0.1: 0.3, 0.25: 0.5, 0.5: 0.2 - slow, 1: slow })),
      holysheep_proxy_overhead_seconds: histograms(histogram(small, done, { 0.0001: 0.7, 0.00025: 0.25, 0.0005: 0.05 })),
      gen_ai_server_time_to_first_token_seconds: histograms(
        histogram(firstTokens, Math.round(done / 2), { 0.1: 0.1, 0.25: 0.6, 0.5: 0.25, 1: 0.05 }, { gen_ai_request_model: "gpt-4.1" })),
      holysheep_upstream_attempts_total: counter([{ upstream: "primary", outcome: "2xx" }, done - failed], [{ upstream: "primary", outcome: "429" }, 9],
        [{ upstream: "primary", outcome: "upstream_dns_error" }, failed], [{ upstream: "fallback", outcome: "2xx" }, 12]),
      holysheep_retries_total: counter([{ reason: "upstream_dns_error" }, 14], [{ reason: "429" }, 9]),
      holysheep_retries_refused_total: counter([{}, 0]),
      holysheep_fallbacks_total: counter([{ to: "second_upstream" }, 12], [{ to: "model" }, 0]),
      holysheep_breaker_state: gauge([{ upstream: "primary", model: "" }, 0], [{ upstream: "fallback", model: "" }, 0],
        [{ upstream: "primary", model: "claude-sonnet-4.5" }, 2]),
      holysheep_breaker_openings_total: counter([{ upstream: "primary" }, 1]),
      holysheep_rate_limit_tokens: gauge([{}, 37.4]),
      holysheep_queue_length: gauge([{}, 3]),
      holysheep_queue_refusals_total: counter([{ reason: "rate_limit_exceeded" }, refused], [{ reason: "queue_full" }, 0]),
      holysheep_upstream_in_flight: gauge([{}, 6]),
      holysheep_upstream_paused: gauge([{}, 0]),
      holysheep_upstream_connections: gauge([{ state: "idle" }, 18], [{ state: "active" }, 6]),
      holysheep_tls_handshakes_total: counter([{ resumed: "true" }, 30], [{ resumed: "false" }, 10]),
      holysheep_cache_bytes: gauge([{}, 48 * 1024 * 1024]),
      holysheep_cache_entries: gauge([{}, 812]),
      holysheep_cache_requests_total: counter([{ result: "hit" }, 150], [{ result: "coalesced" }, 50], [{ result: "miss" }, 300], [{ result: "bypass" }, 90]),
      holysheep_cache_evictions_total: counter([{}, 2]),
      holysheep_input_tokens_total: byModel("input_tokens"),
      holysheep_output_tokens_total: byModel("output_tokens"),
      holysheep_unpriced_requests_total: counter([{}, 4]),
      holysheep_event_loop_lag_seconds: histograms(...["0", "1"].map((loop) => histogram(small, seconds, { 0.0001: 0.9, 0.001: 0.1 }, { loop }))),
      holysheep_memory_cgroup_bytes: gauge([{}, 96 * 1024 * 1024]),
      holysheep_memory_threshold_bytes: gauge([{}, 400 * 1024 * 1024]),
      holysheep_memory_pressure: gauge([{}, 0]),
      holysheep_memory_held_bytes: gauge([{ use: "request_bodies" }, 1.5 * 1024 * 1024], [{ use: "cache" }, 48 * 1024 * 1024], [{ use: "relay" }, 65536]),
      holysheep_log_lines_dropped_total: counter([{}, 0]),
      process_resident_memory_bytes: gauge([{}, 88 * 1024 * 1024]),
      process_cpu_seconds_total: counter([{}, seconds * 0.21]),
      process_open_fds: gauge([{}, 61]), process_max_fds: gauge([{}, 1048576]),
    },
  };
}

/** Upstream gone, memory at its threshold. */
export function ill(step) {
  const feed = busy(step);
  feed.ready = { status: "unready", reasons: ["upstream api.holysheep.ai: breaker open for 12 s"], upstream: { breaker: "open" } };
  feed.metrics.holysheep_breaker_state.samples[0].value = 2;
  feed.metrics.holysheep_memory_pressure.samples[0].value = 1;
  return feed;
}
