import { describe, expect, test } from 'vitest';
import { valueOf } from '../../src/model/index.ts';
import { injectionTarget } from '../../src/facts/sources.ts';
import { memberOf } from '../../src/facts/mesh.ts';
import { discover, membersOf } from '../support/fleet.ts';

const east = (files: Readonly<Record<string, string>>) =>
  membersOf(Object.fromEntries(Object.entries(files).map(([path, content]) => [`east/${path}`, content])))['east']!;

const operator = (spec: string): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: { name: mesh, namespace: istio-system }\nspec: ${spec}\n`;
const configMap = (mesh: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: istio, namespace: istio-system }\ndata:\n  mesh: |\n    ${mesh}\n`;

describe('clusterId', () => {
  test('clusterName of the values', () => {
    expect(
      east({ 'a.yaml': operator('{ values: { global: { multiCluster: { clusterName: east-1 } } } }') }).clusterId,
    ).toMatchObject({ state: 'known', value: 'east-1' });
  });

  test('Kubernetes where a control plane is proven and nothing else is said', () => {
    expect(east({ 'a.yaml': operator('{ profile: default }') }).clusterId).toMatchObject({
      state: 'known',
      value: 'Kubernetes',
      isDefault: true,
    });
    expect(east({ 'a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }' }).clusterId.state).toBe(
      'unknown',
    );
  });

  test('places that differ are a conflict; the values come first', () => {
    const fact = east({
      'a.yaml': operator(
        '{ values: { global: { multiCluster: { clusterName: east } }, istiodRemote: { injectionPath: /inject/cluster/other/net/net-1 } } }',
      ),
    }).clusterId;
    expect(fact).toMatchObject({ state: 'conflict', value: 'east' });
  });

  test('CLUSTER_ID of an external istiod is the id of another cluster', () => {
    const file = operator(
      '{ profile: empty, components: { pilot: { enabled: true, k8s: { env: [{ name: EXTERNAL_ISTIOD, value: "true" }, { name: CLUSTER_ID, value: remote }] } } } }',
    );
    expect(valueOf(east({ 'a.yaml': file }).clusterId)).toBeUndefined();
  });

  test('a template is unknown and keeps its place', () => {
    const fact = east({
      'a.yaml': operator('{ values: { global: { multiCluster: { clusterName: "${NAME}" } } } }'),
    }).clusterId;
    expect(fact).toMatchObject({ state: 'unknown', sightings: [{ value: '${NAME}' }] });
  });

  test('an upper layer hides the base, null takes it away', () => {
    const files = (overlay: string) => ({
      'base/mesh.yaml': operator('{ values: { global: { multiCluster: { clusterName: base } } } }'),
      'base/kustomization.yaml': 'resources: [mesh.yaml]\n',
      'overlay/kustomization.yaml': 'resources: [../base]\npatches: [{ path: patch.yaml }]\n',
      'overlay/patch.yaml': operator(`{ values: { global: { multiCluster: { clusterName: ${overlay} } } } }`),
    });
    expect(east(files('east')).clusterId).toMatchObject({ state: 'known', value: 'east' });
    expect(east(files('null')).clusterId).toMatchObject({ state: 'known', value: 'Kubernetes', isDefault: true });
  });
});

describe('injection path', () => {
  test.each([
    ['/inject/cluster/east/net/net-1', undefined, 'east', 'net-1'],
    ['/inject/net/a--slash--b/cluster/east', undefined, 'east', 'a/b'],
    ['https://istiod.example:15017/inject/:ENV:cluster=east:ENV:net=net-1', 'istiod.example', 'east', 'net-1'],
    ['/inject', undefined, undefined, undefined],
  ])('%s', (path, host, clusterId, network) => expect(injectionTarget(path)).toEqual({ host, clusterId, network }));
});

describe('trustDomain', () => {
  test('the mesh config; cluster.local where an install file leaves it out', () => {
    expect(valueOf(east({ 'a.yaml': operator('{ meshConfig: { trustDomain: shop } }') }).trustDomain)).toBe('shop');
    expect(east({ 'a.yaml': operator('{ profile: default }') }).trustDomain).toMatchObject({
      value: 'cluster.local',
      isDefault: true,
    });
    expect(east({ 'a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }' }).trustDomain.state).toBe(
      'unknown',
    );
  });

  test('global.trustDomain counts up to 1.9 only', () => {
    const values = (tag: string) => operator(`{ tag: ${tag}, values: { global: { trustDomain: old } } }`);
    expect(valueOf(east({ 'a.yaml': values('1.9.2') }).trustDomain)).toBe('old');
    expect(valueOf(east({ 'a.yaml': values('1.10.0') }).trustDomain)).toBe('cluster.local');
  });

  test('a rendered mesh config beats its source and both are told', () => {
    const fact = east({
      'a.yaml': operator('{ meshConfig: { trustDomain: one } }'),
      'b.yaml': configMap('trustDomain: two'),
    }).trustDomain;
    expect(fact).toMatchObject({ state: 'conflict', value: 'two' });
  });

  test('aliases are a union and take in the domains of caCertificates', () => {
    const spec = '{ meshConfig: { trustDomainAliases: [a, b], caCertificates: [{ pem: x, trustDomains: [c] }] } }';
    expect(valueOf(east({ 'a.yaml': operator(spec) }).trustDomainAliases)).toEqual(['a', 'b', 'c']);
    expect(east({ 'a.yaml': operator('{ profile: default }') }).trustDomainAliases.state).toBe('absent');
    expect(
      east({ 'a.yaml': operator('{ meshConfig: { trustDomainAliases: ["${TD}"] } }') }).trustDomainAliases.state,
    ).toBe('unknown');
  });
});

describe('values that are not loaded', () => {
  const helmRelease = (more: string): string =>
    `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: istiod, namespace: istio-system }\nspec:\n  chart: { spec: { chart: istiod, version: 1.24.3 } }\n  ${more}\n`;
  const application = (helm: string): string =>
    `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: istiod, namespace: argocd }\nspec:\n  source: { repoURL: "https://charts.example.com", chart: istiod, targetRevision: 1.24.3, helm: ${helm} }\n`;
  const written = '{ global: { network: net-1, multiCluster: { clusterName: east-1 } } }';

  test.each([
    ['valuesFrom', helmRelease('valuesFrom: [{ kind: ConfigMap, name: elsewhere }]')],
    ['valuesFrom beside values', helmRelease(`valuesFrom: [{ kind: Secret, name: x }]\n  values: ${written}`)],
    ['valueFiles of another repository', application('{ valueFiles: [$values/istiod.yaml] }')],
    ['valueFiles beside values', application(`{ valueFiles: [istiod.yaml], valuesObject: ${written} }`)],
  ])('%s: a control plane of which only what is written is known', (_, file) => {
    const member = east({ 'a.yaml': file });
    expect(member.controlPlaneRole.role).toBe('primary');
    expect(
      [member.trustDomain, member.meshId, member.autoMtls, member.dnsCapture.mesh].map((fact) => fact.state),
    ).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
    const isWritten = file.includes('east-1');
    expect(valueOf(member.clusterId)).toBe(isWritten ? 'east-1' : undefined);
    expect(member.network.fact.state).toBe(isWritten ? 'known' : 'unknown');
  });

  test.each([
    ['no valuesFrom', helmRelease(`values: ${written}`)],
    [
      'a file that may be missing',
      application(`{ ignoreMissingValueFiles: true, valueFiles: [a.yaml], valuesObject: ${written} }`),
    ],
  ])('%s: what is not written is the default', (_, file) => {
    expect(east({ 'a.yaml': file }).trustDomain).toMatchObject({ state: 'known', value: 'cluster.local' });
  });

  test('valuesFrom a ConfigMap that is loaded, or generated of a file that is', () => {
    const from = helmRelease('valuesFrom: [{ kind: ConfigMap, name: istiod-values }]');
    const data =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: istiod-values }\ndata:\n  values.yaml: |\n    pilot: {}\n    global: { meshID: m }\n';
    expect(east({ 'a.yaml': from, 'b.yaml': data }).trustDomain.state).toBe('known');
    const generator = 'configMapGenerator: [{ name: istiod-values, files: [values.yaml=istiod.yaml] }]\n';
    const values = 'pilot: {}\nglobal: { meshID: m }\n';
    const made = { 'a.yaml': from, 'kustomization.yaml': generator, 'istiod.yaml': values };
    expect(east(made).trustDomain.state).toBe('known');
    expect(east({ ...made, 'kustomization.yaml': 'resources: [a.yaml]\n' }).trustDomain.state).toBe('unknown');
  });
});

describe('mesh-lint.yaml', () => {
  test('comes first and is no conflict by itself', () => {
    const tree = {
      'east/a.yaml': operator('{ tag: 1.20.1, values: { global: { multiCluster: { clusterName: east } } } }'),
    };
    const settings = { east: { clusterId: 'e-1', istioVersion: '1.24', role: 'remote' as const } };
    const cluster = discover(tree, { clusters: [{ name: 'east', paths: ['east'] }], settings }).clusters[0]!;
    const member = memberOf(cluster);
    expect(valueOf(member.clusterId)).toBe('e-1');
    expect(member.istioVersion.fact).toMatchObject({ value: { low: 24, high: 24 } });
    expect(member.controlPlaneRole.role).toBe('remote');
  });
});

describe('SHARED_MESH_CONFIG', () => {
  const shared =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: mesh-of-all, namespace: istio-system }\ndata:\n  mesh: |\n    trustDomain: shared\n';
  const told = operator(
    '{ components: { pilot: { k8s: { env: [{ name: SHARED_MESH_CONFIG, value: mesh-of-all }] } } } }',
  );
  test('is read where istiod is told its name, below its own', () => {
    expect(valueOf(east({ 'a.yaml': told, 'b.yaml': shared }).trustDomain)).toBe('shared');
    expect(
      east({ 'a.yaml': told, 'b.yaml': shared, 'c.yaml': configMap('trustDomain: own') }).trustDomain,
    ).toMatchObject({ state: 'known', value: 'own' });
    expect(valueOf(east({ 'a.yaml': operator('{ profile: default }'), 'b.yaml': shared }).trustDomain)).toBe(
      'cluster.local',
    );
  });
});

describe('namespaces and names', () => {
  test('istioNamespace and rootNamespace', () => {
    const member = east({
      'a.yaml': operator(
        '{ meshConfig: { rootNamespace: root }, values: { global: { istioNamespace: mesh-system } } }',
      ),
    });
    expect([valueOf(member.istioNamespace), valueOf(member.rootNamespace)]).toEqual(['mesh-system', 'root']);
    const plain = east({ 'a.yaml': operator('{ profile: default }') });
    expect([valueOf(plain.istioNamespace), valueOf(plain.rootNamespace)]).toEqual(['istio-system', 'istio-system']);
  });

  test('clusterDomain', () => {
    const kubeadm =
      'apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nnetworking: { dnsDomain: shop.example }';
    expect(valueOf(east({ 'a.yaml': kubeadm }).clusterDomain)).toBe('shop.example');
    expect(valueOf(east({ 'a.yaml': operator('{ profile: default }') }).clusterDomain)).toBe('cluster.local');
  });

  test('the trust domain in ISTIO_META_MESH_ID is no mesh id', () => {
    const gateway = (id: string) =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: gw }\nspec: { template: { spec: { containers: [{ args: [proxy, router], env: [{ name: ISTIO_META_MESH_ID, value: ${id} }] }] } } }`;
    expect(valueOf(east({ 'a.yaml': gateway('mesh1') }).meshId)).toBe('mesh1');
    expect(valueOf(east({ 'a.yaml': gateway('cluster.local') }).meshId)).toBeUndefined();
  });
});
