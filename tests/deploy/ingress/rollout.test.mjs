// Three pods behind nginx under load: a rolling restart loses nothing, and a pod that is killed takes only its own along.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Simulator, eventually } from '../../sdk/harness.mjs';
import { ends, told_by } from './client.mjs';
import { OpenStreams, SteadyRequests } from './load.mjs';
import { Service } from './service.mjs';
import { manifests } from './stage.mjs';

const long = process.env.HOLYSHEEP_LONG_TESTS === '1';
// The manifests' own times with HOLYSHEEP_LONG_TESTS=1: preStop and probes of 10 s.
const hurry = long ? 1 : 10;
const stream_model = `sim:chunks=${long ? 300 : 30};chunk-delay=100`;
const per_second = 300;
const open = 100;

/** Three pods and their load; `play` is what happens, and what came of it is told to `judge`. */
async function under_load(play, judge) {
  const ending = [];
  try {
    const simulator = await Simulator.start(['--http']); // handshakes would be most of the work
    ending.push(() => simulator.stop());
    const service = new Service(manifests({ 'ssl-redirect': 'false' }), simulator, hurry);
    ending.push(() => service.stop());
    await service.start(3);
    const streams = new OpenStreams(service.nginx, { open, model: stream_model });
    const requests = new SteadyRequests(service.nginx, { per_second, model: 'sim:delay=50' });
    const over = () => Promise.all([streams.stop(), requests.stop()]);
    ending.push(over);
    const played = await play(service, streams, requests);
    await over();
    console.log(`# ${requests.all.length} requests, ${requests.rate.toFixed(0)} a second, ${requests.lost.length} lost; ` +
      `${streams.all.length} streams, ${streams.broken.length} not whole`);
    // What a busy machine does not keep up is no fault of the proxy's: the short run only tells it.
    if (long) assert.ok(requests.rate > 0.9 * per_second, `${requests.rate} requests a second`);
    await judge(played, service, streams, requests);
  } finally {
    for (const end of ending.reverse()) await end();
  }
}

const all_flow = (streams) => eventually(() => streams.flowing.length === open);
const told = ({ answer, headers }) =>
  `${headers['x-request-id']}: ${answer.status ?? answer.failure} ${answer.end} ${answer.text?.slice(-200)}`;
const pods_of = (log, { headers }) => log.get(headers['x-request-id']).pods.split(', ');

/** nginx's log, once it has told of all. */
const log_of = (nginx, all) => eventually(() => {
  const log = nginx.log();
  return all.every(({ headers }) => log.has(headers['x-request-id'])) && log;
});

test('a rolling restart loses no request and no stream', () => under_load(async (service, streams) => {
  const began = performance.now();
  const codes = await service.roll(() => all_flow(streams));
  console.log(`# three pods replaced in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await sleep(500); // on the new ones alone
  return codes;
}, async (codes, service, streams, requests) => {
  assert.deepEqual(codes, [0, 0, 0]);
  assert.deepEqual(requests.lost.map(told), []);
  assert.deepEqual(streams.broken.map(told), []);
  assert.equal(service.pods.length, 6);
  const log = await log_of(service.nginx, [...requests.all, ...streams.all]);
  const served = new Set([...requests.all, ...streams.all].flatMap((one) => pods_of(log, one)));
  for (const { endpoint } of service.pods) assert.ok(served.has(endpoint), `${endpoint} got nothing`);
}));

test('a killed pod takes its own streams and requests along, visibly, and no others', () => under_load(async (service, streams) => {
  await all_flow(streams);
  const [killed] = service.pods;
  killed.signal('SIGKILL');
  assert.equal(await killed.end(), 'SIGKILL');
  const at = performance.now();
  await service.noticed(killed);
  await sleep(1000); // without it
  return { killed, at };
}, async ({ killed, at }, service, streams, requests) => {
  const log = await log_of(service.nginx, [...requests.all, ...streams.all]);
  const its = (one) => pods_of(log, one).includes(killed.endpoint);
  assert.ok(streams.broken.length > open / 10, `${streams.broken.length} streams were cut`);
  for (const stream of streams.broken) {
    assert.ok(its(stream), `not on the killed pod: ${told(stream)}`);
    // Nothing that looks like an end: no mark, no last chunk.
    assert.deepEqual([stream.answer.status, stream.answer.end, told_by(stream.text).done], [200, ends.cut, false], told(stream));
  }
  for (const request of requests.lost) {
    assert.ok(its(request) && request.began <= at, `not in flight on the killed pod: ${told(request)}`);
    assert.equal(request.answer.status, 502, told(request));
  }
  const again = requests.all.filter((one) => its(one) && pods_of(log, one).length > 1);
  console.log(`# ${streams.broken.length} streams cut, ${requests.lost.length} requests in flight got 502, ` +
    `${again.length} went on to another pod`);
}));
