import { expect, test } from 'vitest';
import { resolveHost } from '../../src/rule/resolve.ts';
import { documents, meshOf } from './mesh.ts';

const service = (name: string, namespace?: string): string => `apiVersion: v1
kind: Service
metadata: { name: ${name}${namespace === undefined ? '' : `, namespace: ${namespace}`} }
spec: { ports: [{ port: 80 }] }`;
const entry = (host: string): string => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: entry, namespace: shop }
spec: { hosts: ['${host}'] }`;
const release = (name: string, namespace: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: ${name}, namespace: ${namespace} }
spec: {}`;
const gateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec: { gatewayClassName: istio }`;

const ask = (host: string, east: readonly string[], west: readonly string[]): string => {
  const mesh = meshOf({
    'east/a.yaml': documents(service('web', 'shop'), ...east),
    'west/a.yaml': documents(service('web', 'shop'), ...west),
  });
  const found = resolveHost(mesh, mesh.cluster('east'), host);
  return found.state === 'nowhere' && !found.certain ? 'perhaps nowhere' : found.state;
};

const CART = 'cart.shop.svc.cluster.local';
test.each<[string, string, readonly string[], readonly string[], string]>([
  ['own Service', CART, [service('cart', 'shop')], [], 'here'],
  ['Service of the peer', CART, [], [service('cart', 'shop')], 'elsewhere'],
  ['no Service', CART, [], [], 'nowhere'],
  ['Service in another namespace', CART, [service('cart', 'web')], [], 'nowhere'],
  ['Service without namespace', CART, [service('cart')], [], 'here'],
  ['namespace without Services', 'cart.store.svc.cluster.local', [], [], 'untold'],
  ['external name', 'cart.example.com', [], [], 'untold'],
  ['own ServiceEntry', 'cart.example.com', [entry('cart.example.com')], [], 'here'],
  ['ServiceEntry of the peer', CART, [], [entry(CART)], 'elsewhere'],
  ['wildcard of a ServiceEntry', 'cart.example.com', [entry('*.example.com')], [], 'here'],
  ['name of a release', CART, [release('cart', 'shop')], [], 'untold'],
  ['release into the namespace', CART, [], [release('apps', 'shop')], 'perhaps nowhere'],
  ['release into another namespace', CART, [], [release('apps', 'store')], 'nowhere'],
  ['Service of a Gateway', 'web-istio.shop.svc.cluster.local', [gateway], [], 'untold'],
  ['system namespace', 'kiali.istio-system.svc.cluster.local', [service('istiod', 'istio-system')], [], 'untold'],
  ['API server', 'kubernetes.default.svc.cluster.local', [service('web', 'default')], [], 'untold'],
])('%s', (_, host, east, west, expected) => expect(ask(host, east, west)).toBe(expected));
