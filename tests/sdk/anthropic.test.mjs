// The unmodified Anthropic client; its base URL is all that changes.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import Anthropic, {
  APIError, AuthenticationError, ContentTooLargeError, InternalServerError, NotFoundError, OverloadedError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { Proxy, Simulator, cancelLimit, header, monotonic } from './harness.mjs';

let simulator;
let proxy;
let client;
const messages = [{ role: 'user', content: 'hello' }];
const ask = (model = 'claude-sonnet-4.5') => ({ model, max_tokens: 1024, messages });

before(async () => {
  simulator = await Simulator.start();
  proxy = await Proxy.start(simulator);
  client = new Anthropic({ apiKey: 'client-key', baseURL: proxy.url, maxRetries: 0 });
});
after(async () => {
  await proxy?.stop();
  await simulator?.stop();
});
beforeEach(() => simulator.reset());

async function withProxy(settings, story) {
  const other = await Proxy.start(simulator, settings);
  try {
    await story(new Anthropic({ apiKey: 'client-key', baseURL: other.url, maxRetries: 0 }));
  } finally {
    await other.stop();
  }
}

/** That a promise rejects with this class and status; gives the error for more. */
async function rejection(promise, kind, status) {
  let raised;
  await assert.rejects(promise, (error) => {
    raised = error;
    return true;
  });
  assert.ok(raised instanceof kind, `${raised.constructor.name}: ${raised.message}`);
  assert.equal(raised.status, status);
  return raised;
}

test('a message comes as upstream gave it', async () => {
  const answer = await client.messages.create(ask());
  assert.equal(answer.type, 'message');
  assert.ok(answer.content[0].text.length > 0);
  assert.ok(answer.usage.output_tokens > 0);
  const seen = await simulator.only();
  assert.equal(seen.target, '/v1/messages');
  assert.equal(header(seen, 'authorization'), 'Bearer client-key', 'without an upstream key the own one passes');
});

test('a base URL that ends in /v1 works, though the client then asks for /v1/v1/messages', async () => {
  const doubled = new Anthropic({ apiKey: 'client-key', baseURL: `${proxy.url}/v1`, maxRetries: 0 });
  assert.equal((await doubled.messages.create(ask())).type, 'message');
  assert.equal((await simulator.only()).target, '/v1/messages');
});

test('the upstream key takes the place of the client\'s, as bearer and as x-api-key', async () => {
  await withProxy({ HOLYSHEEP_API_KEY: 'upstream-key' }, async (own) => {
    await own.messages.create(ask());
    const seen = await simulator.only();
    assert.equal(header(seen, 'x-api-key'), 'upstream-key');
    assert.equal(header(seen, 'authorization'), 'Bearer upstream-key');
    assert.ok(header(seen, 'anthropic-version'));
    assert.ok(!JSON.stringify(seen).includes('client-key'));
  });
});

test('a stream gives its events to message_stop', async () => {
  const types = [];
  for await (const event of await client.messages.create({ ...ask(), stream: true })) types.push(event.type);
  assert.equal(types[0], 'message_start');
  assert.equal(types.at(-1), 'message_stop');
});

test('the stream helper of the client assembles the message', async () => {
  const final = await client.messages.stream(ask()).finalMessage();
  assert.ok(final.content[0].text.length > 0);
  assert.ok(final.usage.output_tokens > 0);
});

test('count_tokens', async () => {
  const answer = await client.messages.countTokens({ model: 'claude-sonnet-4.5', messages });
  assert.ok(answer.input_tokens > 0);
  assert.equal((await simulator.only()).target, '/v1/messages/count_tokens');
});

test('an abort in mid-stream cancels upstream within 100 ms', async () => {
  const stream = await client.messages.create({ ...ask('sim:chunks=500;chunk-delay=20'), stream: true });
  let left;
  for await (const event of stream) {
    assert.ok(event.type);
    left = monotonic();
    stream.controller.abort();
    break;
  }
  const seen = await simulator.only((request) => request.cancelled);
  assert.ok(BigInt(seen.ended_ns) - left < cancelLimit, `${BigInt(seen.ended_ns) - left} ns`);
});

test('upstream\'s errors keep their types', async () => {
  await rejection(client.messages.create(ask('sim:status=401')), AuthenticationError, 401);
  await rejection(client.messages.create(ask('sim:status=404')), NotFoundError, 404);
  const limited = await rejection(client.messages.create(ask('sim:status=429;retry-after=3')), RateLimitError, 429);
  assert.equal(limited.headers.get('retry-after'), '3');
  await rejection(client.messages.create(ask('sim:status=500')), InternalServerError, 500);
});

test('an overloaded upstream is an OverloadedError, 529', async () => {
  const error = await rejection(client.messages.create(ask('sim:status=529')), OverloadedError, 529);
  assert.equal(error.error.error.type, 'overloaded_error');
  assert.equal(error.headers.get('x-holysheep-error'), null);
});

test('a stream whose first event is an error is that error, not an empty stream', async () => {
  const error = await rejection(
    client.messages.create({ ...ask('sim:error-event'), stream: true }), OverloadedError, 529);
  assert.equal(error.error.error.type, 'overloaded_error');
});

test('the proxy\'s full queue is an OverloadedError, 529', async () => {
  const settings = { UPSTREAM_MAX_CONNECTIONS: '1', QUEUE_SIZE: '0' };
  await withProxy(settings, async (own) => {
    const controller = new AbortController();
    const holding = own.messages.create(ask('sim:silent'), { signal: controller.signal });
    holding.catch(() => {});
    await simulator.only();
    const error = await rejection(own.messages.create(ask()), OverloadedError, 529);
    assert.equal(error.headers.get('x-holysheep-error'), 'queue_full');
    assert.equal(error.error.type, 'error');
    assert.equal(error.error.error.type, 'overloaded_error');
    assert.ok(Number(error.headers.get('retry-after')) >= 1);
    controller.abort();
  });
});

test('a body over the limit is status 413', async () => {
  await withProxy({ CLIENT_MAX_BODY_SIZE: '64k' }, async (own) => {
    const big = { ...ask(), messages: [{ role: 'user', content: 'x'.repeat(100_000) }] };
    const error = await rejection(own.messages.create(big), ContentTooLargeError, 413);
    assert.equal(error.headers.get('x-holysheep-error'), 'request_too_large');
    assert.equal(error.error.type, 'error');
    assert.ok(error.error.request_id);
  });
});

test('an open breaker is an InternalServerError, 503', async () => {
  await withProxy({ CIRCUIT_BREAKER_THRESHOLD: '2', CIRCUIT_BREAKER_RESET: '60s' }, async (own) => {
    for (let i = 0; i < 2; ++i) {
      await rejection(own.messages.create(ask('sim:status=500')), InternalServerError, 500);
    }
    const error = await rejection(own.messages.create(ask('sim:status=500')), InternalServerError, 503);
    assert.equal(error.headers.get('x-holysheep-error'), 'circuit_open');
    assert.equal((await simulator.requests()).length, 2);
  });
});

test('the proxy\'s own rate limit is a RateLimitError', async () => {
  const settings = { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '1', BACKPRESSURE_ENABLED: 'false' };
  await withProxy(settings, async (own) => {
    await own.messages.create(ask());
    const error = await rejection(own.messages.create(ask()), RateLimitError, 429);
    assert.equal(error.headers.get('x-holysheep-error'), 'rate_limit_exceeded');
    assert.equal(error.error.error.type, 'rate_limit_error');
  });
});

for (const cut of ['reset=event:3', 'close=event:3', 'close=mid-event:3']) {
  test(`a stream that breaks (${cut}) raises`, async () => {
    const stream = await client.messages.create({ ...ask(`sim:chunks=20;${cut}`), stream: true });
    const types = [];
    await assert.rejects(async () => {
      for await (const event of stream) types.push(event.type);
    }, APIError);
    assert.equal(types[0], 'message_start');
    assert.ok(!types.includes('message_stop'));
  });
}
