import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import caUsable from '../../rules/trust/ca-usable.ts';
import cacertsComplete from '../../rules/trust/cacerts-complete.ts';
import rootCopiesAgree from '../../rules/trust/root-copies-agree.ts';
import sharedRootCa from '../../rules/trust/shared-root-ca.ts';
import { runRules } from '../../src/engine/run.ts';
import type { MeshSettings } from '../../src/facts/mesh.ts';
import { groupMeshes } from '../../src/facts/mesh.ts';
import type { Finding } from '../../src/model/index.ts';
import type { Tree } from '../support/fleet.ts';
import { fleetOf } from '../support/fleet.ts';

const rules = [caUsable, cacertsComplete, rootCopiesAgree, sharedRootCa];

const settings: MeshSettings = {
  complete: [],
  now: new Date('2026-11-21T00:00:00Z'),
  uses: {},
  options: {},
  meshes: undefined,
  istioVersion: undefined,
};

const lint = (tree: Tree, change: Partial<MeshSettings> = {}): readonly Finding[] => {
  const fleet = fleetOf(tree);
  return runRules(rules, fleet, groupMeshes(fleet, { ...settings, ...change }));
};

/** The files of a fixture, `east/cacerts.yaml` → text. */
const treeOf = (name: string): Tree => {
  const directory = join('fixtures/trust', name);
  const files = readdirSync(directory, { recursive: true }) as string[];
  return Object.fromEntries(
    files
      .filter((file) => /\.(yaml|pem)$/.test(file) && file !== 'mesh-lint.yaml')
      .map((file) => [file, readFileSync(join(directory, file), 'utf8')]),
  );
};

const said = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ rule, severity, message }) => `${severity} ${rule}: ${message}`);

describe('what the rules say', () => {
  test('no finding holds a key', () => {
    for (const name of ['ca-usable/wrong-key', 'ca-usable/right-key'])
      expect(JSON.stringify(said(lint(treeOf(name))))).not.toContain('PRIVATE');
  });

  test('the order of files and clusters changes nothing', () => {
    const tree = treeOf('shared-root-ca/two-against-two');
    const turned = Object.fromEntries(Object.entries(tree).toReversed());
    expect(said(lint(turned))).toEqual(said(lint(tree)));
    expect(lint(turned).map((finding) => finding.fingerprint)).toEqual(
      lint(tree).map((finding) => finding.fingerprint),
    );
  });

  test('one certificate in a Secret and in files is one finding; so is one root of several clusters', () => {
    expect(lint(treeOf('ca-usable/expired-in-secret-and-file'))).toHaveLength(1);
    expect(lint(treeOf('ca-usable/expired-root-of-both'))).toHaveLength(1);
  });
});

describe('dates', () => {
  const tree = treeOf('ca-usable/expires-soon');
  const at = (now: string): readonly string[] => said(lint(tree, { now: new Date(now) }));

  test.each([
    ['2026-01-01T00:00:00Z', []],
    ['2026-10-16T00:00:00Z', []],
    [
      '2026-11-21T00:00:00Z',
      ['warning trust/ca-usable: west: ca-cert.pem (CN=istiod.west) expires on 2027-01-15, in 55 days'],
    ],
    ['2027-01-16T00:00:00Z', ['error trust/ca-usable: west: ca-cert.pem (CN=istiod.west) expired on 2027-01-15']],
  ])('%s', (now, expected) => {
    expect(at(now)).toEqual(expected);
  });
});

describe('versions', () => {
  const secretOnly = { 'west/cacerts.yaml': treeOf('ca-usable/revocations-unreadable')['west/cacerts.yaml']! };

  test('a revocation list matters from 1.27 on', () => {
    expect(said(lint(secretOnly, { istioVersion: '1.27' }))).toEqual([
      'error trust/ca-usable: west: ca-crl.pem holds no X509 CRL that istiod can read',
    ]);
    expect(said(lint(secretOnly, { istioVersion: '1.26' }))).toEqual([]);
    expect(said(lint(secretOnly))[0]).toMatch(/^warning .*\(from Istio 1\.27\)$/);
  });

  test('an incomplete Secret is worded by version', () => {
    const tree = { 'west/cacerts.yaml': treeOf('cacerts-complete/no-key-in-any-version')['west/cacerts.yaml']! };
    const effect = (istioVersion: string): string =>
      /: ([^:]*)$/.exec(lint(tree, { istioVersion })[0]?.message ?? '')?.[1] ?? '';
    expect([effect('1.4'), effect('1.20'), effect('1.26')]).toEqual([
      'citadel does not start',
      'istiod signs with a root of its own, without a word',
      'istiod does not start',
    ]);
  });
});

test('a cluster that lacks cacerts is told so only if the others keep theirs here', () => {
  const tree = treeOf('shared-root-ca/cacerts-in-none');
  expect(said(lint(tree))).toEqual([]);
  expect(said(lint(tree, { complete: ['Secret'] }))).toHaveLength(1);
});
