// npm run parity -- istioctl|schema|kiali [CASES.json] [--json OUT] [--only ID,ID…] [--floor] [--library FILE]
// Runs the built library over the cases of another tool's test suite and compares what both say.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readArguments, refuse } from './arguments.mjs';
import { istioctl } from './parity/istioctl.mjs';
import { kiali } from './parity/kiali.mjs';
import { schema } from './parity/schema.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const suites = {
  istioctl: { run: istioctl, cases: '../../shared/peers/istioctl/given.json' },
  schema: { run: schema, cases: '../../shared/peers/istioctl/validation-given.json' },
  kiali: { run: kiali, cases: '../../shared/peers/kiali/cases.json' },
};
const USAGE = `npm run parity -- ${Object.keys(suites).join('|')} [CASES.json] [--json OUT] [--only ID,ID…] [--floor]
CASES.json are cases of that test suite: input files, by paths beside it, and the findings that the other tool gives
(scripts/parity says in which form). They are not part of this repository; without CASES.json a directory
shared/peers beside it is looked for.`;
const { positionals, values: options } = readArguments(USAGE, {
  json: { type: 'string' },
  only: { type: 'string' },
  floor: { type: 'boolean', default: false },
  library: { type: 'string', default: here('../dist/index.js') },
});
const [name, given] = positionals;
const suite = Object.hasOwn(suites, name ?? '') ? suites[name] : undefined;
if (suite === undefined) refuse(USAGE, name === undefined ? 'the suite is missing' : `no suite is named ${name}`);
/** Whether the first number of a total has not fallen, and the number of extras has not grown. */
function isAtLeast(now, before) {
  const read = (text) => ({ found: Number(/^\d+/.exec(text)?.[0]), extra: Number(/(\d+) extra/.exec(text)?.[1] ?? 0) });
  const [is, was] = [read(now), read(before)];
  return is.found >= was.found && is.extra <= was.extra;
}

const { lint } = await import(pathToFileURL(resolve(options.library)).href);
const file = given === undefined ? here(suite.cases) : resolve(given);
if (!existsSync(file)) refuse(USAGE, given === undefined ? 'CASES.json is missing' : `no such file: ${given}`);
const wanted = options.only?.split(',');
const cases = JSON.parse(readFileSync(file, 'utf8')).filter(
  (one) => wanted === undefined || wanted.includes(String(one.id ?? one.name)),
);
const { rows, total, notes = [] } = await suite.run(cases, dirname(file), lint);
for (const { id, name: title, analyzer, missing, extra, reason } of rows) {
  if (missing.length + extra.length === 0) continue;
  console.log(`${id ?? ''} ${title}${analyzer === undefined ? '' : ` (${analyzer})`}`.trim());
  if (reason !== undefined) console.log(`  explained: ${reason}`);
  for (const item of missing) console.log(`  missing ${item}`);
  for (const item of extra) console.log(`  extra   ${item}`);
}
for (const note of notes) console.log(note);
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ suite: name, total, rows }, undefined, 2)}\n`);
console.log(total);

// `--floor`: what was reached once must not be lost again.
const floors = JSON.parse(readFileSync(new URL('parity/floors.json', import.meta.url), 'utf8'));
if (options.floor && !isAtLeast(total, floors[name])) {
  console.error(`${name}: ${total} is less than ${floors[name]}`);
  process.exitCode = 1;
}
