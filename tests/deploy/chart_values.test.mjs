// The chart's values: what is wrong is refused with a message that says where; and schema, values.yaml and README say
// what the daemon says.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chart, objects_of, pod_of, refusal, run, scratch, sets, template, values_file } from './chart.mjs';
import { the } from './rendering.mjs';
import * as settings from './settings.mjs';
import { documents, helm, proxy, root } from './tools.mjs';

test('Values that are wrong are refused, with a message that says where', () => {
  const refused = [
    [['replicas=3'], /additional properties 'replicas' not allowed/],
    [['replicaCount=three'], /'\/replicaCount': got string, want integer/],
    [['autoscaling.maxReplica=9'], /'\/autoscaling': additional properties 'maxReplica' not allowed/],
    [['autoscaling.minReplicas=9', 'autoscaling.maxReplicas=3'], /autoscaling: maxReplicas 3 is below minReplicas 9/],
    [['autoscaling.targetCPUUtilizationPercentage=null'], /autoscaling: nothing to scale on/],
    [['autoscaling.targetRequestsInFlight=500'], /targetRequestsInFlight: Prometheus cannot reach the metrics/],
    [['autoscaling.keda.enabled=true'], /autoscaling\.keda: targetRequestsInFlight is not set/],
    [['monitoring.podMonitor.enabled=true', 'autoscaling.targetRequestsInFlight=0'], /'\/autoscaling\/targetRequestsInFlight': minimum/],
    [['env.REQUEST_TIMOUT=60'], /'\/env': additional properties 'REQUEST_TIMOUT' not allowed/],
    [['env.REQUEST_TIMEOUT=soon'], /'\/env\/REQUEST_TIMEOUT': 'soon' does not match pattern/],
    [['env.LOG_LEVEL=loud'], /'\/env\/LOG_LEVEL': value must be one of 'trace'/],
    [['env.MAX_RETRIES=101'], /'\/env\/MAX_RETRIES': maximum: got 101, want 100/],
    [['env[0].name=LOG_LEVELS', 'env[0].value=info'], /'\/env\/0\/name': value must be one of/],
    [['env[0].name=MAX_RETRIES', 'env[0].value=101'], /'\/env\/0\/value': maximum: got 101, want 100/],
    [['env[0].name=LOG_LEVEL', 'env[0].value=info', 'env[1].name=LOG_LEVEL', 'env[1].value=debug'], /LOG_LEVEL is there twice/],
    [['env.HOLYSHEEP_API_KEY=abc'], /HOLYSHEEP_API_KEY: a secret does not belong in a ConfigMap.*apiKey\.existingSecret/],
    [['env.FALLBACK_API_KEY=abc'], /FALLBACK_API_KEY: a secret.*fallbackApiKey\.existingSecret/],
    [['env.REDIS_URL=redis://u:p@redis'], /REDIS_URL: the user and password/],
    [['env.CLIENT_KEYS_FILE=/x', 'clientKeys.existingSecret=clients'], /CLIENT_KEYS_FILE: another value of the chart sets it/],
    [['customCA.existingSecret=a', 'customCA.existingConfigMap=b'], /customCA: .*both set/],
    [['apiKey.existingSecret=a', 'apiKey.value=b'], /apiKey: .*both set/],
    [['clientKeys.clients[0].id=a', 'clientKeys.clients[0].key_sha256=abc'], /'\/clientKeys\/clients\/0\/key_sha256'.*pattern/],
    [['terminationGracePeriodSeconds=139'], /terminationGracePeriodSeconds: 139 is too short: .* need at least 140/],
    [['resources.limits.memory=1GB'], /'\/resources\/limits\/memory'.*pattern/],
    [['image.digest=sha256:abc'], /'\/image\/digest'/],
    [['httpRoute.enabled=true'], /httpRoute: parentRefs is empty/],
    [['verticalPodAutoscaler.enabled=true', 'verticalPodAutoscaler.controlledResources[0]=cpu'], /verticalPodAutoscaler: it would change cpu/],
    [['monitoring.podMonitor.enabled=true', 'env.ADMIN_PORT=0'], /podMonitor: ADMIN_PORT 0 turns the metrics off/],
    [['monitoring.podMonitor.enabled=true', 'env.ADMIN_ADDRESS=127.0.0.1'], /podMonitor: ADMIN_ADDRESS 127\.0\.0\.1 lets nobody in from outside the pod/],
    [['env.LISTEN_ADDRESS=127.0.0.1'], /LISTEN_ADDRESS 127\.0\.0\.1: neither probes nor clients reach it from outside the pod/],
    [['env.LISTEN_ADDRESS=::1'], /LISTEN_ADDRESS ::1: neither/],
    [['extraEnv[0].name=LISTEN_PORT', 'extraEnv[0].value=9000'], /extraEnv: LISTEN_PORT: ports and the grace period follow env alone/],
    [['extraEnv[0].name=SHUTDOWN_GRACE', 'extraEnv[0].value=10m'], /extraEnv: SHUTDOWN_GRACE: ports and/],
    [['env.LISTEN_PORT=0'], /LISTEN_PORT 0: the Service needs to know the port/],
    [['podLabels.app\\.kubernetes\\.io/name=x'], /podLabels: app\.kubernetes\.io\/name is what the pods are selected by/],
    [['podAnnotations.checksum/config=x'], /podAnnotations: checksum\/config is the chart's own/],
    [['image.tag=v1+b'], /'\/image\/tag': 'v1\+b' does not match pattern/],
    [['fallbackApiKey.existingSecret=a'], /fallbackApiKey: env\.FALLBACK_BASE_URL is not set/],
    [['env.LISTEN_PORT=9090'], /LISTEN_PORT and ADMIN_PORT are both 9090/],
    [['spot=null'], /missing property 'spot'/],
    [['fullnameOverride=Relay'], /'\/fullnameOverride': 'Relay' does not match pattern/],
    [['podDisruptionBudget.maxUnavailable=0'], /'\/podDisruptionBudget\/maxUnavailable': minimum/],
  ];
  for (const [values, message] of refused) assert.match(refusal(...sets(values)), message);
  assert.match(refusal('--kube-version', '1.26.0'), /incompatible with Kubernetes/);
});

// What each setting takes is told by the daemon in words, and by the schema in patterns: both are asked, for every one.
test('The schema takes of each setting what the daemon takes', () => {
  const texts = ['auto', 'off', 'info', 'json', 'opt-in', 'evict-oldest', 'nonsense', 'two words', '0', '0.5', '5', '05', '300', '-1',
    '1e3', '500ms', '5s', '1.5s', '2m', '1h', '0s', '4k', '1M', '50g', '3t', '0k', 'true', 'False', 'YES', 'https://a.example/v1',
    'ftp://a.example', 'https://user@a.example', 'redis://cache:6379', '::1', '10.0.0.1', '{"a":["b"]}', '{"a":"b"}'];
  const natives = [0, 1, 5, 0.5, -1, 700, 123456789, true, false];
  const names = [...settings.names].filter((name) => !settings.files.has(name));
  // A quoted number is held to its shape, and what is quoted JSON is the daemon's to read. Helm's `off` is false.
  const for_the_daemon = (name, value) => /^[\d.]+[kmg]?$/i.test(value) || (name === 'MODEL_FALLBACKS' && value === '{"a":"b"}') ||
    (value === false && ['LOG_LEVEL', 'CACHE_COMPLETIONS'].includes(name));
  const only_text = ['HOLYSHEEP_API_KEY', 'FALLBACK_API_KEY', 'OTEL_SERVICE_NAME'];
  const wrong = [];
  let refused = 0;
  for (const value of [...texts, ...natives]) {
    const all = Object.fromEntries(names.map((name) => [name, value]));
    const said = template('-f', values_file({ env: all })).stderr;
    const by_schema = new Set([...said.matchAll(/'\/env\/([A-Z0-9_]+)/g)].map((found) => found[1]));
    // Two settings that do not go together are another matter.
    const by_daemon = new Set(settings.problems(all).filter((line) => !/another than/.test(line))
      .map((line) => line.match(/^([A-Z0-9_]+)\b.*: accepted is/)?.[1]));
    for (const name of names) {
      const case_of = `${name}: ${JSON.stringify(value)}`;
      if (by_daemon.has(name) && !by_schema.has(name) && !for_the_daemon(name, value)) wrong.push(`${case_of}: only the daemon refuses it`);
      if (!by_daemon.has(name) && by_schema.has(name) && !only_text.includes(name)) wrong.push(`${case_of}: only the schema refuses it`);
      refused += by_daemon.has(name) && by_schema.has(name);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(refused > 1000, `${refused} refused by both`);
});

test('The schema takes of a client what the daemon takes', () => {
  const usual = { id: 'team-a', key_sha256: '0f'.repeat(32) };
  const cases = [{}, { id: 'a b' }, { id: '' }, { id: 'x'.repeat(65) }, { id: 'A.b_c-9' }, { key_sha256: 'abc' }, { name: 'a' },
    { rate_limit_per_second: 0 }, { rate_limit_per_second: 0.5 }, { rate_limit_per_second: 10000000 }, { rate_limit_per_second: 10000001 },
    { max_in_flight: 0 }, { max_in_flight: 1.5 }, { max_in_flight: 1000000 }, { max_in_flight: 1000001 },
    { models: [] }, { models: [''] }, { models: ['gpt-4.1', 'claude-*'] }, { models: ['x'.repeat(257)] },
    { expires: 'soon' }, { expires: '2027-01-01' }, { expires: '2027-01-01T12:00:00Z' }, { expires: '2027-01-01T12:00:00+02:00' },
    { weight: 2 }, { tokens_per_minute: 1000 }, { budget_usd: { day: 1 } }];
  const values = { clientKeys: { clients: cases.map((fields) => ({ ...usual, ...fields })) } };
  const by_schema = new Set([...template('-f', values_file(values)).stderr.matchAll(/'\/clientKeys\/clients\/(\d+)/g)].map(([, at]) => Number(at)));
  let refused = 0;
  for (const [at, client] of values.clientKeys.clients.entries()) {
    const by_daemon = settings.problems({ CLIENT_KEYS_FILE: settings.file_of(JSON.stringify({ clients: [client] })) });
    assert.equal(by_schema.has(at), by_daemon.length > 0, `${JSON.stringify(client)}: ${by_daemon}`);
    refused += by_daemon.length > 0;
  }
  assert.ok(refused > 10 && refused < cases.length);
});

test("The schema takes of a model's prices what the daemon takes", () => {
  const price = { input: 1, output: 2 };
  const cases = [{ usd_per_mtok: price }, {}, { usd_per_mtok: { input: 1 } }, { usd_per_mtok: { ...price, cached_input: 0.5 } },
    { usd_per_mtok: { ...price, input: -1 } }, { usd_per_mtok: { ...price, input: '1' } }, { usd_per_mtok: { ...price, output: 1000001 } },
    { usd_per_mtok: { ...price, reasoning: 1 } }, { usd_per_mtok: price, direct_usd_per_mtok: price }, { direct_usd_per_mtok: price },
    { usd_per_mtok: price, aliases: ['a', 'b-*'] }, { usd_per_mtok: price, aliases: [''] }, { usd_per_mtok: price, alias: ['a'] }];
  const models = Object.fromEntries(cases.map((model, at) => [`model-${at}`, model]));
  const said = template('-f', values_file({ models })).stderr;
  const by_schema = new Set([...said.matchAll(/'\/models\/(model-\d+)/g)].map(([, name]) => name));
  let refused = 0;
  for (const [name, model] of Object.entries(models)) {
    const by_daemon = settings.problems({ MODELS_FILE: settings.file_of(JSON.stringify({ models: { [name]: model } })) });
    assert.equal(by_schema.has(name), by_daemon.length > 0, `${JSON.stringify(model)}: ${by_daemon}`);
    refused += by_daemon.length > 0;
  }
  assert.ok(refused > 5 && refused < cases.length);
});

test('What is set to null is as if it had never been there', () => {
  const nulls = ['env', 'resources.requests', 'resources.limits', 'affinity', 'tolerations', 'models', 'autoscaling.behavior', 'extraManifests'];
  const objects = objects_of(...sets(nulls.map((name) => `${name}=null`)));
  const [container] = pod_of(objects).containers;
  assert.deepEqual(container.resources, undefined);
  assert.equal(pod_of(objects).affinity, undefined);
  assert.equal(the(objects, 'HorizontalPodAutoscaler').spec.behavior, undefined);
  assert.equal(pod_of(objects_of('--set', 'resources=null')).containers[0].resources, undefined);
  assert.equal(pod_of(objects_of(...sets(['spot.enabled=true', 'spot.tolerations=null']))).tolerations, undefined);
});

// Helm takes a null for a value that was never there, and a list that is empty is anybody.
test('What the chart cannot do without is missed when it is set to null', () => {
  const needed = {
    image: ['repository', 'pullPolicy'], service: ['type', 'port'], autoscaling: ['enabled', 'minReplicas', 'maxReplicas', 'keda'],
    'autoscaling.keda': ['enabled', 'prometheus'], podDisruptionBudget: ['enabled', 'maxUnavailable'], networkPolicy: ['enabled', 'monitoringFrom'],
    ingress: ['enabled', 'host'], httpRoute: ['enabled'], monitoring: ['podMonitor', 'prometheusRule'], spot: ['enabled', 'instanceTypes'],
    verticalPodAutoscaler: ['enabled', 'updateMode', 'controlledResources', 'minAllowed', 'maxAllowed'], 'monitoring.podMonitor': ['enabled', 'interval'],
    'monitoring.prometheusRule': ['enabled'], serviceAccount: ['create'],
    apiKey: ['key'], fallbackApiKey: ['key'], clientKeys: ['key'], customCA: ['key'],
  };
  // One rendering for all that can be missed side by side, and one for what holds others.
  const inner = (within) => Object.entries(needed).flatMap(([place, names]) =>
    names.filter((name) => (`${place}.${name}` in needed) === within).map((name) => [place, name]));
  for (const missed of [inner(false), inner(true)]) {
    const said = refusal(...sets(missed.map(([place, name]) => `${place}.${name}=null`)));
    for (const [place, name] of missed) {
      const line = said.split('\n').find((one) => one.includes(`at '/${place.replace('.', '/')}': missing`)) ?? '';
      assert.ok(line.includes(`'${name}'`), `${place}.${name}: ${line}`);
    }
  }
  assert.match(refusal('--set', 'preStopSeconds=null'), /missing property 'preStopSeconds'/);
  assert.ok(objects_of(...sets(['ingress.enabled=true', 'ingress.annotations=null'])).some(({ kind }) => kind === 'Ingress'));
});

test('Schema, values and README say the same, and what the daemon says', () => {
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));
  const defaults = (node) => 'default' in node || !node.properties ? node.default
    : Object.fromEntries(Object.entries(node.properties).map(([name, inner]) => [name, defaults(inner)]).filter(([, value]) => value !== undefined));
  assert.deepEqual(defaults(schema), documents(readFileSync(join(chart, 'values.yaml'), 'utf8'), 'values.yaml')[0]);

  const current = (tree, script, ...args) => run(join(tree, 'scripts', script), '--check', ...args);
  for (const ended of [current(root, 'chart-schema', proxy), current(root, 'chart-readme')]) assert.equal(ended.status, 0, ended.stderr);

  // In a copy, a setting and a value that nobody wrote down.
  for (const part of ['scripts/chart-schema', 'scripts/chart-readme', 'deploy/helm'])
    cpSync(join(root, part), join(scratch, 'tree', part), { recursive: true, dereference: true });
  delete schema.properties.env.properties.LOG_SAMPLE;
  schema.properties.replicaCount.default = 4;
  writeFileSync(join(scratch, 'tree/deploy/helm/holysheep-proxy/values.schema.json'), JSON.stringify(schema, null, 2) + '\n');
  for (const [script, ...args] of [['chart-schema', proxy], ['chart-readme']]) {
    const ended = current(join(scratch, 'tree'), script, ...args);
    assert.equal(ended.status, 1);
    assert.match(ended.stderr, new RegExp(`run scripts/${script}`));
  }
});
