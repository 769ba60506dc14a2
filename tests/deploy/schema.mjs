// Holds an object to the Kubernetes API, field by field, as `kubectl apply --validate=strict` would: no field that
// there is not, every value of its type, every required one there. Types are those of the Kubernetes client for
// JavaScript, which is generated from the API's own description. What that leaves out, enumerations above all, and the
// custom resources that we use stand in shapes.mjs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { api_versions, custom_resources, enumerations, quantities } from './shapes.mjs';
import { kubernetes_types } from './tools.mjs';

const quantity = /^[+-]?(\d+|\d+\.\d*|\.\d+)(m|u|n|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?$/;
const label_name = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const label_value = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const object_name = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

const known = new Map();

/** A class's fields by name: `{type, format, required}`. */
async function fields_of(name) {
  if (!known.has(name)) {
    const file = join(kubernetes_types, `${name}.js`);
    if (!existsSync(file)) throw new Error(`no type ${name} in the Kubernetes API`);
    const { attributeTypeMap } = (await import(pathToFileURL(file)))[name];
    const told = readFileSync(join(kubernetes_types, `${name}.d.ts`), 'utf8');
    const required = new Set([...told.matchAll(/^ +'(\w+)': /gm)].map((found) => found[1]));
    known.set(name, new Map(attributeTypeMap.map(({ name: own, baseName, type, format }) =>
      [baseName, { type, format, required: required.has(own) }])));
  }
  return known.get(name);
}

const is_object = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const shown = (value) => JSON.stringify(value)?.slice(0, 60);

function scalar(type, format, value) {
  if (type === 'string' || type === 'Date') return typeof value === 'string' ? null : 'a string';
  if (type === 'boolean') return typeof value === 'boolean' ? null : 'true or false';
  if (type === 'IntOrString') return typeof value === 'string' || Number.isInteger(value) ? null : 'an integer or a string';
  if (type !== 'number' || typeof value !== 'number') return 'a number';
  return format?.startsWith('int') && !Number.isInteger(value) ? 'an integer' : null;
}

async function walk(type, format, value, path, say) {
  if (type === 'any') return;
  const list = type.match(/^Array<(.*)>$/);
  const map = type.match(/^\{ \[key: string\]: (.*); \}$/);
  if (list) {
    if (!Array.isArray(value)) return say(`${path}: a list is wanted, not ${shown(value)}`);
    for (const [at, one] of value.entries()) await walk(list[1], format, one, `${path}[${at}]`, say);
  } else if (map) {
    if (!is_object(value)) return say(`${path}: a mapping is wanted, not ${shown(value)}`);
    for (const [key, one] of Object.entries(value)) await walk(map[1], format, one, `${path}.${key}`, say);
  } else if (/^(string|boolean|number|Date|IntOrString)$/.test(type)) {
    const wanted = scalar(type, format, value);
    if (wanted) say(`${path}: ${wanted} is wanted, not ${shown(value)}`);
  } else {
    await structure(type, value, path, say);
  }
}

async function structure(type, value, path, say) {
  if (!is_object(value)) return say(`${path}: a mapping (${type}) is wanted, not ${shown(value)}`);
  const fields = await fields_of(type);
  for (const [key, one] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key;
    const field = fields.get(key);
    if (!field) {
      say(`${at}: unknown field`);
    } else if (one === null) {
      say(`${at}: empty`);
    } else if (quantities.has(`${type}.${key}`)) {
      for (const [name, amount] of is_object(one) ? Object.entries(one) : [['', one]]) {
        if (!/^(string|number)$/.test(typeof amount) || !quantity.test(String(amount)))
          say(`${at}${name && `.${name}`}: ${shown(amount)} is no quantity`);
      }
    } else {
      await walk(field.type, field.format, one, at, say);
      const allowed = enumerations[`${type}.${key}`];
      for (const word of allowed ? [one].flat() : []) {
        if (!allowed.includes(word)) say(`${at}: ${shown(word)} is none of ${allowed.join(', ')}`);
      }
    }
  }
  for (const [key, { required }] of fields) {
    if (required && (value[key] === undefined || value[key] === null)) say(`${path ? `${path}.` : ''}${key}: missing`);
  }
}

/** A custom resource, held to a shape of shapes.mjs: a type's name, a list of allowed words, [shape], or fields. */
async function custom(shape, value, path, say) {
  if (value === null) return say(`${path}: empty`);
  if (typeof shape === 'string' && shape.startsWith('kubernetes:')) return walk(shape.slice(11), '', value, path, say);
  if (typeof shape === 'string') {
    const [type, format] = shape === 'int' ? ['number', 'int32'] : [shape, ''];
    return walk(type, format, value, path, say);
  }
  if (shape instanceof RegExp) {
    if (!/^(string|number)$/.test(typeof value) || !shape.test(String(value))) say(`${path}: ${shown(value)} is not ${shape}`);
  } else if (Array.isArray(shape) && typeof shape[0] === 'string' && shape.length > 1) {
    if (!shape.includes(value)) say(`${path}: ${shown(value)} is none of ${shape.join(', ')}`);
  } else if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return say(`${path}: a list is wanted, not ${shown(value)}`);
    for (const [at, one] of value.entries()) await custom(shape[0], one, `${path}[${at}]`, say);
  } else {
    if (!is_object(value)) return say(`${path}: a mapping is wanted, not ${shown(value)}`);
    for (const [key, one] of Object.entries(value)) {
      const inner = shape[key] ?? shape[`${key}!`] ?? shape['*'];
      if (inner === undefined) say(`${path}.${key}: unknown field`);
      else await custom(inner, one, `${path}.${key}`, say);
    }
    for (const key of Object.keys(shape)) {
      if (key.endsWith('!') && value[key.slice(0, -1)] === undefined) say(`${path}.${key.slice(0, -1)}: missing`);
    }
  }
}

function metadata(object, say) {
  const { name, labels = {}, annotations = {} } = object.metadata ?? {};
  if (!name) say('metadata.name: missing');
  else if (!object_name.test(name)) say(`metadata.name: ${shown(name)} is no name`);
  for (const [key, value] of Object.entries(labels)) {
    if (!label_name.test(key) || !label_value.test(value)) say(`metadata.labels: ${shown({ [key]: value })} is no label`);
  }
  for (const key of Object.keys(annotations)) {
    if (!label_name.test(key)) say(`metadata.annotations: ${shown(key)} is no annotation's name`);
  }
}

/** Says everything that the API would refuse `object` for. */
export async function check_schema(object, say) {
  const { apiVersion, kind } = object;
  if (!apiVersion || !kind) return say('apiVersion and kind are wanted');
  const shape = custom_resources[`${apiVersion}/${kind}`];
  if (shape) {
    await walk('V1ObjectMeta', '', object.metadata ?? {}, 'metadata', say);
    metadata(object, say);
    for (const key of Object.keys(object)) {
      if (!['apiVersion', 'kind', 'metadata', 'spec'].includes(key)) say(`${key}: unknown field`);
    }
    return custom(shape, object.spec, 'spec', say);
  }
  if (!api_versions[kind]?.includes(apiVersion)) return say(`apiVersion ${apiVersion} has no ${kind} that we know of`);
  const version = apiVersion.split('/').pop();
  await structure(version[0].toUpperCase() + version.slice(1) + kind, object, '', say);
  metadata(object, say);
}
