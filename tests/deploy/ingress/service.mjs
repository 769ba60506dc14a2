// What Kubernetes does with the pods of a Deployment behind its Service: who is ready gets traffic, who is to end gets none
// any more, sleeps its preStop, then gets SIGTERM. Times are the manifests', divided by `hurry`.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, patience } from '../../sdk/harness.mjs';
import { the } from '../rendering.mjs';
import { Nginx } from './nginx.mjs';
import { Pod } from './pod.mjs';

export class Service {
  constructor(objects, simulator, hurry) {
    const { strategy, template } = the(objects, 'Deployment').spec;
    const [container] = template.spec.containers;
    Object.assign(this, {
      objects, simulator, pods: [], routed: new Set(), changing: Promise.resolve(),
      surge: strategy.rollingUpdate.maxSurge, unavailable: strategy.rollingUpdate.maxUnavailable,
      period: container.readinessProbe.periodSeconds * 1000 / hurry, failures: container.readinessProbe.failureThreshold,
      pre_stop: container.lifecycle.preStop.sleep.seconds * 1000 / hurry,
      grace: template.spec.terminationGracePeriodSeconds * 1000,
    });
  }

  /** Gives when as many pods as `replicas` are ready, behind nginx. */
  async start(replicas) {
    this.nginx = await Nginx.start(the(this.objects, 'Ingress'), []);
    await Promise.all(Array.from({ length: replicas }, () => this.add()));
  }

  /** One change of nginx after the other. */
  #route(change) {
    this.changing = this.changing.then(async () => {
      const before = this.routed.size;
      change();
      if (this.routed.size !== before) await this.nginx.route_to([...this.routed].map(({ endpoint }) => endpoint));
    });
    return this.changing;
  }

  /** A new pod; gives when it is ready and gets traffic. */
  async add() {
    const pod = await Pod.start(this.objects, this.simulator);
    this.pods.push(pod);
    pod.probing = new AbortController();
    let first;
    const routed = new Promise((resolve) => (first = resolve));
    pod.probed = this.#probe(pod, first);
    await routed;
    return pod;
  }

  async #probe(pod, on_ready) {
    const { signal } = pod.probing;
    for (let failed = 0; !signal.aborted;) {
      failed = (await pod.ready()) ? 0 : failed + 1;
      if (signal.aborted) return;
      if (failed === 0) await this.#route(() => this.routed.add(pod)).then(on_ready);
      if (failed >= this.failures) await this.#route(() => this.routed.delete(pod));
      await sleep(this.period, undefined, { signal }).catch(() => {});
    }
  }

  /** Gives when probes have taken a pod that died out of nginx. */
  noticed(pod) {
    return eventually(() => !this.routed.has(pod), this.period * (this.failures + 1) + patience);
  }

  /** Deletes a pod; gives its exit code when it is gone. Traffic ends and preStop begins at the same moment. */
  async remove(pod) {
    pod.probing.abort();
    await Promise.all([this.#route(() => this.routed.delete(pod)), sleep(this.pre_stop)]);
    pod.signal('SIGTERM');
    return pod.end(this.grace - this.pre_stop);
  }

  /** Every pod by a new one, as the strategy says; gives the exit codes. `on_step` comes before each. */
  async roll(on_step = () => {}) {
    assert.deepEqual([this.surge, this.unavailable], [1, 0], 'what is played here');
    const leaving = [];
    for (const old of [...this.pods]) {
      await on_step();
      await this.add();
      // One that is ending does not count as a surge.
      leaving.push(this.remove(old));
    }
    return Promise.all(leaving);
  }

  async stop() {
    for (const { probing } of this.pods) probing.abort();
    await Promise.all(this.pods.map(({ probed }) => probed));
    await this.changing;
    await this.nginx?.stop();
    await Promise.all(this.pods.map((pod) => pod.stop()));
  }
}

