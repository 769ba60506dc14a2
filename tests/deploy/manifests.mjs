// The program behind tests/deploy/manifests.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { check_rules } from './rules.mjs';
import { check_schema } from './schema.mjs';
import { documents } from './tools.mjs';
import { title } from './workloads.mjs';

/** Everything that is wrong with one installation's objects, a line each. */
export async function problems_of(objects, options) {
  const found = [];
  for (const object of objects) await check_schema(object, (message) => found.push(`${title(object)}: ${message}`));
  // The rules read what the types promise.
  if (!found.length) check_rules(objects, (object, message) => found.push(`${title(object)}: ${message}`), options);
  return found;
}

async function main(args) {
  const options = { secrets_allowed: args.includes('--secrets-allowed') };
  const files = args.filter((arg) => arg !== '--secrets-allowed');
  if (!files.length || files.some((file) => file.startsWith('--'))) {
    console.error('usage: manifests [--secrets-allowed] FILE...|-');
    return 64;
  }
  const objects = files.flatMap((file) => documents(readFileSync(file === '-' ? 0 : file, 'utf8'), file));
  if (!objects.length) {
    console.error('manifests: nothing to check');
    return 1;
  }
  const found = await problems_of(objects, options);
  console.log(found.join('\n') || `manifests: ${objects.length} objects, nothing wrong`);
  return found.length ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = await main(process.argv.slice(2));
