import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/index.ts';
import { runRules } from '../../src/engine/run.ts';
import { groupMeshes } from '../../src/facts/mesh.ts';
import type { MeshSettings } from '../../src/facts/mesh.ts';
import type { Rule } from '../../src/rule/define.ts';
import autoPassthroughContained from '../../rules/network/auto-passthrough-contained.ts';
import autoPassthroughOnLocal from '../../rules/network/auto-passthrough-on-local.ts';
import cidrSourcesAgree from '../../rules/network/cidr-sources-agree.ts';
import gatewayForNetwork from '../../rules/network/gateway-for-network.ts';
import gatewayUsable from '../../rules/network/gateway-usable.ts';
import nameAgrees from '../../rules/network/name-agrees.ts';
import nameDeclared from '../../rules/network/name-declared.ts';
import nameFitsGateways from '../../rules/network/name-fits-gateways.ts';
import podCidrOverlap from '../../rules/network/pod-cidr-overlap.ts';
import { discover } from '../support/fleet.ts';
import type { Tree } from '../support/fleet.ts';

const rules: readonly Rule[] = [
  autoPassthroughContained,
  autoPassthroughOnLocal,
  cidrSourcesAgree,
  gatewayForNetwork,
  gatewayUsable,
  nameAgrees,
  nameDeclared,
  nameFitsGateways,
  podCidrOverlap,
];

const settings: MeshSettings = {
  complete: [],
  now: new Date('2026-11-21T00:00:00Z'),
  uses: {},
  options: {},
  meshes: undefined,
  istioVersion: undefined,
};

const files = (cluster: string, network: string, hosts: string): Tree => ({
  [`${cluster}/namespace.yaml`]: `apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system, labels: {topology.istio.io/network: ${network}}}\n`,
  [`${cluster}/istio.yaml`]: `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: istio, namespace: istio-system}\nspec: {tag: 1.24.2, values: {global: {network: net-1, multiCluster: {clusterName: ${cluster}}}}}\n`,
  [`${cluster}/service.yaml`]: `apiVersion: v1\nkind: Service\nmetadata: {name: ew, namespace: istio-system, labels: {topology.istio.io/network: ${network}}}\nspec: {type: NodePort, selector: {istio: ew}, ports: [{port: 15443}]}\n`,
  [`${cluster}/gateway.yaml`]: `apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: cross, namespace: istio-system}\nspec: {selector: {istio: ew}, servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["${hosts}"]}]}\n`,
  [`${cluster}/cluster.yaml`]: `apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nname: ${cluster}\nnetworking: {podSubnet: 10.1.0.0/16, serviceSubnet: 10.1.128.0/20}\n`,
});

const lint = (tree: Tree, names: readonly string[]): readonly string[] => {
  const fleet = discover(tree, { clusters: names.map((name) => ({ name, paths: [name] })) });
  const show = (finding: Finding): string =>
    [
      finding.severity,
      finding.place.file.path,
      finding.message,
      ...finding.related.map((held) => `${held.place.file.path} ${held.message}`),
    ].join(' | ');
  return runRules(rules, fleet, groupMeshes(fleet, settings)).map(show);
};

test('neither the order of files nor that of clusters changes a word', () => {
  const parts = [
    files('east', 'net-1', '*.local'),
    files('north', 'net-2', '*'),
    files('west', 'net-3', 'shop.example.com'),
  ];
  const forward = lint(Object.assign({}, ...parts) as Tree, ['east', 'north', 'west']);
  const backward: Tree = Object.fromEntries(parts.flatMap((part) => Object.entries(part)).toReversed());
  expect(forward.length).toBeGreaterThan(5);
  expect(lint(backward, ['west', 'east', 'north'])).toEqual(forward);
});

test('an empty fleet and a cluster of other things are silent', () => {
  expect(lint({ 'east/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' }, ['east'])).toEqual([]);
});

test('values of other shapes than expected do no harm', () => {
  const odd: Tree = {
    'east/a.yaml': `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: istio}\nspec: {components: {ingressGateways: {a: 1}}, values: {global: [1], gateways: 3}}\n`,
    'east/b.yaml': `apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: x}\nspec: {selector: [a], servers: {port: 3}}\n`,
    'east/c.yaml': `apiVersion: v1\nkind: Service\nmetadata: {name: x, labels: {topology.istio.io/network: net-1}}\nspec: {selector: x, ports: [a, {port: "\${PORT}"}]}\n`,
    'east/d.yaml': `apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: x, labels: {topology.istio.io/network: net-1}}\nspec: {listeners: [3, null]}\n`,
    'east/e.yaml': `apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnetworking: [10.1.0.0/16]\n`,
    'east/f.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "3", meshNetworks: "networks: {a: 3, b: {gateways: 5, endpoints: [1]}}"}\n`,
    'west/a.yaml': `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: istio}\nspec: {values: {global: {network: net-2}}}\n`,
  };
  expect(() => lint(odd, ['east', 'west'])).not.toThrow();
});
