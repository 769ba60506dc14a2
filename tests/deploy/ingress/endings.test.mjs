// Streams through nginx that end before their time, and what their clients see of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually } from '../../sdk/harness.mjs';
import { ask, ask_http2, ends, events_of, question, told_by } from './client.mjs';
import { OpenStreams } from './load.mjs';
import { on_stage } from './stage.mjs';

const annotations = { 'ssl-redirect': 'false' }; // for the load
const endless = 'sim:chunks=100000;chunk-delay=50';

/** Ten streams of each dialect, flowing; then `act`, after which each must have ended with this error, visibly cut. */
async function each_ends_with(stage, act, code) {
  const streams = new OpenStreams(stage.nginx, { open: 20, model: endless });
  streams.going_on = false;
  await eventually(() => streams.flowing.length === 20);
  await act(stage);
  await streams.stop();
  for (const { number, answer, headers } of streams.all) {
    assert.deepEqual([answer.status, answer.end, told_by(answer.text).done], [200, ends.cut, false], answer.text.slice(-300));
    const last = events_of(answer.text).at(-1);
    const { error } = JSON.parse(last.data);
    if (number % 2) assert.deepEqual([last.event, typeof error.type], ['error', 'string'], last.data);
    else assert.equal(error.code, code, last.data);
    assert.equal((await stage.pod.line(headers['x-request-id'])).code, code);
  }
}

const brief = { annotations, settings: { SHUTDOWN_GRACE: '1s' } };

test('when the grace is over each stream ends with an error event', on_stage(brief, (stage) =>
  each_ends_with(stage, async ({ pod }) => {
    pod.signal('SIGTERM');
    assert.equal(await pod.end(), 1);
  }, 'draining')));

test('a second signal does not wait for the grace, and each stream ends with an error event', on_stage({ annotations }, (stage) =>
  each_ends_with(stage, async ({ pod }) => {
    pod.signal('SIGTERM');
    await eventually(async () => !(await pod.ready()));
    pod.signal('SIGTERM');
    assert.equal(await pod.end(), 1);
  }, 'draining')));

test('when upstream is killed each stream ends with an error event', on_stage({ annotations }, (stage) =>
  each_ends_with(stage, async ({ simulator }) => simulator.program.child.kill('SIGKILL'), 'upstream_protocol_error')));

test('a request that is cut by the end of the grace gets the proxy\'s own answer', on_stage(brief, async ({ nginx, pod, simulator }) => {
  const asked = ask(nginx, question('messages', 'sim:silent', false));
  await eventually(async () => (await simulator.stats()).requests > 0);
  pod.signal('SIGTERM');
  const answer = await asked;
  assert.deepEqual([answer.status, answer.headers['x-holysheep-error']], [503, 'draining']);
  assert.equal(JSON.parse(answer.text).type, 'error');
}));

const two = { pods: 2, settings: { CACHE_SIZE_MB: '0' } };

test('of a killed pod\'s requests those that may be asked twice are, the rest is 502', on_stage(two, async ({ nginx, pods, simulator }) => {
  const headers = { 'x-sim': 'delay=1500' };
  const asked = (request) => Array.from({ length: 10 }, () => ask(nginx, { ...request, headers }));
  const [gets, posts] = [asked({ path: '/v1/models' }), asked(question('chat', 'm', false))];
  await eventually(async () => (await simulator.stats()).requests === 20);
  pods[0].signal('SIGKILL');
  for (const { status } of await Promise.all(gets)) assert.equal(status, 200);
  const answers = await Promise.all(posts);
  for (const { status, headers: told } of answers) {
    if (status !== 200) assert.deepEqual([status, told['x-holysheep-error']], [502, undefined], 'nginx says it');
  }
  const lost = answers.filter(({ status }) => status === 502).length;
  assert.ok(lost > 0 && lost < 10, `${lost} of 10 were on the killed pod`);
  // Nobody paid twice: upstream was asked again for what was read only.
  assert.equal((await simulator.requests()).filter(({ method }) => method === 'POST').length, 10);
}));

test('a stream whose pod is killed has no end over HTTP/2 either', on_stage({}, async ({ nginx, pod }) => {
  const stream = await ask_http2(nginx, { ...question('messages', endless, true), on_text: () => pod.signal('SIGKILL') });
  assert.deepEqual([stream.status, stream.end, stream.text.includes('message_stop')], [200, ends.cut, false]);
}));
