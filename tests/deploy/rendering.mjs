// deploy/k8s as kubectl renders it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { documents, kubectl, root, tools } from './tools.mjs';

const k8s = join(root, 'deploy/k8s');
export const overlays = readdirSync(join(k8s, 'overlays'));
export const components = readdirSync(join(k8s, 'components'));
/** Those that go together: keda stands in the autoscaler's place. */
export const together = components.filter((name) => name !== 'keda');
/** What needs the autoscaler that two of the overlays do not have. */
export const scaling = ['requests-in-flight', 'keda'];

export const rendered_text = (folder) =>
  execFileSync(kubectl, ['kustomize', folder], { encoding: 'utf8', maxBuffer: 2 ** 26, env: { HOME: tools } });

/** The objects of an overlay, or of `base`. */
export const render = (folder) => documents(rendered_text(join(k8s, folder)), folder);

/** The objects of a folder of deploy/k8s with components over it, and settings merged over its own. */
export function render_with(folder, over, literals = []) {
  mkdirSync(join(tools, 'rendering'), { recursive: true });
  const place = mkdtempSync(join(tools, 'rendering/with-'));
  const path = (name) => relative(place, join(k8s, name));
  const generator = { name: 'holysheep-config', namespace: 'holysheep-proxy', behavior: 'merge', literals };
  writeFileSync(join(place, 'kustomization.yaml'), JSON.stringify({
    resources: [path(folder)], components: over.map((name) => path(`components/${name}`)),
    configMapGenerator: literals.length ? [generator] : [],
  }));
  try {
    return documents(rendered_text(place), folder);
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** The one object of that kind. */
export function the(objects, kind) {
  const found = objects.filter((one) => one.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind}`);
  return found[0];
}
