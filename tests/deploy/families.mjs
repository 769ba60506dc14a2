// The daemon's metrics, as docs/metrics.md lists them (tests/integration/metrics_test holds that to the daemon).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tools.mjs';

let known;

/** Each family's type by its name. */
export function told_families() {
  const rows = () => readFileSync(join(root, 'docs/metrics.md'), 'utf8').matchAll(/^\| `([a-z0-9_]+)` \| (\w+) \|/gm);
  known ??= Object.fromEntries([...rows()].map(([, name, kind]) => [name, kind]));
  return known;
}
