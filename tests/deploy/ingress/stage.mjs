// nginx as the Ingress of an overlay means it, in front of real pods and the simulated upstream.
import { Simulator } from '../../sdk/harness.mjs';
import { prefix } from '../ingress_nginx.mjs';
import { render, the } from '../rendering.mjs';
import { Nginx } from './nginx.mjs';
import { Pod } from './pod.mjs';

// default's 50 requests a second for each pod are not what is tested here.
const rendered = render('overlays/high-throughput');

/** The overlay's objects, its Ingress with these annotations too. */
export function manifests(annotations = {}) {
  const objects = structuredClone(rendered);
  Object.assign(the(objects, 'Ingress').metadata.annotations,
    Object.fromEntries(Object.entries(annotations).map(([name, value]) => [prefix + name, value])));
  return objects;
}

/** Simulator, pods and nginx; `stop` ends them all. */
export class Stage {
  static async start({ annotations, controller, settings, pods = 1 } = {}) {
    const self = new Stage();
    self.objects = manifests(annotations);
    self.simulator = await Simulator.start();
    self.pods = await Promise.all(Array.from({ length: pods }, () => Pod.start(self.objects, self.simulator, settings)));
    self.nginx = await Nginx.start(the(self.objects, 'Ingress'), self.pods.map(({ endpoint }) => endpoint), controller);
    return self;
  }
  get pod() {
    return this.pods[0];
  }
  async stop() {
    await this.nginx.stop();
    await Promise.all(this.pods.map((pod) => pod.stop()));
    await this.simulator.stop();
  }
}

/** A test with a stage of its own. */
export const on_stage = (options, story) => async () => {
  const stage = await Stage.start(options);
  try {
    await story(stage);
  } finally {
    await stage.stop();
  }
};
