// What the article shows, fact by fact: a reader who comes from it finds the same names and numbers here. Where ours
// differs on purpose, deploy/k8s/README.md has a row that says why, and the difference is asserted too.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { render, render_with, the } from './rendering.mjs';
import * as settings from './settings.mjs';
import { root } from './tools.mjs';

const usual = render('overlays/default');
const pod = the(usual, 'Deployment').spec.template.spec;
const [proxy] = pod.containers;

/** The article's settings, section by section. */
const written = {
  ConfigMap: { API_BASE_URL: 'https://api.holysheep.ai/v1', LOG_LEVEL: 'info', REQUEST_TIMEOUT: '60', MAX_RETRIES: '3', CIRCUIT_BREAKER_THRESHOLD: '5' },
  'Helm values': {
    WORKER_PROCESSES: 'auto', WORKER_CONNECTIONS: '2048', KEEPALIVE_TIMEOUT: '65', CLIENT_MAX_BODY_SIZE: '50m', UPSTREAM_KEEPALIVE: '32',
    UPSTREAM_CONNECT_TIMEOUT: '5s', UPSTREAM_SEND_TIMEOUT: '60s', UPSTREAM_READ_TIMEOUT: '60s',
  },
  'against 429s': { RATE_LIMIT_PER_SECOND: '50', QUEUE_SIZE: '1000', BACKPRESSURE_ENABLED: 'true' },
  'against OOM': { MAX_RESPONSE_SIZE: '10m', STREAM_CHUNK_SIZE: '4k', ENABLE_GZIP: 'true', CACHE_SIZE_MB: '256' },
};
for (const [section, values] of Object.entries(written)) {
  test(`settings: ${section}: accepted as written, and the defaults`, () => {
    assert.deepEqual(settings.problems(values), []);
    assert.deepEqual(settings.effective(values), settings.effective({}));
  });
}

test("settings: the sidecar's two are the daemon's own", () =>
  assert.deepEqual(settings.problems({ MEMORY_THRESHOLD_MB: '900', ACTION: 'evict-oldest' }), []));

test('objects have the names that the article gives them', () => {
  const named = (kind) => the(usual, kind).metadata.name;
  assert.equal(named('Namespace'), 'holysheep-proxy');
  assert.equal(the(usual, 'Namespace').metadata.labels.app, 'holysheep-api-gateway');
  assert.match(named('ConfigMap'), /^holysheep-config-/);
  assert.equal(named('Deployment'), 'holysheep-proxy');
  assert.equal(pod.volumes[0].secret.secretName, 'holysheep-secrets');
  assert.equal(the(usual, 'ConfigMap').data.HOLYSHEEP_API_KEY_FILE, `${proxy.volumeMounts[0].mountPath}/api-key`);
});

test('the Deployment: port, resources, probes, sleep; every setting of the ConfigMap arrives', () => {
  assert.match(proxy.image, /^holysheep\/proxy:\d/);
  assert.deepEqual(proxy.ports[0], { name: 'http', containerPort: 8080 });
  assert.deepEqual(proxy.resources, { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1000m', memory: '1Gi' } });
  const { livenessProbe: alive, readinessProbe: ready, lifecycle } = proxy;
  assert.deepEqual([alive.httpGet.path, alive.periodSeconds, ready.httpGet.path, ready.periodSeconds], ['/health', 20, '/ready', 10]);
  assert.equal(lifecycle.preStop.sleep.seconds, 10);
  assert.equal(proxy.envFrom[0].configMapRef.name, the(usual, 'ConfigMap').metadata.name);
});

test('the HPA: 2 to 20 pods, CPU 70 %, and how fast', () => {
  const { minReplicas, maxReplicas, metrics, behavior } = the(usual, 'HorizontalPodAutoscaler').spec;
  assert.deepEqual([minReplicas, maxReplicas, metrics.length, metrics[0].resource.target.averageUtilization], [2, 20, 1, 70]);
  assert.deepEqual(behavior, {
    scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }] },
    scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }, { type: 'Pods', value: 4, periodSeconds: 15 }] },
  });
});

test('the Service and the Ingress', () => {
  const { type, ports: [port] } = the(usual, 'Service').spec;
  assert.deepEqual([type, port.port, port.targetPort], ['ClusterIP', 80, 'http']);
  const { metadata: { annotations }, spec } = the(usual, 'Ingress');
  const told = (name) => annotations[`nginx.ingress.kubernetes.io/${name}`];
  assert.deepEqual([spec.ingressClassName, spec.rules[0].host, spec.tls], ['nginx', 'api.yourdomain.com',
    [{ hosts: ['api.yourdomain.com'], secretName: 'holysheep-tls' }]]);
  assert.equal(annotations['cert-manager.io/cluster-issuer'], 'letsencrypt-prod');
  assert.deepEqual(['proxy-body-size', 'proxy-read-timeout', 'limit-rpm', 'proxy-buffering'].map(told), ['50m', '120', '100', 'off']);
  assert.deepEqual(['rate-limit', 'rate-limit-window'].map(told), [undefined, undefined]);
});

test('spot nodes: types, zones apart, the toleration', () => {
  const { affinity, tolerations } = the(render_with('base', ['spot']), 'Deployment').spec.template.spec;
  const [{ weight, preference }] = affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution;
  assert.deepEqual([weight, preference.matchExpressions],
    [100, [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['c5.large', 'c5.xlarge'] }]]);
  const [{ podAffinityTerm }] = affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
  assert.equal(podAffinityTerm.topologyKey, 'topology.kubernetes.io/zone');
  assert.deepEqual(tolerations, [{ key: 'spot-instance', operator: 'Equal', value: 'true', effect: 'NoSchedule' }]);
});

test('the VPA: from 128Mi, on memory alone, and no pod is ended for it', () => {
  const { updatePolicy, resourcePolicy: { containerPolicies: [policy] } } = the(render_with('base', ['vpa']), 'VerticalPodAutoscaler').spec;
  assert.deepEqual([policy.containerName, policy.controlledResources, policy.minAllowed.memory, updatePolicy.updateMode], ['proxy', ['memory'], '128Mi', 'Initial']);
});

test('the CA: the Secret and its file', () => {
  const { volumes } = the(render_with('base', ['custom-ca']), 'Deployment').spec.template.spec;
  assert.equal(volumes.find(({ name }) => name === 'custom-ca').secret.secretName, 'custom-ca');
  assert.match(the(render_with('base', ['custom-ca']), 'ConfigMap').data.SSL_CERT_FILE, /\/ca-cert\.pem$/);
});

test("prices, and the example month's savings of 8,770 dollars", () => {
  const { models } = JSON.parse(readFileSync(join(root, 'config/models.json'), 'utf8'));
  const month = { 'gpt-4.1': [8, 1.2, 500, 3400], 'claude-sonnet-4.5': [15, 2.25, 200, 2550], 'gemini-2.5-flash': [2.5, 0.38, 1000, 2120], 'deepseek-v3.2': [0.42, 0.07, 2000, 700] };
  const saved = Object.entries(month).map(([model, [direct, ours, millions, dollars]]) => {
    const { usd_per_mtok: paid, direct_usd_per_mtok: instead } = models[model];
    assert.deepEqual([instead.input, instead.output, paid.input, paid.output], [direct, direct, ours, ours], model);
    const difference = Math.round(millions * (instead.output - paid.output));
    assert.equal(difference, dollars, model);
    return difference;
  });
  assert.equal(saved.reduce((one, other) => one + other), 8770);
});

test('each difference has its row in the README', () => {
  const table = readFileSync(join(root, 'deploy/k8s/README.md'), 'utf8').split('## Where it differs from the article')[1].split('\n## ')[0];
  const differences = ['replicas: 3', 'v2.1.0', 'memory too', '`Auto`', '4Gi', 'rate-limit', 'buffering', '/bin/sh', 'terminationGracePeriodSeconds',
    'envFrom', 'environment variable', 'subPath', 'over UDP', 'allow-holysheep-egress', 'node.kubernetes.com', 'memory-advisor', 'probe', '100m'];
  for (const words of differences) assert.ok(table.includes(words), `nothing about ${words}`);
});
