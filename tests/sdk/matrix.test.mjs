// Truthful streams: wherever upstream fails, a client gets the whole answer or an error; never less that looks whole.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { Proxy, Simulator, eventually, patience } from './harness.mjs';

const chunks = 8;
const messages = [{ role: 'user', content: 'hello' }];

// `text`, `isLast`: of an event that the client's SDK gives. `isMark`: the end mark, as it is on the wire.
// `lost`, `silent`: what the dialect calls an upstream that went away, and one that says nothing.
const openaiWords = {
  lost: 'upstream_protocol_error',
  silent: 'upstream_timeout',
  kind: OpenAI.APIError,
  raised: (error) => error.code,
  said: (event) => event.json.error?.code,
};
const dialects = [
  {
    name: 'chat',
    sdk: 'openai',
    target: '/v1/chat/completions',
    body: (model) => ({ model, messages, stream: true }),
    create: (body) => openai.chat.completions.create(body),
    text: (event) => event.choices?.[0]?.delta?.content ?? '',
    isLast: (event) => event.choices?.[0]?.finish_reason === 'stop',
    isMark: (event) => event.data === '[DONE]',
    ...openaiWords,
  },
  {
    name: 'responses',
    sdk: 'openai',
    target: '/v1/responses',
    body: (model) => ({ model, input: 'hello', stream: true }),
    create: (body) => openai.responses.create(body),
    text: (event) => (event.type === 'response.output_text.delta' ? event.delta : ''),
    isLast: (event) => event.type === 'response.completed' && event.response.status === 'completed',
    isMark: (event) => event.name === 'response.completed' && event.json.type === event.name,
    ...openaiWords,
  },
  {
    name: 'messages',
    sdk: 'anthropic',
    target: '/v1/messages',
    body: (model) => ({ model, max_tokens: 1024, messages, stream: true }),
    create: (body) => anthropic.messages.create(body),
    text: (event) => event.delta?.text ?? '',
    isLast: (event) => event.type === 'message_stop',
    isMark: (event) => event.name === 'message_stop' && event.json.type === event.name,
    lost: 'api_error',
    silent: 'timeout_error',
    kind: Anthropic.APIError,
    raised: (error) => error.type,
    // Its SDK looks at the event's name, its documentation at the type.
    said: (event) => (event.json.type === 'error' ? event.json.error?.type : undefined),
  },
];

// What must come of a fault for each client, with the dialect's word for it behind.
const refused = {
  lost: { openai: 'InternalServerError 502', anthropic: 'InternalServerError 502', raw: '502' },
  silent: { openai: 'InternalServerError 504', anthropic: 'GatewayTimeoutError 504', raw: '504' },
};
const broken = {
  lost: { openai: 'APIError', anthropic: 'APIError', raw: 'error event' },
  silent: { openai: 'APIError', anthropic: 'APIError', raw: 'error event' },
};
const whole = {
  lost: { openai: 'whole', anthropic: 'whole', raw: 'whole' },
  silent: { openai: 'whole', anthropic: 'whole', raw: 'whole' },
};

// Where upstream fails: the simulator's word, `last` being the end mark's number, and what must come of it.
const places = [
  { where: 'before the header', at: () => 'before', must: refused },
  { where: 'in the header', at: () => 'header', must: refused }, // a stall: when it is out
  { where: 'before the first event', at: () => 'event:0', must: refused },
  { where: 'in the first event', at: () => 'mid-event:0', must: refused },
  { where: 'after the first event', at: () => 'event:1', must: broken },
  { where: 'between events', at: () => 'event:6', must: broken },
  { where: 'in an event', at: () => 'mid-event:6', must: broken },
  { where: 'before the end mark', at: (last) => `event:${last}`, must: broken },
  { where: 'in the end mark', at: (last) => `mid-event:${last}`, must: broken },
  { where: 'after the end mark', at: () => 'after-done', must: whole },
];
const faults = [
  { name: 'no fault', script: () => '', must: whole.lost, word: 'lost' },
  ...places.flatMap(({ where, at, must }) => [
    { name: `close ${where}`, script: (last) => `;close=${at(last)}`, must: must.lost, word: 'lost' },
    { name: `reset ${where}`, script: (last) => `;reset=${at(last)}`, must: must.lost, word: 'lost' },
    { name: `stall ${where}`, script: (last) => `;stall=${at(last)}`, must: must.silent, word: 'silent' },
  ]),
];
// Events that came together with the fault, and events that were there before it.
const paces = ['', ';chunk-delay=1'];

let simulator;
let proxy;
let openai;
let anthropic;
let text; // of the whole answer
const asked = new Map(); // model to fault
const cells = new Map(); // row and column to what came of it

before(async () => {
  simulator = await Simulator.start();
  proxy = await Proxy.start(simulator, { MAX_RETRIES: '0', UPSTREAM_READ_TIMEOUT: `${patience / 10}ms` });
  openai = new OpenAI({ apiKey: 'key', baseURL: `${proxy.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: 'key', baseURL: proxy.url, maxRetries: 0 });
  const plain = await openai.chat.completions.create({ model: `sim:chunks=${chunks}`, messages });
  text = plain.choices[0].message.content;
  for (const dialect of dialects) {
    dialect.last = eventsOf(await exchange(dialect, `sim:chunks=${chunks}`)).length - 1;
  }
});
after(async () => {
  console.log(table());
  await proxy?.stop();
  await simulator?.stop();
});

/** What an HTTP/1.1 answer holds so far; `complete`: its framing says that this is all. */
function parse(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, body: '', complete: false };
  const status = Number(bytes.slice(9, 12));
  const rest = bytes.slice(end + 4);
  const length = bytes.slice(0, end + 2).match(/^content-length: (\d+)\r$/im);
  if (!length) return { status, ...unchunk(rest) };
  return { status, body: rest.slice(0, Number(length[1])), complete: rest.length >= Number(length[1]) };
}

function unchunk(rest) {
  let body = '';
  for (;;) {
    const line = rest.match(/^([0-9a-f]+)\r\n/i);
    if (!line) return { body, complete: false };
    const size = parseInt(line[1], 16);
    if (size === 0) return { body, complete: rest.endsWith('\r\n\r\n') };
    body += rest.slice(line[0].length, line[0].length + size);
    rest = rest.slice(line[0].length + size + 2);
  }
}

/** One request over a socket: its answer once it is complete, or what there was when the connection ended. */
function exchange(dialect, model) {
  const body = JSON.stringify(dialect.body(model));
  const head = `POST ${dialect.target} HTTP/1.1\r\nHost: proxy\r\nContent-Type: application/json\r\n`;
  return new Promise((resolve) => {
    let bytes = '';
    const socket = connect(proxy.port, '127.0.0.1');
    socket.setEncoding('latin1');
    socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    socket.on('data', (data) => {
      bytes += data;
      if (parse(bytes).complete) socket.destroy();
    });
    socket.on('error', () => {}); // a reset is an end, too
    socket.on('close', () => resolve(parse(bytes)));
  });
}

/** The events of a stream, none of them torn. */
function eventsOf({ body }) {
  assert.ok(body.endsWith('\n\n'), `half an event: ${body.slice(-80)}`);
  return body.slice(0, -2).split('\n\n').map((event) => {
    const [, data] = event.match(/^data: (.*)$/m);
    return { name: event.match(/^event: (.*)$/m)?.[1], data, json: data === '[DONE]' ? {} : JSON.parse(data) };
  });
}

const textOf = (dialect, events) => events.map(dialect.text).join('');

async function throughSocket(dialect, model) {
  const answer = await exchange(dialect, model);
  if (answer.status !== 200) {
    assert.ok(answer.complete, `${answer.status} with half a body`);
    return `${answer.status} ${dialect.said({ json: JSON.parse(answer.body) })}`;
  }
  const events = eventsOf(answer);
  const marks = events.filter(dialect.isMark).length;
  const last = events.pop();
  const given = textOf(dialect, events.map((event) => event.json));
  assert.ok(text.startsWith(given), `what upstream never said: ${given}`);
  if (answer.complete && marks === 1 && dialect.isMark(last) && given === text) return 'whole';
  if (!answer.complete && marks === 0 && dialect.said(last)) return `error event ${dialect.said(last)}`;
  return `UNTRUE: ${answer.complete ? 'complete' : 'cut'} after ${events.length + 1} events, the last ${last.data}`;
}

async function throughSdk(dialect, model) {
  const events = [];
  try {
    for await (const event of await dialect.create(dialect.body(model))) events.push(event);
  } catch (error) {
    const name = error.constructor.name;
    if (!(error instanceof dialect.kind)) return `UNTYPED: ${name}: ${error.message}`;
    return [name, error.status, dialect.raised(error)].filter(Boolean).join(' ');
  }
  const given = textOf(dialect, events);
  if (given === text && events.filter(dialect.isLast).length === 1) return 'whole';
  return `SILENT: ended after ${events.length} events with ${given.length} of ${text.length} characters`;
}

const columns = dialects.flatMap((dialect) => [
  { name: `${dialect.name} ${dialect.sdk}`, dialect, client: dialect.sdk, ask: throughSdk },
  { name: `${dialect.name} raw`, dialect, client: 'raw', ask: throughSocket },
]);

/** What this fault is to this client, at either pace: one outcome, unless the pace made a difference. */
async function outcome(fault, { name, dialect, ask }) {
  const answers = await Promise.all(paces.map((pace) => {
    const model = `sim:chunks=${chunks}${fault.script(dialect.last)}${pace};tag=${name}`;
    asked.set(model, fault);
    return ask(dialect, model).catch((error) => `FAILED: ${error.message}`);
  }));
  return [...new Set(answers)].join(' | ');
}

/** The rows are the faults. The dialects' words stand below, and in a cell only where another one came. */
function table() {
  const short = ({ dialect, name }, fault) =>
    (cells.get(`${fault.name}/${name}`) ?? '(not asked)').replace(` ${dialect[fault.word]}`, '').slice(0, 60);
  const rows = [['', ...columns.map((column) => column.name)],
    ...faults.map((fault) => [fault.name, ...columns.map((column) => short(column, fault))])];
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const words = (when) => dialects.map((dialect) => `${dialect.name} ${dialect[when]}`).join(', ');
  return [
    ...rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd()),
    `what they say of a close or reset: ${words('lost')}`,
    `what they say of a stall: ${words('silent')}`,
  ].join('\n');
}

describe('a stream through', { concurrency: 64 }, () => {
  for (const fault of faults) {
    for (const column of columns) {
      const must = fault.must[column.client];
      const whatItIs = must === 'whole' ? must : `${must} ${column.dialect[fault.word]}`;
      test(`${column.name}: ${fault.name} comes out as ${whatItIs}`, { timeout: patience }, async () => {
        const came = await outcome(fault, column);
        cells.set(`${fault.name}/${column.name}`, came);
        assert.equal(came, whatItIs);
      });
    }
  }
});

test('every fault of the matrix did happen upstream', async () => {
  const ended = await eventually(async () => {
    const all = await simulator.requests();
    return all.every((request) => request.ended_ns > 0) && all;
  });
  for (const [model, fault] of asked) {
    const seen = ended.filter((request) => request.model === model);
    assert.ok(seen.length > 0, model);
    assert.ok(seen.every((request) => request.answered === (fault.name === 'no fault')), model);
  }
});
