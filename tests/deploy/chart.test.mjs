// The chart: each of its examples rendered by the real helm and held to the API's types and our rules, and what has to
// follow from the values following.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chart, config_of, objects_of, pod_of, rendered, run, scratch, sets, values_file } from './chart.mjs';
import { problems_of } from './manifests.mjs';
import { render_with, the, together } from './rendering.mjs';
import * as settings from './settings.mjs';
import { documents, helm, root } from './tools.mjs';

const examples = readdirSync(join(chart, 'ci')).map((name) => join(chart, 'ci', name));

for (const [name, args] of [['values.yaml alone', []], ...examples.map((path) => [path.split('/').pop(), ['-f', path]])]) {
  test(`${name}: helm lint has nothing to say, and what it renders is right`, async () => {
    const ended = run(helm, 'lint', '--strict', chart, ...args);
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    assert.doesNotMatch(ended.stdout, /\[(WARNING|ERROR)\]/);
    const objects = objects_of(...args);
    assert.deepEqual(await problems_of(objects, { secrets_allowed: true }), []);
    for (const { kind, metadata } of objects) assert.equal(metadata.namespace, 'llm', `${kind} ${metadata.name}`);
  });
}

test('What is wrong in what is rendered is found', async () => {
  const text = rendered('-f', join(chart, 'ci/everything-values.yaml'));
  const planted = [
    ['enableServiceLinks:', 'enableServiceLink:', /enableServiceLink\b/],
    ['revisionHistoryLimit: 5', 'revisionHistoryLimit: "five"', /revisionHistoryLimit/],
    ['  LOG_SAMPLE: "0.1"', '  LOG_SAMPLES: "0.1"', /unknown setting "LOG_SAMPLES".*LOG_SAMPLE/],
    ['  SHUTDOWN_GRACE: "2m"', '  SHUTDOWN_GRACE: "2 minutes"', /SHUTDOWN_GRACE/],
    ['    app.kubernetes.io/instance: hs\n  ports:', '    app.kubernetes.io/instance: other\n  ports:', /Service.*selects no pod/],
    ['      - port: http', '      - port: web', /targetPort|ingress port web/, /- port: http/],
    ['terminationGracePeriodSeconds: 142', 'terminationGracePeriodSeconds: 130', /terminationGracePeriodSeconds 130/],
    ['limit-rpm: "100"', 'rate-limit: "100"', /no annotation .*rate-limit/],
    ['drop: [ALL]', 'drop: []', /capabilities\.drop ALL/],
    ['mountPath: /etc/holysheep/ca', 'mountPath: /etc/holysheep/cas', /SSL_CERT_FILE.*no volume/],
  ];
  for (const [from, to, message] of planted) {
    const changed = text.replace(from.trimStart(), to.trimStart());
    assert.notEqual(changed, text, `nothing to change: ${from}`);
    const found = await problems_of(documents(changed, to), { secrets_allowed: true });
    assert.match(found.join('\n'), message, to);
  }
});

test('Objects come with their switches alone', () => {
  const kinds = (...args) => objects_of(...args).map(({ kind }) => kind).sort();
  const always = ['ConfigMap', 'Deployment', 'Service'];
  const usual = [...always, 'HorizontalPodAutoscaler', 'NetworkPolicy', 'PodDisruptionBudget', 'ServiceAccount'];
  assert.deepEqual(kinds(), usual.sort());
  assert.deepEqual(kinds('-f', join(chart, 'ci/bare-values.yaml')), always.sort());
  const switches = {
    Ingress: ['ingress.enabled=true'],
    HTTPRoute: ['httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=public'],
    VerticalPodAutoscaler: ['verticalPodAutoscaler.enabled=true'],
    PodMonitor: ['monitoring.podMonitor.enabled=true'],
    PrometheusRule: ['monitoring.prometheusRule.enabled=true'],
    Secret: ['apiKey.value=abc'],
  };
  for (const [kind, values] of Object.entries(switches))
    assert.deepEqual(kinds(...sets(values)), [...usual, kind].sort());
});

test("The article's values arrive, whichever way env is written", () => {
  const path = join(chart, 'ci/article-values.yaml');
  const objects = objects_of('-f', path);
  const { env } = documents(readFileSync(path, 'utf8'), path)[0];
  const as_text = { ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])), SHUTDOWN_GRACE: '120s' };
  assert.equal(Object.keys(env).length, 8);
  assert.deepEqual(config_of(objects), as_text);
  const [container] = pod_of(objects).containers;
  assert.deepEqual(container.resources, { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2000m', memory: '2Gi' } });
  assert.deepEqual(container.envFrom, [{ configMapRef: { name: 'hs-holysheep-proxy-config' } }]);
  const { spec } = the(objects, 'HorizontalPodAutoscaler');
  assert.deepEqual([spec.minReplicas, spec.maxReplicas], [3, 20]);
  assert.deepEqual(spec.metrics.map(({ resource }) => [resource.name, resource.target.averageUtilization]), [['cpu', 70], ['memory', 80]]);
  assert.equal(the(objects, 'Deployment').spec.replicas, undefined);
  assert.equal(the(objects_of('-f', path, '--set', 'autoscaling.enabled=false'), 'Deployment').spec.replicas, 5);

  const list = values_file({ env: Object.entries(env).map(([name, value]) => ({ name, value })) });
  assert.deepEqual(config_of(objects_of('-f', path, '-f', list)), as_text);
});

test('A change of the settings changes the pods, and nothing else does', () => {
  const checksum = (...args) => the(objects_of(...args), 'Deployment').spec.template.metadata.annotations['checksum/config'];
  const usual = checksum();
  assert.match(usual, /^[0-9a-f]{64}$/);
  assert.equal(checksum('--set', 'autoscaling.maxReplicas=30'), usual);
  assert.equal(checksum('--set', 'replicaCount=7'), usual);
  const changed = ['env.LOG_LEVEL=debug', 'env.LOG_LEVEL=warn', 'apiKey.existingSecret=a', 'customCA.existingSecret=a', 'monitoring.podMonitor.enabled=true'];
  assert.equal(new Set([usual, ...changed.map((value) => checksum('--set', value))]).size, changed.length + 1);
});

test('The grace period holds the sleep, the delay, the grace and a little more', () => {
  const needed = [
    [[], 10 + 0 + 120 + 10],
    [['preStopSeconds=0'], 0 + 0 + 120 + 10],
    [['spot.enabled=true'], 10 + 0 + 90 + 10],
    [['env.SHUTDOWN_GRACE=5m'], 10 + 0 + 300 + 10],
    [['env.SHUTDOWN_GRACE=90'], 10 + 0 + 90 + 10],
    [['env.SHUTDOWN_GRACE=1.5m', 'env.SHUTDOWN_DELAY=2500ms', 'preStopSeconds=20'], 20 + 3 + 90 + 10],
    [['terminationGracePeriodSeconds=140'], 140],
    [['terminationGracePeriodSeconds=600'], 600],
  ];
  for (const [values, seconds] of needed)
    assert.equal(pod_of(objects_of(...sets(values))).terminationGracePeriodSeconds, seconds, values.join());
});

test('A pod sleeps before it stops, by a shell where Kubernetes cannot yet', () => {
  const stop = (...args) => pod_of(objects_of(...args)).containers[0].lifecycle?.preStop;
  assert.deepEqual(stop(), { sleep: { seconds: 10 } });
  assert.deepEqual(stop('--kube-version', '1.30.0'), { sleep: { seconds: 10 } });
  assert.deepEqual(stop('--kube-version', '1.29.9'), { exec: { command: ['/bin/sh', '-c', 'sleep 10'] } });
  assert.equal(stop('--set', 'preStopSeconds=0'), undefined);
});

test('Settings are written as the daemon reads them', () => {
  const values = { env: { RATE_LIMIT_PER_SECOND: 10000000, LOG_SAMPLE: 0.25, LOG_LEVEL: false, CACHE_COMPLETIONS: false, ENABLE_GZIP: false,
    KEEPALIVE_TIMEOUT: 1.5, CLIENT_MAX_BODY_SIZE: 52428800, MODEL_FALLBACKS: { 'gpt-4.1': ['deepseek-v3.2'] } } };
  const written = config_of(objects_of('-f', values_file(values)));
  assert.deepEqual(written, { SHUTDOWN_GRACE: '120s', RATE_LIMIT_PER_SECOND: '10000000', LOG_SAMPLE: '0.25', LOG_LEVEL: 'off', CACHE_COMPLETIONS: 'off', ENABLE_GZIP: 'false',
    KEEPALIVE_TIMEOUT: '1.5', CLIENT_MAX_BODY_SIZE: '52428800', MODEL_FALLBACKS: '{"gpt-4.1":["deepseek-v3.2"]}' });
  assert.deepEqual(settings.problems(written), []);
});

test('Requests in flight scale through the adapter, or in its place through KEDA, and CPU beside them', () => {
  const scrape = 'monitoring.podMonitor.enabled=true';
  const adapter = the(objects_of(...sets([scrape, 'autoscaling.targetRequestsInFlight=300'])), 'HorizontalPodAutoscaler').spec;
  assert.deepEqual(adapter.metrics.map(({ pods, resource }) => [pods?.metric.name ?? resource.name, pods?.target.averageValue ?? resource.target.averageUtilization]),
    [['holysheep_requests_in_flight', '300'], ['cpu', 70]]);
  const objects = objects_of(...sets([scrape, 'autoscaling.targetRequestsInFlight=300', 'autoscaling.keda.enabled=true']));
  assert.ok(!objects.some(({ kind }) => kind === 'HorizontalPodAutoscaler'));
  const { triggers, minReplicaCount, maxReplicaCount, advanced } = the(objects, 'ScaledObject').spec;
  assert.deepEqual(triggers.map(({ type, metadata: { threshold, value } }) => [type, threshold ?? value]), [['prometheus', '300'], ['cpu', '70']]);
  const [, pods_of] = triggers[0].metadata.query.match(/^sum\(holysheep_requests_in_flight\{namespace="llm",pod=~"(.*)"\}\)$/);
  const asked = (pod) => new RegExp(`^(?:${pods_of})$`).test(pod);
  // As the ReplicaSet names its pods; and, of a long name, only the beginning of its hash is left.
  assert.ok(asked('hs-holysheep-proxy-6d4cf56db6-x2x9k') && asked('hs-holysheep-proxy-6d4cfx2x9k'));
  assert.ok(!asked('hs-holysheep-proxy-canary-6d4cf56db6-x2x9k'), "another release's pods are counted");
  assert.deepEqual([minReplicaCount, maxReplicaCount, advanced.horizontalPodAutoscalerConfig.behavior], [2, 20, adapter.behavior]);
});

test('KEDA in the chart is the one of deploy/k8s, but for whose pods it asks', () => {
  const spec = (objects) => {
    const { triggers: [prometheus, ...others], scaleTargetRef, ...rest } = the(objects, 'ScaledObject').spec;
    return { ...rest, triggers: [{ ...prometheus, metadata: { ...prometheus.metadata, query: '' } }, ...others] };
  };
  assert.deepEqual(spec(objects_of(...sets(['monitoring.podMonitor.enabled=true', 'autoscaling.targetRequestsInFlight=500', 'autoscaling.keda.enabled=true']))),
    spec(render_with('base', ['keda'])));
});

test('The version label is one, whatever the tag', async () => {
  for (const tag of [`${'a'.repeat(62)}-x`, `${'a'.repeat(62)}.x`, '_nightly', 'v1.2.3']) {
    const objects = objects_of('--set', `image.tag=${tag}`);
    assert.deepEqual(await problems_of(objects), [], tag);
    assert.equal(pod_of(objects).containers[0].image, `holysheep/proxy:${tag}`);
  }
});

test('Ports follow their settings', () => {
  const objects = objects_of(...sets(['env.LISTEN_PORT=9000', 'env.ADMIN_PORT=9001', 'monitoring.podMonitor.enabled=true']));
  assert.deepEqual(pod_of(objects).containers[0].ports.map(({ name, containerPort }) => [name, containerPort]), [['http', 9000], ['admin', 9001]]);
});

test('Without a CPU limit there are as many event loops as CPUs asked for', () => {
  const loops = (...values) => config_of(objects_of(...sets(['resources.limits.cpu=null', ...values]))).WORKER_PROCESSES;
  assert.equal(loops(), '1');
  assert.equal(loops('resources.requests.cpu=1500m'), '2');
  assert.equal(loops('resources.requests.cpu=3'), '3');
  assert.equal(loops('env.WORKER_PROCESSES=4'), '4');
  assert.equal(loops('env.WORKER_PROCESSES=auto', 'resources.requests.cpu=1001m'), '2');
  assert.equal(config_of(objects_of()).WORKER_PROCESSES, undefined);
});

test('The Ingress takes what the proxy takes, and waits for as long', () => {
  const told = (...values) => the(objects_of(...sets(['ingress.enabled=true', ...values])), 'Ingress').metadata.annotations;
  const of = (name, ...values) => told(...values)[`nginx.ingress.kubernetes.io/${name}`];
  assert.equal(of('proxy-body-size'), '50m');
  assert.equal(of('proxy-body-size', 'env.CLIENT_MAX_BODY_SIZE=80m'), '80m');
  assert.equal(of('proxy-read-timeout'), '120');
  assert.equal(of('proxy-read-timeout', 'env.REQUEST_TIMEOUT=5m'), '310');
  assert.equal(of('proxy-read-timeout', 'env.UPSTREAM_READ_TIMEOUT=200s'), '210');
  assert.equal(of('proxy-buffering'), 'off');
  assert.equal(of('limit-rpm', 'ingress.limitRpm=0'), undefined);
  const many = objects_of('-f', values_file({ ingress: { enabled: true, limitRpm: 1000000 }, monitoring: { podMonitor: { enabled: true } },
    autoscaling: { targetRequestsInFlight: 2000000 } }));
  assert.equal(the(many, 'Ingress').metadata.annotations['nginx.ingress.kubernetes.io/limit-rpm'], '1000000');
  assert.equal(the(many, 'HorizontalPodAutoscaler').spec.metrics[0].pods.target.averageValue, '2000000');
  assert.equal(told()['cert-manager.io/cluster-issuer'], 'letsencrypt-prod');
  assert.equal(told('ingress.tlsSecret=')['cert-manager.io/cluster-issuer'], undefined);
});

test('What the values add is there', () => {
  const path = join(chart, 'ci/everything-values.yaml');
  const [values] = documents(readFileSync(path, 'utf8'), path);
  const objects = objects_of('-f', path);
  const { metadata, spec } = the(objects, 'Deployment').spec.template;
  const [container] = spec.containers;
  for (const [name, value] of Object.entries(values.podAnnotations)) assert.equal(metadata.annotations[name], value);
  for (const [name, value] of Object.entries(values.podLabels)) assert.equal(metadata.labels[name], value);
  assert.deepEqual(spec.nodeSelector, values.nodeSelector);
  assert.deepEqual(spec.imagePullSecrets, values.imagePullSecrets);
  assert.equal(spec.priorityClassName, values.priorityClassName);
  assert.deepEqual(spec.tolerations.map(({ key }) => key), ['dedicated', 'spot-instance']);
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred, requiredDuringSchedulingIgnoredDuringExecution: required } = spec.affinity.nodeAffinity;
  assert.deepEqual(preferred.map(({ preference }) => preference.matchExpressions[0].key), ['example.com/disk', 'node.kubernetes.io/instance-type']);
  assert.deepEqual(required, values.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution);
  assert.equal(container.image, `${values.image.repository}@${values.image.digest}`);
  assert.deepEqual(container.env, values.extraEnv);
  assert.deepEqual(container.envFrom.slice(1), values.extraEnvFrom);
  assert.ok(container.volumeMounts.some(({ name }) => name === 'usage') && spec.volumes.some(({ name }) => name === 'usage'));
  const [clients, prometheus] = the(objects, 'NetworkPolicy').spec.ingress;
  assert.deepEqual(clients.from, values.networkPolicy.ingressFrom);
  assert.deepEqual(prometheus.from, [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }]);
  assert.deepEqual(the(objects, 'NetworkPolicy').spec.egress.slice(2), values.networkPolicy.extraEgress);
  for (const kind of ['PodMonitor', 'PrometheusRule']) assert.equal(the(objects, kind).metadata.labels.release, 'prometheus');
  assert.equal(the(objects, 'ServiceAccount').metadata.annotations['example.com/role'], 'none');
  assert.equal(the(objects, 'Ingress').metadata.annotations['nginx.ingress.kubernetes.io/limit-connections'], '50');
  assert.deepEqual(the(objects, 'HTTPRoute').spec.parentRefs, values.httpRoute.parentRefs);
  assert.equal(the(objects, 'PodDisruptionBudget').spec.maxUnavailable, '25%');
  assert.deepEqual(the(objects, 'HorizontalPodAutoscaler').spec.metrics.slice(2), values.autoscaling.metrics);
  assert.deepEqual(objects.filter(({ metadata: { name } }) => ['more', 'hs-holysheep-proxy-pods'].includes(name)).length, 2);
});

test('The NetworkPolicy lets out to where upstream listens', () => {
  const ports = (...values) => the(objects_of(...sets(values)), 'NetworkPolicy').spec.egress[1].ports.map(({ port }) => port);
  assert.deepEqual(ports(), [443]);
  assert.deepEqual(ports('env.API_BASE_URL=https://a.example:8443/v1', 'env.FALLBACK_BASE_URL=https://b.example:9443'), [443, 8443, 9443]);
  assert.deepEqual(ports('env.API_BASE_URL=https://a.example:443'), [443]);
  assert.deepEqual(ports('env.API_BASE_URL=https://[2001:db8::1]/v1'), [443]);
});

test('A key, clients and a CA are mounted as folders that an update reaches', () => {
  const objects = objects_of('-f', join(chart, 'ci/everything-values.yaml'));
  const { containers: [{ volumeMounts }], volumes } = pod_of(objects);
  for (const name of ['api-key', 'fallback-api-key', 'clients', 'models', 'custom-ca']) {
    const { subPath, readOnly } = volumeMounts.find((mount) => mount.name === name);
    assert.deepEqual([subPath, readOnly], [undefined, true], name);
  }
  assert.equal(volumes.find(({ name }) => name === 'custom-ca').secret.secretName, 'custom-ca');
  const text = rendered('-f', join(chart, 'ci/everything-values.yaml'));
  assert.ok(!text.includes('a-key-for-a-trial'), 'the key stands in the clear');
});

// Two ways to install the same: what they say of pods, scaling and the network differs in names alone.
test('The chart and deploy/k8s agree', () => {
  const theirs = render_with('base', together);
  const ours = documents(run(helm, 'template', 'holysheep-proxy', chart, '--namespace', 'holysheep-proxy', ...sets([
    'ingress.enabled=true', 'httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=gateway', 'verticalPodAutoscaler.enabled=true',
    'spot.enabled=true', 'customCA.existingSecret=custom-ca', 'monitoring.podMonitor.enabled=true', 'monitoring.prometheusRule.enabled=true',
    'autoscaling.targetRequestsInFlight=500', 'apiKey.existingSecret=holysheep-secrets'])).stdout, 'helm');

  // Selectors and ports by number or name are each side's own, and each is held to its own pods elsewhere.
  const bare = (value) => JSON.parse(JSON.stringify(value ?? null, (key, inner) => (/^(matchLabels|selector|protocol)$/.test(key) ? undefined : inner)));
  const of = (objects) => {
    const deployment = the(objects, 'Deployment').spec;
    const pod = deployment.template.spec;
    const [{ name, image, resources, securityContext, startupProbe, livenessProbe, readinessProbe, lifecycle, ports }] = pod.containers;
    const { maxUnavailable, maxSurge } = deployment.strategy.rollingUpdate;
    const given = Object.fromEntries(Object.entries(config_of(objects)).filter(([key]) => !settings.files.has(key)));
    return bare({
      container: { name, image, resources, securityContext, startupProbe, livenessProbe, readinessProbe, lifecycle, ports },
      pod: { security: pod.securityContext, links: pod.enableServiceLinks, token: pod.automountServiceAccountToken,
        grace: pod.terminationGracePeriodSeconds, spread: pod.topologySpreadConstraints, affinity: pod.affinity, tolerations: pod.tolerations },
      rollout: { maxUnavailable, maxSurge, history: deployment.revisionHistoryLimit, replicas: deployment.replicas },
      settings: given,
      scaling: the(objects, 'HorizontalPodAutoscaler').spec,
      disruption: the(objects, 'PodDisruptionBudget').spec,
      egress: the(objects, 'NetworkPolicy').spec.egress,
      vpa: the(objects, 'VerticalPodAutoscaler').spec,
      service: the(objects, 'Service').spec,
      ingress: { annotations: the(objects, 'Ingress').metadata.annotations, ...the(objects, 'Ingress').spec },
      route: the(objects, 'HTTPRoute').spec.rules,
      scraped: the(objects, 'PodMonitor').spec.podMetricsEndpoints.map(({ port, path, interval }) => [port, path, interval]),
      rules: the(objects, 'PrometheusRule').spec,
    });
  };
  const [chart_says, k8s_says] = [of(ours), of(theirs)];
  for (const part of Object.keys(chart_says)) assert.deepEqual(chart_says[part], k8s_says[part], part);
});

test('The PrometheusRule is deploy/prometheus, in a packed chart too', () => {
  const on = ['--set', 'monitoring.prometheusRule.enabled=true'];
  const [rules] = documents(readFileSync(join(root, 'deploy/prometheus/rules.yaml'), 'utf8'), 'rules.yaml');
  assert.deepEqual(the(objects_of(...on), 'PrometheusRule').spec, rules);
  const packed = run(helm, 'package', chart, '--destination', scratch);
  assert.equal(packed.status, 0, packed.stderr);
  const archive = join(scratch, readdirSync(scratch).find((name) => name.endsWith('.tgz')));
  const ended = run(helm, 'template', 'hs', archive, ...on);
  assert.deepEqual(the(documents(ended.stdout, archive), 'PrometheusRule').spec, rules);
});

test('The notes say what the values mean for whoever installs', () => {
  const notes = (...values) => {
    const ended = run(helm, 'install', 'hs', chart, '--namespace', 'llm', '--dry-run=client', ...sets(values));
    assert.equal(ended.status, 0, ended.stderr);
    return ended.stdout.slice(ended.stdout.indexOf('\nNOTES:'));
  };
  assert.match(notes(), /http:\/\/hs-holysheep-proxy\.llm\/v1\n[^]*No upstream key is set/);
  assert.match(notes('apiKey.value=abc'), /WARNING: apiKey\.value is for a trial[^]*WARNING: whoever reaches the Service/);
  assert.doesNotMatch(notes('apiKey.existingSecret=a', 'clientKeys.existingSecret=b'), /WARNING/);
  const from_secret = (name) => [`extraEnv[0].name=${name}`, 'extraEnv[0].valueFrom.secretKeyRef.name=a', 'extraEnv[0].valueFrom.secretKeyRef.key=b'];
  for (const given of [from_secret('HOLYSHEEP_API_KEY'), ['env.HOLYSHEEP_API_KEY_FILE=/mnt/key']]) {
    assert.match(notes(...given), /WARNING: whoever reaches the Service/);
    assert.doesNotMatch(notes(...given), /No upstream key is set/);
  }
  assert.doesNotMatch(notes('apiKey.existingSecret=a', ...from_secret('CLIENT_KEYS_FILE')), /WARNING/);
  assert.match(notes('autoscaling.targetMemoryUtilizationPercentage=80'), /NOTE: autoscaling looks at memory/);
  assert.match(notes(), /100 to 1000 requests a second, 50 a pod/);
  assert.match(notes('autoscaling.enabled=false', 'env.RATE_LIMIT_PER_SECOND=1000000'), / 3000000 requests a second, 1000000 a pod/);
  assert.match(notes('env.RATE_LIMIT_PER_SECOND=0.5'), /1 to 10 requests a second, 0\.5 a pod/);
  assert.doesNotMatch(notes('env.RATE_LIMIT_PER_SECOND=0'), /a pod/);
  assert.match(notes('resources=null'), /NOTE: no CPU is requested[^]*autoscaler cannot/);
  assert.doesNotMatch(notes('resources.requests=null'), /no CPU is requested/);
  assert.doesNotMatch(notes('resources=null', 'autoscaling.enabled=false'), /no CPU is requested/);
  assert.match(notes('ingress.enabled=true'), /https:\/\/api\.yourdomain\.com\/v1/);
});
