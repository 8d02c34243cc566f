import { describe, expect, test } from 'vitest';
import { clusterLocality, futileDenials, isClusterLocal } from '../../src/rule/clusterLocal.ts';
import { meshOf } from './mesh.ts';

const D = 'svc.cluster.local';
const CART = `cart.shop.${D}`;

/** `+host` is clusterLocal true, `-host` false. */
const settings = (...hosts: readonly string[]): string =>
  hosts.length === 0
    ? ''
    : `serviceSettings:\n${hosts
        .map((host) => `- settings: { clusterLocal: ${host.startsWith('+')} }\n  hosts: ['${host.slice(1)}']`)
        .join('\n')}`;

const meshWith = (version: string, hosts: readonly string[]): ReturnType<typeof meshOf> =>
  meshOf({ 'east/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }' }, version, settings(...hosts));

describe('clusterLocality', () => {
  test.each([
    ['1.24.6', [], CART, 'no'],
    ['1.24.6', [`+*.shop.${D}`], CART, 'yes'],
    ['1.24.6', [`+${CART}`], CART, 'yes'],
    ['1.24.6', [`+${CART}`], `pay.shop.${D}`, 'no'],
    ['1.24.6', ['+*'], CART, 'yes'],
    // From 1.22 the most specific host decides.
    ['1.22.8', [`+*.shop.${D}`, `-${CART}`], CART, 'no'],
    ['1.22.8', [`-*.shop.${D}`, `+${CART}`], CART, 'yes'],
    ['1.22.8', [`-*`, `+*.shop.${D}`], CART, 'yes'],
    ['1.22.8', ['+*', `-*.shop.${D}`], CART, 'no'],
    // Up to 1.21 any true wins.
    ['1.21.6', [`+*.shop.${D}`, `-${CART}`], CART, 'yes'],
    ['1.21.6', ['+*', `-*.shop.${D}`], CART, 'yes'],
    ['1.21.6', [`-*`, `+*.shop.${D}`], CART, 'yes'],
    // Defaults.
    ['1.5.10', [], `dns.kube-system.${D}`, 'no'],
    ['1.6.14', [], `dns.kube-system.${D}`, 'yes'],
    ['1.7.8', [], `kubernetes.default.${D}`, 'no'],
    ['1.8.6', [], `kubernetes.default.${D}`, 'yes'],
    ['1.8.6', [], `istiod.istio-system.${D}`, 'yes'],
    // A false takes away the default that it equals or lies under: up to 1.21 as a whole.
    ['1.21.6', [`-*.kube-system.${D}`], `dns.kube-system.${D}`, 'no'],
    ['1.21.6', [`-dns.kube-system.${D}`], `metrics.kube-system.${D}`, 'no'],
    ['1.21.6', ['-*'], `dns.kube-system.${D}`, 'yes'],
    ['1.24.6', [`-dns.kube-system.${D}`], `metrics.kube-system.${D}`, 'yes'],
    ['1.24.6', [`-dns.kube-system.${D}`], `dns.kube-system.${D}`, 'no'],
    ['1.24.6', [`-*.kube-system.${D}`], `dns.kube-system.${D}`, 'no'],
    ['1.24.6', ['-*'], `dns.kube-system.${D}`, 'yes'],
    ['1.5.10', [`+*.shop.${D}`], CART, 'no'],
    ['1.24.6', ['+*.${NAMESPACE}'], CART, 'no'],
  ] as const)('%s %j %s', (version, hosts, host, expected) => {
    const mesh = meshWith(version, hosts);
    expect(clusterLocality(mesh, mesh.cluster('east'), host).local).toBe(expected);
    expect(isClusterLocal(mesh, mesh.cluster('east'), host)).toBe(expected === 'yes');
  });

  test('versions that differ in it leave it unknown, which counts as cluster-local', () => {
    const mesh = meshOf(
      {
        'east/control-plane.yaml': `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec:
  meshConfig:
    serviceSettings:
      - { settings: { clusterLocal: true }, hosts: ['*.shop.${D}'] }
      - { settings: { clusterLocal: false }, hosts: ['${CART}'] }`,
      },
      '',
    );
    expect(clusterLocality(mesh, mesh.cluster('east'), CART).local).toBe('unknown');
    expect(isClusterLocal(mesh, mesh.cluster('east'), CART)).toBe(true);
    expect(clusterLocality(mesh, mesh.cluster('east'), `pay.shop.${D}`).local).toBe('yes');
  });
});

describe('futileDenials', () => {
  test.each([
    ['1.21.6', [`+*.shop.${D}`, `-${CART}`], [CART]],
    ['1.21.6', [`-*.shop.${D}`, `+${CART}`], []],
    ['1.21.6', [`+*.bank.${D}`, `-${CART}`], []],
    ['1.22.8', [`+*.shop.${D}`, `-${CART}`], []],
    ['1.5.10', [`+*.shop.${D}`, `-${CART}`], []],
  ] as const)('%s %j', (version, hosts, expected) => {
    const mesh = meshWith(version, hosts);
    expect(futileDenials(mesh, mesh.cluster('east')).map(({ denial }) => denial.pattern)).toEqual(expected);
  });
});
