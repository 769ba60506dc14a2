// A real nginx that stands for the controller: what config.mjs makes of an Ingress, on ports of its own on loopback.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, eventually } from '../../sdk/harness.mjs';
import { nginx_config } from './config.mjs';

export const program = '/usr/sbin/nginx';

let candidate = process.pid * 31;

/** Below those that the kernel gives to who asks for any: no program started meanwhile gets it. */
function free_port() {
  const port = 10240 + (candidate++ % 22528);
  return new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(free_port())).listen(port, '127.0.0.1', () => {
      server.close(() => resolve(port));
    });
  });
}

/** A certificate for the Ingress's host, as cert-manager would bring it. */
function certify(folder, host) {
  const [certificate, key] = ['tls.crt', 'tls.key'].map((name) => join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
    '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  return { certificate, key };
}

export class Nginx {
  /** Serves `ingress` with these endpoints (`host:port`); `controller` as in config.mjs. */
  static async start(ingress, endpoints, controller = {}) {
    const self = new Nginx();
    Object.assign(self, { ingress, controller, endpoints, host: ingress.spec.rules[0].host, generation: 0 });
    self.folder = mkdtempSync(join(tmpdir(), 'holysheep-ingress-'));
    const certificate = certify(self.folder, self.host);
    self.ca = readFileSync(certificate.certificate);
    // Somebody else may take a port between the asking and the listening.
    for (let left = 5; ; --left) {
      self.place = { folder: self.folder, http_port: await free_port(), https_port: await free_port(), ...certificate };
      try {
        await self.#run();
        return self;
      } catch (problem) {
        if (left === 0 || !/Address already in use/.test(problem.message)) throw problem;
      }
    }
  }

  get errors() {
    const file = join(this.folder, 'error.log');
    return (this.running?.errors ?? '') + (existsSync(file) ? readFileSync(file, 'utf8') : '');
  }

  #write() {
    const options = { controller: this.controller, generation: this.generation };
    const path = join(this.folder, 'nginx.conf');
    writeFileSync(path, nginx_config(this.ingress, this.endpoints, this.place, options));
    return path;
  }

  async #run() {
    this.running = new Program(program, ['-c', this.#write(), '-p', this.folder, '-e', 'stderr'], {});
    await this.#serves();
  }

  async #serves() {
    const { child } = this.running;
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended (${child.exitCode}): ${this.errors}`);
      const answer = await fetch(`http://127.0.0.1:${this.place.http_port}/generation`, { headers: { connection: 'close' } })
        .catch(() => undefined);
      return answer && (await answer.text()) === String(this.generation);
    });
  }

  /** Goes on with other endpoints; gives when a new worker has answered. What the old ones have begun they finish. */
  async route_to(endpoints) {
    this.endpoints = endpoints;
    ++this.generation;
    this.#write();
    this.running.child.kill('SIGHUP');
    await this.#serves();
  }

  /** What the access log tells of requests that have ended, by their id. */
  log() {
    const lines = readFileSync(join(this.folder, 'access.log'), 'utf8').split('\n').filter(Boolean);
    return new Map(lines.map((line) => JSON.parse(line)).map((told) => [told.id, told]));
  }
  /** The line of one request, once it is there. */
  async line(id) {
    return eventually(() => this.log().get(id));
  }

  async stop() {
    const code = await this.running.stop();
    rmSync(this.folder, { recursive: true, force: true });
    assert.equal(code, 0);
  }
}
