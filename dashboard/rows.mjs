// What the cards' tables say, row by row. A cell is a text, or { text, level, meter: { value, max } }.

import { bytes, count, dollars, duration, percent, perSecond } from "./format.mjs";
import { stages } from "./history.mjs";
import { gauge, histogram, labelValues, quantile, samples, sum, sumBy } from "./metrics.mjs";
import { isFailure } from "./summary.mjs";

/** "rate_limit_exceeded: 2, queue_full: 1", the most frequent first. */
function counted(sums) {
  const some = [...sums].filter(([, value]) => value > 0).map(([name, value]) => `${name || "unnamed"}: ${count(value)}`);
  return some.length > 0 ? some.join(", ") : "none";
}

function share(part, whole) {
  return whole > 0 ? part / whole : null;
}

/** "3 of 1,000 waiting" with a bar; without a known maximum, no bar. */
function filled(value, max, write, unit = "") {
  const of = max > 0 ? ` of ${write(max)}` : "";
  const cell = { text: `${write(value)}${of}${unit}` };
  if (max > 0 && value !== null) cell.meter = { value, max };
  return cell;
}

export function latency(recent) {
  return Object.entries(stages).map(([stage, { name }]) => {
    const of = recent.latency[stage];
    return [name, duration(of.p50), duration(of.p90), duration(of.p99), count(of.count)];
  });
}

export function admission(feed, recent) {
  const { settings = {} } = feed;
  const tokens = gauge(feed, "holysheep_rate_limit_tokens");
  const refused = sumBy(feed, "holysheep_queue_refusals_total", "reason");
  const paused = sum(feed, "holysheep_upstream_paused");
  return [
    ["Bucket", tokens === null ? "no limit" : filled(Math.max(0, tokens), settings.rate_limit_burst, (n) => count(Math.floor(n)), " tokens")],
    ["Refill", tokens === null ? "–" : `${count(settings.rate_limit_per_second)} tokens/s`],
    ["Queue", filled(sum(feed, "holysheep_queue_length"), settings.queue_size, count, " waiting")],
    ["Wait, p99", duration(recent.latency.queue.p99)],
    ["Refused", { text: counted(refused), level: [...refused.values()].some((n) => n > 0) ? "warn" : undefined }],
    ["Paused by 429", paused > 0 ? { text: `${count(paused)} model${paused === 1 ? "" : "s"} waiting`, level: "warn" } : "none"],
  ];
}

const breakers = {
  0: { text: "reachable", more: "breaker closed", level: "good" },
  1: { text: "being probed", more: "breaker half-open", level: "warn" },
  2: { text: "not reachable", more: "breaker open", level: "bad" },
};

/** One row an upstream, and one for each model whose breaker is not closed. */
export function upstreams(feed) {
  const address = { primary: feed.settings?.upstream, fallback: feed.settings?.fallback };
  const states = samples(feed, "holysheep_breaker_state").filter(({ labels, value }) => !labels.model || value > 0);
  return states
    .filter(({ labels }) => labels.upstream !== "fallback" || address.fallback)
    .map(({ labels, value }) => {
      const its = ({ upstream }) => upstream === labels.upstream;
      if (labels.model) {
        return [{ text: labels.model, more: `model at the ${labels.upstream}` }, value === 2 ? { ...breakers[2], text: "failing" } : breakers[1], "", "", ""];
      }
      const attempts = sum(feed, "holysheep_upstream_attempts_total", its);
      const failures = sum(feed, "holysheep_upstream_attempts_total", (of) => its(of) && isFailure(of));
      const limited = sum(feed, "holysheep_upstream_attempts_total", (of) => its(of) && of.outcome === "429");
      const state = value === 0 && attempts === 0 ? { text: "not asked yet", more: "breaker closed" } : breakers[value] ?? "unknown";
      return [{ text: labels.upstream, more: address[labels.upstream] }, state, count(attempts), count(limited),
        { text: count(failures), level: failures > 0 ? "warn" : undefined }];
    });
}

export function attempts(feed) {
  const refused = sum(feed, "holysheep_retries_refused_total");
  return [
    ["Under way", count(sum(feed, "holysheep_upstream_in_flight"))],
    ["Failures", counted(sumBy(feed, "holysheep_upstream_attempts_total", "outcome", isFailure))],
    ["Retries", counted(sumBy(feed, "holysheep_retries_total", "reason"))],
    ["Retries refused", refused > 0 ? { text: `${count(refused)} by the retry budget`, level: "warn" } : "none"],
    ["Fallbacks", counted(sumBy(feed, "holysheep_fallbacks_total", "to"))],
    ["Breaker openings", counted(sumBy(feed, "holysheep_breaker_openings_total", "upstream"))],
  ];
}

export function connections(feed) {
  const state = (wanted) => sum(feed, "holysheep_upstream_connections", (labels) => labels.state === wanted);
  const handshakes = sum(feed, "holysheep_tls_handshakes_total");
  const resumed = sum(feed, "holysheep_tls_handshakes_total", (labels) => labels.resumed === "true");
  return [
    ["From clients", count(sum(feed, "holysheep_client_connections"))],
    ["To upstreams", filled(state("active") + state("idle"), feed.settings?.upstream_max_connections, count)],
    ["Of them", `${count(state("active"))} active, ${count(state("idle"))} idle`],
    ["Handshakes", handshakes > 0 ? `${count(handshakes)}, ${percent(resumed / handshakes)} resumed` : "none"],
    ["Event streams", `${count(sum(feed, "holysheep_streams_open"))} open`],
    ["Ended early", count(sum(feed, "holysheep_partial_answers_total"))],
  ];
}

export function cache(feed) {
  const by = sumBy(feed, "holysheep_cache_requests_total", "result");
  const of = (result) => by.get(result) ?? 0;
  const asked = of("hit") + of("coalesced") + of("miss");
  const max = (feed.settings?.cache_size_mb ?? 0) * 1024 * 1024;
  return [
    ["Spared upstream", percent(share(of("hit") + of("coalesced"), asked))],
    ["Hits", count(of("hit"))],
    ["Coalesced", count(of("coalesced"))],
    ["Misses", `${count(of("miss"))}, passed by ${count(of("bypass"))}`],
    ["Size", max > 0 ? filled(sum(feed, "holysheep_cache_bytes"), max, bytes) : "off"],
    ["Answers", `${count(sum(feed, "holysheep_cache_entries"))}, evicted ${count(sum(feed, "holysheep_cache_evictions_total"))}`],
  ];
}

const uses = {
  request_bodies: "Request bodies", relay: "Relay", coalescing: "Coalescing", cache: "Cache", compression: "Compression",
  queue: "Queue",
};

export function memory(feed) {
  const cgroup = gauge(feed, "holysheep_memory_cgroup_bytes");
  const threshold = gauge(feed, "holysheep_memory_threshold_bytes");
  const pressed = sum(feed, "holysheep_memory_pressure") > 0;
  const resident = gauge(feed, "process_resident_memory_bytes");
  const charged = cgroup ?? resident;
  const state = pressed ? { text: "at its threshold: load is shed", level: "bad" }
    : threshold === null ? "no threshold set" : { text: "below its threshold", level: "good" };
  return [
    ["State", state],
    ["Resident", bytes(resident)],
    ...(threshold !== null ? [["Of the threshold", filled(charged, threshold, bytes)]] : cgroup !== null ? [["Cgroup", bytes(cgroup)]] : []),
    ...[...sumBy(feed, "holysheep_memory_held_bytes", "use")].map(([use, held]) => [`Held: ${(uses[use] ?? use).toLowerCase()}`, bytes(held)]),
  ];
}

/** CPU as cores in use since `earlier`, a feed of before, or since the start. */
export function process(feed, earlier) {
  const cpu = sum(feed, "process_cpu_seconds_total") - (earlier ? sum(earlier, "process_cpu_seconds_total") : 0);
  const seconds = earlier ? feed.now - earlier.now : feed.uptime_seconds;
  const lags = labelValues(feed, "holysheep_event_loop_lag_seconds", "loop").sort((a, b) => a - b).map((loop) => {
    const lag = histogram(feed, "holysheep_event_loop_lag_seconds", (labels) => labels.loop === loop);
    const p99 = quantile(lag, 0.99);
    return [`Loop ${loop}: lag, p99`, { text: duration(p99), level: p99?.value >= 0.1 ? "warn" : undefined }];
  });
  const dropped = sum(feed, "holysheep_log_lines_dropped_total");
  const lost = sum(feed, "holysheep_usage_records_dropped_total");
  return [
    ...lags,
    ["CPU", seconds > 0 ? `${percent(cpu / seconds)} of a core` : "–"],
    ["Open files", filled(gauge(feed, "process_open_fds"), gauge(feed, "process_max_fds") ?? 0, count)],
    ["Log lines dropped", { text: count(dropped), level: dropped > 0 ? "warn" : undefined }],
    ["Usage records lost", { text: count(lost), level: lost > 0 ? "bad" : undefined }],
  ];
}

function used(name, of) {
  return [name, count(of.requests), count(of.errors), dollars(of.cost_usd), dollars(of.direct_cost_usd), dollars(of.saved_usd),
    count(of.input_tokens), count(of.cached_input_tokens), count(of.output_tokens), count(of.reasoning_tokens)];
}

/** by_model or by_client of /usage, the dearest first, the total last. */
export function usage(by = {}, totals = {}) {
  const rows = Object.entries(by)
    .sort(([, a], [, b]) => b.cost_usd - a.cost_usd || b.requests - a.requests)
    .map(([name, of]) => used(name, of));
  return rows.length > 0 ? [...rows, used("all", totals)] : [];
}

/** Requests by route and status since the start. */
export function routes(feed) {
  const rows = new Map();
  for (const { labels, value } of samples(feed, "holysheep_requests_total")) {
    const row = rows.get(labels.route) ?? { all: 0, statuses: new Map() };
    row.all += value;
    row.statuses.set(labels.status, (row.statuses.get(labels.status) ?? 0) + value);
    rows.set(labels.route, row);
  }
  return [...rows].sort((a, b) => b[1].all - a[1].all).map(([route, { all, statuses }]) =>
    [route, count(all), counted([...statuses].sort((a, b) => b[1] - a[1]))]);
}

export function settings(feed) {
  const of = feed.settings ?? {};
  const onOff = (value) => (value ? "on" : "off");
  return [
    ["Client port", String(of.listen_port ?? "–")],
    ["Event loops", count(of.workers)],
    ["Rate limit", of.rate_limit_per_second > 0 ? `${perSecond(of.rate_limit_per_second)}, burst ${count(of.rate_limit_burst)}` : "none"],
    ["Request timeout", duration(of.request_timeout_seconds)],
    ["Breaker opens after", `${count(of.circuit_breaker_threshold)} failures in a row`],
    ["Client keys", onOff(of.client_keys)],
    ["Usage file", onOff(of.usage_file)],
  ];
}
