import { expect, test } from 'vitest';
import { installersIn, namesOfGateway } from '../../src/rule/installers.ts';
import { documents, meshOf } from './mesh.ts';

const object = (apiVersion: string, kind: string, spec: string): string => `apiVersion: ${apiVersion}
kind: ${kind}
metadata: { name: tools, namespace: flux }
spec: ${spec}`;
const flux = (spec: string): string => object('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', spec);
const argo = (spec: string): string => object('argoproj.io/v1alpha1', 'Application', spec);
const source = (path: string, repository = 'fleet'): string =>
  `{ path: ${path}, repoURL: https://git.example.com/${repository} }`;

const SHOP = `apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { ports: [{ port: 80 }] }`;

const ask = (...all: readonly string[]): string => {
  const mesh = meshOf({ 'east/a.yaml': documents(...all), 'west/shop/a.yaml': SHOP });
  const east = mesh.cluster('east');
  return ['shop', 'flux', 'default', 'other']
    .filter((namespace) => installersIn(mesh, east, namespace).length > 0)
    .join(' ');
};

const ANY = 'shop flux default other';
test.each<[string, string, string]>([
  ['HelmRelease', object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', '{}'), 'flux'],
  [
    'HelmRelease into another namespace',
    object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', '{ targetNamespace: shop }'),
    'shop',
  ],
  [
    'HelmRelease into a namespace that is a template',
    object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', "{ targetNamespace: '${NAMESPACE}' }"),
    ANY,
  ],
  ['HelmChart of k3s', object('helm.cattle.io/v1', 'HelmChart', '{ targetNamespace: shop }'), 'shop'],
  ['HelmChart of k3s without a target', object('helm.cattle.io/v1', 'HelmChart', '{}'), 'flux default'],
  ['HelmChart of Flux', object('source.toolkit.fluxcd.io/v1', 'HelmChart', '{}'), ''],
  ['Kustomization of Flux', flux('{ path: ./tools }'), ANY],
  ['Kustomization with a target', flux('{ path: ./tools, targetNamespace: shop }'), 'shop'],
  ['Kustomization of files that are loaded', flux('{ path: ./west/shop, targetNamespace: shop }'), ''],
  ['Kustomization of a root', flux('{ path: ./ }'), ANY],
  [
    'kustomization.yaml',
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: { name: all }\nresources: []',
    '',
  ],
  [
    'charts of a kustomization.yaml',
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: { name: all }\nnamespace: shop\nhelmCharts: [{ name: tools }]',
    'shop',
  ],
  [
    'Application',
    argo(`{ source: { chart: tools, repoURL: https://charts.example.com }, destination: { namespace: shop } }`),
    'shop',
  ],
  ['Application of Applications', argo(`{ source: ${source('apps')}, destination: { namespace: flux } }`), ANY],
  [
    'Application of files that are loaded',
    argo(`{ source: ${source('west/shop')}, destination: { namespace: shop } }`),
    '',
  ],
  [
    'Application of two sources, one of which is a chart',
    argo(`{ sources: [${source('west/shop')}, { chart: tools }], destination: { namespace: shop } }`),
    'shop',
  ],
  [
    'ApplicationSet',
    object(
      'argoproj.io/v1alpha1',
      'ApplicationSet',
      `{ template: { spec: { source: ${source('west/shop')}, destination: { namespace: shop } } } }`,
    ),
    'shop',
  ],
  ['Application of the SIG', object('app.k8s.io/v1beta1', 'Application', '{}'), ''],
])('%s', (_, written, expected) => expect(ask(written)).toBe(expected));

test('a repository of which another path is not loaded is another one', () => {
  const of = (path: string): string => argo(`{ source: ${source(path, 'team')}, destination: { namespace: shop } }`);
  expect(ask(of('west/shop'), of('deploy'))).toBe('shop');
});

test.each([
  ['istio', '', '1.24.0', ['web-istio']],
  ['istio', '', '1.16.0', ['web-istio', 'web']],
  ['istio-waypoint', '', '1.24.0', ['web-istio-waypoint', 'web']],
  ['istio', 'gateway.istio.io/name-override: front', '1.24.0', ['front']],
  ['istio', 'gateway.istio.io/service-account: front', '1.24.0', ['web-istio', 'front']],
])('names of a Gateway of class %s %s in %s', (kind, annotation, version, expected) => {
  const gateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop, annotations: { ${annotation} } }
spec: { gatewayClassName: ${kind} }`;
  const mesh = meshOf({ 'east/a.yaml': gateway, 'west/a.yaml': SHOP }, version);
  const east = mesh.cluster('east');
  expect(namesOfGateway(mesh, east, east.resources.ofKind('Gateway')[0]!)).toEqual(expected);
});
