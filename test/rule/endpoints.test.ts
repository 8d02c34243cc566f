import { describe, expect, test } from 'vitest';
import { endpointNetwork, isOfOtherNetwork, reach } from '../../src/rule/endpoints.ts';
import { isBehindGateway } from '../../src/rule/scope.ts';
import { documents, meshOf } from './mesh.ts';

const systemNamespace = (network: string | undefined): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: istio-system, labels: { ${
    network === undefined ? 'team: mesh' : `topology.istio.io/network: ${network}`
  } } }`;
const values = (network: string | undefined): string => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { values: { global: { ${network === undefined ? 'meshID: mesh1' : `network: ${network}`} } } }`;
const gateway = (network: string): string => `apiVersion: v1
kind: Service
metadata: { name: istio-eastwestgateway, namespace: istio-system, labels: { topology.istio.io/network: ${network} } }
spec: { selector: { istio: eastwestgateway }, ports: [{ name: tls, port: 15443 }] }`;

const label = (network: string): Readonly<Record<string, string>> => ({ 'topology.istio.io/network': network });

describe('endpointNetwork', () => {
  test.each([
    ['1.6.14', 'net-1', 'net-2', 'net-1'],
    ['1.7.8', 'net-1', 'net-2', 'net-1'],
    ['1.8.6', 'net-1', 'net-2', 'net-2'],
    ['1.10.6', 'net-1', 'net-2', 'net-2'],
    ['1.11.8', 'net-1', 'net-2', 'net-1'],
    ['1.14.6', 'net-1', 'net-2', 'net-1'],
    ['1.15.7', 'net-1', 'net-2', 'net-2'],
    ['1.30.3', 'net-1', 'net-2', 'net-2'],
    ['1.12.9', undefined, 'net-2', 'net-2'],
    ['1.20.8', undefined, 'net-2', 'net-2'],
    ['1.20.8', 'net-1', undefined, 'net-1'],
    ['1.20.8', 'net-1', 'net-1', 'net-1'],
    ['1.20.8', 'net-1', '${NETWORK}', undefined],
    ['1.20.8', undefined, undefined, ''],
  ])('%s, namespace %s, pod %s', (version, namespace, pod, expected) => {
    const mesh = meshOf({ 'east/a.yaml': documents(systemNamespace(namespace), values(namespace)) }, version);
    const east = mesh.cluster('east');
    expect(endpointNetwork(mesh, east, east, pod === undefined ? {} : label(pod))).toBe(expected);
  });

  test('a cluster that tells nothing of its network', () => {
    const mesh = meshOf({ 'east/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }' });
    const east = mesh.cluster('east');
    expect(endpointNetwork(mesh, east, east, {})).toBeUndefined();
  });
});

describe('reach: network of the caller, of the pod, gateway there', () => {
  test.each([
    ['1.20.8', 'net-1', 'net-1', true, 'no', 'no'],
    ['1.20.8', 'net-1', 'net-2', true, 'yes', 'yes'],
    ['1.20.8', 'net-1', 'net-2', false, 'unknown', 'yes'],
    ['1.20.8', undefined, 'net-2', true, 'no', 'no'],
    ['1.10.6', undefined, 'net-2', true, 'yes', 'yes'],
    ['1.30.3', undefined, 'net-2', true, 'yes', 'yes'],
    ['1.30.3', undefined, 'net-2', false, 'unknown', 'unknown'],
    ['1.20.8', 'net-1', undefined, false, 'no', 'no'],
    ['1.20.8', undefined, undefined, false, 'no', 'no'],
  ])('%s: %s to %s, gateway %s', (version, near, far, hasGateway, byGateway, other) => {
    const mesh = meshOf(
      {
        'east/a.yaml': documents(systemNamespace(near), values(near)),
        'west/a.yaml': documents(
          systemNamespace(far),
          values(far),
          ...(hasGateway && far !== undefined ? [gateway(far)] : []),
        ),
      },
      version,
    );
    const [east, west] = [mesh.cluster('east'), mesh.cluster('west')];
    expect(reach(mesh, east, west, { labels: {} }).byGateway).toBe(byGateway);
    expect(isOfOtherNetwork(mesh, east, west, { labels: {} })).toBe(other);
  });

  test('a pod that is labelled with the network of its caller', () => {
    const mesh = meshOf({
      'east/a.yaml': documents(systemNamespace('net-1'), gateway('net-1')),
      'west/a.yaml': documents(systemNamespace('net-2'), gateway('net-2')),
    });
    const [east, west] = [mesh.cluster('east'), mesh.cluster('west')];
    expect(reach(mesh, east, west, { labels: label('net-1') })).toEqual({ byGateway: 'no', network: 'net-1' });
    expect(reach(mesh, east, west, { labels: {} })).toEqual({ byGateway: 'yes', network: 'net-2' });
  });

  test('a cluster without any file on its network', () => {
    const mesh = meshOf({
      'east/a.yaml': systemNamespace('net-1'),
      'west/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }',
    });
    const [east, west] = [mesh.cluster('east'), mesh.cluster('west')];
    expect(reach(mesh, east, west, { labels: {} }).byGateway).toBe('unknown');
    expect(isOfOtherNetwork(mesh, west, east, { labels: {} })).toBe('unknown');
  });
});

describe('isBehindGateway', () => {
  test.each([
    ['net-1', 'net-2', ['net-2'], 'yes'],
    ['net-1', 'net-2', ['net-1'], 'unknown'],
    ['net-1', 'net-1', ['net-1'], 'no'],
    [undefined, 'net-2', ['net-2'], 'unknown'],
    ['net-1', undefined, ['net-1'], 'unknown'],
  ])('%s to %s with gateways of %s', (near, far, gateways, expected) => {
    const mesh = meshOf({
      'east/a.yaml': systemNamespace(near),
      'west/a.yaml': documents(systemNamespace(far), ...gateways.map(gateway)),
    });
    const [east, west] = [mesh.cluster('east'), mesh.cluster('west')];
    expect(isBehindGateway(mesh, east, west)).toBe(expected);
    expect(isBehindGateway(mesh, east, east)).toBe('no');
  });
});
