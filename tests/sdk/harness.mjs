// Starts the real simulator and the real proxy for the SDKs, and stops them again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const scale = Number(process.env.HOLYSHEEP_TEST_TIME_SCALE ?? 1);
export const patience = 10_000 * scale;

const binary = (name) => {
  const path = process.env[name];
  if (!path) throw new Error(`${name} must name a binary`);
  return path;
};

/** Asks `probe` until it gives something, at most `limit` milliseconds. */
export async function eventually(probe, limit = patience) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${probe}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export class Program {
  constructor(path, args, env) {
    const kept = ['PATH', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS', 'LSAN_OPTIONS', 'LLVM_PROFILE_FILE'];
    const inherited = Object.fromEntries(kept.filter((k) => process.env[k]).map((k) => [k, process.env[k]]));
    this.child = spawn(path, args, { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.lines = [];
    this.errors = '';
    createInterface({ input: this.child.stdout }).on('line', (line) => this.lines.push(line));
    this.child.stderr.on('data', (data) => (this.errors += data));
  }
  async line(match) {
    return eventually(() => {
      if (this.child.exitCode !== null) throw new Error(`it ended (${this.child.exitCode}): ${this.errors}`);
      return this.lines.map(match).find(Boolean);
    });
  }
  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), patience);
    const [code] = await ended;
    clearTimeout(timer);
    return code;
  }
}

export class Simulator {
  /** `options` of the program beside its port and its CA. */
  static async start(options = []) {
    const self = new Simulator();
    self.directory = await mkdtemp(join(tmpdir(), 'holysheep-sdk-'));
    self.program = new Program(binary('HOLYSHEEP_SIMULATOR_BINARY'), [...options, '--port', '0', '--make-ca', self.directory], {});
    const ports = await self.program.line((line) =>
      line.match(/listening on (https?):\/\/127\.0\.0\.1:(\d+) control http:\/\/127\.0\.0\.1:(\d+)/));
    self.port = Number(ports[2]);
    self.url = `${ports[1]}://localhost:${ports[2]}/v1`;
    self.control = `http://127.0.0.1:${ports[3]}`;
    return self;
  }
  async requests() {
    return (await fetch(`${this.control}/requests`)).json();
  }
  /** What it counts, of requests that it no longer keeps too. */
  async stats() {
    return (await fetch(`${this.control}/stats`)).json();
  }
  async reset() {
    await fetch(`${this.control}/reset`, { method: 'POST' });
  }
  /** The script of every request that brings none; empty ends it. */
  async script(directives) {
    const answer = await fetch(`${this.control}/script`, { method: 'POST', body: directives });
    if (!answer.ok) throw new Error(`the simulator refused: ${await answer.text()}`);
  }
  /** The only request since the last reset(), once there is one and it is `done` by that test. */
  async only(done = () => true) {
    return eventually(async () => {
      const all = await this.requests();
      return all.length === 1 && done(all[0]) ? all[0] : undefined;
    });
  }
  async stop() {
    await this.program.stop();
    await rm(this.directory, { recursive: true });
  }
}

export class Proxy {
  static async start(simulator, settings = {}) {
    const self = new Proxy();
    self.program = new Program(binary('HOLYSHEEP_PROXY_BINARY'), [], {
      API_BASE_URL: `https://localhost:${simulator.port}/v1`,
      SSL_CERT_FILE: join(simulator.directory, 'ca.pem'),
      LISTEN_ADDRESS: '127.0.0.1',
      LISTEN_PORT: '0',
      ADMIN_PORT: '0',
      RATE_LIMIT_PER_SECOND: '0',
      MAX_RETRIES: '0',
      CIRCUIT_BREAKER_THRESHOLD: '0',
      SHUTDOWN_GRACE: '1s', // the SDKs keep their idle connections open for longer
      ...settings,
    });
    self.port = await self.program.line((line) => {
      try {
        const entry = JSON.parse(line);
        return entry.msg === 'listening' ? Number(entry.port) : undefined;
      } catch {
        return undefined;
      }
    });
    await eventually(async () => (await fetch(`http://127.0.0.1:${self.port}/ready`)).ok);
    return self;
  }
  get url() {
    return `http://127.0.0.1:${this.port}`;
  }
  async stop() {
    return this.program.stop();
  }
}

export const header = (request, name) =>
  request.headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1];

export const monotonic = () => process.hrtime.bigint();
export const cancelLimit = 100_000_000n * BigInt(scale);
