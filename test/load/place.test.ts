import { describe, expect, test } from 'vitest';
import type { Cluster, ValuesSource } from '../../src/model/index.ts';
import { get } from '../../src/model/index.ts';
import { clusterOf, fleetOf } from '../support/fleet.ts';

const brief = ({ chart, origin, place, namespace, release, version }: ValuesSource): unknown => ({
  chart,
  origin,
  at: [...place.path, ...(place.inner === undefined ? [] : ['>', ...place.inner])].join('.'),
  namespace,
  release,
  version,
});
/** Values of a cluster from the weakest to the strongest. */
const layers = ({ values }: Cluster): readonly ValuesSource[] => values.toSorted((a, b) => a.layer - b.layer);
const objects = ({ resources }: Cluster): readonly string[] =>
  resources.all.map(({ kind, namespace, name }) => `${kind} ${namespace ?? '?'}/${name}`);

describe('objects', () => {
  test('several documents, lists and JSON', () => {
    const cluster = clusterOf({
      'a.yaml':
        'kind: Service\napiVersion: v1\nmetadata: { name: a, namespace: shop }\n---\n---\nkind: Service\napiVersion: v1\nmetadata: { name: b }\n',
      'b.yaml':
        'kind: List\napiVersion: v1\nitems:\n  - { kind: Secret, apiVersion: v1, metadata: { name: c } }\n  - nonsense\n  - { kind: Secret, apiVersion: v1, metadata: { name: d } }\n',
      'c.yaml': 'kind: SecretList\napiVersion: v1\nitems: [{ metadata: { name: e } }]\n',
      'd.json': '{"kind": "Service", "apiVersion": "v1", "metadata": {"name": "f", "labels": {"n": 1}}}',
      'e.yaml': '[1, 2]\n',
      'f.yaml': '# nothing\n',
    });
    expect(objects(cluster)).toEqual([
      'Service shop/a',
      'Service ?/b',
      'Secret ?/c',
      'Secret ?/d',
      'Secret ?/e',
      'Service ?/f',
    ]);
    expect(cluster.resources.all.map(({ place }) => `${place.document} ${place.path.join('.')}`)).toEqual([
      '0 ',
      '2 ',
      '0 items.0',
      '0 items.2',
      '0 items.0',
      '0 ',
    ]);
    expect(cluster.resources.find('Service', undefined, 'f')[0]!.labels).toEqual({ n: '1' });
  });

  test('a namespace comes from the kustomization that lists the file', () => {
    const cluster = clusterOf({
      'app/kustomization.yaml': 'namespace: shop\nresources: [a.yaml, ../more, ns.yaml]\n',
      'app/a.yaml': 'kind: Service\napiVersion: v1\nmetadata: { name: a }\n',
      'app/ns.yaml': 'kind: Namespace\napiVersion: v1\nmetadata: { name: shop }\n',
      'app/unlisted.yaml': 'kind: Service\napiVersion: v1\nmetadata: { name: u }\n',
      'more/kustomization.yaml': 'namespace: inner\nresources: [b.yaml]\n',
      'more/b.yaml': 'kind: Service\napiVersion: v1\nmetadata: { name: b, namespace: stated }\n',
    });
    expect(objects(cluster).filter((line) => !line.startsWith('Kustomization'))).toEqual([
      'Service shop/a',
      'Namespace ?/shop',
      'Service ?/u',
      'Service shop/b',
    ]);
  });

  test('objects in example directories give way to others', () => {
    const service = (port: number): string =>
      `kind: Service\napiVersion: v1\nmetadata: { name: a, namespace: shop }\nspec: { ports: [{ port: ${port} }] }\n`;
    const fleet = fleetOf({
      'east/a.yaml': service(1),
      'east/examples/a.yaml': service(2),
      'east/examples/b.yaml': service(3).replace('name: a', 'name: b'),
      'east/archive/c.yaml': service(4).replace('name: a', 'name: c'),
    });
    expect(fleet.clusters[0]!.resources.all.map(({ place }) => place.file.path)).toEqual([
      'east/a.yaml',
      'east/examples/b.yaml',
    ]);
    expect(fleet.notes).toHaveLength(2);
  });

  test('chart templates are somebody else’s to install', () => {
    const cluster = clusterOf({
      'chart/Chart.yaml': 'name: shop\n',
      'chart/values.yaml': 'image: cart\n',
      'chart/templates/a.yaml': 'kind: Gateway\napiVersion: networking.istio.io/v1\nmetadata: { name: g }\n',
      'templates/b.yaml': 'kind: Service\napiVersion: v1\nmetadata: { name: b }\n',
    });
    expect(objects(cluster)).toEqual(['Service ?/b']);
    expect(cluster.unread).toMatchObject([{ why: 'chart', kinds: ['Gateway'] }]);
    expect(cluster.values).toEqual([]);
  });
});

describe('IstioOperator', () => {
  const operator = (spec: string, name = 'istio', group = 'install.istio.io'): string =>
    `apiVersion: ${group}/v1alpha1\nkind: IstioOperator\nmetadata: { name: ${name}, namespace: istio-system }\nspec: ${spec}\n`;

  test('values, mesh config and mesh networks', () => {
    const cluster = clusterOf({
      'a.yaml': operator(
        '{ revision: canary, tag: 1.20.1, meshConfig: { trustDomain: x }, values: { meshConfig: { trustDomain: z }, global: { network: n1, meshNetworks: { n1: {} } } } }',
      ),
    });
    expect(cluster.values.map(brief)).toEqual([
      {
        chart: 'operator',
        origin: 'IstioOperator',
        at: 'spec.values',
        namespace: 'istio-system',
        release: undefined,
        version: '1.20.1',
      },
    ]);
    expect(
      cluster.meshConfigs
        .toSorted((a, b) => b.layer - a.layer)
        .map(({ value, place, revision }) => [value.trustDomain, place.path.join('.'), revision]),
    ).toEqual([
      ['x', 'spec.meshConfig', 'canary'],
      ['z', 'spec.values.meshConfig', 'canary'],
    ]);
    expect(cluster.meshNetworks).toMatchObject([
      { value: { n1: {} }, place: { path: ['spec', 'values', 'global', 'meshNetworks'] } },
    ]);
  });

  test('files of one name overlay each other, those of profile empty stand alone', () => {
    const cluster = clusterOf({
      '1.yaml': operator('{}'),
      '2.yaml': operator('{ profile: empty }'),
      '3.yaml': operator('{ values: {} }'),
      '4.yaml': operator('{}', 'other'),
    });
    const [first, empty, second, other] = cluster.values;
    expect(first!.installation).toBe(second!.installation);
    expect(second!.layer).toBeGreaterThan(first!.layer);
    expect(new Set([first, empty, other].map((source) => source!.installation)).size).toBe(3);
  });

  test('revisions of one name are installations of their own', () => {
    const cluster = clusterOf({ '1.yaml': operator('{ revision: a }'), '2.yaml': operator('{ revision: b }') });
    expect(new Set(cluster.values.map(({ installation }) => installation)).size).toBe(2);
  });

  test('the group of the documentation counts, and what is one slip away from a group, but no other', () => {
    expect(clusterOf({ 'a.yaml': operator('{}', 'a', 'operator.istio.io') }).values).toHaveLength(1);
    expect(clusterOf({ 'a.yaml': operator('{}', 'a', 'insall.istio.io') }).values).toHaveLength(1);
    expect(clusterOf({ 'a.yaml': operator('{}', 'a', 'setup.istio.io') }).values).toHaveLength(0);
  });
});

test('Sail objects', () => {
  const sail = (kind: string, spec: string): string =>
    `apiVersion: sailoperator.io/v1\nkind: ${kind}\nmetadata: { name: default }\nspec: ${spec}\n`;
  const cluster = clusterOf({
    'a.yaml': sail(
      'Istio',
      '{ version: v1.24.2, namespace: istio-system, values: { global: { network: n1 }, meshConfig: { trustDomain: x } } }',
    ),
    'b.yaml': sail('ZTunnel', '{ namespace: ztunnel, values: { ztunnel: { multiCluster: { clusterName: c } } } }'),
    'c.yaml': sail('IstioCNI', '{ namespace: istio-cni }'),
  });
  expect(cluster.values.map(brief)).toEqual([
    {
      chart: 'operator',
      origin: 'Istio',
      at: 'spec.values',
      namespace: 'istio-system',
      release: undefined,
      version: 'v1.24.2',
    },
    {
      chart: 'ztunnel',
      origin: 'Istio',
      at: 'spec.values.ztunnel',
      namespace: 'ztunnel',
      release: undefined,
      version: undefined,
    },
    {
      chart: 'cni',
      origin: 'Istio',
      at: 'spec.values',
      namespace: 'istio-cni',
      release: undefined,
      version: undefined,
    },
  ]);
  expect(cluster.meshConfigs).toHaveLength(1);
});

describe('Helm values without a kind', () => {
  const charts = (tree: Record<string, string>): readonly string[] =>
    clusterOf(tree).values.map(({ chart, place }) => `${chart} ${place.path.join('.')}`.trim());

  test('are known by their keys', () => {
    expect(charts({ 'v.yaml': 'global: { meshID: m }\n' })).toEqual(['istiod']);
    expect(charts({ 'v.yaml': 'meshConfig: { trustDomain: x }\n' })).toEqual(['istiod']);
    expect(charts({ 'v.yaml': 'networkGateway: n1\nservice: { type: LoadBalancer }\n' })).toEqual(['gateway']);
    expect(charts({ 'v.yaml': 'labels: { topology.istio.io/network: n1 }\n' })).toEqual(['gateway']);
    expect(charts({ 'v.yaml': 'env: { ISTIO_META_REQUESTED_NETWORK_VIEW: n1 }\n' })).toEqual(['gateway']);
    expect(charts({ 'v.yaml': 'multiCluster: { clusterName: c }\nnetwork: n1\n' })).toEqual(['ztunnel']);
    expect(charts({ 'v.yaml': 'app: { server: { clusterID: c } }\n' })).toEqual(['istio-csr']);
    expect(charts({ 'istio/istiod/values.yaml': 'pilot: { env: { A: b } }\n' })).toEqual(['istiod']);
    expect(
      charts({ 'istio/eastwest-gateway.yaml': 'service: { ports: [{ port: 15443 }] }\nname: eastwest\n' }),
    ).toEqual(['gateway']);
    expect(
      charts({
        'cilium/values.yaml': 'ipam: { operator: { clusterPoolIPv4PodCIDRList: [10.0.0.0/16] } }\nhubble: {}\n',
      }),
    ).toEqual(['cilium']);
    expect(charts({ 'v.yaml': 'global: { remotePilotAddress: 1.2.3.4, istioRemote: true }\n' })).toEqual([
      'istiod-remote',
    ]);
  });

  test('of other charts are left alone', () => {
    for (const other of [
      'replicaCount: 1\nservice: { port: 80 }\nlabels: { app: a }\n',
      'global: { storageClass: fast, imageRegistry: r }\n',
      'pilot: { enabled: true }\n',
      'gateway: { host: x }\n',
      'env: { LOG: debug }\n',
    ])
      expect(charts({ 'v.yaml': other })).toEqual([]);
    expect(clusterOf({ 'v.yaml': 'cluster-cidr: 10.0.0.0/16\n' }).looseConfigs).toMatchObject([
      { value: { 'cluster-cidr': '10.0.0.0/16' } },
    ]);
  });

  test('below an alias, and in lists of somebody’s own making', () => {
    expect(
      charts({
        'v.yaml': 'istiod: { global: { meshID: m } }\ncross-network-gateway: { networkGateway: n1 }\nother: { a: b }\n',
      }),
    ).toEqual(['istiod istiod', 'gateway cross-network-gateway']);
    const cluster = clusterOf({
      'v.yaml': `applications:
  - name: istio-base
    namespace: istio-system
    managedNamespaceMetadata: { labels: { topology.istio.io/network: inside } }
    tool: { chart: base, repoURL: "https://charts.example/istio", targetRevision: 1.27.5, helm: { valuesObject: { defaultRevision: a } } }
  - name: ew
    namespace: ew
    tool: { chart: gateway, repoURL: "https://charts.example/istio", targetRevision: 1.27.5, helm: { valuesObject: { networkGateway: inside } } }
`,
    });
    expect(cluster.values.map(brief)).toEqual([
      {
        chart: 'base',
        origin: 'values',
        at: 'applications.0.tool.helm.valuesObject',
        namespace: 'istio-system',
        release: 'istio-base',
        version: '1.27.5',
      },
      {
        chart: 'gateway',
        origin: 'values',
        at: 'applications.1.tool.helm.valuesObject',
        namespace: 'ew',
        release: 'ew',
        version: '1.27.5',
      },
    ]);
    expect(cluster.resources.ofKind('Namespace')).toMatchObject([
      { name: 'istio-system', labels: { 'topology.istio.io/network': 'inside' } },
    ]);
  });

  test('the global of an umbrella chart lies above that of the sub-chart', () => {
    const cluster = clusterOf({
      'umbrella/Chart.yaml':
        'name: umbrella\ndependencies: [{ name: istiod, alias: pilotage, version: 1.22.0, repository: "https://istio.example" }]\n',
      'umbrella/values.yaml': 'global: { network: a }\npilotage: { global: { network: b } }\n',
    });
    expect(
      layers(cluster).map(({ values, version, installation }) => [
        get(values, 'global', 'network'),
        version,
        installation,
      ]),
    ).toEqual([
      ['b', '1.22.0', layers(cluster)[0]!.installation],
      ['a', '1.22.0', layers(cluster)[0]!.installation],
    ]);
  });

  test('a base file of the same chart lies below', () => {
    const fleet = fleetOf({
      'base/istiod-values.yaml': 'global: { meshID: m }\n',
      'istiod-values.yaml': 'global: { meshID: shared }\n',
      'east/istiod-values.yaml': 'global: { network: n1 }\n',
      'east/gateway-values.yaml': 'networkGateway: n1\n',
    });
    const east = fleet.clusters.find(({ name }) => name === 'east')!;
    const istiod = layers(east).filter(({ chart }) => chart === 'istiod');
    expect(istiod.map(({ shared }) => shared)).toEqual([true, false]);
    expect(new Set(istiod.map(({ installation }) => installation)).size).toBe(1);
  });
});

describe('Argo CD', () => {
  test('values files, text, object and parameters overlay each other in that order', () => {
    const cluster = clusterOf({
      'app.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: istiod, namespace: argocd }
spec:
  destination: { namespace: istio-system, server: "https://kubernetes.default.svc" }
  syncPolicy: { managedNamespaceMetadata: { labels: { topology.istio.io/network: n1 } } }
  sources:
    - repoURL: https://charts.example/istio
      chart: istiod
      targetRevision: 1.24.3
      helm:
        releaseName: pilot
        valueFiles: [$repo/east/values/z.yaml, $repo/east/values/a.yaml, missing.yaml]
        values: |
          global: { network: from-text }
        valuesObject: { global: { network: from-object } }
        parameters: [{ name: global.network, value: from-parameter }]
`,
      'values/a.yaml': 'global: { network: from-a }\n',
      'values/z.yaml': 'anything: { network: from-z }\n',
    });
    expect(layers(cluster).map(({ values }) => get(values, 'global', 'network') ?? 'none')).toEqual([
      'none',
      'from-a',
      'from-text',
      'from-object',
      'from-parameter',
    ]);
    expect(layers(cluster).map(brief)[2]).toEqual({
      chart: 'istiod',
      origin: 'Application',
      at: 'spec.sources.0.helm.values.>',
      namespace: 'istio-system',
      release: 'pilot',
      version: '1.24.3',
    });
    expect(new Set(cluster.values.map(({ installation }) => installation)).size).toBe(1);
    expect(cluster.resources.ofKind('Namespace')).toMatchObject([
      { name: 'istio-system', labels: { 'topology.istio.io/network': 'n1' } },
    ]);
  });

  test('an ApplicationSet, and values files by URL', () => {
    const cluster = clusterOf({
      'set.yaml': `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: gateways }
spec:
  template:
    metadata: { name: ew }
    spec:
      source: { repoURL: "https://charts.example/istio", chart: gateway, targetRevision: 1.23.0, helm: { valueFiles: ["https://raw.example/o/r/main/gw/values.yaml"] } }
      destination: { namespace: ew }
`,
      'gw/values.yaml': 'service: {}\n',
    });
    expect(cluster.values.map(brief)).toEqual([
      { chart: 'gateway', origin: 'Application', at: '', namespace: 'ew', release: 'ew', version: '1.23.0' },
    ]);
  });
});

test('Flux: values over those of ConfigMaps', () => {
  const cluster = clusterOf({
    'release.yaml': `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: istiod, namespace: flux-system }
spec:
  targetNamespace: istio-system
  chart: { spec: { chart: istiod, version: 1.22.x, sourceRef: { kind: HelmRepository, name: istio } } }
  valuesFrom: [{ kind: ConfigMap, name: common-values }, { kind: Secret, name: hidden }]
  values: { global: { network: own } }
`,
    'common.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: common-values, namespace: flux-system }\ndata:\n  values.yaml: |\n    global: { network: common, meshID: m }\n',
  });
  expect(layers(cluster).map(brief)).toEqual([
    {
      chart: 'istiod',
      origin: 'HelmRelease',
      at: 'data.values.yaml.>',
      namespace: 'istio-system',
      release: 'istio-system-istiod',
      version: '1.22.x',
    },
    {
      chart: 'istiod',
      origin: 'HelmRelease',
      at: 'spec.values',
      namespace: 'istio-system',
      release: 'istio-system-istiod',
      version: '1.22.x',
    },
  ]);
});

describe('ConfigMaps', () => {
  test('mesh config and networks', () => {
    const cluster = clusterOf({
      'a.yaml':
        'kind: ConfigMap\napiVersion: v1\nmetadata: { name: istio-1-20, namespace: istio-system }\ndata:\n  mesh: "trustDomain: x"\n  meshNetworks: |\n    networks: { n1: { endpoints: [] } }\n',
    });
    expect(cluster.meshConfigs).toMatchObject([
      {
        value: { trustDomain: 'x' },
        origin: 'ConfigMap',
        revision: '1-20',
        place: { path: ['data', 'mesh'], inner: [] },
      },
    ]);
    expect(cluster.meshNetworks).toMatchObject([
      { value: { n1: {} }, place: { path: ['data', 'meshNetworks'], inner: ['networks'] } },
    ]);
  });

  test('the injector', () => {
    const cluster = clusterOf({
      'a.yaml':
        'kind: ConfigMap\napiVersion: v1\nmetadata: { name: istio-sidecar-injector }\ndata:\n  values: \'{"global": {"network": "n"}}\'\n  config: "template: [[ .X ]]"\n',
    });
    expect(cluster.injectors).toMatchObject([
      { revision: '', values: { value: { global: { network: 'n' } } }, template: { text: 'template: [[ .X ]]' } },
    ]);
  });

  test('objects in strings of other ConfigMaps are not applied; broken ones are unread', () => {
    const cluster = clusterOf({
      'a.yaml':
        'kind: ConfigMap\napiVersion: v1\nmetadata: { name: istio-security-custom-resources }\ndata:\n  custom.yaml: |\n    kind: MeshPolicy\n    apiVersion: authentication.istio.io/v1alpha1\n',
      'b.yaml': 'kind: ConfigMap\napiVersion: v1\nmetadata: { name: istio }\ndata:\n  mesh: "a: {{ .Values.x"\n',
    });
    expect(cluster.resources.ofKind('MeshPolicy')).toEqual([]);
    expect(cluster.unread).toMatchObject([{ why: 'template', kinds: ['ConfigMap'] }]);
  });
});

const certificate = (text: string): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`;

test('of PEM files only what is public is kept', () => {
  const key = `-----BEGIN RSA ${'PRIVATE'} KEY-----\nc2VjcmV0\n-----END RSA ${'PRIVATE'} KEY-----\n`;
  const cluster = clusterOf({
    'certs/bundle.pem': `comment\n${certificate('one')}${key}${certificate('two')}`,
    'certs/key.pem': key,
  });
  expect(cluster.pemFiles.map(({ name, directory, text }) => [name, directory, text])).toEqual([
    ['bundle.pem', 'east/certs', `${certificate('one')}${certificate('two')}`],
  ]);
});

describe('kustomize', () => {
  test('a generated cacerts Secret holds the certificates of its files', () => {
    const cluster = clusterOf({
      'kustomization.yaml':
        'namespace: istio-system\nsecretGenerator:\n  - name: cacerts\n    files: [certs/root-cert.pem, ca-key.pem=certs/key.pem]\n',
      'certs/root-cert.pem': certificate('root'),
    });
    const secret = cluster.resources.find('Secret', 'istio-system', 'cacerts')[0]!;
    expect(Buffer.from(String(get(secret.value, 'data', 'root-cert.pem')), 'base64').toString()).toBe(
      certificate('root'),
    );
    expect(get(secret.value, 'data', 'ca-key.pem')).toBe('${certs/key.pem}');
    expect(secret.place.path).toEqual(['secretGenerator', 0]);
  });

  test('labels that JSON patches add to a namespace stand at the operation', () => {
    const cluster = clusterOf({
      'kustomization.yaml':
        'patches:\n  - { path: ns.yaml, target: { kind: Namespace, name: istio-system } }\n  - target: { kind: Namespace, name: shop }\n    patch: |-\n      - op: add\n        path: /metadata/labels/istio-injection\n        value: enabled\n',
      'ns.yaml':
        '- op: add\n  path: /metadata/labels\n  value: { topology.istio.io/network: n1 }\n- op: add\n  path: /metadata/labels/topology.istio.io~1other\n  value: x\n',
    });
    expect(
      cluster.resources
        .ofKind('Namespace')
        .map(({ name, labels, place }) => [
          name,
          labels,
          [place.file.path, ...place.path, ...(place.inner ?? [])].join(' '),
        ]),
    ).toEqual([
      ['istio-system', { 'topology.istio.io/network': 'n1' }, 'east/ns.yaml 0'],
      ['istio-system', { 'topology.istio.io/other': 'x' }, 'east/ns.yaml 1'],
      ['shop', { 'istio-injection': 'enabled' }, 'east/kustomization.yaml patches 1 patch 0'],
    ]);
  });

  test('patched objects take the place of their bases', () => {
    const cluster = clusterOf({
      'kustomization.yaml':
        'resources: [a.yaml]\npatches: [{ path: p1.yaml }, { path: p2.yaml, target: { kind: Deployment, name: cart.* } }, { path: p3.yaml }]\n',
      'a.yaml':
        'kind: Deployment\napiVersion: apps/v1\nmetadata: { name: cart, labels: { old: x } }\nspec: { replicas: 1, template: { spec: { containers: [{ name: app, image: a }, { name: log, image: b }] } } }\n',
      'p1.yaml':
        'kind: Deployment\napiVersion: apps/v1\nmetadata: { name: cart, labels: { old: null } }\nspec: { template: { spec: { containers: [{ name: log, image: c }] } } }\n',
      'p2.yaml': '- op: replace\n  path: /spec/replicas\n  value: 3\n',
      'p3.yaml': 'kind: Service\napiVersion: v1\nmetadata: { name: elsewhere }\n',
    });
    const deployments = cluster.resources.ofKind('Deployment');
    expect(deployments).toHaveLength(1);
    expect(deployments[0]!.labels).toEqual({});
    expect(deployments[0]!.value.spec).toEqual({
      replicas: 3,
      template: {
        spec: {
          containers: [
            { name: 'app', image: 'a' },
            { name: 'log', image: 'c' },
          ],
        },
      },
    });
    expect(cluster.unread).toMatchObject([{ why: 'kustomize', kinds: ['Service'] }]);
  });

  test('a patch of an IstioOperator is a layer whose null stays visible', () => {
    const operator = (spec: string): string =>
      `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: { name: istio, namespace: istio-system }\nspec: ${spec}\n`;
    const fleet = fleetOf({
      'common/kustomization.yaml': 'resources: [istio.yaml]\n',
      'common/istio.yaml': operator('{ values: { global: { meshID: m, multiCluster: { clusterName: default } } } }'),
      'kustomization.yaml': 'resources: [common]\n',
      'east/kustomization.yaml': 'resources: [../common]\npatchesStrategicMerge: [istio.yaml]\n',
      'east/istio.yaml': operator('{ values: { global: { multiCluster: { clusterName: } } } }'),
    });
    const east = fleet.clusters.find(({ name }) => name === 'east')!;
    expect(east.values).toMatchObject([{ values: { global: { multiCluster: { clusterName: null } } }, shared: false }]);
  });

  test('helmCharts name release, namespace and version', () => {
    const cluster = clusterOf({
      'kustomization.yaml':
        'helmCharts:\n  - { name: istiod, repo: "https://istio.example", releaseName: pilot, namespace: istio-system, version: 1.21.0, valuesFile: v.yaml, valuesInline: { global: { network: inline } } }\n',
      'v.yaml': 'global: { network: file }\n',
    });
    expect(layers(cluster).map(brief)).toEqual([
      { chart: 'istiod', origin: 'HelmChart', at: '', namespace: 'istio-system', release: 'pilot', version: '1.21.0' },
      {
        chart: 'istiod',
        origin: 'HelmChart',
        at: 'helmCharts.0.valuesInline',
        namespace: 'istio-system',
        release: 'pilot',
        version: '1.21.0',
      },
    ]);
  });

  test('what it fetches from elsewhere is unread', () => {
    const fleet = fleetOf({
      'east/kustomization.yaml': 'resources: ["https://example/x.yaml", a.yaml]\n',
      'east/a.yaml': '',
    });
    expect(fleet.clusters[0]!.unread).toMatchObject([{ why: 'kustomize', place: { path: ['resources', 0] } }]);
    expect(fleet.notes[0]!.message).toContain('kustomize is not run');
  });
});
