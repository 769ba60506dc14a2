// The Ingress of deploy/k8s, by Debian's nginx, in front of the real proxy: what its annotations promise.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import test from 'node:test';
import { header, monotonic, patience } from '../../sdk/harness.mjs';
import { address, ask, ask_http2, ends, events_of, question, told_by } from './client.mjs';
import { upstream_key } from './pod.mjs';
import { Stage, on_stage } from './stage.mjs';

const mebibyte = 2 ** 20;
const by_proxy = 'x-holysheep-error';
let stage;
test.before(async () => (stage = await Stage.start()));
test.after(() => stage.stop());

test('each event of a stream comes as it is sent', async () => {
  let arrived = [];
  const answer = await ask(stage.nginx, { path: '/v1/stream?events=50&interval_ms=20', on_text: (text) => {
    const now = monotonic();
    arrived.push(...events_of(text).map(() => now));
  } });
  assert.deepEqual([answer.status, answer.end], [200, ends.complete]);
  const sent = events_of(answer.text).filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => BigInt(JSON.parse(data).ns));
  arrived = arrived.slice(0, sent.length);
  assert.equal(sent.length, 50);
  const late = arrived.map((at, index) => Number(at - sent[index]) / 1e6).sort((a, b) => a - b);
  console.log(`# events on their way through nginx and proxy: p50 ${late[25].toFixed(2)} ms, slowest ${late[49].toFixed(2)} ms`);
  // Held back, the first would come with the last.
  assert.ok(arrived[0] < sent.at(-1), 'the first event came after the last was sent');
});

/** What a client has of a stream whose upstream said five events and then nothing, without an end. */
function five_of_a_stalled_stream(nginx, dialect) {
  return new Promise((resolve, reject) => {
    let text = '';
    setTimeout(() => reject(new Error(`after ${patience} ms: ${text}`)), patience).unref();
    ask(nginx, { ...question(dialect, 'sim:chunks=20;stall=event:5', true), on_text: (more) => {
      text += more;
      if (text.split('\n\n').length > 5) resolve();
    } });
  });
}

for (const dialect of ['chat', 'messages'])
  test(`a stream that stays open has given every event that was sent (${dialect})`, () => five_of_a_stalled_stream(stage.nginx, dialect));

test('X-Accel-Buffering lets it through an Ingress that buffers, too', on_stage(
  { annotations: { 'proxy-buffering': 'on' } }, ({ nginx }) => five_of_a_stalled_stream(nginx, 'chat')));

test('a body of 50 MiB passes whole', async () => {
  const body = Buffer.alloc(50 * mebibyte, 'a sheep may look at a king. ');
  const answer = await ask(stage.nginx, { path: '/v1/files', body, headers: { 'content-type': 'application/octet-stream' } });
  assert.equal(answer.status, 200, answer.text);
  const got = JSON.parse(answer.text);
  assert.equal(got.body_length, body.length);
  assert.equal(got.body_sha256, createHash('sha256').update(body).digest('hex'));
});

for (const chunked of [false, true]) {
  test(`a larger body is 413, ${chunked ? 'chunked too' : 'by its length'}`, async () => {
    const { requests } = await stage.simulator.stats();
    const body = Buffer.alloc(50 * mebibyte + 1, 'a');
    const answer = await ask(stage.nginx, { path: '/v1/files', body, chunked });
    assert.equal(answer.status, 413);
    assert.equal((await stage.simulator.stats()).requests, requests);
  });
}

test('with a higher limit at the Ingress the proxy\'s own 413 comes through', on_stage(
  { annotations: { 'proxy-body-size': '100m' }, settings: { CLIENT_MAX_BODY_SIZE: '1m' } }, async ({ nginx }) => {
    for (const chunked of [false, true]) {
      const answer = await ask(nginx, { path: '/v1/chat/completions', body: Buffer.alloc(4 * mebibyte, ' '), chunked });
      assert.deepEqual([answer.status, answer.headers[by_proxy]], [413, 'request_too_large'], `${chunked} ${nginx.errors}`);
      assert.equal(JSON.parse(answer.text).error.code, 'request_too_large');
    }
  }));

/** How many of `count` requests from one address, by few connections, had which status. */
async function statuses(nginx, count, from) {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 20 });
  const found = {};
  await Promise.all(Array.from({ length: count }, async () => {
    const { status, failure } = await ask(nginx, { path: '/health', from, agent });
    found[status ?? failure] = (found[status ?? failure] ?? 0) + 1;
  }));
  agent.destroy();
  return found;
}

for (const [controller, status] of [[{}, 503], [{ 'limit-req-status-code': '429' }, 429]]) {
  const limited = `past limit-rpm, and five times that at once, a client gets ${status}, and no other client`;
  test(limited, on_stage({ controller }, async ({ nginx }) => {
    const began = performance.now();
    const found = await statuses(nginx, 600, address(1));
    const minutes = (performance.now() - began) / 60_000;
    console.log(`# of 600 requests at once: ${JSON.stringify(found)}`);
    assert.deepEqual(Object.keys(found).sort(), ['200', String(status)].sort());
    // The burst, the one that is due, and what 100 a minute gave meanwhile.
    assert.ok(found[200] >= 501 && found[200] <= 502 + 100 * minutes, `${found[200]} in ${minutes} minutes`);
    assert.deepEqual(await statuses(nginx, 10, address(2)), { 200: 10 });
  }));
}

test('past limit-connections a client gets 503, and no other client', on_stage(
  { annotations: { 'limit-connections': '3' } }, async ({ nginx }) => {
    const open = (from) => new Promise((resolve) =>
      ask(nginx, { ...question('chat', 'sim:chunks=20;stall=event:1', true), from, on_text: (_, status) => resolve(status) })
        .then(({ status, failure }) => resolve(status ?? failure)));
    const from = address(1);
    assert.deepEqual([await open(from), await open(from), await open(from)], [200, 200, 200]);
    assert.equal(await open(from), 503);
    assert.equal(await open(address(2)), 200);
  }));

test('the client\'s address is passed on, and what it said of itself is not taken for it', async () => {
  await stage.simulator.reset();
  const answer = await ask(stage.nginx, { path: '/v1/models', from: '127.0.9.9', headers: {
    'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'elsewhere.example' } });
  assert.equal(answer.status, 200);
  const request = await stage.simulator.only();
  assert.equal(header(request, 'x-forwarded-for'), '127.0.9.9, 127.0.0.1', 'the client, then nginx');
  assert.equal(header(request, 'x-real-ip'), '127.0.9.9');
  assert.equal(header(request, 'x-forwarded-proto'), 'https');
  assert.equal(header(request, 'x-forwarded-host'), 'api.yourdomain.com');
  assert.equal(header(request, 'authorization'), `Bearer ${upstream_key}`);
});

test('one id leads from the answer to the Ingress\'s log, with the client\'s address, and to the proxy\'s', async () => {
  const given = await ask(stage.nginx, { ...question('chat', 'sim:chunks=2', false), from: '127.0.9.8' });
  const id = given.headers['x-request-id'];
  assert.match(id, /^[0-9a-f]{32}$/, 'made by nginx');
  assert.equal((await stage.nginx.line(id)).client, '127.0.9.8');
  assert.equal((await stage.pod.line(id)).path, '/v1/chat/completions');
  const own = await ask(stage.nginx, { path: '/v1/models', from: '127.0.9.7', headers: { 'x-request-id': 'mine-7' } });
  assert.equal(own.headers['x-request-id'], 'mine-7');
  assert.equal((await stage.nginx.line('mine-7')).client, '127.0.9.7');
  assert.equal((await stage.pod.line('mine-7')).status, 200);
});

test('upstream\'s silence is answered by the proxy before proxy-read-timeout is over', on_stage(
  { settings: { REQUEST_TIMEOUT: '500ms' } }, async ({ nginx }) => {
    const answer = await ask(nginx, question('messages', 'sim:silent', false));
    assert.deepEqual([answer.status, answer.headers[by_proxy]], [504, 'upstream_timeout']);
    assert.equal(JSON.parse(answer.text).type, 'error');
  }));

test('past proxy-read-timeout nginx gives up; a stream with pings is never silent for so long', on_stage(
  { annotations: { 'proxy-read-timeout': '1' }, settings: { STREAM_PING_INTERVAL: '300ms' } }, async ({ nginx }) => {
    const [plain, stream] = await Promise.all([
      ask(nginx, question('chat', 'sim:silent', false)), ask(nginx, question('messages', 'sim:chunks=10;pause=5:2500', true))]);
    assert.deepEqual([plain.status, plain.headers[by_proxy]], [504, undefined]);
    assert.deepEqual([stream.status, stream.end, told_by(stream.text).done], [200, ends.complete, true]);
  }));

test('plain HTTP is sent to HTTPS', async () => {
  const redirect = await new Promise((resolve) =>
    http.get({
      host: '127.0.0.1', port: stage.nginx.place.http_port, path: '/v1/models?a=b', headers: { host: stage.nginx.host },
    }, (response) => {
      response.resume();
      resolve([response.statusCode, response.headers.location]);
    }));
  assert.deepEqual(redirect, [308, 'https://api.yourdomain.com/v1/models?a=b']);
});

test('a broken stream looks broken over HTTP/2 too, and a whole one whole', async () => {
  const whole = await ask_http2(stage.nginx, question('messages', 'sim:chunks=5', true));
  assert.deepEqual([whole.status, whole.end, told_by(whole.text).done], [200, ends.complete, true]);
  const broken = await ask_http2(stage.nginx, question('messages', 'sim:chunks=50;reset=event:5', true));
  assert.equal(broken.status, 200);
  const told = told_by(broken.text);
  assert.deepEqual([told.done, typeof told.error?.message], [false, 'string'], broken.text);
  assert.equal(broken.end, ends.cut);
});

for (const [version, request] of [['1.1', ask], ['2', ask_http2]]) {
  test(`a client that leaves, in a stream or before it, ends what it asked of upstream (HTTP/${version})`, async () => {
    for (const model of ['sim:chunks=1000;chunk-delay=20', 'sim:silent']) {
      await stage.simulator.reset();
      const leaving = new AbortController();
      let left;
      const leave = () => {
        left ??= monotonic();
        leaving.abort();
      };
      const gone = request(stage.nginx, { ...question('chat', model, true), signal: leaving.signal, on_text: leave });
      await stage.simulator.only();
      if (model === 'sim:silent') leave();
      await gone;
      const seen = await stage.simulator.only(({ cancelled }) => cancelled);
      assert.equal(seen.answered, false);
      console.log(`# HTTP/${version}, ${model}: upstream was let go ${(Number(BigInt(seen.ended_ns) - left) / 1e6).toFixed(1)} ms later`);
    }
  });
}
