// Fifty unmodified clients that retry by themselves, while upstream is down: their retries, the proxy's and those
// of whoever calls them again must not multiply. HOLYSHEEP_LONG_TESTS=1: a minute, in the times that users see.
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import OpenAI, { APIUserAbortError, InternalServerError } from 'openai';
import { Proxy, Simulator, monotonic } from './harness.mjs';

const long = process.env.HOLYSHEEP_LONG_TESTS === '1';
const seconds = long ? 60 : 5;
const reset = long ? 10 : 1;
const crowd = 50;
const messages = [{ role: 'user', content: 'hello' }];

let simulator;
before(async () => {
  simulator = await Simulator.start();
});
after(async () => {
  await simulator?.stop();
});
beforeEach(() => simulator.reset());

/** Clients that ask again as soon as they have got their error, until the time is over. */
async function storm(proxy, time) {
  const seen = { logical: 0, tries: 0, refusedAt: undefined };
  const watched = async (...request) => {
    ++seen.tries;
    const answer = await fetch(...request);
    if (answer.headers.get('x-holysheep-error') === 'circuit_open') seen.refusedAt ??= monotonic();
    return answer;
  };
  const over = AbortSignal.timeout(time * 1000);
  setMaxListeners(0, over);
  const one = async () => {
    const client = new OpenAI({ apiKey: 'client-key', baseURL: `${proxy.url}/v1`, fetch: watched });
    assert.equal(client.maxRetries, 2, 'the default');
    while (!over.aborted) {
      ++seen.logical;
      await assert.rejects(client.chat.completions.create({ model: 'gpt-4.1', messages }, { signal: over }), (error) => {
        assert.ok(error instanceof InternalServerError || error instanceof APIUserAbortError, String(error));
        return true;
      });
    }
  };
  await Promise.all(Array.from({ length: crowd }, one));
  return seen;
}

async function withDefaults(settings, story) {
  const proxy = await Proxy.start(simulator, { MAX_RETRIES: '3', CIRCUIT_BREAKER_THRESHOLD: '5', ...settings });
  try {
    await story(proxy);
  } finally {
    await proxy.stop();
  }
}

test('once the breaker is open, upstream sees its probes alone', async (t) => {
  await withDefaults({ CIRCUIT_BREAKER_RESET: `${reset}s` }, async (proxy) => {
    await simulator.script('status=503;delay=100'); // all of them are under way when it opens
    const { logical, tries, refusedAt } = await storm(proxy, seconds);
    const attempts = await simulator.requests();
    assert.ok(refusedAt, 'the breaker opened');
    const afterwards = attempts.filter((request) => BigInt(request.arrived_ns) > refusedAt).length;
    t.diagnostic(`${logical} requests, ${tries} tries of the SDK, ${attempts.length} attempts upstream, ` +
      `${afterwards} of them once the breaker had opened`);
    assert.ok(attempts.length - afterwards <= 1.2 * crowd + 3, 'what opened it: one each, and the retry budget');
    assert.ok(afterwards <= 1.1 * logical);
    assert.ok(afterwards <= seconds / reset + 1, 'one probe a reset');
    assert.ok(attempts.length <= 1.1 * logical + crowd);
  });
});

test('without a breaker the retry budget alone keeps three layers from multiplying', async (t) => {
  await withDefaults({ CIRCUIT_BREAKER_THRESHOLD: '0' }, async (proxy) => {
    await simulator.script('status=503;delay=200');
    const { logical, tries } = await storm(proxy, long ? seconds : 3);
    const attempts = (await simulator.stats()).requests;
    t.diagnostic(`${logical} requests, ${tries} tries of the SDK, ${attempts} attempts upstream`);
    assert.ok(attempts <= 1.5 * logical, `${attempts} attempts for ${logical} requests`);
  });
});
