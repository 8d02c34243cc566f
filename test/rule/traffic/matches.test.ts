import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { overlapsOf } from '../../../src/rule/traffic/matches.ts';
import { meshOf } from '../mesh.ts';

const overlaps = (protocol: string, rules: string): ReturnType<typeof overlapsOf> => {
  const service = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { hosts: ['cart'], [protocol]: load(rules) },
  };
  const mesh = meshOf({ 'east/route.yaml': JSON.stringify(service) });
  return overlapsOf(mesh.cluster('east').resources.ofKind('VirtualService')[0]!);
};

/** Whether the match of a second rule is left nothing by that of the first. */
const isCovered = (first: string, second: string, protocol = 'http'): boolean =>
  overlaps(protocol, `[{ match: [${first}] }, { match: [${second}] }]`).covered.length > 0;

describe('matches that cover each other', () => {
  test.each([
    ['{ uri: { prefix: /a } }', '{ uri: { prefix: /ab } }'],
    ['{ uri: { prefix: / } }', '{ uri: { exact: /a } }'],
    ['{ uri: { exact: /a } }', '{ uri: { exact: /a }, method: { exact: GET } }'],
    ['{ uri: { regex: ".*" } }', '{ uri: { prefix: /a } }'],
    ['{ uri: { prefix: /a }, ignoreUriCase: true }', '{ uri: { exact: /A/b } }'],
    ['{ name: one, uri: { prefix: /a } }', '{ name: two, uri: { prefix: /a } }'],
    ['{ headers: { x: {} } }', '{ headers: { x: { exact: "1" }, y: {} } }'],
    ['{ queryParams: { q: { exact: "1" } } }', '{ queryParams: { q: { exact: "1" } }, uri: { prefix: /a } }'],
    ['{ withoutHeaders: { x: {} } }', '{ withoutHeaders: { x: {} }, port: 80 }'],
    ['{ gateways: [a, b] }', '{ gateways: [a] }'],
    ['{ sourceLabels: { app: web } }', '{ sourceLabels: { app: web, version: v1 } }'],
    ['{ authority: { prefix: shop. } }', '{ authority: { exact: shop.example } }'],
    ['{}', '{ port: 80 }'],
    ['{ uri: { prefix: / } }', '{ headers: { x: { exact: "1" } } }'],
    ['{ uri: { prefix: / } }', '{ uri: { regex: "/a.*" }, ignoreUriCase: true }'],
  ])('%s takes all of %s', (first, second) => expect(isCovered(first, second)).toBe(true));

  test.each([
    ['{ uri: { prefix: /ab } }', '{ uri: { prefix: /a } }'],
    ['{ uri: { exact: /a } }', '{ uri: { prefix: /a } }'],
    ['{ uri: { regex: "/a.*" } }', '{ uri: { prefix: /ab } }'],
    ['{ uri: { prefix: /a } }', '{ port: 80 }'],
    ['{ uri: { prefix: /a } }', '{ uri: { prefix: /a }, ignoreUriCase: true }'],
    ['{ port: 80 }', '{ port: 81 }'],
    ['{ gateways: [a] }', '{ gateways: [a, b] }'],
    ['{ gateways: [a] }', '{}'],
    ['{ withoutHeaders: { x: {} } }', '{}'],
    ['{ sourceNamespace: bank }', '{ sourceNamespace: shop }'],
    ['{ headers: { x: { exact: "1" } } }', '{ headers: { x: {} } }'],
    ['{ method: { exact: GET } }', '{ method: { exact: POST } }'],
    ['{ fromTheFuture: 1 }', '{ uri: { prefix: /a } }'],
  ])('%s leaves something of %s', (first, second) => expect(isCovered(first, second)).toBe(false));

  test('TLS goes to the nearest name and the smallest range, in any order', () => {
    expect(isCovered('{ sniHosts: [a.example, b.example] }', '{ sniHosts: [a.example] }', 'tls')).toBe(true);
    expect(isCovered('{ sniHosts: [a.example] }', '{ sniHosts: [a.example], port: 443 }', 'tls')).toBe(true);
    expect(isCovered('{ sniHosts: ["*.shop.example"] }', '{ sniHosts: [www.shop.example] }', 'tls')).toBe(false);
    expect(isCovered('{ sniHosts: [www.shop.example] }', '{ sniHosts: ["*.shop.example"] }', 'tls')).toBe(false);
    expect(
      isCovered('{ sniHosts: [a.example] }', '{ sniHosts: [a.example], destinationSubnets: [10.0.0.0/8] }', 'tls'),
    ).toBe(false);
  });

  test('TCP goes by the order of the rules', () => {
    expect(isCovered('{ port: 1 }', '{ port: 1, destinationSubnets: [10.0.0.0/8] }', 'tcp')).toBe(true);
    expect(isCovered('{ port: 1, destinationSubnets: [10.0.0.0/8] }', '{ port: 1 }', 'tcp')).toBe(false);
  });
});

describe('rules that nothing reaches', () => {
  test('behind a rule without match', () =>
    expect(overlaps('http', '[{}, { match: [{ port: 80 }] }, {}]').dead).toEqual([
      { protocol: 'http', rule: 1, why: 'after', by: 0 },
      { protocol: 'http', rule: 2, why: 'after', by: 0 },
    ]));
  test('of which each match stands before', () =>
    expect(overlaps('tcp', '[{ match: [{ port: 80 }, { port: 81 }] }, { match: [{ port: 81 }] }]').dead).toEqual([
      { protocol: 'tcp', rule: 1, why: 'repeated', by: 0 },
    ]));
  test('without match, behind a match of all paths', () =>
    expect(overlaps('http', '[{ match: [{ uri: { prefix: /a } }, { uri: { prefix: / } }] }, {}]').dead).toEqual([
      { protocol: 'http', rule: 1, why: 'default', by: 0 },
    ]));
  test('a delegate may leave requests to the rules below', () =>
    expect(
      overlaps('http', '[{ match: [{ uri: { prefix: / } }], delegate: { name: a } }, { delegate: { name: b } }, {}]'),
    ).toEqual({ covered: [], dead: [] }));
  test('the last one takes the rest', () =>
    expect(overlaps('http', '[{ match: [{ port: 80 }] }, {}]')).toEqual({ covered: [], dead: [] }));
  test('values that are no rules are passed over', () =>
    expect(overlaps('http', '[null, 1, { match: [null, 2] }]').dead).toEqual([]));
});
