// The unmodified OpenAI client; its base URL is all that changes.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import OpenAI, {
  APIError, AuthenticationError, InternalServerError, NotFoundError, RateLimitError,
} from 'openai';
import { Proxy, Simulator, cancelLimit, header, monotonic } from './harness.mjs';

let simulator;
let proxy;
let client;
const messages = [{ role: 'user', content: 'hello' }];

before(async () => {
  simulator = await Simulator.start();
  proxy = await Proxy.start(simulator);
  client = new OpenAI({ apiKey: 'client-key', baseURL: `${proxy.url}/v1`, maxRetries: 0 });
});
after(async () => {
  await proxy?.stop();
  await simulator?.stop();
});
beforeEach(() => simulator.reset());

const collect = async (stream) => {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
};

/** A proxy with settings of its own, and a client for it. */
async function withProxy(settings, story, options = {}) {
  const other = await Proxy.start(simulator, settings);
  try {
    await story(new OpenAI({ apiKey: 'client-key', baseURL: `${other.url}/v1`, maxRetries: 0, ...options }));
  } finally {
    await other.stop();
  }
}

test('a chat completion comes as upstream gave it', async () => {
  const answer = await client.chat.completions.create({ model: 'gpt-4.1', messages });
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.model, 'gpt-4.1');
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.ok(answer.usage.total_tokens > 0);
  const seen = await simulator.only();
  assert.equal(seen.target, '/v1/chat/completions');
  assert.equal(header(seen, 'authorization'), 'Bearer client-key', 'without an upstream key the own one passes');
});

test('the upstream key takes the place of the client\'s', async () => {
  await withProxy({ HOLYSHEEP_API_KEY: 'upstream-key' }, async (own) => {
    await own.chat.completions.create({ model: 'gpt-4.1', messages });
    const seen = await simulator.only();
    assert.equal(header(seen, 'authorization'), 'Bearer upstream-key');
    assert.ok(!JSON.stringify(seen).includes('client-key'));
  });
});

test('a chat stream gives its chunks and ends', async () => {
  const chunks = await collect(await client.chat.completions.create({ model: 'sim:chunks=12', messages, stream: true }));
  const text = chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('');
  assert.ok(text.length > 0);
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
  assert.ok(chunks.every((chunk) => !('usage' in chunk)), 'nobody asked for usage, so none is seen');
});

test('a stream that asks for usage gets it', async () => {
  const chunks = await collect(await client.chat.completions.create({
    model: 'gpt-4.1', messages, stream: true, stream_options: { include_usage: true },
  }));
  assert.ok(chunks.at(-1).usage.total_tokens > 0);
  assert.deepEqual(chunks.at(-1).choices, []);
});

test('the stream helper of the client assembles the same message', async () => {
  const runner = client.chat.completions.stream({ model: 'gpt-4.1', messages });
  const final = await runner.finalChatCompletion();
  const plain = await client.chat.completions.create({ model: 'gpt-4.1', messages });
  assert.equal(final.choices[0].message.role, 'assistant');
  assert.ok(final.choices[0].message.content.length > 0);
  assert.equal(plain.choices[0].message.role, 'assistant');
});

test('embeddings', async () => {
  const answer = await client.embeddings.create({
    model: 'text-embedding-3-small', input: ['one', 'two'], encoding_format: 'float',
  });
  assert.equal(answer.object, 'list');
  assert.ok(answer.data[0].embedding.length > 0);
});

test('the model list and one model', async () => {
  const ids = (await collect(await client.models.list())).map((model) => model.id);
  assert.ok(ids.includes('gpt-4.1'), ids.join());
  assert.equal((await client.models.retrieve('gpt-4.1')).id, 'gpt-4.1');
});

test('responses, plain and streamed', async () => {
  const plain = await client.responses.create({ model: 'gpt-4.1', input: 'hello' });
  assert.equal(plain.status, 'completed');
  assert.ok(plain.output_text.length > 0);
  const events = await collect(await client.responses.create({ model: 'gpt-4.1', input: 'hello', stream: true }));
  assert.equal(events.at(-1).type, 'response.completed');
  assert.ok(events.some((event) => event.type === 'response.output_text.delta'));
});

test('an abort in mid-stream cancels upstream within 100 ms', async () => {
  const stream = await client.chat.completions.create({ model: 'sim:chunks=500;chunk-delay=20', messages, stream: true });
  let left;
  for await (const chunk of stream) {
    assert.ok(chunk.id);
    left = monotonic();
    stream.controller.abort();
    break;
  }
  const seen = await simulator.only((request) => request.cancelled);
  assert.equal(seen.answered, false);
  assert.ok(BigInt(seen.ended_ns) - left < cancelLimit, `${BigInt(seen.ended_ns) - left} ns`);
});

test('an abort while nothing has come yet cancels upstream within 100 ms', async () => {
  const controller = new AbortController();
  const waiting = client.chat.completions.create({ model: 'sim:silent', messages }, { signal: controller.signal });
  await simulator.only();
  const left = monotonic();
  controller.abort();
  await assert.rejects(waiting, OpenAI.APIUserAbortError);
  const seen = await simulator.only((request) => request.cancelled);
  assert.ok(BigInt(seen.ended_ns) - left < cancelLimit, `${BigInt(seen.ended_ns) - left} ns`);
});

test('upstream\'s 401 is an AuthenticationError', async () => {
  await assert.rejects(client.chat.completions.create({ model: 'sim:status=401', messages }), (error) => {
    assert.ok(error instanceof AuthenticationError, error.constructor.name);
    assert.equal(error.headers.get('x-holysheep-error'), null, 'it is upstream\'s, not ours');
    return true;
  });
});

test('upstream\'s 404 is a NotFoundError', async () => {
  await assert.rejects(client.chat.completions.create({ model: 'sim:status=404', messages }), NotFoundError);
});

test('upstream\'s 429 is a RateLimitError with its Retry-After', async () => {
  await assert.rejects(
    client.chat.completions.create({ model: 'sim:status=429;retry-after=7', messages }), (error) => {
      assert.ok(error instanceof RateLimitError, error.constructor.name);
      assert.equal(error.headers.get('retry-after'), '7');
      return true;
    });
});

test('upstream\'s 500 and 503 are InternalServerErrors', async () => {
  for (const status of [500, 503]) {
    await assert.rejects(
      client.chat.completions.create({ model: `sim:status=${status}`, messages }), (error) => {
        assert.ok(error instanceof InternalServerError, error.constructor.name);
        assert.equal(error.status, status);
        return true;
      });
  }
});

test('the client\'s own retry succeeds when upstream recovers', async () => {
  const patient = new OpenAI({ apiKey: 'k', baseURL: `${proxy.url}/v1`, maxRetries: 2 });
  const answer = await patient.chat.completions.create({ model: 'sim:fail=1:503;chunks=5', messages });
  assert.equal(answer.object, 'chat.completion');
  assert.equal((await simulator.requests()).length, 2);
});

test('the proxy retries where the client does not', async () => {
  await withProxy({ MAX_RETRIES: '2' }, async (own) => {
    const answer = await own.chat.completions.create({ model: 'sim:fail=1:503;chunks=6', messages });
    assert.equal(answer.object, 'chat.completion');
    assert.equal((await simulator.requests()).length, 2);
  });
});

test('an open breaker is an InternalServerError with code circuit_open', async () => {
  await withProxy({ CIRCUIT_BREAKER_THRESHOLD: '2', CIRCUIT_BREAKER_RESET: '60s' }, async (own) => {
    const ask = () => own.chat.completions.create({ model: 'sim:status=500;retry-after=0', messages });
    await assert.rejects(ask(), InternalServerError);
    await assert.rejects(ask(), InternalServerError);
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof InternalServerError, error.constructor.name);
      assert.equal(error.status, 503);
      assert.equal(error.code, 'circuit_open');
      assert.equal(error.headers.get('x-holysheep-error'), 'circuit_open');
      assert.ok(Number(error.headers.get('retry-after')) >= 1);
      return true;
    });
    assert.equal((await simulator.requests()).length, 2);
  });
});

test('the proxy\'s own rate limit is a RateLimitError', async () => {
  await withProxy({ RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '1', BACKPRESSURE_ENABLED: 'false' }, async (own) => {
    await own.models.retrieve('gpt-4.1');
    await assert.rejects(own.chat.completions.create({ model: 'gpt-4.1', messages }), (error) => {
      assert.ok(error instanceof RateLimitError, error.constructor.name);
      assert.equal(error.code, 'rate_limit_exceeded');
      assert.equal(error.type, 'rate_limit_exceeded');
      assert.ok(Number(error.headers.get('retry-after')) >= 1);
      assert.ok(Number(error.headers.get('retry-after-ms')) > 0);
      return true;
    });
  });
});

test('a body over the limit is status 413 with code request_too_large', async () => {
  await withProxy({ CLIENT_MAX_BODY_SIZE: '64k' }, async (own) => {
    const big = [{ role: 'user', content: 'x'.repeat(100_000) }];
    await assert.rejects(own.chat.completions.create({ model: 'gpt-4.1', messages: big }), (error) => {
      assert.ok(error instanceof APIError, error.constructor.name);
      assert.equal(error.status, 413);
      assert.equal(error.code, 'request_too_large');
      assert.equal(error.type, 'invalid_request_error');
      return true;
    });
  });
});

for (const cut of ['reset=event:3', 'close=event:3', 'close=mid-event:3', 'bad-chunk=3']) {
  test(`a stream that breaks (${cut}) raises`, async () => {
    const stream = await client.chat.completions.create({ model: `sim:chunks=20;${cut}`, messages, stream: true });
    const seen = [];
    await assert.rejects(async () => {
      for await (const chunk of stream) seen.push(chunk);
    }, (error) => {
      assert.ok(error instanceof APIError, `${error.constructor.name}: ${error.message}`);
      assert.equal(error.code, 'upstream_protocol_error');
      return true;
    });
    assert.ok(seen.length >= 1, 'what came before the break was given');
  });
}

test('upstream that cannot be reached is an InternalServerError with what to check', async () => {
  await withProxy({ API_BASE_URL: 'http://127.0.0.1:1/v1' }, async (own) => {
    await assert.rejects(own.chat.completions.create({ model: 'gpt-4.1', messages }), (error) => {
      assert.ok(error instanceof InternalServerError, error.constructor.name);
      assert.equal(error.status, 502);
      assert.equal(error.code, 'upstream_connect_error');
      assert.match(error.message, /NetworkPolicy/);
      return true;
    });
  });
});
