import assert from "node:assert/strict";
import test from "node:test";

import { Feed, every, waitAfter } from "../../dashboard/feed.mjs";

/** A feed whose clock the test moves, and whose answers are `answers` in turn. */
function feedOf(answers) {
  const seen = { samples: [], failures: [], waits: [], next: undefined };
  const feed = new Feed({
    url: "/dashboard.json",
    get: async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    later: (ask, wait) => { seen.next = ask; seen.waits.push(wait); },
    onSample: (sample) => seen.samples.push(sample),
    onFailure: (failure) => seen.failures.push(failure),
  });
  return { feed, seen };
}

const good = (now) => ({ ok: true, status: 200, json: async () => ({ now }) });

test("asks again two seconds after an answer", async () => {
  const { feed, seen } = feedOf([good(1), good(2)]);
  await feed.start();
  await seen.next();
  assert.deepEqual(seen.samples, [{ now: 1 }, { now: 2 }]);
  assert.deepEqual(seen.waits, [every, every]);
});

test("waits longer from failure to failure, half a minute at most, and as before once it is answered", async () => {
  const lost = () => new TypeError("Failed to fetch");
  const { feed, seen } = feedOf([lost(), lost(), lost(), lost(), lost(), good(1)]);
  await feed.start();
  for (let more = 0; more < 5; ++more) await seen.next();
  assert.deepEqual(seen.waits, [4000, 8000, 16000, 30000, 30000, 2000]);
  assert.deepEqual(seen.failures[1], { reason: "no connection to the admin port", failures: 2, wait: 8000 });
  assert.equal(waitAfter(99), 30000);
});

test("says what failed", async () => {
  const timeout = Object.assign(new Error("x"), { name: "TimeoutError" });
  const { feed, seen } = feedOf([timeout, { ok: false, status: 404 }, { ok: true, json: async () => JSON.parse("{") }]);
  await feed.start();
  await seen.next();
  await seen.next();
  assert.deepEqual(seen.failures.map(({ reason }) => reason),
    ["no answer within 10 s", "the admin port answered with status 404", "the answer broke off or is not JSON"]);
});

test("an answer that comes after the stop is dropped, and nothing is asked again", async () => {
  const { feed, seen } = feedOf([good(1)]);
  const asked = feed.start();
  feed.stop();
  await asked;
  assert.deepEqual(seen.samples, []);
  assert.equal(seen.next, undefined);
});
