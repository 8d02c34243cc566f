import { describe, expect, test } from 'vitest';
import { nameOfService } from '../../src/rule/services.ts';
import { imagesOf, shapeOf, strangersOf, twinServices } from '../../src/rule/twins.ts';
import { documents, meshOf } from './mesh.ts';

const service = (selector: string, spec = ''): string => `
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { ${spec}selector: { ${selector} }, ports: [{ port: 80 }] }`;

const deployment = (labels: string, image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  template:
    metadata: { labels: { ${labels} } }
    spec:
      containers: [{ name: main, image: '${image}' }]`;

const twin = (selector: string, labels: string, image: string): string =>
  documents(service(selector), deployment(labels, image));

describe('strangersOf', () => {
  test.each([
    ['the same', twin('app: cart', 'app: cart', 'cart:1'), twin('app: cart', 'app: cart', 'cart:2'), []],
    [
      'another image, the same selector',
      twin('app: cart', 'app: cart', 'a:1'),
      twin('app: cart', 'app: cart', 'b:1'),
      [],
    ],
    [
      'another selector, an image of a mirror',
      twin('app: a', 'app: a', 'x.io/cart:1'),
      twin('app: b', 'app: b', 'y.io/eu/cart@sha256:00'),
      [],
    ],
    ['another application', twin('app: a', 'app: a', 'a:1'), twin('app: b', 'app: b', 'b:1'), ['east']],
    [
      'the same chart',
      twin('app: a', 'app: a, helm.sh/chart: shop-1.0', 'a:1'),
      twin('app: b', 'app: b, helm.sh/chart: shop-2.0', 'b:1'),
      [],
    ],
    ['no pods there', twin('app: a', 'app: a', 'a:1'), service('app: b'), []],
  ])('%s', (_name, east, west, odd) => {
    const mesh = meshOf({ 'east/cart.yaml': east, 'west/cart.yaml': west });
    const found = twinServices(mesh);
    expect(found.map((entry) => nameOfService(entry.service))).toEqual(['cart.shop']);
    expect(strangersOf(mesh, found[0]!).map((deviation) => deviation.odd.member.name)).toEqual(odd);
  });
});

describe('twinServices', () => {
  test('leaves out what every control plane keeps in its cluster', () => {
    const mesh = meshOf(
      { 'east/cart.yaml': service('app: a'), 'west/cart.yaml': service('app: a') },
      '1.20.3',
      "serviceSettings: [{ settings: { clusterLocal: true }, hosts: ['*.shop.svc.cluster.local'] }]",
    );
    expect(twinServices(mesh)).toEqual([]);
  });

  test('leaves out what a cluster states in two ways', () => {
    const mesh = meshOf({
      'east/cart.yaml': service('app: a'),
      'west/cart.yaml': service('app: a'),
      'west/other.yaml': service('app: b'),
    });
    expect(twinServices(mesh)).toEqual([]);
  });
});

test.each([
  ['', 'ClusterIP'],
  ['clusterIP: None, ', 'headless'],
  ['type: LoadBalancer, ', 'LoadBalancer'],
  ['type: ExternalName, externalName: x.example.com, ', 'ExternalName'],
])('shapeOf %s', (spec, shape) => {
  const mesh = meshOf({ 'east/cart.yaml': service('app: a', spec) });
  expect(shapeOf(mesh.members[0]!.resources.ofKind('Service')[0]!)).toBe(shape);
});

test.each([
  ['cart', ['cart']],
  ['localhost:5000/shop/cart', ['cart']],
  ['registry.example.com/cart:1.0@sha256:0a', ['cart']],
])('imagesOf %s', (image, names) => {
  const mesh = meshOf({ 'east/cart.yaml': deployment('app: a', image) });
  const workload = mesh.members[0]!.workloads.find((found) => found.name === 'cart')!;
  expect(imagesOf(workload)).toEqual(names);
});
