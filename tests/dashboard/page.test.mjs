// The page in a browser, with the policy that the daemon sends and a feed of the test's own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Browser } from "./browser.mjs";
import { busy, hostile, ill, untouched } from "./fixture.mjs";
import { serve } from "./server.mjs";

let browser;
let served;

before(async () => {
  served = await serve(busy);
  browser = await Browser.start();
});

after(async () => {
  await browser?.close();
  served?.close();
});

/** A tab with the page after `seconds` of `feed`. */
async function shown(feed, { seconds = 5, ...size } = {}) {
  Object.assign(served, { feed, step: 0, asked: [] });
  const page = await browser.page(size);
  await page.open(served.url);
  await page.pass(seconds * 1000);
  return page;
}

async function keep(page, name) {
  if (!process.env.SCREENSHOTS) return;
  await page.value(frame);
  await page.screenshot(`${process.env.SCREENSHOTS}/${name}.png`);
}

const drawn = (id) => `[...document.getElementById("${id}").getContext("2d").getImageData(0, 0, 2000, 400).data].some((of) => of > 0)`;
const frame = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))";

test("says what the feed says, asks nobody else, and breaks no rule", async () => {
  const page = await shown((step) => busy(step, 45), { seconds: 26 });
  assert.match(await page.text("#state"), /^Serving · upstream reachable · 1[0-9] req\/s · [0-9.]+ % errors · p99 [0-9.]+ m?s · \$[0-9.]+ spent, \$[0-9.]+ saved$/);
  assert.match(await page.text("#admission"), /37 of 50 tokens/);
  assert.match(await page.text("#cache"), /Spared upstream\s+40 %/);
  assert.match(await page.text("#connections"), /40, 75 % resumed/);
  assert.match(await page.text("#memory"), /96 MiB of 400 MiB/);
  assert.match(await page.text("#process"), /21 % of a core/);
  assert.match(await page.text("#errors"), /502 upstream_dns_error\s+The name of the upstream did not resolve. Check BASE_URL/);
  assert.match(await page.text("#upstreams"), /claude-sonnet-4.5\s+model at the primary\s+failing/);
  assert.match(await page.text("#by-model"), /gpt-4.1\s+[0-9,]+\s+[0-9]+\s+\$[0-9.]+/);
  assert.match(await page.text("#usage-note"), /4 requests are of models without a price/);
  assert.equal(await page.value(`document.getElementById("empty").hidden`), true);
  for (const chart of ["traffic", "latency", "tokens"]) assert.equal(await page.value(drawn(chart)), true, chart);
  assert.deepEqual(page.problems(), []);
  assert.deepEqual(page.requests().filter((url) => !url.startsWith(served.url) && !url.startsWith("data:")), []);
  await keep(page, "light");
  await page.scheme(true);
  await page.value(frame);
  assert.notEqual(await page.value("getComputedStyle(document.body).backgroundColor"), "rgb(244, 245, 247)");
  await keep(page, "dark");
  await page.close();
});

test("a name that is markup stays text", async () => {
  const page = await shown(busy);
  assert.ok((await page.text("#by-model")).includes(hostile));
  assert.ok((await page.text("#errors")).includes(hostile));
  assert.equal(await page.value(`document.querySelectorAll("img").length`), 0);
  assert.equal(await page.value("document.title"), "Serving · HolySheep Proxy");
  await page.close();
});

test("fits a phone", async () => {
  const page = await shown((step) => busy(step, 60), { width: 360, height: 740, seconds: 20 });
  assert.equal(await page.value("document.documentElement.scrollWidth"), 360);
  await page.value(`for (const of of document.querySelectorAll("details")) of.open = true`);
  assert.equal(await page.value("document.documentElement.scrollWidth"), 360);
  await keep(page, "phone");
  await page.close();
});

test("the keyboard reaches what there is to reach, in order, and shows where it is", async () => {
  const page = await shown(busy);
  const reached = [];
  for (let more = 0; more < 20; ++more) {
    await page.press("Tab");
    const at = await page.value(`(({ activeElement: of }) => of === document.body ? null
      : { what: of.id || of.className || of.textContent, seen: getComputedStyle(of).outlineStyle !== "none" })(document)`);
    if (at === null) break;
    assert.ok(at.seen, `no outline: ${at.what}`);
    reached.push(at.what);
  }
  assert.deepEqual(reached.slice(0, 10), ["skip", "pause", "Figures by minute", "By route, since the start", "By stage", "Figures by minute",
    "scroll tall", "scroll", "scroll", "scroll"]);
  await page.value(`document.querySelector(".skip").focus()`);
  await page.press("Enter");
  assert.equal(await page.value("document.activeElement.id"), "main");
  await page.close();
});

test("a screen reader finds landmarks, and names for all that it cannot see", async () => {
  const page = await shown(busy);
  const { nodes } = await page.send("Accessibility.getFullAXTree");
  const names = (role) => nodes.filter((of) => !of.ignored && of.role?.value === role).map((of) => of.name?.value ?? "");
  for (const landmark of ["banner", "main", "contentinfo"]) assert.equal(names(landmark).length, 1, landmark);
  const pictures = names("image");
  assert.equal(pictures.length, 3);
  assert.match(pictures[0], /^Requests per second, ten minutes. Now: answered 1[0-9] req\/s, refused/);
  assert.match(pictures[1], /^Latency by stage, ten minutes. p99 now: whole request [0-9.]+ m?s/);
  assert.match(pictures[2], /^Tokens per second, ten minutes. Now: input [0-9,]+\/s/);
  for (const role of ["table", "region", "meter", "button"]) {
    assert.ok(names(role).length > 0, role);
    for (const name of names(role)) assert.notEqual(name, "", role);
  }
  assert.equal(await page.value(`document.getElementById("announcement").textContent`), "Serving, upstream reachable");
  await page.close();
});

test("without an answer it says so, keeps the figures, and goes on when there is one", async () => {
  const page = await shown((step) => (step === 0 || step > 3 ? busy(step) : 503), { seconds: 3 });
  assert.match(await page.text("#notice"), /cannot be read: the admin port answered with status 503. The figures below are from .* Next try in 4 s/);
  assert.equal(await page.text("#word"), "No contact");
  assert.match(await page.text("#tiles"), /since the start/);
  await page.pass(40000);
  assert.equal(await page.value(`document.getElementById("notice").hidden`), true);
  assert.equal(await page.text("#word"), "Serving");
  await page.close();
});

test("a restart of the daemon is told", async () => {
  const page = await shown((step) => (step < 2 ? busy(500 + step) : { ...busy(step - 2), now: busy(500 + step).now }), { seconds: 7 });
  assert.match(await page.text("#notice"), /The daemon restarted at/);
  assert.deepEqual(page.problems(), []);
  await page.close();
});

test("a pod that is ill says so in words", async () => {
  const page = await shown(ill);
  assert.match(await page.text("#state"), /^Not ready · upstream not reachable .* memory at its threshold$/);
  assert.match(await page.text("#reasons"), /breaker open for 12 s/);
  await page.close();
});

test("before any traffic it says how to make a request", async () => {
  const page = await shown(untouched);
  assert.equal(await page.text("#first-request"), "curl http://127.0.0.1:8080/v1/models");
  assert.deepEqual(page.problems(), []);
  await keep(page, "empty");
  await page.close();
});

test("paused, it asks no more; then it goes on", async () => {
  const page = await shown(busy);
  await page.value(`document.getElementById("pause").focus()`);
  await page.press("Enter");
  const asked = served.asked.length;
  await page.pass(20000);
  assert.equal(served.asked.length, asked);
  assert.equal(await page.value(`document.getElementById("pause").getAttribute("aria-pressed")`), "true");
  await page.press("Enter");
  await page.pass(5000);
  assert.ok(served.asked.length > asked);
  await page.close();
});

test("these tests see what the policy refuses", async () => {
  const page = await shown(busy);
  await page.value(`document.body.setAttribute("style", "color: red"); document.body.append(Object.assign(new Image(), { src: "http://127.0.0.1:1/x.png" }))`);
  await page.value(frame);
  assert.match(page.problems().join("\n"), /inline style.*style-src 'self'/s);
  assert.match(page.problems().join("\n"), /127.0.0.1:1\/x.png.*img-src 'self' data:/s);
  await page.close();
});
