// What tests/deploy/tools brought, for the programs beside it.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, '../..');
export const tools = brought();
export const kubectl = join(tools, 'bin/kubectl');
export const helm = join(tools, 'bin/helm');
export const kubernetes_types = join(tools, 'node_modules/@kubernetes/client-node/dist/gen/models');
export const proxy = process.env.HOLYSHEEP_PROXY_BINARY ?? join(root, 'build/release/holysheep-proxy');

function brought() {
  const ended = spawnSync(join(here, 'tools'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (ended.status !== 0) process.exit(ended.status ?? 1);
  return ended.stdout.trim();
}

const { parseAllDocuments } = createRequire(join(tools, 'package.json'))('yaml');

/** Every document of a YAML text, as Kubernetes reads it: YAML 1.1, so that `yes` is a boolean; no key twice. */
export function documents(text, where) {
  return parseAllDocuments(text, { version: '1.1', merge: true }).flatMap((document) => {
    if (document.errors.length) throw new Error(`${where}: ${document.errors[0].message}`);
    return document.toJS() ?? [];
  });
}
