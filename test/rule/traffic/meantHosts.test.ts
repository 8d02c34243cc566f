import { expect, test } from 'vitest';
import { meantInWords, misnomerOf } from '../../../src/rule/traffic/meantHosts.ts';
import { documents, meshOf } from '../mesh.ts';

const service = (name: string, namespace: string): string => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ports: [{ port: 80 }] }`;
const namespace = (name: string): string => `apiVersion: v1
kind: Namespace
metadata: { name: ${name} }`;

const ask = (host: string, from: string, ...more: readonly string[]): string | undefined => {
  const mesh = meshOf({ 'east/a.yaml': documents(service('cart', 'pay'), service('web', 'shop'), ...more) });
  const config = mesh.cluster('east');
  const found = misnomerOf(mesh, config, host, from);
  return found === undefined
    ? undefined
    : `${found.certain ? 'surely' : 'perhaps'} ${found.fault}${meantInWords(config, found)}`;
};

const MEANT = ', did you mean cart.pay.svc.cluster.local?';
test.each<[string, string | undefined]>([
  ['cart.svc.cluster.local', `surely the namespace before .svc.cluster.local is missing${MEANT}`],
  ['stock.svc.cluster.local', 'surely the namespace before .svc.cluster.local is missing'],
  ['cart.pay.cluster.local', `surely .svc before .cluster.local is missing${MEANT}`],
  ['stock.pay.cluster.local', undefined],
  ['cart.pay.svc.cluster.lokal', `surely names of Services end in .svc.cluster.local${MEANT}`],
  ['cart.pay.svc.cluster', `surely names of Services end in .svc.cluster.local${MEANT}`],
  ['cart.pay.svc.clusterset.local', undefined],
  ['cart.pay.svc.cluster.local.', undefined],
  ['cart.pay.local', undefined],
  ['cart.pey.svc.cluster.local', `perhaps no file has a namespace pey${MEANT}`],
  ['cart.pey.svc', `perhaps no file has a namespace pey${MEANT}`],
  ['cart.pey', undefined],
  ['stock.pey.svc.cluster.local', undefined],
  ['cart.shop.svc.cluster.local', undefined],
  ['*.pey.svc.cluster.local', undefined],
  ['cart', undefined],
  ['cart.example.com', undefined],
])('%s', (host, expected) => expect(ask(host, 'shop')).toBe(expected));

test('the Service of the own namespace is meant', () =>
  expect(ask('cart.svc.cluster.local', 'shop', service('cart', 'shop'))).toBe(
    'surely the namespace before .svc.cluster.local is missing, did you mean cart.shop.svc.cluster.local?',
  ));

test('of several Services none is meant', () =>
  expect(ask('cart.svc.cluster.local', 'web', service('cart', 'shop'))).toBe(
    'surely the namespace before .svc.cluster.local is missing',
  ));

test('where the files hold all Namespaces, one that they lack is not there', () => {
  const all = ['shop', 'pay', 'istio-system'].map(namespace);
  expect(ask('cart.pey.svc.cluster.local', 'shop', ...all)).toBe(`surely no file has a namespace pey${MEANT}`);
  expect(ask('cart.pey.svc.cluster.local', 'shop', ...all, namespace('pey'))).toBeUndefined();
});
