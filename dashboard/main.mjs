// The page: asks for the feed and shows what it says.

import { LineChart } from "./charts.mjs";
import { Feed } from "./feed.mjs";
import { age, clock, count, dollars, duration, percent, perSecond } from "./format.mjs";
import { History, snapshot, stages } from "./history.mjs";
import { sum } from "./metrics.mjs";
import * as rows from "./rows.mjs";
import { firstRequest, hasTraffic, summary } from "./summary.mjs";
import { element, fillHead, fillLegend, fillTable, fillTiles, resize, setText } from "./tables.mjs";

const at = (id) => document.getElementById(id);
const history = new History();
const feeds = [];         // of the last minute, for the process's CPU
let announced = "";
let lastSample;           // when the page got it, in ms

const requestClasses = { answered: "Answered", refused: "Refused (4xx)", failed: "Failed (5xx)" };
const tokenTypes = { input: "Input", output: "Output" };
const charted = { total: 1, upstream: 2, token: 4, queue: 5 }; // stage → colour

const charts = {
  traffic: new LineChart(at("traffic"), {
    write: (value) => perSecond(value),
    series: Object.entries(requestClasses).map(([key, name], index) => (
      { name, colour: index + 1, fill: index === 0, value: (point) => point.requests[key] })),
  }),
  latency: new LineChart(at("latency"), {
    write: duration, logarithmic: true, least: 1,
    series: Object.entries(charted).flatMap(([stage, colour]) => ["p99", "p50"].map((q) => (
      { name: `${stages[stage].name}, ${q}`, colour, dashed: q === "p50",
        value: (point) => point.latency[stage][q]?.value }))),
  }),
  tokens: new LineChart(at("tokens"), {
    write: (value) => `${count(value)}/s`, least: 10,
    series: Object.entries(tokenTypes).map(([key, name], index) => (
      { name, colour: index + 1, fill: index === 0, value: (point) => point.tokens[key] })),
  }),
};

/** To be heard, not seen: the state, when it changes, and nothing every two seconds. */
function announce(text) {
  if (text === announced) return;
  announced = text;
  at("announcement").textContent = text;
}

function showState(feed, recent) {
  const { word, level, parts, reasons } = summary(feed, recent);
  setText(at("word"), word);
  at("word").className = level;
  resize(at("sentence"), parts.length, () => element("span")).forEach((span, index) => setText(span, ` · ${parts[index]}`));
  resize(at("reasons"), reasons.length, () => element("li")).forEach((line, index) => setText(line, reasons[index]));
  at("reasons").hidden = reasons.length === 0;
  setText(at("about"), `version ${feed.version}, up ${age(feed.uptime_seconds)}, to ${feed.settings?.upstream ?? "?"}`);
  document.title = `${word} · HolySheep Proxy`;
  announce(`${word}, ${parts[0]}`);
}

function showTiles(feed, recent) {
  const { latency } = recent;
  const { totals = {} } = feed.usage ?? {};
  const requests = history.last.requests;
  const spared = totals.direct_cost_usd > 0 ? `${percent(totals.saved_usd / totals.direct_cost_usd)} of ${dollars(totals.direct_cost_usd)}` : "no direct prices yet";
  setText(at("window"), recent.sinceStart ? "since the start" : recent.seconds >= 55 ? "the last minute" : `the last ${age(recent.seconds)}`);
  fillTiles(at("tiles"), [
    ["Requests", perSecond(recent.perSecond), `${count(requests.answered + requests.refused + requests.failed)} since the start`],
    ["Errors", percent(recent.errors), `${count(requests.refused)} refused, ${count(requests.failed)} failed`],
    ["Latency, p99", duration(latency.total.p99), latency.total.p50 ? `half within ${duration(latency.total.p50)}` : "no requests"],
    ["First token, p99", duration(latency.token.p99), latency.token.p50 ? `half within ${duration(latency.token.p50)}` : "no streams"],
    ["In flight", count(sum(feed, "holysheep_requests_in_flight")), `${count(sum(feed, "holysheep_streams_open"))} streams, ${count(sum(feed, "holysheep_queue_length"))} queued`],
    ["Saved", dollars(totals.saved_usd ?? 0), spared],
  ]);
}

/** One point a minute, the newest first. */
function byMinute(points, write) {
  const lines = [];
  for (const point of [...points].reverse()) {
    if (!point.seconds || (lines.length > 0 && lines.at(-1).time - point.time < 60)) continue;
    lines.push(point);
  }
  return lines.map((point) => [clock(point.time), ...write(point)]);
}

function showCharts(feed, recent) {
  const { points } = history;
  const spoken = (entries) => entries.map(([name, value]) => `${name.toLowerCase()} ${value}`).join(", ");

  const traffic = Object.entries(requestClasses).map(([key, name]) => [name, perSecond(recent.requests[key])]);
  fillLegend(at("traffic-legend"), traffic);
  charts.traffic.show(points, feed.now, `Requests per second, ten minutes. Now: ${spoken(traffic)}`);
  fillTable(at("traffic-table"), byMinute(points, ({ requests }) => Object.keys(requestClasses).map((key) => perSecond(requests[key]))));

  const slowest = Object.entries(charted).map(([stage, colour]) => [stages[stage].name, duration(recent.latency[stage].p99), colour]);
  fillLegend(at("latency-legend"), slowest);
  charts.latency.show(points, feed.now, `Latency by stage, ten minutes. p99 now: ${spoken(slowest)}`);
  fillTable(at("latency-table"), rows.latency(recent));

  const tokens = Object.entries(tokenTypes).map(([key, name]) => [name, `${count(recent.tokens[key])}/s`]);
  fillLegend(at("tokens-legend"), tokens);
  charts.tokens.show(points, feed.now, `Tokens per second, ten minutes. Now: ${spoken(tokens)}`);
  fillTable(at("tokens-table"), byMinute(points, (point) => Object.keys(tokenTypes).map((key) => `${count(point.tokens[key])}/s`)));
}

function errorItem({ time, request_id: id, client, model, route, status, code, check }) {
  const when = element("time", "", clock(time));
  when.dateTime = time;
  const where = [route, model && `model ${model}`, client && `client ${client}`, id && `request ${id}`].filter(Boolean).join(" · ");
  const item = element("li", "", element("p", "", when, " ", element("strong", status >= 500 ? "bad" : "warn", [status, code].filter(Boolean).join(" "))));
  if (check) item.append(element("p", "", check));
  item.append(element("p", "aside", where));
  return item;
}

function showErrors({ errors = [] }) {
  const list = at("errors");
  const shown = JSON.stringify(errors);
  if (list.shown === shown) return;
  list.shown = shown;
  list.replaceChildren(...errors.map(errorItem));
  list.parentElement.hidden = errors.length === 0;
  at("no-errors").hidden = errors.length > 0;
  setText(at("errors-count"), errors.length > 1 ? `the newest ${errors.length}` : "");
}

function showUsage(feed) {
  const { since, totals = {}, by_model: byModel, by_client: byClient } = feed.usage ?? {};
  setText(at("usage-since"), since ? `since ${new Date(since).toLocaleString("en-GB")}` : "");
  setText(at("usage-sum"), `${dollars(totals.cost_usd ?? 0)} spent. At the providers’ direct prices it would have been ` +
    `${dollars(totals.direct_cost_usd ?? 0)}: ${dollars(totals.saved_usd ?? 0)} saved.`);
  for (const [id, by] of [["by-model", byModel], ["by-client", byClient]]) {
    const lines = rows.usage(by, totals);
    fillTable(at(id), lines);
    at(id).parentElement.hidden = lines.length === 0;
  }
  const unpriced = sum(feed, "holysheep_unpriced_requests_total");
  const notes = [
    unpriced > 0 && `${count(unpriced)} requests are of models without a price (MODELS_FILE): the dollars lack them.`,
    feed.settings?.client_keys === false && "Without CLIENT_KEYS_FILE all clients count as one, “none”.",
  ].filter(Boolean);
  setText(at("usage-note"), notes.join(" "));
  at("usage-note").hidden = notes.length === 0;
}

function minuteBefore(feed, restarted) {
  if (restarted) feeds.length = 0;
  while (feeds.length > 0 && feed.now - feeds[0].now > 60) feeds.shift();
  feeds.push({ now: feed.now, metrics: { process_cpu_seconds_total: feed.metrics?.process_cpu_seconds_total } });
  return feeds.length > 1 ? feeds[0] : undefined;
}

function showFacts(feed, recent, earlier) {
  fillTable(at("routes"), rows.routes(feed));
  fillTable(at("upstreams"), rows.upstreams(feed));
  fillTable(at("attempts"), rows.attempts(feed));
  fillTable(at("admission"), rows.admission(feed, recent));
  fillTable(at("connections"), rows.connections(feed));
  fillTable(at("cache"), rows.cache(feed));
  fillTable(at("memory"), rows.memory(feed));
  fillTable(at("process"), rows.process(feed, earlier));
  fillTable(at("settings"), rows.settings(feed));
}

function notice(text, level = "bad") {
  at("notice").hidden = text === "";
  at("notice").className = level;
  setText(at("notice"), text);
}

function onSample(feed) {
  lastSample = Date.now();
  const restarted = history.add(snapshot(feed)) === "restarted";
  const recent = history.recent();
  if (restarted) notice(`The daemon restarted at ${clock(feed.now - feed.uptime_seconds)}: all counts began anew.`, "warn");
  else if (at("notice").className === "bad" || feed.uptime_seconds > 300) notice("");
  showState(feed, recent);
  at("empty").hidden = hasTraffic(feed, history.last);
  setText(at("first-request"), firstRequest(feed, location.hostname || "127.0.0.1"));
  showTiles(feed, recent);
  showCharts(feed, recent);
  showErrors(feed);
  showUsage(feed);
  showFacts(feed, recent, minuteBefore(feed, restarted));
}

function onFailure({ reason, wait }) {
  const figures = lastSample ? ` The figures below are from ${clock(lastSample / 1000)}.` : "";
  setText(at("word"), "No contact");
  at("word").className = "bad";
  at("sentence").replaceChildren();
  notice(`The daemon’s figures cannot be read: ${reason}.${figures} Next try in ${duration(wait / 1000)}.`);
  document.title = "No contact · HolySheep Proxy";
  announce(`No contact: ${reason}`);
}

const feed = new Feed({ url: "/dashboard.json", onSample, onFailure });

at("pause").addEventListener("click", () => {
  const pause = at("pause").getAttribute("aria-pressed") === "false";
  at("pause").setAttribute("aria-pressed", String(pause));
  setText(at("pause"), pause ? "Paused" : "Pause updates");
  if (pause) feed.stop();
  else feed.start();
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of Object.values(charts)) chart.paint();
});

const used = ["Requests", "Errors", "Cost", "Direct", "Saved", "Input", "Cached", "Output", "Reasoning"];
fillHead(at("by-model"), ["Model", ...used]);
fillHead(at("by-client"), ["Client", ...used]);
feed.start();
