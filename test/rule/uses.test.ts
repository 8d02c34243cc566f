import { describe, expect, test } from 'vitest';
import { isClusterLocal, serviceTable, workloadsOf } from '../../src/rule/services.ts';
import { usesIn, usersOf } from '../../src/rule/uses.ts';
import { documents, meshOf } from './mesh.ts';

const service = (name: string, namespace = 'shop', selector = `{ app: ${name} }`): string => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { selector: ${selector}, ports: [{ name: http, port: 80 }] }`;
const namespace = (name: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { istio-injection: enabled } }`;
const client = (env: string, container = 'web'): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: ${container}
          env: [{ name: TARGET, value: ${JSON.stringify(env)} }]`;

const uses = (...west: readonly string[]): readonly string[] => {
  const mesh = meshOf({
    'east/a.yaml': documents(service('cart'), service('pay')),
    'west/a.yaml': documents(namespace('shop'), ...west),
  });
  return usesIn(mesh, mesh.cluster('west')).map(
    (use) => `${use.evidence} ${use.service.name}${use.gatewayOnly ? ' gateway' : ''}`,
  );
};

describe('hosts that texts name', () => {
  test.each([
    ['http://cart.shop', ['cart']],
    ['cart.shop:8080', ['cart']],
    ['cart.shop.svc', ['cart']],
    ['cart.shop.svc.cluster.local', ['cart']],
    ['cart.shop.svc.cluster.local.', ['cart']],
    ['https://user:word@cart.shop/path', ['cart']],
    ['grpc://cart', ['cart']],
    ['cart:80', ['cart']],
    ['cart', []],
    ['cart.shop.example.com', []],
    ['my-cart.shop', []],
    ['cart.shop-two', []],
    ['cart.bank', []],
    ['a,cart.shop,pay.shop;x', ['cart', 'pay']],
    ['--url=http://cart.shop --other=pay', ['cart']],
    ['cart.shop.svc.other.domain', []],
  ])('%s', (text, expected) => {
    expect(uses(client(text))).toEqual(expected.map((name) => `text ${name}`));
  });

  test('what the sidecar itself names is no use', () => {
    expect(uses(client('http://cart.shop', 'istio-proxy'))).toEqual([]);
  });
});

describe('hosts of routes', () => {
  const virtualService = (rest: string): string => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec: { hosts: [cart], ${rest} }`;
  const route = 'http: [{ route: [{ destination: { host: pay } }], mirror: { host: cart.shop.svc.cluster.local } }]';

  test.each<[string, readonly string[], readonly string[]]>([
    [
      'hosts, destinations, mirrors',
      [client(''), virtualService(route)],
      ['host cart', 'destination pay', 'destination cart'],
    ],
    ['without clients', [virtualService(route)], []],
    ['not visible to the clients', [client(''), virtualService(`exportTo: [bank], ${route}`)], []],
    ['of a gateway that runs nowhere', [client(''), virtualService(`gateways: [front], ${route}`)], []],
  ])('%s', (_, objects, expected) => {
    expect(uses(...objects)).toEqual(expected);
  });

  test('of a gateway that runs here', () => {
    const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: front, namespace: shop }
spec: { selector: { istio: ingress }, servers: [] }`;
    const pods = `apiVersion: apps/v1
kind: Deployment
metadata: { name: ingress, namespace: shop }
spec:
  template:
    metadata: { labels: { istio: ingress }, annotations: { inject.istio.io/templates: gateway } }
    spec: { containers: [{ name: istio-proxy, image: auto }] }`;
    expect(uses(gateway, pods, virtualService(`gateways: [front], ${route}`))).toEqual([
      'destination pay gateway',
      'destination cart gateway',
    ]);
  });

  test('backends of an HTTPRoute that hangs on a Service', () => {
    const httpRoute = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: cart, namespace: shop }
spec:
  parentRefs: [{ kind: Service, name: cart }]
  rules: [{ backendRefs: [{ name: pay, port: 80 }] }]`;
    expect(uses(client(''), httpRoute)).toEqual(['host cart', 'destination pay']);
  });
});

test('users of a Service', () => {
  const mesh = meshOf({
    'east/a.yaml': service('cart'),
    'west/a.yaml': documents(namespace('shop'), client('http://cart')),
  });
  expect(
    usersOf(mesh)
      .get('shop/cart')
      ?.map((member) => member.name),
  ).toEqual(['west']);
});

test('Services of a mesh and their workloads', () => {
  const mesh = meshOf({
    'east/a.yaml': documents(namespace('shop'), service('web'), client('')),
    'west/a.yaml': documents(service('web'), service('web', 'bank')),
  });
  const table = serviceTable(mesh);
  expect(
    table
      .named('web')
      .map((one) => `${one.namespace} ${one.statements.map((statement) => statement.member.name).join(' ')}`),
  ).toEqual(['bank west', 'shop east west']);
  const [east, west] = table.find('shop', 'web')!.statements;
  expect(workloadsOf(mesh, east!.member, east!.resource).map((workload) => workload.name)).toEqual(['web']);
  expect(workloadsOf(mesh, west!.member, west!.resource)).toEqual([]);
});

test('cluster-local hosts: the longest pattern wins over the defaults', () => {
  const settings = `serviceSettings:
  - { settings: { clusterLocal: true }, hosts: ["*.shop.svc.cluster.local"] }
  - { settings: { clusterLocal: false }, hosts: ["cart.shop.svc.cluster.local", "*.kube-system.svc.cluster.local"] }`;
  const mesh = meshOf({ 'east/a.yaml': service('cart') }, '1.24.0', settings);
  const local = (host: string): boolean => isClusterLocal(mesh, mesh.cluster('east'), `${host}.svc.cluster.local`);
  expect(['pay.shop', 'cart.shop', 'cart.bank', 'dns.kube-system', 'kubernetes.default'].map(local)).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
});
