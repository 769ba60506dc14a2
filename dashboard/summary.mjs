// The pod's state in a sentence.

import { dollars, duration, percent, perSecond } from "./format.mjs";
import { sum } from "./metrics.mjs";

const failing = (outcome) => outcome === "5xx" || /_/.test(outcome);
export const isFailure = ({ outcome }) => failing(outcome) && outcome !== "client_gone";

function upstreamInWords(feed) {
  const breaker = feed.ready?.upstream?.breaker;
  if (breaker === "open") return { text: "upstream not reachable", level: "bad" };
  if (breaker === "half_open") return { text: "upstream being probed", level: "warn" };
  if (sum(feed, "holysheep_upstream_attempts_total") === 0) return { text: "upstream not asked yet", level: "good" };
  return { text: "upstream reachable", level: "good" };
}

/** { word, level: good|warn|bad, parts: […], reasons: […] }; `recent` is History.recent(). */
export function summary(feed, recent) {
  const ready = feed.ready?.status === "ready";
  const upstream = upstreamInWords(feed);
  const pressure = sum(feed, "holysheep_memory_pressure") > 0;
  const word = ready ? "Serving" : "Not ready";
  const level = !ready ? "bad" : upstream.level !== "good" ? upstream.level : pressure ? "warn" : "good";
  const totals = feed.usage?.totals ?? {};
  const parts = [upstream.text, perSecond(recent.perSecond)];
  if (recent.errors !== null) parts.push(`${percent(recent.errors)} errors`);
  if (recent.latency.total.p99) parts.push(`p99 ${duration(recent.latency.total.p99)}`);
  if (totals.requests > 0) parts.push(`${dollars(totals.cost_usd ?? 0)} spent, ${dollars(totals.saved_usd ?? 0)} saved`);
  if (pressure) parts.push("memory at its threshold");
  return { word, level, parts, reasons: feed.ready?.reasons ?? [] };
}

export function hasTraffic(feed, last) {
  return (feed.usage?.totals?.requests ?? 0) > 0 || Object.values(last.requests).some((count) => count > 0);
}

/** How to make a first request; `host` as the browser names it, IPv6 in brackets. */
export function firstRequest(feed, host) {
  const key = feed.settings?.client_keys ? " -H 'Authorization: Bearer YOUR_CLIENT_KEY'" : "";
  return `curl http://${host}:${feed.settings?.listen_port ?? 8080}/v1/models${key}`;
}
