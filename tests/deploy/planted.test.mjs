// The checker finds what is wrong: each fault is planted into manifests with which nothing is.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { problems_of } from './manifests.mjs';
import { render_with, rendered_text, the, together } from './rendering.mjs';
import { root } from './tools.mjs';

const sound = JSON.stringify(render_with('base', together));

/** A fault by what it is: what makes it, and what must be said of it. */
const faults = {
  // The API's types.
  'an unknown field': [(all) => (spec(all).containerz = []), /containerz: unknown field/],
  'an unknown field of a custom resource': [(all) => (the(all, 'HTTPRoute').spec.rules[0].backends = []), /backends: unknown field/],
  'a number where a string is wanted': [(all) => (config(all).MAX_RETRIES = 3), /data.MAX_RETRIES: a string is wanted/],
  'a string where a number is wanted': [(all) => (the(all, 'HorizontalPodAutoscaler').spec.minReplicas = '2'), /minReplicas: a number/],
  'a fraction where an integer is wanted': [(all) => (spec(all).terminationGracePeriodSeconds = 1.5), /an integer is wanted/],
  'a mapping where a list is wanted': [(all) => (spec(all).tolerations = {}), /tolerations: a list is wanted/],
  'a required field that is missing': [(all) => delete the(all, 'Service').spec.ports[0].port, /ports\[0\]\.port: missing/],
  'a required field of a custom resource that is missing': [(all) => delete the(all, 'PodMonitor').spec.selector, /selector: missing/],
  'a quantity that is none': [(all) => (proxy(all).resources.limits.memory = '1GB'), /limits.memory: "1GB" is no quantity/],
  'a word that is not among those allowed': [(all) => (proxy(all).imagePullPolicy = 'Sometimes'), /"Sometimes" is none of Always/],
  'a duration that is none': [(all) => (the(all, 'PodMonitor').spec.podMetricsEndpoints[0].interval = '15'), /interval: "15" is not/],
  'an API version of long ago': [(all) => (the(all, 'Ingress').apiVersion = 'networking.k8s.io/v1beta1'), /no Ingress that we know of/],
  'a name that is none': [(all) => (the(all, 'Service').metadata.name = 'Holy_Sheep'), /is no name/],
  'an object that stands there twice': [(all) => all.push(the(all, 'Service')), /stands there twice/],

  // Settings, by the daemon's own word.
  "a setting's name that there is not": [(all) => (config(all).RATE_LIMIT_PER_SECONDS = '50'), /unknown setting "RATE_LIMIT_PER_SECONDS"/],
  'a setting in a form that is not accepted': [(all) => (config(all).BACKPRESSURE_ENABLED = 'maybe'), /BACKPRESSURE_ENABLED="maybe": accepted is/],
  'a setting of the container that there is not': [(all) => (proxy(all).env = [{ name: 'WORKERS', value: '2' }]), /unknown setting "WORKERS"/],
  'a setting from a Secret that there is not': [(all) => (proxy(all).env = [{ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }]), /unknown setting "API_KEY"/],
  'settings that exclude each other': [(all) => (config(all).HOLYSHEEP_API_KEY = 'k'), /HOLYSHEEP_API_KEY/],
  'settings that no pod reads': [(all) => (proxy(all).envFrom = []), /ConfigMap.*no pod of these manifests reads it/],
  'a ConfigMap that there is not': [(all) => (proxy(all).envFrom[0].configMapRef.name = 'other'), /no ConfigMap other/],
  'a file that no volume brings': [(all) => (config(all).CLIENT_KEYS_FILE = '/etc/holysheep/keys.json'), /CLIENT_KEYS_FILE=.*no volume is mounted there/],
  'a CA mounted by subPath': [(all) => (proxy(all).volumeMounts.find(({ name }) => name === 'custom-ca').subPath = 'ca-cert.pem'), /SSL_CERT_FILE=.*subPath/],
  'a ledger that cannot be written': [(all) => (config(all).USAGE_FILE = '/etc/holysheep/secrets/usage'), /USAGE_FILE=.*cannot be written there/],
  'caches larger than the memory': [(all) => (config(all).CACHE_SIZE_MB = '1024'), /hold 1152 MiB, more than 90 %/],
  'an event loop for each CPU of the node': [(all) => delete proxy(all).resources.limits.cpu, /WORKER_PROCESSES=auto/],
  'no limit of memory': [(all) => delete proxy(all).resources.limits, /no memory limit/],

  // Selectors, ports, names.
  "a Deployment's selector that does not match": [(all) => (the(all, 'Deployment').spec.selector.matchLabels = { app: 'x' }), /does not match the template's labels/],
  "a Service's selector that does not match": [(all) => (the(all, 'Service').spec.selector = { app: 'x' }), /Service.*selects no pod/],
  "a budget's selector that does not match": [(all) => (the(all, 'PodDisruptionBudget').spec.selector.matchLabels = { app: 'x' }), /PodDisruptionBudget.*selects no pod/],
  "a policy's selector that does not match": [(all) => (the(all, 'NetworkPolicy').spec.podSelector.matchLabels = { app: 'x' }), /NetworkPolicy.*selects no pod/],
  "a monitor's selector that does not match": [(all) => (the(all, 'PodMonitor').spec.selector.matchLabels = { app: 'x' }), /PodMonitor.*selects no pod/],
  'a spread over pods that there are not': [(all) => (spec(all).topologySpreadConstraints[0].labelSelector.matchLabels = { app: 'x' }), /topologySpreadConstraints.*selects no pod/],
  "a Service's port that no container has": [(all) => (the(all, 'Service').spec.ports[0].targetPort = 'web'), /targetPort web is no port/],
  "a Service's port by number": [(all) => (the(all, 'Service').spec.ports[0].targetPort = 8080), /targetPort: by name/],
  "a probe's port that the container has not": [(all) => (proxy(all).livenessProbe.httpGet.port = 'web'), /livenessProbe asks port web/],
  'a scrape of a port that there is not': [(all) => (the(all, 'PodMonitor').spec.podMetricsEndpoints[0].port = 'metrics'), /port metrics is no port/],
  'a policy for a port that there is not': [(all) => (the(all, 'NetworkPolicy').spec.ingress[0].ports[0].port = 8000), /ingress port 8000 is no port/],
  'an Ingress to a Service that there is not': [(all) => (backend(all).name = 'other'), /no Service other/],
  'an Ingress to a port that there is not': [(all) => (backend(all).port.name = 'https'), /has no port https/],
  'an HTTPRoute to a port that there is not': [(all) => (the(all, 'HTTPRoute').spec.rules[0].backendRefs[0].port = 8080), /has no port 8080/],
  'a port that is none': [(all) => { config(all).LISTEN_PORT = '0'; proxy(all).ports[0].containerPort = 0; }, /port http: 0 is no port/],
  'a daemon that only its own pod reaches': [(all) => (config(all).LISTEN_ADDRESS = '127.0.0.1'), /LISTEN_ADDRESS is 127\.0\.0\.1/],
  'a port that the daemon does not listen on': [(all) => (config(all).LISTEN_PORT = '8000'), /LISTEN_PORT is 8000/],
  'an admin port that only the pod itself can reach': [(all) => delete config(all).ADMIN_ADDRESS, /open on 127.0.0.1 only/],
  'an account that there is not': [(all) => (spec(all).serviceAccountName = 'other'), /no ServiceAccount other/],

  // How pods end, roll and scale.
  'a grace that is too short': [(all) => (spec(all).terminationGracePeriodSeconds = 100), /terminationGracePeriodSeconds 100 is not more than preStop 10 \+ SHUTDOWN_DELAY 0s \+ SHUTDOWN_GRACE 90s/],
  'a grace that a delay makes too short': [(all) => (config(all).SHUTDOWN_DELAY = '15s'), /SHUTDOWN_DELAY 15s/],
  'no preStop': [(all) => delete proxy(all).lifecycle, /no preStop/],
  'replicas beside an HPA': [(all) => (the(all, 'Deployment').spec.replicas = 3), /replicas beside HorizontalPodAutoscaler/],
  'two autoscalers of one Deployment': [(all) => all.push({
    apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'a', namespace: 'holysheep-proxy' },
    spec: { scaleTargetRef: { name: 'holysheep-proxy' }, triggers: [{ type: 'prometheus', metadata: { query: 'up' } }] },
  }), /HorizontalPodAutoscaler\/holysheep-proxy and ScaledObject\/a both scale it/],
  'a rollout that takes pods away first': [(all) => (the(all, 'Deployment').spec.strategy.rollingUpdate.maxUnavailable = 1), /maxUnavailable is not 0/],
  'a VPA on the metric of the HPA': [(all) => (the(all, 'VerticalPodAutoscaler').spec.resourcePolicy.containerPolicies[0].controlledResources = ['cpu']), /acts on cpu too/],
  'a VPA on everything': [(all) => delete the(all, 'VerticalPodAutoscaler').spec.resourcePolicy, /acts on cpu too/],
  'an HPA of something that there is not': [(all) => (the(all, 'HorizontalPodAutoscaler').spec.scaleTargetRef.name = 'other'), /no Deployment other/],
  'an HPA from more to fewer': [(all) => (the(all, 'HorizontalPodAutoscaler').spec.minReplicas = 21), /minReplicas 21 is more than maxReplicas 20/],
  'an autoscaler on a metric that there is not': [(all) => (the(all, 'HorizontalPodAutoscaler').spec.metrics[0].pods.metric.name = 'holysheep_requests_inflight'), /holysheep_requests_inflight is no gauge/],
  'an autoscaler on a counter': [(all) => (the(all, 'HorizontalPodAutoscaler').spec.metrics[0].pods.metric.name = 'holysheep_requests_total'), /holysheep_requests_total is no gauge/],
  'pods that go at once': [(all) => (the(all, 'HorizontalPodAutoscaler').spec.behavior.scaleDown.stabilizationWindowSeconds = 30), /pods go before their streams do/],
  'a query for a metric that there is not': [(all) => all.push({
    apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'a', namespace: 'holysheep-proxy' },
    spec: { scaleTargetRef: { name: 'holysheep-proxy' }, triggers: [{ type: 'prometheus', metadata: { query: 'sum(holysheep_streams)' } }] },
  }), /holysheep_streams is no gauge[\s\S]*no behavior.scaleDown/],
  "an autoscaler that counts another namespace's requests": [(all) => all.push({
    apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'a', namespace: 'holysheep-proxy' },
    spec: { scaleTargetRef: { name: 'holysheep-proxy' }, triggers: [{ type: 'prometheus', metadata: { query: 'sum(holysheep_requests_in_flight{namespace="other"})' } }] },
  }), /asks for the namespace other and scales in holysheep-proxy/],
  'two autoscalers whose Deployments select the same pods': [(all) => {
    const canary = (kind) => { const copy = JSON.parse(JSON.stringify(the(all, kind))); copy.metadata.name = 'canary'; return copy; };
    const [deployment, scaler] = [canary('Deployment'), canary('HorizontalPodAutoscaler')];
    scaler.spec.scaleTargetRef.name = 'canary';
    all.push(deployment, scaler);
  }, /HorizontalPodAutoscaler\/canary: .* \(AmbiguousSelector\)/],
  'a budget that lets no pod go': [(all) => (the(all, 'PodDisruptionBudget').spec = { ...the(all, 'PodDisruptionBudget').spec, maxUnavailable: undefined, minAvailable: 2 }), /minAvailable 2 of 2/],
  'an image without a version': [(all) => (proxy(all).image = 'holysheep/proxy'), /names no version/],
  'liveness that asks whether it is ready': [(all) => (proxy(all).livenessProbe.httpGet.path = '/ready'), /liveness does not ask \/health/],

  // The ingress.
  'an annotation that never existed': [(all) => annotate(all, 'rate-limit', '100'), /no annotation nginx.ingress.kubernetes.io\/rate-limit /],
  'a timeout with a unit': [(all) => annotate(all, 'proxy-read-timeout', '120s'), /"120s" is not/],
  'a timeout shorter than the proxy waits': [(all) => annotate(all, 'proxy-read-timeout', '60'), /not longer than REQUEST_TIMEOUT=60s/],
  'a timeout shorter than a stream may be silent': [(all) => { config(all).STREAM_PING_INTERVAL = '0'; config(all).UPSTREAM_READ_TIMEOUT = '3m'; }, /stream's silence, 180 s/],
  'idle connections that the proxy closes before nginx does': [(all) => (config(all).KEEPALIVE_TIMEOUT = '30'), /KEEPALIVE_TIMEOUT is 30s/],
  'buffered event streams': [(all) => annotate(all, 'proxy-buffering', 'on'), /proxy-buffering must be off/],
  'streams that look whole when their pod is killed': [(all) => annotate(all, 'proxy-http-version', '1.0'), /looks whole/],
  'requests that die with a pod that is dead already': [(all) => annotate(all, 'proxy-next-upstream', 'off'), /without error/],
  'requests that are paid for twice': [(all) => annotate(all, 'proxy-next-upstream', 'error non_idempotent'), /charge twice/],
  'bodies smaller than the proxy takes': [(all) => annotate(all, 'proxy-body-size', '1m'), /less than CLIENT_MAX_BODY_SIZE=50m/],

  // Security.
  'a Secret': [(all) => all.push({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: { a: 'b' } }), /a Secret is never applied by default/],
  'root': [(all) => (spec(all).securityContext.runAsUser = 0), /runAsUser above 0/],
  'a privileged container': [(all) => (proxy(all).securityContext.privileged = true), /privileged unset/],
  'escalation': [(all) => delete proxy(all).securityContext.allowPrivilegeEscalation, /allowPrivilegeEscalation: false/],
  'capabilities': [(all) => delete proxy(all).securityContext.capabilities, /capabilities.drop ALL/],
  'a writable root': [(all) => (proxy(all).securityContext.readOnlyRootFilesystem = false), /readOnlyRootFilesystem: true/],
  'no seccomp profile': [(all) => delete spec(all).securityContext.seccompProfile, /seccompProfile RuntimeDefault/],
  "the node's network": [(all) => (spec(all).hostNetwork = true), /hostNetwork is not restricted/],
  "the node's disk": [(all) => spec(all).volumes.push({ name: 'a', hostPath: { path: '/' } }), /hostPath is not restricted/],
  'a token': [(all) => delete spec(all).automountServiceAccountToken, /automountServiceAccountToken/],
  'DNS over UDP alone': [(all) => the(all, 'NetworkPolicy').spec.egress[0].ports.pop(), /egress lacks TCP 53/],
  'no way to upstream': [(all) => the(all, 'NetworkPolicy').spec.egress.pop(), /egress lacks TCP 443/],
  "the cloud's metadata": [(all) => delete the(all, 'NetworkPolicy').spec.egress[1].to[0].ipBlock.except, /metadata/],
  'an admin port for anybody': [(all) => delete the(all, 'NetworkPolicy').spec.ingress[1].from, /anybody may reach the admin port/],
};

const spec = (all) => the(all, 'Deployment').spec.template.spec;
const proxy = (all) => spec(all).containers[0];
const config = (all) => the(all, 'ConfigMap').data;
const backend = (all) => the(all, 'Ingress').spec.rules[0].http.paths[0].backend.service;
const annotate = (all, name, value) => (the(all, 'Ingress').metadata.annotations[`nginx.ingress.kubernetes.io/${name}`] = value);

test('before anything is planted, nothing is wrong', async () => assert.deepEqual(await problems_of(JSON.parse(sound)), []));

for (const [what, [plant, said]] of Object.entries(faults)) {
  test(`finds ${what}`, async () => {
    const all = JSON.parse(sound);
    plant(all);
    assert.match((await problems_of(JSON.parse(JSON.stringify(all)))).join('\n'), said);
  });
}

const folder = join(root, 'deploy/k8s/overlays/default');
const manifests = (input, ...args) => spawnSync(join(root, 'tests/deploy/manifests'), args, { input, encoding: 'utf8' });

test('the program ends with 0 where nothing is wrong', () => {
  const { status, stdout } = manifests(rendered_text(folder), '-');
  assert.match(stdout, /9 objects, nothing wrong/);
  assert.equal(status, 0);
});

const edits = {
  'an unknown field': ['maxReplicas: 20', 'maxReplica: 20', /maxReplica: unknown field/],
  'a wrong type': ['terminationGracePeriodSeconds: 140', 'terminationGracePeriodSeconds: "140"', /a number is wanted/],
  'a wrong setting name': ['SHUTDOWN_GRACE:', 'SHUTDOWN_GRACE_PERIOD:', /unknown setting "SHUTDOWN_GRACE_PERIOD"/],
  'a selector mismatch': ['  selector:\n    app.kubernetes.io/name: holysheep-proxy', '  selector:\n    app.kubernetes.io/name: holysheep', /selects no pod/],
  'a boolean as YAML 1.1 has it': ['SHUTDOWN_GRACE: 120s', 'ENABLE_GZIP: yes', /ENABLE_GZIP: a string is wanted, not true/],
};
for (const [what, [from, to, said]] of Object.entries(edits)) {
  test(`the program ends with 1 at ${what}`, () => {
    const text = rendered_text(folder);
    assert.ok(text.includes(from));
    const { status, stdout } = manifests(text.replace(from, to), '-');
    assert.match(stdout, said);
    assert.equal(status, 1);
  });
}

test('the program refuses a key that stands there twice', () => {
  const { status, stderr } = manifests('apiVersion: v1\nkind: ConfigMap\nkind: ConfigMap\n', '-');
  assert.match(stderr, /unique/i);
  assert.notEqual(status, 0);
});

test('the program refuses to check nothing, and arguments that it does not know', () => {
  assert.equal(manifests('', '-').status, 1);
  assert.equal(manifests('').status, 64);
  assert.equal(manifests('', '--lax', '-').status, 64);
});
