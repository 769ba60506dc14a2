// What the daemon itself says of settings: their names, whether it would start with some, and what they then are.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { proxy } from './tools.mjs';

const folder = mkdtempSync(join(tmpdir(), 'holysheep-deploy-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function ask(...args) {
  if (!existsSync(proxy)) throw new Error(`no daemon to ask: build it, or name it in HOLYSHEEP_PROXY_BINARY (${proxy})`);
  return spawnSync(proxy, args, { encoding: 'utf8', env: {} });
}

const table = ask('--settings-table').stdout.split('\n').map((line) => line.split(' | '))
  .filter((cells) => cells[0].startsWith('| `')).map((cells) => [cells[0].slice(3, -1), cells.at(-1)]);
if (table.length < 40) throw new Error(`${proxy} --settings-table was not understood`);

/** Every setting's name. */
export const names = new Set(table.map(([name]) => name));

/** Those whose value is a file's path. */
export const files = new Set(table.filter(([, accepted]) => accepted.startsWith('a path of a file')).map(([name]) => name));

let count = 0;

/** A file with this content, for a setting that names one. */
export function file_of(content) {
  const path = join(folder, `file-${++count}`);
  writeFileSync(path, content);
  return path;
}

// As keys of a settings file, since there an unknown name is an error; in the environment it is somebody else's.
const config = (values) => file_of(JSON.stringify(values));

/** What the daemon has against these settings, line by line. */
export function problems(values) {
  const ended = ask('--check', '--config', config(values));
  if (ended.status === 0) return [];
  return ended.stderr.trim().split('\n').filter((line) => !line.startsWith('warning: '))
    .map((line) => line.replace(/^CONFIG_FILE="[^"]*": | in "[^"]*\/file-\d+"/g, ''));
}

/** What they are with these set, defaults included. */
export function effective(values) {
  const lines = ask('--print-config', '--config', config(values)).stdout.trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.match(/^(\S+)\s+(.*?)\s+\S+$/).slice(1, 3)));
}

/** The seconds of a duration as `effective` shows it. */
export function seconds(text) {
  const [, number, unit] = text.match(/^([\d.]+)(ms|s|m|h|d)?$/);
  return Number(number) * { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 }[unit ?? 's'];
}

/** The bytes of a size as `effective` or nginx shows it. */
export function bytes(text) {
  const [, number, unit] = text.match(/^(\d+)([kmg]?)$/i);
  return Number(number) * { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase()];
}
