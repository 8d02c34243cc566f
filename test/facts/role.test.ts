import { describe, expect, test } from 'vitest';
import { hostOf } from '../../src/facts/role.ts';
import { membersOf } from '../support/fleet.ts';

const role = (...files: string[]): string =>
  membersOf({ 'east/all.yaml': files.join('\n---\n') })['east']!.controlPlaneRole.role;
const operator = (spec: string, name = 'mesh'): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: { name: ${name} }\nspec: ${spec}`;
const sail = (spec: string): string =>
  `apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: { name: default }\nspec: ${spec}`;
const service =
  'apiVersion: v1\nkind: Service\nmetadata: { name: istio-pilot, namespace: istio-system }\nspec: { clusterIP: None, ports: [{ port: 15010 }] }';
const deployment =
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: istiod, namespace: istio-system, labels: { app: istiod } }\nspec: { template: { spec: { containers: [{ name: discovery }] } } }';
const gateways = operator('{ components: { ingressGateways: [{ name: gw, enabled: true }] } }', 'gateways');

describe('controlPlaneRole', () => {
  test.each([
    ['nothing', 'unknown', ['apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }']],
    ['a Deployment', 'primary', [deployment]],
    ['an operator without profile', 'primary', [operator('{ values: { global: { meshID: m } } }')]],
    ['profile empty', 'unknown', [operator('{ profile: empty }')]],
    ['profile empty with pilot', 'primary', [operator('{ profile: empty, components: { pilot: { enabled: true } } }')]],
    ['pilot switched off', 'unknown', [operator('{ components: { pilot: { enabled: false } } }')]],
    ['profile remote', 'remote', [operator('{ profile: remote }')]],
    ['profile in the values', 'remote', [operator('{ values: { profile: remote } }')]],
    ['gateways beside a remote', 'remote', [operator('{ profile: remote }'), gateways]],
    [
      'remotePilotAddress over the default profile',
      'remote',
      [operator('{ values: { global: { remotePilotAddress: 192.0.2.1 } } }')],
    ],
    [
      'an own istiod and an address',
      'primary',
      [deployment, operator('{ values: { global: { remotePilotAddress: 192.0.2.1 } } }')],
    ],
    ['Sail', 'primary', [sail('{ version: v1.26.0 }')]],
    ['Sail remote', 'remote', [sail('{ profile: remote, values: { global: { remotePilotAddress: 192.0.2.1 } } }')]],
    ['a Service without selector', 'remote', [service]],
    [
      'EXTERNAL_ISTIOD',
      'external',
      [operator('{ components: { pilot: { k8s: { env: [{ name: EXTERNAL_ISTIOD, value: "true" }] } } } }')],
    ],
    ['externalIstiod', 'external', [operator('{ values: { global: { externalIstiod: true } } }')]],
    ['configCluster', 'config', [operator('{ profile: remote, values: { global: { configCluster: true } } }')]],
    ['pilot.configMap', 'config', [operator('{ profile: external, values: { pilot: { configMap: true } } }')]],
  ])('%s: %s', (_, expected, files) => expect(role(...files)).toBe(expected));

  test('a base and its overlay are one installation', () => {
    const tree = {
      'east/base/mesh.yaml': operator('{ profile: default }'),
      'east/base/kustomization.yaml': 'resources: [mesh.yaml]\n',
      'east/overlay/kustomization.yaml': 'resources: [../base]\npatches: [{ path: patch.yaml }]\n',
      'east/overlay/patch.yaml': operator('{ profile: remote }'),
    };
    expect(membersOf(tree)['east']!.controlPlaneRole.role).toBe('remote');
  });
});

test.each([
  ['https://192.0.2.1:6443/path', '192.0.2.1'],
  ['istiod.example:15012', 'istiod.example'],
  ['$ADDRESS:15012', '$ADDRESS'],
  ['${ADDRESS}', '${ADDRESS}'],
  ['https://[2001:db8::1]:6443', '[2001:db8::1]'],
])('host of %s', (address, host) => expect(hostOf(address)).toBe(host));
