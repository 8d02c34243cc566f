import { describe, expect, test } from 'vitest';
import { groupMeshes } from '../../../src/facts/mesh.ts';
import type { Fleet } from '../../../src/model/index.ts';
import { get } from '../../../src/model/index.ts';
import { asMeant } from '../../../src/rule/schema/meant.ts';
import { fleetOf } from '../../support/fleet.ts';

const SETTINGS = { complete: [], now: new Date('2026-01-01'), uses: {}, options: {}, meshes: undefined };

const read = (text: string, istioVersion = '1.28'): { readonly before: Fleet; readonly after: Fleet } => {
  const before = fleetOf({ 'east/a.yaml': text });
  return { before, after: asMeant(before, groupMeshes(before, { ...SETTINGS, istioVersion })) };
};

const specOf = (spec: string, kind = 'networking.istio.io/v1 DestinationRule', version?: string): unknown => {
  const [apiVersion, name] = kind.split(' ');
  const { after } = read(
    `apiVersion: ${apiVersion}\nkind: ${name}\nmetadata: { name: cart, namespace: shop }\nspec: ${spec}\n`,
    version,
  );
  return get(after.clusters[0]!.resources.all[0]!.value, 'spec');
};

describe('a misspelt key is read as the one that was meant', () => {
  test.each([
    ['beside it', '{ hots: cart }', { host: 'cart' }],
    ['in a list', '{ host: cart, subsets: [{ nme: v1 }] }', { host: 'cart', subsets: [{ name: 'v1' }] }],
    ['one for a list of one', '{ host: cart, exportto: shop }', { host: 'cart', exportTo: ['shop'] }],
    ['a list of one for one', '{ hosts: [cart] }', { host: 'cart' }],
    [
      'one level higher',
      '{ host: cart, trafficPolicy: { loadBalancer: { outlierDetection: { interval: 1s } } } }',
      { host: 'cart', trafficPolicy: { loadBalancer: {}, outlierDetection: { interval: '1s' } } },
    ],
    [
      'below a key that holds nothing',
      '{ host: cart, trafficPolicy: { tls: , mode: SIMPLE } }',
      { host: 'cart', trafficPolicy: { tls: { mode: 'SIMPLE' } } },
    ],
  ])('%s', (_, spec, meant) => {
    expect(specOf(spec)).toEqual(meant);
  });

  test.each([
    ['the key that was meant is there', '{ host: cart, hots: shop }', { host: 'cart', hots: 'shop' }],
    ['it holds another kind of value', '{ hots: { name: cart } }', { hots: { name: 'cart' } }],
    ['two keys were meant for one', '{ host: a, exportto: [a], exprtTo: [b] }', { exprtTo: ['b'] }],
    ['no word is near', '{ host: cart, brownout: 5 }', { host: 'cart', brownout: 5 }],
  ])('it stays where %s', (_, spec, meant) => {
    expect(specOf(spec)).toMatchObject(meant);
  });

  test('it stays where the release may know more words than the tables', () => {
    expect(specOf('{ hots: cart }', undefined, '1.31')).toEqual({ hots: 'cart' });
  });

  test('it stays in objects of others', () => {
    expect(specOf('{ hots: cart }', 'shop.example/v1 DestinationRule')).toEqual({ hots: 'cart' });
  });

  test('the object keeps what its file has', () => {
    const { after } = read(
      'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: cart, namespace: shop }\nspec: { hostname: cart.example }\n',
    );
    const [route] = after.clusters[0]!.resources.ofKind('HTTPRoute');
    expect(route!.value['spec']).toEqual({ hostnames: ['cart.example'] });
    expect(route!.written!['spec']).toEqual({ hostname: 'cart.example' });
  });

  test('a fleet without slips is the same one', () => {
    const { before, after } = read(
      'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: a }\nspec: { selector: { a: b } }\n',
    );
    expect(after).toBe(before);
  });
});
