// Pods as manifests make them: where they come from, what runs in them, which settings the proxy's container gets.
import * as settings from './settings.mjs';

export const namespace_of = (object) => object.metadata?.namespace ?? '';
export const title = (object) => `${object.kind}/${object.metadata?.name}`;

/** Whether labels fulfil a LabelSelector. */
export function selects(selector, labels = {}) {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => ({
      In: values.includes(labels[key]), NotIn: !values.includes(labels[key]),
      Exists: key in labels, DoesNotExist: !(key in labels),
    })[operator]);
}

/** Every pod that `objects` make: `{owner, namespace, labels, spec, containers}`. */
export function pods(objects) {
  return objects.flatMap((owner) => {
    const template = owner.kind === 'Pod' ? owner : owner.spec?.template;
    if (!['Deployment', 'Job', 'Pod'].includes(owner.kind) || !template?.spec) return [];
    const { spec } = template;
    const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    return [{ owner, namespace: namespace_of(owner), labels: template.metadata?.labels ?? {}, spec, containers }];
  });
}

/** The container that runs the daemon, by the name that it has everywhere. */
export const proxy_container = (pod) => pod.spec.containers?.find(({ name }) => name === 'proxy');

const decoded = (secret) => ({
  ...Object.fromEntries(Object.entries(secret.data ?? {}).map(([k, v]) => [k, Buffer.from(v, 'base64').toString()])),
  ...secret.stringData,
});

/** What a ConfigMap or Secret holds, or undefined where it is not among `objects`. */
export function held(objects, kind, name, namespace) {
  const found = objects.find((one) => one.kind === kind && one.metadata?.name === name && namespace_of(one) === namespace);
  return found && (kind === 'Secret' ? decoded(found) : { ...found.data });
}

function value_of(entry, pod, objects) {
  const { configMapKeyRef, secretKeyRef, fieldRef } = entry.valueFrom ?? {};
  if (configMapKeyRef) return held(objects, 'ConfigMap', configMapKeyRef.name, pod.namespace)?.[configMapKeyRef.key];
  if (secretKeyRef) return held(objects, 'Secret', secretKeyRef.name, pod.namespace)?.[secretKeyRef.key] ?? 'a-secret';
  if (fieldRef) return '192.0.2.1';
  return entry.value;
}

/** The environment of a container, as far as `objects` tell. A Secret that is not among them tells nothing. */
export function environment(container, pod, objects) {
  const values = {};
  for (const { configMapRef, secretRef, prefix = '' } of container.envFrom ?? []) {
    const [kind, ref] = configMapRef ? ['ConfigMap', configMapRef] : ['Secret', secretRef];
    for (const [key, value] of Object.entries(held(objects, kind, ref.name, pod.namespace) ?? {})) values[prefix + key] = value;
  }
  for (const entry of container.env ?? []) values[entry.name] = value_of(entry, pod, objects);
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

const key_hash = '0'.repeat(64);
const stand_ins = {
  CLIENT_KEYS_FILE: `{"clients":[{"id":"team-a","key_sha256":"${key_hash}"}]}`,
  MODELS_FILE: '{"models":{}}',
};

/** Where a path of the container comes from: its mount and volume, and the file's name in it. */
function source(path, container, pod) {
  const inside = (mount) => path === mount.mountPath || path.startsWith(mount.mountPath.replace(/\/?$/, '/'));
  const mount = (container.volumeMounts ?? []).filter(inside).sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const volume = mount && pod.spec.volumes?.find(({ name }) => name === mount.name);
  return { mount, volume, file: mount && path.slice(mount.mountPath.length).replace(/^\//, '') };
}

function content_of({ volume, file }, pod, objects) {
  const [kind, name, items] = volume.configMap ? ['ConfigMap', volume.configMap.name, volume.configMap.items]
    : ['Secret', volume.secret.secretName, volume.secret.items];
  const key = items ? items.find(({ path }) => path === file)?.key : file;
  const content = held(objects, kind, name, pod.namespace);
  return { key, content: content?.[key], missing: key === undefined || (content && !(key in content)) };
}

/** The same settings with paths that exist here; says which could not exist in the pod. */
export function with_files(values, container, pod, objects, say) {
  const here = { ...values };
  for (const name of settings.files) {
    const path = here[name];
    if (!path) continue;
    const from = source(path, container, pod);
    const system = '/etc/ssl/certs/ca-certificates.crt';
    if (name === 'SSL_CERT_FILE' && !from.mount) {
      if (path !== system) say(`${name}=${path}: no volume is mounted there`);
      here[name] = system;
    } else if (!from.mount || !from.volume) {
      say(`${name}=${path}: no volume is mounted there`);
      delete here[name];
    } else if (name === 'USAGE_FILE') {
      if (from.volume.configMap || from.volume.secret || from.mount.readOnly) say(`${name}=${path}: cannot be written there`);
      here[name] = settings.file_of('');
    } else {
      if (from.mount.subPath) say(`${name}=${path}: mounted by subPath, so an update never reaches the pod`);
      const told = from.volume.configMap || from.volume.secret ? content_of(from, pod, objects) : {};
      if (told.missing) say(`${name}=${path}: the volume has no such file`);
      here[name] = told.content !== undefined ? settings.file_of(told.content)
        : name === 'SSL_CERT_FILE' ? system : settings.file_of(stand_ins[name] ?? 'a-secret\n');
    }
  }
  return here;
}
