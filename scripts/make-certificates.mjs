// Writes fixtures/trust, and the Secrets of fixtures/fleets: certificates need real bytes, and nobody should edit
// base64 by hand. Name the fleets, trust, or trust/<rule> to write no more than these.
// After a run: npx vitest run test/fixtures.test.ts -t trust/ -u
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { certificate } from './certificates/authority.mjs';
import { usableCases } from './certificates/usable.mjs';
import { completeCases } from './certificates/complete.mjs';
import { copiesCases } from './certificates/copies.mjs';
import { sharedRootCases } from './certificates/sharedRoot.mjs';
import { multiRootCases } from './certificates/multiRoot.mjs';
import { providerCases } from './certificates/providers.mjs';
import { rotationCases } from './certificates/rotation.mjs';
import { fleets } from './certificates/fleets.mjs';

const fixtures = join(import.meta.dirname, '..', 'fixtures');

/** What most cases are made of: two roots, and a signing certificate for each cluster. */
const authorities = async () => {
  const a = await certificate('Root A');
  const b = await certificate('Root B');
  return {
    a,
    b,
    east: await certificate('istiod.east', { by: a }),
    west: await certificate('istiod.west', { by: a }),
    north: await certificate('istiod.north', { by: a }),
    odd: await certificate('istiod.west', { by: b }),
  };
};

const files = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

const write = (directory, content) => {
  for (const [path, text] of Object.entries(content)) {
    const target = join(directory, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
};

const writeTrust = async () => {
  const shared = await authorities();
  const rules = {
    'shared-root-ca': await sharedRootCases(shared),
    'root-copies-agree': await copiesCases(shared),
    'cacerts-complete': await completeCases(shared),
    'ca-usable': await usableCases(shared),
    'rotation-bundle-complete': await rotationCases(shared),
    'multi-root-enabled': await multiRootCases(shared),
    'ca-provider-agrees': await providerCases(shared),
  };
  for (const [rule, cases] of Object.entries(rules)) {
    if (!wanted('trust') && !wanted(`trust/${rule}`)) continue;
    const directory = join(fixtures, 'trust', rule);
    mkdirSync(directory, { recursive: true });
    for (const path of files(directory)) if (!path.endsWith('expected.txt')) rmSync(path);
    for (const [name, content] of Object.entries(cases)) write(join(directory, name), content);
  }
};

const named = process.argv.slice(2);
const wanted = (name) => named.length === 0 || named.includes(name);

if (wanted('trust') || named.some((name) => name.startsWith('trust/'))) await writeTrust();
for (const [name, secrets] of Object.entries(fleets))
  if (wanted(name)) write(join(fixtures, 'fleets', name), await secrets());
