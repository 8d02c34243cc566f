import { describe, expect, test } from 'vitest';
import { bypassedOf } from '../../../src/rule/ambient/bypassed.ts';
import { documents, meshOf } from '../mesh.ts';

const namespace = (name: string, labels: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { ${labels} } }`;

const ambient = 'istio.io/dataplane-mode: ambient';
const waypoint = 'istio.io/use-waypoint: waypoint';

const cart = `
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { selector: { app: cart }, ports: [{ name: http, port: 80 }] }`;

const route = (at: string, more = ''): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: ${at} }
spec:
  hosts: [cart.shop.svc.cluster.local]
  ${more}
  http: [{ route: [{ destination: { host: cart.shop.svc.cluster.local } }] }]`;

const rule = (at: string, policy: string): string => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cart, namespace: ${at} }
spec:
  host: cart.shop.svc.cluster.local
  trafficPolicy: { ${policy} }`;

const EJECT = 'outlierDetection: { consecutive5xxErrors: 3 }';

describe('bypassedOf', () => {
  test.each<[string, string[], string]>([
    ['no waypoint', [namespace('shop', ambient), cart, route('shop')], 'VirtualService unserved nobody'],
    ['its waypoint', [namespace('shop', `${ambient}, ${waypoint}`), cart, route('shop')], ''],
    [
      'a waypoint, from elsewhere',
      [namespace('shop', `${ambient}, ${waypoint}`), namespace('web', ambient), cart, route('web')],
      'VirtualService foreign nobody',
    ],
    [
      'callers with sidecars',
      [namespace('shop', ambient), namespace('web', 'istio-injection: enabled'), cart, route('shop')],
      'VirtualService unserved sidecars',
    ],
    [
      'also at a gateway',
      [namespace('shop', ambient), cart, route('shop', 'gateways: [mesh, shop/edge]')],
      'VirtualService unserved gateways',
    ],
    ['at a gateway only', [namespace('shop', ambient), cart, route('shop', 'gateways: [shop/edge]')], ''],
    ['no ambient namespace', [namespace('shop', 'team: shop'), cart, route('shop')], ''],
    ['ejection', [namespace('shop', ambient), cart, rule('shop', EJECT)], 'DestinationRule unserved nobody'],
    ['connections only', [namespace('shop', ambient), cart, rule('shop', 'connectionPool: { tcp: {} }')], ''],
    [
      'requests per connection',
      [namespace('shop', ambient), cart, rule('shop', 'connectionPool: { http: {} }')],
      'DestinationRule unserved nobody',
    ],
    [
      'a rule of the root namespace',
      [namespace('shop', `${ambient}, ${waypoint}`), cart, rule('istio-system', EJECT)],
      '',
    ],
  ])('%s', (_, texts, expected) => {
    const mesh = meshOf({ 'east/shop.yaml': documents(...texts) }, '1.26.0');
    const found = bypassedOf(mesh).map(
      ({ resource, reason, readers }) => `${resource.kind} ${reason} ${readers.join(' ') || 'nobody'}`,
    );
    expect(found.join(', ')).toBe(expected);
  });

  test('a waypoint in any cluster counts', () => {
    const mesh = meshOf(
      {
        'east/shop.yaml': documents(namespace('shop', ambient), cart, route('shop')),
        'west/shop.yaml': documents(namespace('shop', `${ambient}, ${waypoint}`), cart),
      },
      '1.26.0',
    );
    expect(bypassedOf(mesh)).toEqual([]);
  });
});
