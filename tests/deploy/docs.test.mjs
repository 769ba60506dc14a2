// What the documents have a reader type or paste for Kubernetes, held to what the manifests make.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { objects_of } from './chart.mjs';
import { render, the } from './rendering.mjs';
import * as settings from './settings.mjs';
import { documents, root } from './tools.mjs';
import { pods } from './workloads.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', 'SECURITY.md', 'deploy/k8s/README.md', 'deploy/helm/holysheep-proxy/README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

/** A page's indented block that holds `text`, without its indent. */
function block(path, text) {
  const found = read(path).split(/\n(?! {4}|\n)/).find((part) => part.includes(text));
  return found.split('\n').filter((line) => line.startsWith('    ')).map((line) => line.slice(4)).join('\n');
}

test("the scrape configuration of docs/metrics.md keeps the manifests' pods", () => {
  const [{ scrape_configs: [{ relabel_configs }] }] = documents(block('docs/metrics.md', 'scrape_configs:'), 'docs/metrics.md');
  const kept = (pod, { containerPort }) => relabel_configs.filter(({ action }) => action === 'keep').every(({ source_labels: [label], regex }) => {
    const told = Object.fromEntries(Object.entries(pod.labels).map(([name, value]) =>
      [`__meta_kubernetes_pod_label_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`, value]));
    told.__meta_kubernetes_pod_container_port_number = String(containerPort);
    return new RegExp(`^(?:${regex})$`).test(told[label] ?? '');
  });
  for (const objects of [render('overlays/default'), objects_of('--set', 'monitoring.podMonitor.enabled=true')]) {
    const [pod] = pods(objects);
    assert.deepEqual(pod.containers[0].ports.filter((port) => kept(pod, port)).map(({ name }) => name), ['admin']);
  }
});

test('a debugging container is one that a restricted namespace admits', () => {
  assert.equal(the(render('base'), 'Namespace').metadata.labels['pod-security.kubernetes.io/enforce'], 'restricted');
  const commands = pages.flatMap((path) => read(path).match(/kubectl (?:-n \S+ )?debug -it[^`]*/g) ?? []);
  assert.ok(commands.length > 0);
  for (const command of commands) assert.match(command, /--profile=restricted/);
});

test('logs of all pods are not cut to the ten lines that a selector gives', () => {
  const commands = pages.flatMap((path) => read(path).match(/kubectl [^`]*\blogs -l [^`]*/g) ?? []);
  assert.ok(commands.length > 0);
  for (const command of commands) assert.match(command, /--tail=-1/);
});

test("an upgrade's settings are tried without the files that only a pod has", () => {
  const [command] = read('docs/operations.md').match(/docker run --rm --env-file[^`]*--check/);
  const overridden = Object.fromEntries([...command.matchAll(/-e (\w+)=(\S*)/g)].map(([, name, value]) => [name, value]));
  const given = Object.fromEntries(read('deploy/k8s/base/settings.env').match(/^[A-Z_]+=.*$/gm).map((line) => line.split(/=(.*)/s).slice(0, 2)));
  assert.deepEqual(settings.problems({ ...given, ...overridden }), []);
});

test('on spot nodes that leave in 30 s a pod ends within the 15 s that are left to it', () => {
  const [, grace, sleep] = read('docs/operations.md').match(/`SHUTDOWN_GRACE=(\d+)s`, a preStop of (\d+)\s+s\b/);
  assert.ok(Number(grace) + Number(sleep) < 15, `${sleep} + ${grace}`);
});

test("the chart's README says where its image comes from", () => {
  const install = block('deploy/helm/holysheep-proxy/README.md', 'helm install');
  assert.match(install, /--set image\.repository=/);
  assert.match(install, /docker build/);
});
