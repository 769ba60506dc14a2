import assert from "node:assert/strict";
import test from "node:test";

import * as format from "../../dashboard/format.mjs";
import { History, snapshot } from "../../dashboard/history.mjs";
import { between, gauge, histogram, quantile, rate, sum, sumBy } from "../../dashboard/metrics.mjs";
import * as rows from "../../dashboard/rows.mjs";
import { firstRequest, hasTraffic, summary } from "../../dashboard/summary.mjs";
import { busy, hostile, ill, untouched } from "./fixture.mjs";

const feedOf = (family, ...samples) => ({ metrics: { [family]: { samples } } });
const close = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("a family that is absent is zero, and as a gauge unknown", () => {
  assert.equal(sum({}, "f"), 0);
  assert.equal(gauge({ metrics: {} }, "f"), null);
  assert.equal(gauge(feedOf("f", { labels: {}, value: 0 }), "f"), 0);
  assert.equal(quantile(histogram({}, "f"), 0.5), null);
});

test("samples are added up by label, the greatest first", () => {
  const feed = feedOf("f", { labels: { s: "a" }, value: 1 }, { labels: { s: "b" }, value: 5 }, { labels: { s: "a" }, value: 2 });
  assert.deepEqual([...sumBy(feed, "f", "s")], [["b", 5], ["a", 3]]);
});

test("a quantile lies within its bucket as Prometheus has it", () => {
  const of = { buckets: [[0.1, 50], [0.2, 90], [Infinity, 100]] };
  close(quantile(of, 0.25).value, 0.05);
  close(quantile(of, 0.5).value, 0.1);
  close(quantile(of, 0.7).value, 0.15);
});

test("beyond the last bound a quantile says only that", () => {
  assert.deepEqual(quantile({ buckets: [[0.1, 50], [120, 90], [Infinity, 100]] }, 0.99), { value: 120, beyond: true });
});

test("empty buckets before the first observation do not pull a quantile down", () => {
  close(quantile({ buckets: [[1, 0], [2, 10], [Infinity, 10]] }, 0).value, 1);
});

test("histograms of several series are one, and two states of it leave what came between", () => {
  const feed = feedOf("h", { labels: {}, buckets: [[1, 2], ["+Inf", 3]], sum: 4, count: 3 }, { labels: {}, buckets: [[1, 1], ["+Inf", 1]], sum: 1, count: 1 });
  const merged = histogram(feed, "h");
  assert.deepEqual(merged, { count: 4, sum: 5, buckets: [[1, 3], [Infinity, 4]] });
  assert.deepEqual(between({ count: 1, sum: 1, buckets: [[1, 1], [Infinity, 1]] }, merged), { count: 3, sum: 4, buckets: [[1, 2], [Infinity, 3]] });
});

test("a rate is never negative, and unknown where no time passed", () => {
  assert.equal(rate(1, 5, 2), 2);
  assert.equal(rate(5, 1, 2), 0);
  assert.equal(rate(1, 5, 0), null);
});

test("numbers are written to be read", () => {
  const cases = [
    [format.count, [[0, "0"], [1234, "1,234"], [1234567, "1.23 M"], [7e6, "7.00 M"], [2.5e9, "2.50 B"], [null, "–"]]],
    [format.perSecond, [[0, "0 req/s"], [0.001, "< 0.01 req/s"], [0.25, "0.25 req/s"], [3.14, "3.1 req/s"], [1234, "1,234 req/s"], [null, "–"]]],
    [format.percent, [[0, "0 %"], [0.0001, "< 0.1 %"], [0.004, "0.4 %"], [0.85, "85 %"], [null, "–"]]],
    [format.duration, [[0.000085, "85 µs"], [0.84, "840 ms"], [0.0123, "12.3 ms"], [2.345, "2.35 s"], [120, "2 min"], [0, "0 ms"], [null, "–"],
      [{ value: 120, beyond: true }, "over 2 min"]]],
    [format.bytes, [[0, "0 B"], [65536, "64 KiB"], [1.5 * 1024 ** 3, "1.5 GiB"], [undefined, "–"]]],
    [format.dollars, [[0, "$0.00"], [1.316, "$1.32"], [0.0042, "$0.0042"], [0.0000123, "$0.000012"], [1234.5, "$1,234.50"], [-7.5, "−$7.50"], [NaN, "–"]]],
    [format.age, [[12.9, "12 s"], [300, "5 min"], [12000, "3 h 20 min"], [352800, "4 d 2 h"]]],
  ];
  for (const [write, pairs] of cases) for (const [value, text] of pairs) assert.equal(write(value), text);
  assert.equal(format.clock("not a time"), "–");
});

test("a first state is shown since the start, later ones over the last minute", () => {
  const history = new History();
  history.add(snapshot(busy(0)));
  assert.equal(history.recent().sinceStart, true);
  close(history.recent().seconds, 60);
  for (let step = 1; step <= 60; ++step) history.add(snapshot(busy(step)));
  assert.equal(history.recent().sinceStart, false);
  close(history.recent().seconds, 60);
});

test("probes of an orchestrator are no requests", () => {
  const { requests, latency } = snapshot(busy(0));
  assert.equal(requests.answered + requests.refused + requests.failed, latency.total.count);
});

test("ten minutes are kept, whatever comes", () => {
  const history = new History();
  for (let step = 0; step < 1000; ++step) history.add(snapshot(busy(step)));
  assert.ok(history.points.length <= 301);
  assert.ok(history.last.time - history.points[0].time <= 600);
});

test("a restart is noticed by the uptime, drops the past and leaves a gap", () => {
  const history = new History();
  assert.equal(history.add(snapshot(busy(50))), "next");
  const again = { ...busy(0), now: busy(51).now, uptime_seconds: 1 };
  assert.equal(history.add(snapshot(again)), "restarted");
  assert.equal(history.recent().sinceStart, true);
  assert.ok(history.points.some((point) => point.seconds === undefined));
});

test("the same state twice counts once", () => {
  const history = new History();
  history.add(snapshot(busy(1)));
  assert.equal(history.add(snapshot(busy(1))), "known");
});

function recently(feed) {
  const history = new History();
  history.add(snapshot(feed));
  return history.recent();
}

test("the state of the pod is a sentence", () => {
  const { word, level, parts } = summary(busy(0), recently(busy(0)));
  assert.equal(word, "Serving");
  assert.equal(level, "good");
  assert.deepEqual(parts, ["upstream reachable", "13 req/s", "1.1 % errors", "p99 2.02 s", "$1.17 spent, $6.62 saved"]);
});

test("a pod that is ill says so first, and why", () => {
  const { word, level, parts, reasons } = summary(ill(0), recently(ill(0)));
  assert.equal(word, "Not ready");
  assert.equal(level, "bad");
  assert.equal(parts[0], "upstream not reachable");
  assert.equal(parts.at(-1), "memory at its threshold");
  assert.match(reasons[0], /breaker open/);
});

test("before any traffic nothing is claimed about upstream", () => {
  const feed = untouched();
  assert.deepEqual(summary(feed, recently(feed)).parts, ["upstream not asked yet", "0 req/s"]);
  assert.equal(hasTraffic(feed, snapshot(feed)), false);
  assert.equal(hasTraffic(busy(0), snapshot(busy(0))), true);
  assert.equal(firstRequest(feed, "pod.example"), "curl http://pod.example:8080/v1/models");
  assert.match(firstRequest(busy(0), "h"), /Authorization: Bearer/);
});

test("a breaker as /ready spells it while a probe is under way is told in the sentence", () => {
  const feed = busy(0);
  feed.ready.upstream.breaker = "half_open";
  const { level, parts } = summary(feed, recently(feed));
  assert.equal(level, "warn");
  assert.equal(parts[0], "upstream being probed");
});

test("a model whose breaker is open has a row of its own, a fallback only where there is one", () => {
  const names = (feed) => rows.upstreams(feed).map(([name, state]) => [name.text, state.text]);
  assert.deepEqual(names(busy(0)), [["primary", "reachable"], ["fallback", "reachable"], ["claude-sonnet-4.5", "failing"]]);
  assert.deepEqual(names(untouched()), [["primary", "not asked yet"]]);
});

test("the dearest model comes first, the total last, names untouched", () => {
  const { by_model: byModel, totals } = busy(0).usage;
  assert.deepEqual(rows.usage(byModel, totals).map(([name]) => name), ["claude-sonnet-4.5", "gpt-4.1", hostile, "all"]);
  assert.deepEqual(rows.usage({}, totals), []);
});

test("every card can say something of a feed that has next to nothing", () => {
  const bare = { now: 5, uptime_seconds: 5, metrics: {} };
  const recent = recently(bare);
  assert.equal(rows.latency(recent).length, 5);
  for (const card of ["admission", "upstreams", "attempts", "connections", "cache", "memory", "routes", "settings"]) {
    assert.ok(Array.isArray(rows[card](bare, recent)), card);
  }
  assert.ok(rows.process(bare).length > 0);
  assert.equal(summary(bare, recent).word, "Not ready");
});
