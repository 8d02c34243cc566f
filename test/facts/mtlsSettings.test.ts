import { describe, expect, test } from 'vitest';
import { autoMtlsAt } from '../../src/facts/mtlsSettings.ts';
import { membersOf } from '../support/fleet.ts';

const east = (...files: string[]) => membersOf({ 'east/all.yaml': files.join('\n---\n') })['east']!;
const operator = (spec: string): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: { name: mesh }\nspec: ${spec}`;
const meshPolicy = (peers: string): string =>
  `apiVersion: authentication.istio.io/v1alpha1\nkind: MeshPolicy\nmetadata: { name: default }\nspec: { peers: ${peers} }`;

describe('autoMtls', () => {
  test.each([
    ['{ tag: 1.3.8 }', { state: 'absent' }],
    ['{ tag: 1.4.10 }', { state: 'known', value: false }],
    ['{ tag: 1.4.10, values: { global: { mtls: { auto: true } } } }', { state: 'known', value: true }],
    ['{ tag: 1.5.1 }', { state: 'known', value: true }],
    ['{ tag: 1.20.1 }', { state: 'known', value: true, isDefault: true }],
    ['{ tag: 1.20.1, meshConfig: { enableAutoMtls: false } }', { state: 'known', value: false }],
    ['{ tag: 1.20.1, values: { global: { mtls: { auto: false } } } }', { state: 'known', value: true }],
    ['{ meshConfig: { enableAutoMtls: "${AUTO}" } }', { state: 'unknown' }],
  ])('%s', (spec, expected) => expect(east(operator(spec)).autoMtls).toMatchObject(expected));

  test('without charts 1.5 does not tell', () => {
    const member = east('apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }');
    expect(autoMtlsAt(member.cluster, { low: 5, high: 5 }).state).toBe('unknown');
    expect(autoMtlsAt(member.cluster, { low: 4, high: 20 }).state).toBe('unknown');
  });
});

describe('meshMtlsEnabled', () => {
  test.each([
    ['[{ mtls: {} }]', true],
    ['[{ mtls: null }]', true],
    ['[{ mtls: { mode: STRICT } }]', true],
    ['[{ mtls: { mode: PERMISSIVE } }]', false],
    ['[]', false],
  ])('MeshPolicy %s', (peers, value) =>
    expect(east(meshPolicy(peers)).meshMtlsEnabled).toMatchObject({ state: 'known', value }),
  );
  test('global.mtls.enabled', () =>
    expect(
      east(operator('{ tag: 1.5.0, values: { global: { mtls: { enabled: true } } } }')).meshMtlsEnabled,
    ).toMatchObject({ value: true }));
  test('no such thing from 1.6', () => expect(east(operator('{ tag: 1.6.0 }')).meshMtlsEnabled.state).toBe('absent'));
});
