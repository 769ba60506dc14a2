// The chart deploy/helm/holysheep-proxy as helm renders it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { the } from './rendering.mjs';
import { documents, helm, root } from './tools.mjs';

export const chart = join(root, 'deploy/helm/holysheep-proxy');
export const scratch = mkdtempSync(join(tmpdir(), 'holysheep-chart-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** A program's run, with no configuration, cache or plugin of whoever runs this. */
export const run = (program, ...args) =>
  spawnSync(program, args, { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: scratch }, maxBuffer: 2 ** 26 });

/** Values as arguments of helm: `--set` for each. */
export const sets = (values) => values.flatMap((value) => ['--set', value]);

let count = 0;

/** A file with these values. */
export function values_file(values) {
  const path = join(scratch, `values-${++count}.json`);
  writeFileSync(path, JSON.stringify(values));
  return path;
}

export const template = (...args) => run(helm, 'template', 'hs', chart, '--namespace', 'llm', ...args);

/** What helm renders with these arguments, as text. */
export function rendered(...args) {
  const ended = template(...args);
  assert.equal(ended.status, 0, ended.stderr);
  return ended.stdout;
}

export const objects_of = (...args) => documents(rendered(...args), 'rendered');
export const pod_of = (objects) => the(objects, 'Deployment').spec.template.spec;
export const config_of = (objects) => objects.find(({ kind, metadata }) => kind === 'ConfigMap' && /-config/.test(metadata.name)).data;

/** What helm says when it refuses the arguments. */
export function refusal(...args) {
  const ended = template(...args);
  assert.notEqual(ended.status, 0, `not refused: ${args.join(' ')}`);
  return ended.stderr;
}
