import { expect, test } from 'vitest';
import { labelsByNamespace } from '../../src/facts/namespaces.ts';
import { ambientNamespaces } from '../../src/rule/ambient/scopes.ts';
import { isAmbient } from '../../src/rule/traffic/rulePairs.ts';
import { documents, meshOf } from '../rule/mesh.ts';

const namespace = (name: string, labels: string): string => `apiVersion: v1
kind: Namespace
metadata: { name: ${name}, labels: { ${labels} } }`;

const MODE = 'istio.io/dataplane-mode';

test('own files are over shared ones, whatever the order of the files', () => {
  const mesh = meshOf({
    'namespaces.yaml': documents(namespace('shop', `team: carts, ${MODE}: ambient`), namespace('store', 'team: goods')),
    'east/a.yaml': namespace('shop', `${MODE}: none`),
    'west/z.yaml': namespace('shop', 'app: cart'),
  });
  const [east, west] = [mesh.cluster('east'), mesh.cluster('west')];
  expect(labelsByNamespace(east.cluster).get('shop')).toEqual({ team: 'carts', [MODE]: 'none' });
  expect(labelsByNamespace(west.cluster).get('shop')).toEqual({ team: 'carts', [MODE]: 'ambient', app: 'cart' });
  expect(labelsByNamespace(east.cluster).get('store')).toEqual({ team: 'goods' });
  expect(labelsByNamespace(east.cluster).get('other')).toBeUndefined();
  expect([...ambientNamespaces(mesh, east)]).toEqual([]);
  expect([...ambientNamespaces(mesh, west)]).toEqual(['shop']);
  expect([isAmbient(mesh, east, 'shop'), isAmbient(mesh, west, 'shop')]).toEqual([false, true]);
});
