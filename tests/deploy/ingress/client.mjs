// Clients of the Ingress, each from an address of its own on loopback.
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';

const one_request_each = { https: new https.Agent({ keepAlive: false }), http: new http.Agent({ keepAlive: false }) };

/** Whether an answer's body ended as its framing says. */
export const ends = { complete: 'complete', cut: 'cut' };

/** The address of client number `index`. */
export const address = (index) => `127.0.${1 + Math.floor(index / 250) % 250}.${1 + (index % 250)}`;

/** A body for a dialect's endpoint, and where it goes. */
export function question(dialect, model, stream) {
  const body = JSON.stringify({ model, stream, max_tokens: 1000, messages: [{ role: 'user', content: 'Say something.' }] });
  return { path: dialect === 'messages' ? '/v1/messages' : '/v1/chat/completions', body };
}

/**
 * One request on a connection of its own, or of `agent`. Gives `{status, headers, text, end}` when the answer is over, or
 * `{failure}` where none began. `on_text` hears the body as it comes, and the status; `signal` ends it
 * from this side; `plain` is without TLS.
 */
export function ask(nginx, { path, method, body, headers = {}, from = address(0), agent, on_text, signal, chunked = false, plain = false }) {
  return new Promise((resolve) => {
    const length = body === undefined || chunked ? {} : { 'content-length': Buffer.byteLength(body) };
    const { http_port, https_port } = nginx.place;
    const request = (plain ? http : https).request({
      host: '127.0.0.1', localAddress: from, agent: agent ?? one_request_each[plain ? 'http' : 'https'],
      ...(plain ? { port: http_port } : { port: https_port, servername: nginx.host, ca: nginx.ca }),
      path, method: method ?? (body === undefined ? 'GET' : 'POST'), signal,
      headers: { host: nginx.host, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...length, ...headers },
    });
    request.on('response', (response) => {
      const answer = { status: response.statusCode, headers: response.headers, text: '', end: ends.cut };
      response.setEncoding('utf8');
      response.on('data', (text) => {
        answer.text += text;
        on_text?.(text, answer.status);
      });
      response.on('error', () => {});
      response.on('close', () => resolve({ ...answer, end: response.complete ? ends.complete : ends.cut }));
    });
    // After an answer has begun, its end is told by the answer.
    request.on('error', (problem) => resolve({ failure: problem.code ?? problem.message }));
    request.end(body);
  });
}

/** The same over HTTP/2, for which the Ingress has TLS: `{status, headers, text, end}`. */
export function ask_http2(nginx, { path, body, headers = {}, on_text, signal }) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`https://127.0.0.1:${nginx.place.https_port}`, { ca: nginx.ca, servername: nginx.host });
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST', ':path': path, ':authority': nginx.host, 'content-type': 'application/json', ...headers,
    }, { signal });
    const answer = { text: '', end: ends.cut };
    stream.on('response', (head) => Object.assign(answer, { status: head[':status'], headers: head }));
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      answer.text += text;
      on_text?.(text);
    });
    stream.on('end', () => (answer.ended = true));
    stream.on('error', () => {});
    stream.on('close', () => {
      session.destroy();
      resolve({ ...answer, end: answer.ended && stream.rstCode === 0 ? ends.complete : ends.cut, reset: stream.rstCode });
    });
    stream.end(body);
  });
}

/** The events of a stream's text: `{event, data}`, without keep-alives. */
export function events_of(text) {
  return text.split('\n\n').map((block) => {
    const field = (name) => block.split('\n').filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim()).join('\n');
    return { event: field('event'), data: field('data') };
  }).filter(({ event, data }) => data && event !== 'ping');
}

/** What was said in a stream, put together, and whether its own end mark came. */
export function told_by(text) {
  const events = events_of(text);
  const parsed = events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data));
  const said = parsed.map((one) => one.delta?.text ?? one.choices?.[0]?.delta?.content ?? '').join('');
  const done = events.at(-1)?.data === '[DONE]' || events.at(-1)?.event === 'message_stop';
  return { said, done, error: parsed.at(-1)?.error };
}
