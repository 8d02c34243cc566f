import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { canonical, differences } from '../../src/rule/drift/canonical.ts';
import { namingOf } from '../../src/rule/drift/naming.ts';
import { meshOf } from './mesh.ts';

const mesh = meshOf({
  'east/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }',
  'west/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }',
});

const formOf = (cluster: string, kind: string, spec: string) =>
  canonical(kind, load(spec), namingOf(mesh, mesh.cluster(cluster), 'shop'));

const differing = (kind: string, east: string, west: string): readonly string[] =>
  differences(formOf('east', kind, east), formOf('west', kind, west)).map(
    ({ field, one, other }) => `${field}: ${one ?? '-'} | ${other ?? '-'}`,
  );

describe('what two clusters may write in two ways', () => {
  test.each([
    ['VirtualService', 'hosts: [cart]', 'hosts: [cart.shop.svc.cluster.local]'],
    ['VirtualService', 'hosts: [cart, pay]', 'hosts: [pay, cart]'],
    ['VirtualService', 'hosts: [cart], gateways: [mesh]', 'hosts: [cart]'],
    ['VirtualService', 'exportTo: ["*"]', 'exportTo: []'],
    ['VirtualService', 'http: [{ timeout: 90s }]', 'http: [{ timeout: 1m30s }]'],
    ['VirtualService', 'http: [{ timeout: 0s, name: a }]', 'http: [{ name: a }]'],
    [
      'VirtualService',
      'http: [{ route: [{ destination: { host: cart }, weight: 100 }] }]',
      'http: [{ route: [{ destination: { host: cart } }] }]',
    ],
    [
      'VirtualService',
      'http: [{ route: [{ weight: 10, destination: { host: a } }, { weight: 90, destination: { host: b } }] }]',
      'http: [{ route: [{ destination: { host: b }, weight: 90 }, { destination: { host: a }, weight: 10 }] }]',
    ],
    ['VirtualService', 'http: null', '{}'],
    [
      'DestinationRule',
      'trafficPolicy: { loadBalancer: { simple: LEAST_CONN } }',
      'trafficPolicy: { loadBalancer: { simple: LEAST_REQUEST } }',
    ],
    ['DestinationRule', 'subsets: [{ name: a }, { name: b }]', 'subsets: [{ name: b }, { name: a }]'],
    ['ServiceEntry', 'hosts: [a.example], location: MESH_EXTERNAL', 'hosts: [a.example]'],
    ['AuthorizationPolicy', 'action: ALLOW', '{}'],
    [
      'AuthorizationPolicy',
      'rules: [{ from: [{ source: { namespaces: [a, b] } }] }, { to: [] }]',
      'rules: [{}, { from: [{ source: { namespaces: [b, a] } }] }]',
    ],
  ])('%s %s', (kind, east, west) => {
    const asMap = (text: string): string => (/^\{|^$/.test(text) ? text : `{ ${text} }`);
    expect(differing(kind, asMap(east), asMap(west))).toEqual([]);
  });
});

describe('what belongs to the cluster', () => {
  test.each([
    ['own name in a host', 'VirtualService', 'hosts: [cart.east.example.com]', 'hosts: [cart.west.example.com]'],
    [
      'own name as a subset',
      'VirtualService',
      'http: [{ route: [{ destination: { host: cart, subset: east } }] }]',
      'http: [{ route: [{ destination: { host: cart, subset: west } }] }]',
    ],
    [
      'the same name in both',
      'VirtualService',
      'http: [{ route: [{ destination: { host: cart, subset: east } }] }]',
      'http: [{ route: [{ destination: { host: cart, subset: east } }] }]',
    ],
    [
      'label of the cluster',
      'DestinationRule',
      'subsets: [{ name: a, labels: { topology.istio.io/cluster: id-1 } }]',
      'subsets: [{ name: a, labels: { topology.istio.io/cluster: id-2 } }]',
    ],
    [
      'locality',
      'DestinationRule',
      'trafficPolicy: { loadBalancer: { localityLbSetting: { enabled: true } } }',
      'trafficPolicy: { loadBalancer: {} }',
    ],
    [
      'endpoints of an entry',
      'ServiceEntry',
      'hosts: [a.example], endpoints: [{ address: 192.0.2.1 }]',
      'hosts: [a.example], endpoints: [{ address: 192.0.2.2 }]',
    ],
    ['gateways', 'VirtualService', 'hosts: [cart], gateways: [mesh, east-gateway]', 'hosts: [cart]'],
    [
      'address ranges',
      'AuthorizationPolicy',
      'rules: [{ from: [{ source: { ipBlocks: [10.0.0.0/8] } }] }]',
      'rules: [{ from: [{ source: { ipBlocks: [10.128.0.0/9] } }] }]',
    ],
    [
      'what is filled in later',
      'VirtualService',
      'http: [{ retries: { attempts: "${N}" } }]',
      'http: [{ retries: { attempts: 2 } }]',
    ],
  ])('%s', (_name, kind, east, west) => {
    expect(differing(kind, `{ ${east} }`, `{ ${west} }`)).toEqual([]);
  });
});

describe('what differs', () => {
  test.each([
    [
      'VirtualService',
      'http: [{ retries: { attempts: 3 } }]',
      'http: [{ retries: { attempts: 2 } }]',
      ['http[0].retries.attempts: 3 | 2'],
    ],
    [
      'VirtualService',
      'http: [{ timeout: 3s }, { name: a }]',
      'http: [{ name: a }, { timeout: 3s }]',
      ['http[0].timeout: 3s | -', 'http[0].name: - | a', 'http[1].name: a | -', 'http[1].timeout: - | 3s'],
    ],
    [
      'DestinationRule',
      'subsets: [{ name: a, labels: { v: "1" } }, { name: b }]',
      'subsets: [{ name: b }, { name: a, labels: { v: "2" } }]',
      ['subsets[0].labels.v: 1 | 2'],
    ],
    ['DestinationRule', 'subsets: [{ name: a }]', 'subsets: [{ name: a }, { name: b }]', ['subsets[1]: - | name b']],
    [
      'VirtualService',
      'http: [{ route: [{ destination: { host: cart, subset: west } }] }]',
      'http: [{ route: [{ destination: { host: cart, subset: east } }] }]',
      ['http[0].route[0].destination.subset: west | east'],
    ],
    ['AuthorizationPolicy', 'action: DENY', '{}', ['action: DENY | -']],
    ['AuthorizationPolicy', 'rules: [{}]', 'rules: []', ['rules: 1 entry | -']],
    [
      'EnvoyFilter',
      'configPatches: [{ a: 1 }, { b: 1 }]',
      'configPatches: [{ b: 1 }, { a: 1 }]',
      [
        'configPatches[0].a: 1 | -',
        'configPatches[0].b: - | 1',
        'configPatches[1].b: 1 | -',
        'configPatches[1].a: - | 1',
      ],
    ],
  ])('%s %s', (kind, east, west, expected) => {
    const asMap = (text: string): string => (text.startsWith('{') ? text : `{ ${text} }`);
    expect(differing(kind, asMap(east), asMap(west)).toSorted()).toEqual(expected.toSorted());
  });
});
