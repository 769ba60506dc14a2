// deploy/k8s: every overlay and every component renders, passes the checker, and says what it is said to say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { problems_of } from './manifests.mjs';
import { components, overlays, render, render_with, scaling, the, together } from './rendering.mjs';
import * as settings from './settings.mjs';
import { documents, root } from './tools.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const proxy_of = (objects) => the(objects, 'Deployment').spec.template.spec.containers[0];
const nothing_wrong = async (objects) => assert.deepEqual(await problems_of(objects), []);

test('the overlays and components are those of the README', () => {
  const told = read('deploy/k8s/README.md');
  for (const name of [...overlays.map((one) => `overlays/${one}`), ...components.map((one) => `components/${one}`)])
    assert.ok(told.includes(`\`${name}\``), `${name} is not in deploy/k8s/README.md`);
  assert.deepEqual([...overlays].sort(), ['default', 'high-throughput', 'local', 'throttled']);
  assert.deepEqual([...components].sort(), ['custom-ca', 'httproute', 'ingress', 'keda', 'monitoring', 'requests-in-flight', 'spot', 'vpa']);
});

test('nothing is wrong with the base', () => nothing_wrong(render('base')));
for (const name of overlays) test(`nothing is wrong with the overlay ${name}`, () => nothing_wrong(render(`overlays/${name}`)));
for (const name of components) test(`nothing is wrong with the component ${name}`, () => nothing_wrong(render_with('base', [name])));
test('nothing is wrong with all components together', () => nothing_wrong(render_with('base', together)));
for (const name of overlays) {
  test(`nothing is wrong with the overlay ${name} and what may come to it`, () =>
    nothing_wrong(render_with(`overlays/${name}`, together.filter((one) => !['ingress', ...(name === 'local' ? ['spot'] : []),
      ...(['local', 'throttled'].includes(name) ? scaling : [])].includes(one)))));
}

test('the base sets what differs from the defaults, and nothing else', () => {
  const given = the(render('base'), 'ConfigMap').data;
  const usual = settings.effective({});
  for (const [name, value] of Object.entries(given)) assert.notEqual(value, usual[name], name);
});

test('the namespace admits restricted pods only', () =>
  assert.equal(the(render('base'), 'Namespace').metadata.labels['pod-security.kubernetes.io/enforce'], 'restricted'));

test('a changed setting rolls out', () => {
  const name_of = (objects) => {
    const { name } = the(objects, 'ConfigMap').metadata;
    assert.equal(proxy_of(objects).envFrom[0].configMapRef.name, name);
    return name;
  };
  assert.notEqual(name_of(render('base')), name_of(render_with('base', [], ['LOG_LEVEL=debug'])));
});

test('the default overlay scales as the article does, on CPU only', () => {
  const { minReplicas, maxReplicas, metrics, behavior } = the(render('overlays/default'), 'HorizontalPodAutoscaler').spec;
  assert.deepEqual([minReplicas, maxReplicas], [2, 20]);
  assert.deepEqual(metrics.map(({ resource }) => [resource.name, resource.target.averageUtilization]), [['cpu', 70]]);
  assert.equal(behavior.scaleDown.stabilizationWindowSeconds, 300);
});

test('requests in flight scale beside CPU, and up to the same number of pods', () => {
  const { metrics, minReplicas, maxReplicas, behavior } = the(render_with('base', ['requests-in-flight']), 'HorizontalPodAutoscaler').spec;
  assert.deepEqual(metrics.map(({ pods, resource }) => pods?.metric.name ?? resource.name), ['holysheep_requests_in_flight', 'cpu']);
  assert.deepEqual([minReplicas, maxReplicas, behavior.scaleDown.stabilizationWindowSeconds], [2, 20, 300]);
});

test('KEDA scales as the autoscaler in whose place it stands', () => {
  const objects = render_with('base', ['keda']);
  assert.ok(!objects.some(({ kind }) => kind === 'HorizontalPodAutoscaler'));
  const { minReplicaCount, maxReplicaCount, triggers, advanced } = the(objects, 'ScaledObject').spec;
  const usual = the(render_with('base', ['requests-in-flight']), 'HorizontalPodAutoscaler').spec;
  assert.deepEqual([minReplicaCount, maxReplicaCount], [usual.minReplicas, usual.maxReplicas]);
  assert.deepEqual(advanced.horizontalPodAutoscalerConfig.behavior, usual.behavior);
  assert.deepEqual(triggers.map(({ metadata: { threshold, value } }) => threshold ?? value),
    usual.metrics.map(({ pods, resource }) => String(pods?.target.averageValue ?? resource.target.averageUtilization)));
});

test('where the number of pods is fixed, requests in flight are refused', () => {
  for (const name of scaling) assert.throws(() => render_with('overlays/throttled', [name]), /no matches for Id HorizontalPodAutoscaler/);
});

test("the adapter's rule gives the metric that the autoscaler asks for, by pod", () => {
  const [{ rules: { custom: [rule, ...others] } }] = documents(read('deploy/prometheus/adapter-values.yaml'), 'adapter-values.yaml');
  const [{ pods: { metric } }] = the(render_with('base', ['requests-in-flight']), 'HorizontalPodAutoscaler').spec.metrics;
  assert.deepEqual(others, []);
  assert.equal(rule.seriesQuery.replace(/\{.*/, ''), metric.name);
  assert.deepEqual(rule.resources.overrides, { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } });
});

test('the default overlay has the resources and probes of the article', () => {
  const { resources, livenessProbe, readinessProbe } = proxy_of(render('overlays/default'));
  assert.deepEqual(resources, { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1000m', memory: '1Gi' } });
  assert.deepEqual([livenessProbe.periodSeconds, readinessProbe.periodSeconds], [20, 10]);
});

test('the throttled overlay has a fixed number of pods, so that their rates add up to a known one', () => {
  const objects = render('overlays/throttled');
  assert.ok(!objects.some(({ kind }) => kind === 'HorizontalPodAutoscaler'));
  assert.equal(the(objects, 'Deployment').spec.replicas, 3);
  const { RATE_LIMIT_PER_SECOND, QUEUE_SIZE, BACKPRESSURE_ENABLED } = the(objects, 'ConfigMap').data;
  assert.deepEqual([RATE_LIMIT_PER_SECOND, QUEUE_SIZE, BACKPRESSURE_ENABLED], ['50', '1000', 'true']);
});

test("the high-throughput overlay has the article's Helm values", () => {
  const objects = render('overlays/high-throughput');
  const { minReplicas, maxReplicas } = the(objects, 'HorizontalPodAutoscaler').spec;
  assert.deepEqual([minReplicas, maxReplicas], [3, 20]);
  assert.deepEqual(proxy_of(objects).resources, { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2000m', memory: '2Gi' } });
  const { data } = the(objects, 'ConfigMap');
  assert.deepEqual([data.WORKER_CONNECTIONS, data.KEEPALIVE_TIMEOUT, data.CLIENT_MAX_BODY_SIZE], ['2048', '65', '50m']);
});

test('the local overlay needs no Secret, no autoscaler and no ingress', () => {
  const objects = render('overlays/local');
  assert.ok(!objects.some(({ kind }) => /Autoscaler|Ingress$|DisruptionBudget/.test(kind)));
  assert.ok(!JSON.stringify(objects).includes('secretName'));
});

test('clients come from the ingress controller, scrapes from monitoring, and nobody else comes', () => {
  const { ingress } = the(render('base'), 'NetworkPolicy').spec;
  const from = (namespace) => [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }];
  assert.deepEqual(ingress, [
    { from: from('ingress-nginx'), ports: [{ protocol: 'TCP', port: 8080 }] },
    { from: from('monitoring'), ports: [{ protocol: 'TCP', port: 9090 }] },
  ]);
});

test('the proxy may ask DNS over UDP and TCP, and the internet on 443, and nothing else', () => {
  const { egress } = the(render('base'), 'NetworkPolicy').spec;
  const allowed = egress.flatMap(({ ports }) => ports.map(({ protocol, port }) => `${protocol} ${port}`));
  assert.deepEqual(allowed, ['UDP 53', 'TCP 53', 'TCP 443']);
  assert.deepEqual(egress[1].to[0].ipBlock.except, ['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']);
});

test('a gateway in place of the ingress may reach the pods', () => {
  const { ingress } = the(render_with('base', ['httproute']), 'NetworkPolicy').spec;
  assert.ok(ingress[0].from.some(({ namespaceSelector }) =>
    namespaceSelector.matchLabels['kubernetes.io/metadata.name'] === 'gateway-system'));
});

test('on spot nodes a pod ends within the two minutes that it is given', () => {
  const objects = render_with('overlays/default', ['spot']);
  assert.ok(the(objects, 'Deployment').spec.template.spec.terminationGracePeriodSeconds <= 120);
});

test('the CA comes as a folder, and its file is the one that the setting names', () => {
  const objects = render_with('overlays/default', ['custom-ca']);
  const mount = proxy_of(objects).volumeMounts.find(({ name }) => name === 'custom-ca');
  assert.deepEqual([mount.mountPath, mount.subPath], ['/etc/holysheep/ca', undefined]);
  assert.equal(the(objects, 'ConfigMap').data.SSL_CERT_FILE, '/etc/holysheep/ca/ca-cert.pem');
});

test('the rules for the Prometheus operator are those of deploy/prometheus', () => {
  const [rules] = documents(read('deploy/prometheus/rules.yaml'), 'rules.yaml');
  assert.deepEqual(the(render_with('base', ['monitoring']), 'PrometheusRule').spec, rules,
    'run deploy/k8s/components/monitoring/make-rules');
});

test('the Secret of the example is the one that the base mounts', () => {
  const [example] = documents(read('deploy/k8s/base/secret.example.yaml'), 'secret.example.yaml');
  const objects = render('base');
  const { secret } = the(objects, 'Deployment').spec.template.spec.volumes[0];
  assert.deepEqual([example.metadata.name, example.metadata.namespace], [secret.secretName, the(objects, 'Namespace').metadata.name]);
  assert.equal(the(objects, 'ConfigMap').data.HOLYSHEEP_API_KEY_FILE, `/etc/holysheep/secrets/${Object.keys(example.stringData)[0]}`);
});

test('with its Secret the installation is allowed where that is asked for', async () => {
  const [example] = documents(read('deploy/k8s/base/secret.example.yaml'), 'secret.example.yaml');
  assert.deepEqual(await problems_of([...render('base'), example], { secrets_allowed: true }), []);
});
