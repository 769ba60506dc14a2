// The last ten minutes, in as little as the charts need of them, and what happened in a part of them.

import { between, histogram, quantile, rate, sum, sumBy } from "./metrics.mjs";

const kept = 600;     // seconds
const smoothing = 10; // seconds that one point of a chart looks back

/** Probes of an orchestrator are no work. */
export const isWork = ({ route }) => route !== "/health" && route !== "/ready";

export const stages = {
  total: { name: "Whole request", family: "holysheep_request_duration_seconds", wanted: isWork },
  queue: { name: "Waiting in the queue", family: "holysheep_queue_duration_seconds" },
  upstream: { name: "Upstream’s first byte", family: "holysheep_upstream_first_byte_seconds" },
  proxy: { name: "The proxy itself", family: "holysheep_proxy_overhead_seconds" },
  token: { name: "First token of a stream", family: "gen_ai_server_time_to_first_token_seconds" },
};

function byClass(feed) {
  const requests = { answered: 0, refused: 0, failed: 0 };
  for (const [status, count] of sumBy(feed, "holysheep_requests_total", "status", isWork)) {
    if (/^[123]/.test(status)) requests.answered += count;
    else if (/^4/.test(status)) requests.refused += count;
    else requests.failed += count;
  }
  return requests;
}

export function snapshot(feed) {
  const latency = {};
  for (const [stage, { family, wanted }] of Object.entries(stages)) latency[stage] = histogram(feed, family, wanted);
  return {
    time: feed.now,
    uptime: feed.uptime_seconds,
    requests: byClass(feed),
    latency,
    tokens: { input: sum(feed, "holysheep_input_tokens_total"), output: sum(feed, "holysheep_output_tokens_total") },
  };
}

const nothing = { count: 0, sum: 0, buckets: [] };

/** The state of a daemon as it started: everything at zero. */
function atStart({ time, uptime }) {
  return {
    time: time - uptime,
    uptime: 0,
    requests: { answered: 0, refused: 0, failed: 0 },
    latency: Object.fromEntries(Object.keys(stages).map((stage) => [stage, nothing])),
    tokens: { input: 0, output: 0 },
  };
}

/** Rates a second, the share of errors (null without requests), and by stage p50, p90, p99 and how many. */
export function happened(from, to) {
  const seconds = to.time - from.time;
  const rates = (kind) => Object.fromEntries(
    Object.keys(to[kind]).map((name) => [name, rate(from[kind][name], to[kind][name], seconds)]));
  const requests = rates("requests");
  const perSecond = requests.answered + requests.refused + requests.failed;
  const latency = {};
  for (const stage of Object.keys(stages)) {
    const passed = between(from.latency[stage], to.latency[stage]);
    latency[stage] = { count: passed.count, p50: quantile(passed, 0.5), p90: quantile(passed, 0.9), p99: quantile(passed, 0.99) };
  }
  return {
    time: to.time, seconds, requests, perSecond, latency, tokens: rates("tokens"),
    errors: perSecond > 0 ? (requests.refused + requests.failed) / perSecond : null,
  };
}

export class History {
  #snapshots = [];
  #points = [];

  /** Takes the next state; "restarted" where it is of another process than the ones before, which are dropped. */
  add(next) {
    const last = this.#snapshots.at(-1);
    const restarted = last !== undefined && next.uptime < last.uptime;
    if (restarted) this.#snapshots = [];
    else if (last !== undefined && next.time <= last.time) return "known";
    const base = this.#since(next.time - smoothing) ?? (restarted ? atStart(next) : undefined);
    this.#snapshots.push(next);
    if (restarted) this.#points.push({ time: next.time - next.uptime }); // a gap in the lines
    if (base) this.#points.push(happened(base, next));
    const old = next.time - kept;
    this.#snapshots = this.#snapshots.filter(({ time }) => time >= old);
    this.#points = this.#points.filter(({ time }) => time >= old);
    return restarted ? "restarted" : "next";
  }

  /** The last `seconds`, or as many as are known; of a first state, everything since the start. */
  recent(seconds = 60) {
    const last = this.#snapshots.at(-1);
    const from = this.#snapshots.length > 1 ? this.#since(last.time - seconds) : atStart(last);
    return { ...happened(from, last), sinceStart: this.#snapshots.length === 1 };
  }

  get last() { return this.#snapshots.at(-1); }

  /** For the charts, the oldest first. */
  get points() { return this.#points; }

  /** The newest state that is no younger than `time`'s, else the oldest. */
  #since(time) {
    return this.#snapshots.findLast((state) => state.time <= time) ?? this.#snapshots[0];
  }
}
