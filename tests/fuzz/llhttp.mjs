// How Node's parser (llhttp) reads each file of a corpus, one JSON line each: a request's head, or with `chunked`
// a body in that coding. Bytes are told as the characters of that number.
//
//   node tests/fuzz/llhttp.mjs head|chunked FOLDER
import { readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { Duplex } from 'node:stream';

const [kind, folder] = process.argv.slice(2);
const before = kind === 'chunked' ? 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n' : '';

const read = (bytes) =>
  new Promise((resolve) => {
    const connection = new Duplex({ read() {}, write: (chunk, encoding, done) => done(), final: (done) => done() });
    const end = (result) => {
      connection.destroy();
      resolve(result);
    };
    const server = http.createServer({ maxHeaderSize: 1 << 20, requireHostHeader: false });
    server.maxHeadersCount = 0;
    const head = (request) => ({ method: request.method, target: request.url, fields: request.rawHeaders });
    const take = (request) => {
      if (kind === 'head') return end(head(request));
      let body = '';
      request.setEncoding('latin1');
      request.on('data', (piece) => (body += piece));
      request.on('end', () => end({ body }));
      request.on('error', () => end({ refused: true }));
    };
    for (const event of ['request', 'checkContinue', 'checkExpectation', 'connect', 'upgrade']) server.on(event, take);
    server.on('clientError', () => end({ refused: true }));
    server.on('close', () => end({ refused: true }));
    server.emit('connection', connection);
    connection.push(Buffer.concat([Buffer.from(before), bytes]));
    connection.push(null);
    setTimeout(() => end({ refused: true, late: true }), 2000).unref();
  });

for (const file of readdirSync(folder).sort()) {
  const result = await read(readFileSync(join(folder, file)));
  console.log(JSON.stringify({ file, ...result }));
}
process.exit(0);
