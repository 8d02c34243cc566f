import { describe, expect, test } from 'vitest';
import type { Served } from '../../src/rule/mtls.ts';
import { effectiveMtls, meshWideMtls } from '../../src/rule/mtls.ts';
import { documents, meshOf } from './mesh.ts';

const peer = (name: string, namespace: string | undefined, mode: string | undefined, rest = ''): string => `
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: { name: ${name}${namespace === undefined ? '' : `, namespace: ${namespace}`} }
spec:
  ${mode === undefined ? '{}' : `mtls: { mode: ${mode} }`}
${rest}`;
const ofCart = '  selector: { matchLabels: { app: cart } }\n';
const meshPolicy = (peers: string, name = 'default'): string => `
apiVersion: authentication.istio.io/v1alpha1
kind: MeshPolicy
metadata: { name: ${name} }
spec: { peers: ${peers} }`;
const policy = (name: string, peers: string, targets = ''): string => `
apiVersion: authentication.istio.io/v1alpha1
kind: Policy
metadata: { name: ${name}, namespace: shop }
spec: { peers: ${peers}${targets} }`;

const cart: Served = {
  namespace: 'shop',
  labels: { app: 'cart' },
  service: { name: 'cart', port: 80, portName: 'http' },
};
const mode = (
  version: string,
  objects: readonly string[],
  served: Served = cart,
  port: number | undefined = 8080,
): string => {
  const mesh = meshOf(
    { 'east/rules.yaml': documents(...objects, 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }') },
    version,
  );
  const found = effectiveMtls(mesh, mesh.cluster('east'), served, port);
  return `${found.mode} ${found.level}`;
};

describe('effectiveMtls from Istio 1.6', () => {
  test.each([
    ['nothing said', [], 'PERMISSIVE default'],
    ['mesh', [peer('default', 'istio-system', 'STRICT')], 'STRICT mesh'],
    [
      'namespace over mesh',
      [peer('default', 'istio-system', 'STRICT'), peer('default', 'shop', 'PERMISSIVE')],
      'PERMISSIVE namespace',
    ],
    [
      'workload over namespace',
      [peer('default', 'shop', 'STRICT'), peer('cart', 'shop', 'DISABLE', ofCart)],
      'DISABLE workload',
    ],
    [
      'port over workload',
      [peer('cart', 'shop', 'STRICT', `${ofCart}  portLevelMtls: { 8080: { mode: DISABLE } }`)],
      'DISABLE port',
    ],
    [
      'another port',
      [peer('cart', 'shop', 'STRICT', `${ofCart}  portLevelMtls: { 9090: { mode: DISABLE } }`)],
      'STRICT workload',
    ],
    [
      'a port without selector is ignored',
      [peer('default', 'shop', 'STRICT', '  portLevelMtls: { 8080: { mode: DISABLE } }')],
      'STRICT namespace',
    ],
    [
      'selector of others',
      [peer('pay', 'shop', 'DISABLE', '  selector: { matchLabels: { app: pay } }')],
      'PERMISSIVE default',
    ],
    ['another namespace', [peer('default', 'bank', 'STRICT')], 'PERMISSIVE default'],
    [
      'selector in the root namespace is ignored',
      [peer('cart', 'istio-system', 'DISABLE', ofCart)],
      'PERMISSIVE default',
    ],
    ['UNSET inherits', [peer('default', 'istio-system', 'STRICT'), peer('default', 'shop', 'UNSET')], 'STRICT mesh'],
    [
      'no mode inherits',
      [peer('default', 'istio-system', 'STRICT'), peer('default', 'shop', undefined)],
      'STRICT mesh',
    ],
    [
      'UNSET workload, set port',
      [
        peer('default', 'shop', 'STRICT'),
        peer('cart', 'shop', 'UNSET', `${ofCart}  portLevelMtls: { 8080: { mode: DISABLE } }`),
      ],
      'DISABLE port',
    ],
    [
      'UNSET port inherits',
      [peer('cart', 'shop', 'STRICT', `${ofCart}  portLevelMtls: { 8080: { mode: UNSET } }`)],
      'STRICT workload',
    ],
    ['two of one level that agree', [peer('a', 'shop', 'STRICT'), peer('b', 'shop', 'STRICT')], 'STRICT namespace'],
    ['two of one level that differ', [peer('a', 'shop', 'STRICT'), peer('b', 'shop', 'DISABLE')], 'unknown default'],
    ['namespace not stated', [peer('default', undefined, 'DISABLE')], 'unknown default'],
    [
      'namespace not stated, nothing new',
      [peer('default', 'istio-system', 'STRICT'), peer('other', undefined, 'STRICT')],
      'STRICT mesh',
    ],
    ['a template', [peer('default', 'shop', '"${MODE}"')], 'unknown namespace'],
    ['alpha is ignored', [meshPolicy('[{ mtls: {} }]'), peer('default', 'bank', 'STRICT')], 'PERMISSIVE default'],
  ])('%s', (_, objects, expected) => {
    expect(mode('1.20.3', objects)).toBe(expected);
  });

  test('a port that is not known leaves entries for ports unknown', () => {
    expect(
      mode(
        '1.20.3',
        [peer('cart', 'shop', 'STRICT', `${ofCart}  portLevelMtls: { 8080: { mode: DISABLE } }`)],
        cart,
        undefined,
      ),
    ).toBe('DISABLE port');
    const mesh = meshOf({
      'east/a.yaml': peer('cart', 'shop', 'STRICT', `${ofCart}  portLevelMtls: { 8080: { mode: DISABLE } }`),
    });
    expect(effectiveMtls(mesh, mesh.cluster('east'), cart, undefined).mode).toBe('unknown');
  });

  test('pods of the root namespace obey the mesh level', () => {
    const served = { namespace: 'istio-system', labels: { app: 'kiali' } };
    expect(
      mode(
        '1.20.3',
        [
          peer('default', 'istio-system', 'STRICT'),
          peer('kiali', 'istio-system', 'DISABLE', '  selector: { matchLabels: { app: kiali } }'),
        ],
        served,
      ),
    ).toBe('STRICT mesh');
  });

  test('the root namespace is that of the mesh config', () => {
    const mesh = meshOf(
      { 'east/a.yaml': peer('default', 'mesh-root', 'STRICT') },
      '1.20.3',
      'rootNamespace: mesh-root',
    );
    expect(meshWideMtls(mesh, mesh.cluster('east'))?.mode).toBe('STRICT');
  });
});

describe('effectiveMtls up to Istio 1.5', () => {
  test.each([
    ['1.4.2', 'nothing said', [], 'plaintext default'],
    ['1.5.1', 'nothing said', [], 'PERMISSIVE default'],
    ['1.1.11', 'mtls: {}', [meshPolicy('[{ mtls: {} }]')], 'STRICT mesh'],
    ['1.1.11', 'mtls: null', [meshPolicy('[{ mtls: null }]')], 'STRICT mesh'],
    ['1.1.11', 'permissive', [meshPolicy('[{ mtls: { mode: PERMISSIVE } }]')], 'PERMISSIVE mesh'],
    ['1.1.11', 'no peers', [meshPolicy('[]')], 'plaintext mesh'],
    ['1.1.11', 'another name', [meshPolicy('[{ mtls: {} }]', 'strict')], 'plaintext default'],
    [
      '1.1.11',
      'namespace over mesh',
      [meshPolicy('[{ mtls: {} }]'), policy('default', '[{ mtls: { mode: PERMISSIVE } }]')],
      'PERMISSIVE namespace',
    ],
    [
      '1.1.11',
      'namespace policy of another name',
      [meshPolicy('[{ mtls: {} }]'), policy('other', '[{ mtls: { mode: PERMISSIVE } }]')],
      'STRICT mesh',
    ],
    [
      '1.1.11',
      'target over namespace',
      [policy('default', '[{ mtls: {} }]'), policy('cart', '[]', ', targets: [{ name: cart }]')],
      'plaintext workload',
    ],
    [
      '1.1.11',
      'target of another port',
      [
        policy('default', '[{ mtls: {} }]'),
        policy('cart', '[]', ', targets: [{ name: cart, ports: [{ number: 9090 }] }]'),
      ],
      'STRICT namespace',
    ],
    [
      '1.1.11',
      'target of this port',
      [
        policy('default', '[{ mtls: {} }]'),
        policy('cart', '[]', ', targets: [{ name: cart, ports: [{ name: http }] }]'),
      ],
      'plaintext workload',
    ],
    ['1.5.1', 'alpha alone', [meshPolicy('[{ mtls: {} }]')], 'STRICT mesh'],
    [
      '1.5.1',
      'beta before alpha',
      [meshPolicy('[{ mtls: {} }]'), peer('default', 'istio-system', 'PERMISSIVE')],
      'PERMISSIVE mesh',
    ],
  ])('%s: %s', (version, _, objects, expected) => {
    expect(mode(version, objects)).toBe(expected);
  });
});
