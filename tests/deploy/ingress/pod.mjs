// A pod of the rendered Deployment as a process of this machine: the real proxy with the settings that its container gets.
import { once } from 'node:events';
import { join } from 'node:path';
import { Program, eventually, patience } from '../../sdk/harness.mjs';
import { the } from '../rendering.mjs';
import { file_of } from '../settings.mjs';
import { proxy } from '../tools.mjs';
import { environment, pods, proxy_container } from '../workloads.mjs';

export const upstream_key = 'a-key-that-only-upstream-may-see';

/** The settings of the manifests; where the machine differs from a cluster, in its place what is here. */
function settings_of(objects, simulator) {
  const pod = pods(objects).find(({ owner }) => owner === the(objects, 'Deployment'));
  return {
    ...environment(proxy_container(pod), pod, objects),
    HOLYSHEEP_API_KEY_FILE: file_of(`${upstream_key}\n`),
    API_BASE_URL: simulator.url,
    ...(simulator.url.startsWith('https:') ? { SSL_CERT_FILE: join(simulator.directory, 'ca.pem') } : {}),
    LISTEN_ADDRESS: '127.0.0.1', LISTEN_PORT: '0', ADMIN_PORT: '0',
  };
}

export class Pod {
  /** Gives when it listens, which is before it need be ready. */
  static async start(objects, simulator, settings = {}) {
    const self = new Pod();
    self.running = new Program(proxy, [], { ...settings_of(objects, simulator), ...settings });
    self.port = await self.running.line((line) => {
      const told = JSON.parse(line);
      return told.msg === 'listening' ? Number(told.port) : undefined;
    });
    self.endpoint = `127.0.0.1:${self.port}`;
    return self;
  }

  /** What a probe of /ready finds. */
  async ready() {
    const answer = await fetch(`http://${this.endpoint}/ready`, { headers: { connection: 'close' } }).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer?.status === 200;
  }

  /** The log's lines of requests, by their id. */
  log() {
    const lines = this.running.lines.map((line) => JSON.parse(line)).filter((told) => told.request_id);
    return new Map(lines.map((told) => [told.request_id, told]));
  }
  async line(id) {
    return eventually(() => this.log().get(id));
  }

  signal(name) {
    this.running.child.kill(name);
  }
  /** Exit code, or the signal that ended it; null when `limit` milliseconds were not enough. */
  async end(limit = patience) {
    const { child } = this.running;
    const timer = new AbortController();
    if (child.exitCode === null && child.signalCode === null) {
      const late = setTimeout(() => timer.abort(), limit);
      await once(child, 'exit', { signal: timer.signal }).catch(() => {});
      clearTimeout(late);
    }
    return child.exitCode ?? child.signalCode;
  }
  async stop() {
    this.signal('SIGTERM');
    this.signal('SIGTERM'); // the second: at once
    if ((await this.end()) === null) this.signal('SIGKILL');
    if (/Sanitizer/.test(this.running.errors)) throw new Error(this.running.errors);
  }
}
