// Writes fixtures/trust: certificates need real bytes, and nobody should edit base64 by hand.
// After a run: npx vitest run test/fixtures.test.ts -t trust/ -u
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { certificate } from './certificates/authority.mjs';
import { usableCases } from './certificates/usable.mjs';
import { completeCases } from './certificates/complete.mjs';
import { copiesCases } from './certificates/copies.mjs';
import { sharedRootCases } from './certificates/sharedRoot.mjs';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'trust');

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

const shared = await authorities();
const rules = {
  'shared-root-ca': await sharedRootCases(shared),
  'root-copies-agree': await copiesCases(shared),
  'cacerts-complete': await completeCases(shared),
  'ca-usable': await usableCases(shared),
};

for (const [rule, cases] of Object.entries(rules)) {
  mkdirSync(join(fixtures, rule), { recursive: true });
  for (const path of files(join(fixtures, rule))) if (!path.endsWith('expected.txt')) rmSync(path);
  for (const [name, content] of Object.entries(cases))
    for (const [path, text] of Object.entries(content)) {
      const target = join(fixtures, rule, name, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
}
