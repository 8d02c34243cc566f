import { expect, test } from 'vitest';
import { sightingsOf, valueOf } from '../../src/model/index.ts';
import { membersOf } from '../support/fleet.ts';

const configMap = (networks: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n    trustDomain: cluster.local\n  meshNetworks: |\n${networks.replaceAll(/^/gm, '    ')}\n`;
const operator = (global: string): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: istio, namespace: istio-system}\nspec:\n  values:\n    global:\n${global.replaceAll(/^/gm, '      ')}\n`;
const fact = (files: Readonly<Record<string, string>>) =>
  membersOf(Object.fromEntries(Object.entries(files).map(([name, yaml]) => [`east/${name}`, yaml])))['east']!
    .meshNetworks;

test('the ConfigMap names networks with their endpoints and gateways', () => {
  const found = fact({
    'istio.yaml': configMap(
      'networks:\n  net-1:\n    endpoints:\n    - fromRegistry: Kubernetes\n    - fromCidr: 10.1.0.0/16\n    gateways:\n    - address: 192.0.2.1\n      port: 443',
    ),
  });
  expect(valueOf(found)).toMatchObject([
    {
      name: 'net-1',
      endpoints: [{ fromRegistry: 'Kubernetes' }, { fromCidr: '10.1.0.0/16' }],
      gateways: [{ address: '192.0.2.1', port: 443 }],
    },
  ]);
});

test('snake_case keys are read as well', () => {
  const found = fact({
    'istio.yaml': configMap(
      'networks:\n  net-1:\n    endpoints:\n    - from_registry: east\n    gateways:\n    - registry_service_name: gw.istio-system.svc.cluster.local\n      port: 15443',
    ),
  });
  expect(valueOf(found)).toMatchObject([
    { endpoints: [{ fromRegistry: 'east' }], gateways: [{ registryServiceName: 'gw.istio-system.svc.cluster.local' }] },
  ]);
});

test('values hold the map itself', () => {
  const found = fact({ 'istio.yaml': operator('meshNetworks:\n  net-1:\n    endpoints: [{fromRegistry: east}]') });
  expect(valueOf(found)).toMatchObject([{ name: 'net-1', endpoints: [{ fromRegistry: 'east' }], gateways: [] }]);
});

test('an empty map and values without the key are absent', () => {
  expect(fact({ 'istio.yaml': configMap('networks: {}') }).state).toBe('absent');
  expect(fact({ 'istio.yaml': operator('network: net-1') }).state).toBe('absent');
});

test('without an install nothing is known', () => {
  expect(fact({ 'a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n' }).state).toBe('unknown');
});

test('a network whose name is a template is unknown', () => {
  expect(
    fact({ 'istio.yaml': operator('meshNetworks:\n  ${NETWORK}:\n    endpoints: [{fromRegistry: east}]') }).state,
  ).toBe('unknown');
});

test('ConfigMap and values that differ are a conflict, the ConfigMap is in force', () => {
  const found = fact({
    'a.yaml': configMap('networks:\n  net-1:\n    endpoints:\n    - fromRegistry: east'),
    'b.yaml': operator('meshNetworks:\n  net-2:\n    endpoints: [{fromRegistry: east}]'),
  });
  expect(found.state).toBe('conflict');
  expect(valueOf(found)).toMatchObject([{ name: 'net-1' }]);
  expect(sightingsOf(found)).toHaveLength(2);
});
