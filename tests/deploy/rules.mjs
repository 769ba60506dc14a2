// What must hold between the objects of one installation, and of each beyond what the API's types can tell.
import { told_families } from './families.mjs';
import * as nginx from './ingress_nginx.mjs';
import * as settings from './settings.mjs';
import { environment, namespace_of, pods, proxy_container, selects, title, with_files } from './workloads.mjs';

const of_kind = (objects, ...kinds) => objects.filter(({ kind }) => kinds.includes(kind));
const beside = (objects, kind, name, object) =>
  objects.find((one) => one.kind === kind && one.metadata?.name === name && namespace_of(one) === namespace_of(object));
const autoscalers = (objects) => of_kind(objects, 'HorizontalPodAutoscaler', 'ScaledObject');
const target_of = (scaler) => scaler.spec.scaleTargetRef ?? scaler.spec.targetRef ?? {};
const selected_by = (selector, all, object) =>
  all.filter((pod) => pod.namespace === namespace_of(object) && selects(selector, pod.labels));
const has_port = (pod, port) => pod.containers.some(({ ports = [] }) =>
  ports.some(({ name, containerPort }) => port === name || port === containerPort));

function twice(objects, say) {
  const seen = new Set();
  for (const object of objects) {
    const id = `${object.apiVersion} ${namespace_of(object)} ${title(object)}`;
    if (seen.has(id)) say(object, 'stands there twice');
    seen.add(id);
  }
}

function secrets(objects, say, { secrets_allowed }) {
  if (secrets_allowed) return;
  for (const secret of of_kind(objects, 'Secret')) say(secret, 'a Secret is never applied by default: only named');
}

function selectors(objects, say) {
  const all = pods(objects);
  const wanted = (object, selector, what) => {
    if (!selected_by(selector, all, object).length) say(object, `${what} selects no pod of these manifests`);
  };
  for (const object of of_kind(objects, 'Deployment')) {
    const pod = all.find(({ owner }) => owner === object);
    if (!pod) continue;
    if (!selects(object.spec.selector, pod.labels)) say(object, "spec.selector does not match the template's labels");
    for (const spread of pod.spec.topologySpreadConstraints ?? [])
      wanted(object, spread.labelSelector, 'topologySpreadConstraints.labelSelector');
    const anti = pod.spec.affinity?.podAntiAffinity ?? {};
    for (const term of [...(anti.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(anti.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm)])
      wanted(object, term.labelSelector, 'podAntiAffinity.labelSelector');
  }
  for (const object of of_kind(objects, 'Service')) {
    if (!object.spec.selector) say(object, 'no selector');
    else wanted(object, { matchLabels: object.spec.selector }, 'spec.selector');
  }
  for (const object of of_kind(objects, 'PodDisruptionBudget', 'PodMonitor')) wanted(object, object.spec.selector, 'spec.selector');
  for (const object of of_kind(objects, 'NetworkPolicy')) wanted(object, object.spec.podSelector, 'spec.podSelector');
  for (const object of of_kind(objects, 'ServiceMonitor')) {
    const services = of_kind(objects, 'Service').filter((one) => selects(object.spec.selector, one.metadata.labels));
    if (!services.length) say(object, 'spec.selector selects no Service of these manifests');
    for (const { port } of object.spec.endpoints ?? []) {
      if (!services.some(({ spec }) => spec.ports.some(({ name }) => name === port))) say(object, `no Service has a port ${port}`);
    }
  }
}

function ports(objects, say) {
  const all = pods(objects);
  for (const { owner, containers } of all) {
    for (const container of containers) {
      for (const { name, containerPort } of container.ports ?? [])
        if (!(containerPort >= 1 && containerPort <= 65535)) say(owner, `${container.name}: port ${name}: ${containerPort} is no port`);
      const own = (container.ports ?? []).map(({ name, containerPort }) => [name, containerPort]).flat();
      const actions = ['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => [probe, container[probe]?.httpGet]);
      for (const [probe, get] of actions) {
        if (get && !own.includes(get.port)) say(owner, `${container.name}: ${probe} asks port ${get.port}, which it has not`);
        if (get && typeof get.port !== 'string') say(owner, `${container.name}: ${probe} names its port by number`);
      }
    }
  }
  const reached = (object, selector, port, what) => {
    for (const pod of selected_by(selector, all, object)) {
      if (!has_port(pod, port)) say(object, `${what} ${port} is no port of ${title(pod.owner)}`);
    }
  };
  for (const object of of_kind(objects, 'Service')) {
    for (const port of object.spec.ports ?? []) {
      if (typeof port.targetPort !== 'string') say(object, 'targetPort: by name, please');
      reached(object, { matchLabels: object.spec.selector }, port.targetPort ?? port.port, 'targetPort');
    }
  }
  for (const object of of_kind(objects, 'PodMonitor')) {
    for (const { port } of object.spec.podMetricsEndpoints ?? []) reached(object, object.spec.selector, port, 'port');
  }
  for (const object of of_kind(objects, 'NetworkPolicy')) {
    for (const { ports: allowed = [] } of object.spec.ingress ?? [])
      for (const { port } of allowed) reached(object, object.spec.podSelector, port, 'ingress port');
  }
}

function routes(objects, say) {
  const service_port = (object, name, port) => {
    const service = beside(objects, 'Service', name, object);
    if (!service) return say(object, `no Service ${name} in these manifests`);
    if (!service.spec.ports.some((one) => one.name === port || one.port === port)) say(object, `Service ${name} has no port ${port}`);
  };
  for (const object of of_kind(objects, 'Ingress')) {
    const hosts = (object.spec.rules ?? []).map(({ host }) => host);
    for (const { http } of object.spec.rules ?? []) {
      for (const { backend } of http?.paths ?? []) {
        if (!backend.service) continue;
        if (backend.service.port?.number !== undefined) say(object, 'the backend names its port by number');
        service_port(object, backend.service.name, backend.service.port?.name ?? backend.service.port?.number);
      }
    }
    for (const { hosts: covered = [] } of object.spec.tls ?? [])
      for (const host of covered) if (!hosts.includes(host)) say(object, `tls names ${host}, for which there is no rule`);
  }
  for (const object of of_kind(objects, 'HTTPRoute'))
    for (const { backendRefs = [] } of object.spec.rules ?? [])
      for (const { name, port } of backendRefs) service_port(object, name, port);
}

function references(objects, say) {
  const used = new Set();
  const config_map = (pod, { name, optional }) => {
    const found = beside(objects, 'ConfigMap', name, pod.owner);
    used.add(found);
    if (!found && !optional) say(pod.owner, `no ConfigMap ${name} in these manifests`);
  };
  for (const pod of pods(objects)) {
    for (const { envFrom = [], env = [] } of pod.containers) {
      for (const { configMapRef } of envFrom) if (configMapRef) config_map(pod, configMapRef);
      for (const { valueFrom } of env) if (valueFrom?.configMapKeyRef) config_map(pod, valueFrom.configMapKeyRef);
    }
    for (const { configMap } of pod.spec.volumes ?? []) if (configMap) config_map(pod, configMap);
    const volumes = (pod.spec.volumes ?? []).map(({ name }) => name);
    for (const { name, volumeMounts = [] } of pod.containers)
      for (const mount of volumeMounts) if (!volumes.includes(mount.name)) say(pod.owner, `${name}: no volume ${mount.name}`);
    const account = pod.spec.serviceAccountName;
    if (account && account !== 'default' && !beside(objects, 'ServiceAccount', account, pod.owner))
      say(pod.owner, `no ServiceAccount ${account} in these manifests`);
  }
  for (const object of of_kind(objects, 'ConfigMap')) {
    if (!used.has(object) && !object.metadata.labels?.grafana_dashboard) say(object, 'no pod of these manifests reads it');
  }
}

function daemons(objects, say) {
  const running = pods(objects).filter(proxy_container);
  if (pods(objects).some(({ owner }) => owner.kind === 'Deployment') && !running.length) say(pods(objects)[0].owner, 'no container named proxy');
  for (const pod of running) daemon(objects, pod, (message) => say(pod.owner, message));
}

/** The settings that the pod's daemon gets, by its own word, and what else in the pod has to fit them. */
function daemon(objects, pod, say) {
  const container = proxy_container(pod);
  const given = environment(container, pod, objects);
  for (const [name, value] of Object.entries(given)) if (typeof value !== 'string') return say(`${name}: a string is wanted`);
  const values = with_files(given, container, pod, objects, say);
  const refused = settings.problems(values);
  refused.forEach(say);
  if (refused.length) return;

  const effective = settings.effective(values);
  const number = (name) => container.ports?.find((port) => port.name === name)?.containerPort;
  if (!(container.ports ?? []).some(({ containerPort }) => String(containerPort) === effective.LISTEN_PORT))
    say(`LISTEN_PORT is ${effective.LISTEN_PORT}, and the container has no such port`);
  if (/^(127\.|::1$)/.test(effective.LISTEN_ADDRESS)) say(`LISTEN_ADDRESS is ${effective.LISTEN_ADDRESS}, and neither probes nor clients reach it`);
  if (number('admin') !== undefined && String(number('admin')) !== effective.ADMIN_PORT)
    say(`ADMIN_PORT is ${effective.ADMIN_PORT}, and the port named admin ${number('admin')}`);
  if (number('admin') !== undefined && /^(127\.|::1$)/.test(effective.ADMIN_ADDRESS))
    say(`the port named admin is open on ${effective.ADMIN_ADDRESS} only`);
  grace(pod, container, effective, say);
  memory(container, effective, say);
  if (!container.resources?.limits?.cpu && (values.WORKER_PROCESSES ?? 'auto') === 'auto')
    say('without a limit of CPU, WORKER_PROCESSES=auto is an event loop for each of the node\'s CPUs: set it');
  entrance();

  function entrance() {
    for (const ingress of of_kind(objects, 'Ingress').filter((one) => namespace_of(one) === pod.namespace)) {
      const told = (name) => ingress.metadata.annotations?.[nginx.prefix + name];
      if (ingress.spec.ingressClassName !== 'nginx') continue;
      if (told('proxy-buffering') !== 'off') say(`${title(ingress)}: proxy-buffering must be off for event streams`);
      if ((told('proxy-http-version') ?? '1.1') !== '1.1')
        say(`${title(ingress)}: without proxy-http-version 1.1 a stream whose pod is killed looks whole`);
      const again = (told('proxy-next-upstream') ?? 'error timeout').split(' ');
      if (!again.includes('error')) say(`${title(ingress)}: proxy-next-upstream without error: a dead pod costs new requests`);
      if (again.includes('non_idempotent')) say(`${title(ingress)}: proxy-next-upstream non_idempotent has upstream charge twice`);
      if (settings.bytes(told('proxy-body-size') ?? '1m') < settings.bytes(effective.CLIENT_MAX_BODY_SIZE))
        say(`${title(ingress)}: proxy-body-size is less than CLIENT_MAX_BODY_SIZE=${effective.CLIENT_MAX_BODY_SIZE}`);
      if (Number(told('proxy-read-timeout') ?? 60) <= settings.seconds(effective.REQUEST_TIMEOUT))
        say(`${title(ingress)}: proxy-read-timeout is not longer than REQUEST_TIMEOUT=${effective.REQUEST_TIMEOUT}`);
      // Pings keep a silent stream alive; without them it may be silent for as long as upstream may.
      const ping = settings.seconds(effective.STREAM_PING_INTERVAL);
      const silence = ping || settings.seconds(effective.UPSTREAM_READ_TIMEOUT);
      if (Number(told('proxy-read-timeout') ?? 60) <= silence)
        say(`${title(ingress)}: proxy-read-timeout is not longer than a stream's silence, ${silence} s`);
      // nginx keeps idle connections to pods for 60 s: whoever closes first meets the other's next request.
      if (settings.seconds(effective.KEEPALIVE_TIMEOUT) <= 60)
        say(`${title(ingress)}: nginx keeps idle connections for 60 s, and KEEPALIVE_TIMEOUT is ${effective.KEEPALIVE_TIMEOUT}`);
    }
  }
}

function grace(pod, { lifecycle }, effective, say) {
  const stop = lifecycle?.preStop;
  const script = stop?.exec?.command?.join(' ').match(/\bsleep (\d+)/);
  const before = stop?.sleep?.seconds ?? (script ? Number(script[1]) : undefined);
  if (before === undefined) return say('no preStop that sleeps: new connections still come when the daemon no longer listens');
  const [delay, running] = [effective.SHUTDOWN_DELAY, effective.SHUTDOWN_GRACE];
  const given = pod.spec.terminationGracePeriodSeconds ?? 30;
  if (given <= before + settings.seconds(delay) + settings.seconds(running))
    say(`terminationGracePeriodSeconds ${given} is not more than preStop ${before} + SHUTDOWN_DELAY ${delay} + SHUTDOWN_GRACE ${running}`);
}

function memory({ resources }, effective, say) {
  const limit = String(resources?.limits?.memory ?? '').match(/^(\d+)(Mi|Gi)$/);
  if (!limit) return say('no memory limit in Mi or Gi, and the daemon keeps below the one that it has');
  const mebibytes = Number(limit[1]) * (limit[2] === 'Gi' ? 1024 : 1);
  const held = Number(effective.CACHE_SIZE_MB) + Number(effective.REPLAY_BUFFER_MB);
  if (held > 0.9 * mebibytes)
    say(`CACHE_SIZE_MB and REPLAY_BUFFER_MB hold ${held} MiB, more than 90 % of the limit of ${mebibytes} MiB`);
}

function rollout(objects, say) {
  for (const object of of_kind(objects, 'Deployment')) {
    const { replicas, strategy = {}, template } = object.spec;
    const scalers = autoscalers(objects).filter((one) =>
      namespace_of(one) === namespace_of(object) && target_of(one).name === object.metadata.name);
    if (scalers.length > 1) say(object, `${scalers.map(title).join(' and ')} both scale it`);
    if (scalers.length && replicas !== undefined) say(object, `replicas beside ${title(scalers[0])}: each apply would undo its work`);
    if (strategy.rollingUpdate?.maxUnavailable !== 0) say(object, 'strategy.rollingUpdate.maxUnavailable is not 0');
    for (const { name, image, livenessProbe, readinessProbe, resources } of template.spec.containers) {
      if (/:latest$/.test(image) || !/[:@][^/]+$/.test(image)) say(object, `${name}: the image ${image} names no version`);
      if (!resources?.requests?.cpu || !resources?.requests?.memory) say(object, `${name}: no requests of CPU and memory`);
      if (name !== 'proxy') continue;
      if (livenessProbe?.httpGet?.path !== '/health') say(object, `${name}: liveness does not ask /health`);
      if (readinessProbe?.httpGet?.path !== '/ready') say(object, `${name}: readiness does not ask /ready`);
    }
  }
}

function scaling(objects, say) {
  for (const object of [...autoscalers(objects), ...of_kind(objects, 'VerticalPodAutoscaler')]) {
    const { kind = 'Deployment', name } = target_of(object);
    if (!beside(objects, kind, name, object)) say(object, `no ${kind} ${name} in these manifests`);
  }
  for (const { spec, ...object } of of_kind(objects, 'HorizontalPodAutoscaler')) {
    if ((spec.minReplicas ?? 1) > spec.maxReplicas) say(object, `minReplicas ${spec.minReplicas} is more than maxReplicas ${spec.maxReplicas}`);
  }
  // Kubernetes asks each scaler's pods by the Deployment's selector, and gives up where two scalers find the same.
  const found = (scaler) => {
    const target = beside(objects, 'Deployment', target_of(scaler).name, scaler);
    return target ? selected_by(target.spec.selector, pods(objects), target).map(({ owner }) => owner) : [];
  };
  const scalers = autoscalers(objects);
  for (const [at, object] of scalers.entries()) {
    for (const other of scalers.slice(at + 1)) {
      if (target_of(object).name !== target_of(other).name && found(object).some((one) => found(other).includes(one)))
        say(other, `its Deployment's selector finds pods of ${title(object)} too: neither scales (AmbiguousSelector)`);
    }
  }
  for (const object of of_kind(objects, 'VerticalPodAutoscaler')) {
    if ((object.spec.updatePolicy?.updateMode ?? 'Auto') === 'Off') continue;
    const policies = object.spec.resourcePolicy?.containerPolicies ?? [{}];
    const vertical = policies.filter(({ mode }) => mode !== 'Off').flatMap((one) => one.controlledResources ?? ['cpu', 'memory']);
    for (const scaler of autoscalers(objects).filter((one) => target_of(one).name === target_of(object).name)) {
      const metrics = scaler.spec.metrics?.map((one) => (one.resource ?? one.containerResource)?.name)
        ?? scaler.spec.triggers?.map(({ type }) => type) ?? ['cpu'];
      for (const both of new Set(metrics.filter((one) => vertical.includes(one)))) say(object, `${title(scaler)} acts on ${both} too`);
    }
  }
  for (const object of of_kind(objects, 'PodDisruptionBudget')) {
    const { minAvailable, maxUnavailable } = object.spec;
    if ((minAvailable === undefined) === (maxUnavailable === undefined)) say(object, 'one of minAvailable and maxUnavailable is wanted');
    if (maxUnavailable === 0 || maxUnavailable === '0%' || minAvailable === '100%') say(object, 'no pod could ever be moved');
    for (const pod of selected_by(object.spec.selector, pods(objects), object)) {
      const scaler = autoscalers(objects).find((one) => target_of(one).name === pod.owner.metadata.name);
      const fewest = scaler ? scaler.spec.minReplicas ?? scaler.spec.minReplicaCount ?? 1 : pod.owner.spec.replicas ?? 1;
      if (Number.isInteger(minAvailable) && minAvailable >= fewest) say(object, `minAvailable ${minAvailable} of ${fewest}: no pod could ever be moved`);
    }
  }
}

/** What the autoscalers go by beyond CPU and memory is a gauge that the daemon tells, and they take pods away slowly. */
function signals(objects, say) {
  for (const object of autoscalers(objects)) {
    const { metrics = [], triggers = [], behavior, advanced } = object.spec;
    const asked = [...metrics.map(({ pods: its }) => its?.metric.name), ...triggers.map(({ metadata: { query } }) => query)];
    for (const text of asked.filter(Boolean)) {
      const [name] = text.match(/\b(holysheep|gen_ai|process)_\w+/) ?? [text];
      if (told_families()[name] !== 'gauge') say(object, `${name} is no gauge of docs/metrics.md`);
    }
    // Where it stands in a query nothing moves it along with the object: no answer means that no pod is taken away.
    for (const { metadata: { query } } of triggers) {
      const [, of] = query?.match(/\bnamespace="([^"]*)"/) ?? [];
      if (of !== undefined && of !== namespace_of(object)) say(object, `asks for the namespace ${of} and scales in ${namespace_of(object)}`);
    }
    const down = (behavior ?? advanced?.horizontalPodAutoscalerConfig?.behavior)?.scaleDown;
    if (down?.stabilizationWindowSeconds !== undefined && down.stabilizationWindowSeconds < 300)
      say(object, `scaleDown.stabilizationWindowSeconds ${down.stabilizationWindowSeconds}: pods go before their streams do`);
    if (!down && object.kind === 'ScaledObject') say(object, 'no behavior.scaleDown: every pod too many would go at once');
  }
}

function annotations(objects, say) {
  for (const object of of_kind(objects, 'Ingress')) {
    for (const [name, value] of Object.entries(object.metadata.annotations ?? {})) {
      if (!name.startsWith(nginx.prefix)) continue;
      const form = nginx.annotations[name.slice(nginx.prefix.length)];
      if (!form) say(object, `ingress-nginx has no annotation ${name} that we know of`);
      else if (!form.test(value)) say(object, `${name}: "${value}" is not ${form}`);
    }
  }
}

const safe_volumes = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];

/** The "restricted" Pod Security Standard, and beyond it: nothing writable, no token, a numeric user. */
function pod_security(objects, say) {
  for (const { owner, spec, containers } of pods(objects)) {
    const own = spec.securityContext ?? {};
    for (const host of ['hostNetwork', 'hostPID', 'hostIPC']) if (spec[host]) say(owner, `${host} is not restricted`);
    if (spec.automountServiceAccountToken !== false) say(owner, 'automountServiceAccountToken is not false');
    for (const { name, ...volume } of spec.volumes ?? []) {
      const kind = Object.keys(volume)[0];
      if (!safe_volumes.includes(kind)) say(owner, `volume ${name}: ${kind} is not restricted`);
    }
    for (const { name, securityContext: its = {}, ports: open = [] } of containers) {
      const wanted = {
        'runAsNonRoot: true': (its.runAsNonRoot ?? own.runAsNonRoot) === true,
        'runAsUser above 0': (its.runAsUser ?? own.runAsUser) > 0,
        'seccompProfile RuntimeDefault': ['RuntimeDefault', 'Localhost'].includes((its.seccompProfile ?? own.seccompProfile)?.type),
        'allowPrivilegeEscalation: false': its.allowPrivilegeEscalation === false,
        'privileged unset': !its.privileged,
        'capabilities.drop ALL': its.capabilities?.drop?.includes('ALL') === true,
        'no capability but NET_BIND_SERVICE': (its.capabilities?.add ?? []).every((one) => one === 'NET_BIND_SERVICE'),
        'readOnlyRootFilesystem: true': its.readOnlyRootFilesystem === true,
        'no hostPort': !open.some(({ hostPort }) => hostPort),
      };
      for (const [what, holds] of Object.entries(wanted)) if (!holds) say(owner, `${name}: securityContext wants ${what}`);
    }
  }
}

function network(objects, say) {
  for (const object of of_kind(objects, 'NetworkPolicy')) {
    const { ingress = [], egress = [], policyTypes = [], podSelector } = object.spec;
    if (ingress.length && !policyTypes.includes('Ingress')) say(object, 'policyTypes lacks Ingress');
    if (egress.length && !policyTypes.includes('Egress')) say(object, 'policyTypes lacks Egress');
    const out = egress.flatMap(({ ports: allowed = [] }) => allowed.map(({ protocol = 'TCP', port }) => `${protocol} ${port}`));
    if (policyTypes.includes('Egress'))
      for (const wanted of ['UDP 53', 'TCP 53', 'TCP 443']) if (!out.includes(wanted)) say(object, `egress lacks ${wanted}`);
    for (const { to = [] } of egress)
      for (const { ipBlock } of to)
        if (ipBlock?.cidr === '0.0.0.0/0' && !ipBlock.except?.includes('169.254.0.0/16')) say(object, "egress reaches the cloud's metadata");
    const admin = selected_by(podSelector, pods(objects), object)
      .flatMap(({ containers }) => containers.flatMap(({ ports: open = [] }) => open))
      .filter(({ name }) => name === 'admin').flatMap(({ name, containerPort }) => [name, containerPort]);
    for (const { from = [], ports: allowed = [] } of ingress) {
      if (!from.length && (!allowed.length || allowed.some(({ port }) => admin.includes(port)))) say(object, 'anybody may reach the admin port');
    }
  }
}

const rules = [twice, secrets, selectors, ports, routes, references, daemons, rollout, scaling, signals, annotations, pod_security, network];

/** Says (object, message) for all that is wrong. `secrets_allowed`: Secrets may be among them. */
export function check_rules(objects, say, options = {}) {
  for (const rule of rules) rule(objects, say, options);
}
