import { describe, expect, test } from 'vitest';
import { importsHost, isSharedHost } from '../../src/rule/imports.ts';
import { documents, meshOf } from './mesh.ts';

const sidecar = (namespace: string, hosts: readonly string[], labels = ''): string => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: ${namespace} }
spec: { ${labels}egress: [{ hosts: ${JSON.stringify(hosts)} }] }`;

const entry = (name: string, namespace: string, exportTo?: readonly string[]): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: ${namespace} }
spec: { hosts: [bank.shop.svc.cluster.local]${exportTo === undefined ? '' : `, exportTo: ${JSON.stringify(exportTo)}`} }`;

const imports = (client: string, host: string, ...sidecars: readonly string[]): boolean => {
  const mesh = meshOf({ 'east/objects.yaml': documents(entry('any', 'shop'), ...sidecars) });
  return importsHost(mesh, mesh.cluster('east'), client, host);
};

describe('what the Sidecar of a namespace imports', () => {
  const cart = 'cart.shop.svc.cluster.local';
  test('all without one', () => expect(imports('web', cart)).toBe(true));
  test('its own namespace', () => expect(imports('web', cart, sidecar('web', ['./*']))).toBe(false));
  test('a namespace that it names', () => expect(imports('web', cart, sidecar('web', ['shop/*']))).toBe(true));
  test('a host that it names', () => expect(imports('web', cart, sidecar('web', [`*/${cart}`]))).toBe(true));
  test('another host', () => expect(imports('web', cart, sidecar('web', ['*/a.shop.svc.cluster.local']))).toBe(false));
  test('by the root namespace', () => expect(imports('web', cart, sidecar('istio-system', ['./*']))).toBe(false));
  test('not by one for some pods', () =>
    expect(imports('web', cart, sidecar('web', ['./*'], 'workloadSelector: { labels: { app: a } }, '))).toBe(true));
  test('external hosts of any namespace', () =>
    expect(imports('web', 'bank.example', sidecar('web', ['./*']))).toBe(true));
});

const shared = (one: readonly string[] | undefined, other: readonly string[] | undefined, rest = ''): boolean => {
  const text = documents(entry('one', 'shop', one), entry('other', 'bank', other), ...(rest === '' ? [] : [rest]));
  const mesh = meshOf({ 'east/objects.yaml': text });
  const config = mesh.cluster('east');
  const [first, second] = ['one', 'other'].map((name) => ({
    entry: config.resources.ofKind('ServiceEntry').find((resource) => resource.name === name)!,
    host: 'bank.shop.svc.cluster.local',
  }));
  return isSharedHost(mesh, config, first!, second!);
};

describe('ServiceEntries that some client sees both', () => {
  test.each<[readonly string[] | undefined, readonly string[] | undefined, boolean]>([
    [undefined, undefined, true],
    [['.'], ['.'], false],
    [['.'], undefined, true],
    [['.'], ['shop'], true],
    [['~'], undefined, false],
    [['web'], ['web', 'api'], true],
    [['*'], ['.'], true],
  ])('%j and %j: %s', (one, other, expected) => expect(shared(one, other)).toBe(expected));
  test('a Sidecar keeps the client from it', () =>
    expect(shared(['web'], ['web'], sidecar('web', ['./*']))).toBe(false));
});
