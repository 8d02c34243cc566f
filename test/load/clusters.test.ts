import { describe, expect, test } from 'vitest';
import type { Cluster, Fleet } from '../../src/model/index.ts';
import type { Tree } from '../support/fleet.ts';
import { discover } from '../support/fleet.ts';

const operator = (id: string | undefined, network?: string, more = ''): string => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec:
  values:
    global:
      meshID: mesh
${id === undefined ? '' : `      multiCluster: { clusterName: "${id}" }\n`}${network === undefined ? '' : `      network: ${network}\n`}${more}`;
const values = (id: string): string =>
  `global: { meshID: mesh, network: net-${id}, multiCluster: { clusterName: ${id} } }\npilot: {}\n`;
const object = (kind: string, name: string, namespace = 'shop'): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace} }\n`;
const systemNamespace = (network: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: istio-system, labels: { topology.istio.io/network: ${network} } }\n`;

const named = (fleet: Fleet): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(fleet.clusters.map((cluster) => [cluster.name, filesOf(cluster)]));
const filesOf = (cluster: Cluster): readonly string[] => cluster.files.map(({ path }) => path);
const names = (fleet: Fleet): readonly string[] => fleet.clusters.map(({ name }) => name);
const clustersOf = (tree: Tree): readonly string[] => names(discover(tree));
const sharedIn = (cluster: Cluster | undefined): readonly string[] =>
  cluster?.resources.all.filter(({ shared }) => shared).map(({ name }) => name) ?? [];

describe('a directory per cluster', () => {
  test('by different cluster ids, called after the directories', () => {
    const fleet = discover({
      'clusters/one/istio.yaml': operator('east-id'),
      'clusters/two/istio.yaml': operator('west-id'),
      'clusters/two/app.yaml': object('Service', 'cart'),
    });
    expect(named(fleet)).toEqual({
      one: ['clusters/one/istio.yaml'],
      two: ['clusters/two/app.yaml', 'clusters/two/istio.yaml'],
    });
    expect(fleet.clusters[0]!.because).toContain('cluster ids');
  });

  test('siblings that all build on are shared, other components are nobody’s', () => {
    const fleet = discover({
      'clusters/east/istio.yaml': operator('east'),
      'clusters/west/istio.yaml': operator('west'),
      'clusters/common/pki.yaml': object('Secret', 'pki'),
      'clusters/kiali/kiali.yaml': object('Service', 'kiali'),
    });
    expect(names(fleet)).toEqual(['east', 'west']);
    expect(fleet.clusters.map(sharedIn)).toEqual([['pki'], ['pki']]);
    expect(fleet.notes.map(({ message }) => message)).toEqual(['1 file belongs to no cluster: clusters/kiali']);
  });

  test('a sibling without an id is a cluster if it looks like one', () => {
    expect(
      clustersOf({
        'clusters/east/istio.yaml': operator('east'),
        'clusters/west/istio.yaml': operator('west'),
        'clusters/lab/gateway.yaml': 'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: g }\n',
        'clusters/remote-secrets/a.yaml': object('Secret', 'a'),
      }),
    ).toEqual(['east', 'lab', 'west']);
  });

  test('by networks where nothing names an id', () => {
    expect(clustersOf({ 'k/a1/ns.yaml': systemNamespace('net-a'), 'k/b7/ns.yaml': systemNamespace('net-b') })).toEqual([
      'a1',
      'b7',
    ]);
  });

  describe('a cluster that lost its id stays one', () => {
    const secret = (name: string): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name}, namespace: istio-system, labels: { istio/multiCluster: "true" } }\n`;
    const release = (chart: string): string =>
      `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: istiod, namespace: istio-system }\nspec:\n  chart: { spec: { chart: ${chart}, version: 1.27.3 } }\n  valuesFrom: [{ kind: ConfigMap, name: istiod-values }]\n`;
    const files = {
      'onprem/istio.yaml': operator('onprem', 'net-onprem'),
      'onprem/namespace.yaml': systemNamespace('net-onprem'),
      'cloud/namespace.yaml': systemNamespace('net-cloud'),
    };

    test('because it installs a control plane whose values are not loaded', () => {
      expect(clustersOf({ ...files, 'cloud/istio.yaml': release('istiod') })).toEqual(['cloud', 'onprem']);
      expect(clustersOf({ ...files, 'cloud/istio.yaml': release('cert-manager') })).toHaveLength(1);
    });

    test('because each reads others', () => {
      const read = { ...files, 'cloud/a.yaml': secret('to-onprem'), 'onprem/a.yaml': secret('to-cloud') };
      expect(clustersOf(read)).toEqual(['cloud', 'onprem']);
      expect(clustersOf({ ...files, 'onprem/a.yaml': secret('to-cloud') })).toHaveLength(1);
    });

    test('because both run the same', () => {
      const apps = { 'cloud/app.yaml': object('Service', 'cart'), 'onprem/app.yaml': object('Service', 'cart') };
      expect(clustersOf({ ...files, ...apps })).toEqual(['cloud', 'onprem']);
      expect(clustersOf({ ...files, 'cloud/app.yaml': object('Service', 'cart') })).toHaveLength(1);
    });
  });

  test('templates of a local chart belong to whoever inflates it', () => {
    const inflate =
      'helmGlobals: { chartHome: ../../charts }\nhelmCharts: [{ name: edge, releaseName: edge, version: 0.1.0 }]\n';
    const fleet = discover({
      'charts/edge/Chart.yaml': 'apiVersion: v2\nname: edge\nversion: 0.1.0\n',
      'charts/edge/templates/gateway.yaml': '{{- if .Values.on }}\nkind: Gateway\n{{- end }}\n',
      'clusters/east/istio.yaml': operator('east'),
      'clusters/east/kustomization.yaml': inflate,
      'clusters/west/istio.yaml': operator('west'),
    });
    const [east, west] = fleet.clusters;
    expect(east!.unread.map(({ why, kinds }) => [why, kinds])).toEqual([['chart', ['Gateway']]]);
    expect(west!.unread).toEqual([]);
  });

  test('a base that overlays refer to is no cluster, whatever it is called', () => {
    const overlay = 'resources: [../fundament]\npatches: [{ path: istio.yaml }]\n';
    const fleet = discover({
      'manifests/central/kustomization.yaml': overlay,
      'manifests/central/istio.yaml': operator('c6258', 'centralus'),
      'manifests/south/kustomization.yaml': overlay,
      'manifests/south/istio.yaml': operator('', 'southus'),
      'manifests/fundament/kustomization.yaml': 'resources: [istio.yaml]\n',
      'manifests/fundament/istio.yaml': operator('default-name', 'default-region'),
    });
    expect(names(fleet)).toEqual(['central', 'south']);
    expect(fleet.clusters[1]!.values.map(({ shared, layer }) => [shared, layer > 1e6 - 1])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(new Set(fleet.clusters[1]!.values.map(({ installation }) => installation)).size).toBe(1);
  });

  test('an id that a cluster contradicts itself about does not make two of it', () => {
    expect(
      clustersOf({
        'clusters/east/istiod.yaml': values('east'),
        'clusters/east/gateway.yaml': 'global: { multiCluster: { clusterName: eats } }\nnetworkGateway: net-east\n',
        'clusters/west/istiod.yaml': values('west'),
      }),
    ).toEqual(['east', 'west']);
  });

  test('two clusters with the same id stay two', () => {
    expect(
      clustersOf({ 'clusters/east/istio.yaml': operator('east'), 'clusters/west/istio.yaml': operator('east') }),
    ).toEqual(['east', 'west']);
    expect(clustersOf({ 'east/istio.yaml': operator('east'), 'west/istio.yaml': operator('east') })).toEqual([
      'east',
      'west',
    ]);
  });

  test('revisions side by side are one cluster', () => {
    const fleet = discover({
      'istiod/values.yaml': values('east'),
      'istiod-canary/values.yaml': `revision: canary\n${values('east')}`,
    });
    expect(names(fleet)).toEqual(['east']);
  });

  test('plain objects below clusters', () => {
    expect(
      clustersOf({
        'clusters/guangzhou/a.yaml': object('Service', 'cart'),
        'clusters/singapore/b.yaml': object('Secret', 'key'),
      }),
    ).toEqual(['guangzhou', 'singapore']);
  });

  test('the same objects in sibling directories', () => {
    expect(
      clustersOf({ 'k/blue/a.yaml': object('Service', 'cart'), 'k/green/b.yaml': object('Service', 'cart') }),
    ).toEqual(['blue', 'green']);
    expect(
      names(discover({ 'k/cart/a.yaml': object('Service', 'cart'), 'k/search/b.yaml': object('Service', 'search') })),
    ).toHaveLength(1);
  });
});

describe('the same cluster in several places', () => {
  test('components with a directory per cluster each', () => {
    const fleet = discover({
      'gitops/istio/clusters/c1/istio.yaml': operator('c1'),
      'gitops/istio/clusters/c2/istio.yaml': operator('c2'),
      'gitops/cart/clusters/c1/cart.yaml': object('Service', 'cart'),
      'gitops/cart/clusters/c2/cart.yaml': object('Service', 'cart'),
      'certs/tid-c1.local/root-cert.pem': '-----BEGIN CERTIFICATE-----\nMTIz\n-----END CERTIFICATE-----\n',
      'certs/tid-c2.local/root-cert.pem': '-----BEGIN CERTIFICATE-----\nMTIz\n-----END CERTIFICATE-----\n',
      'kind/c1.yaml': 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: c1\n',
      'archive/clusters/c1/old.yaml': object('Service', 'old'),
    });
    expect(names(fleet)).toEqual(['c1', 'c2']);
    expect(filesOf(fleet.clusters[0]!)).toEqual([
      'certs/tid-c1.local/root-cert.pem',
      'gitops/cart/clusters/c1/cart.yaml',
      'gitops/istio/clusters/c1/istio.yaml',
      'kind/c1.yaml',
    ]);
  });

  test('numbered files beside numbered clusters', () => {
    const fleet = discover({
      'helm/cluster1/values.yaml': values('cluster1'),
      'helm/cluster2/values.yaml': values('cluster2'),
      'apps/hello-dc1.yaml': object('Deployment', 'hello'),
      'apps/hello-dc2.yaml': object('Deployment', 'hello'),
      'apps/all.yaml': object('Service', 'hello'),
    });
    expect(filesOf(fleet.clusters[1]!)).toEqual(['apps/all.yaml', 'apps/hello-dc2.yaml', 'helm/cluster2/values.yaml']);
  });

  test('a file that names another cluster stays where it lies', () => {
    const fleet = discover({
      'clusters/east/istio.yaml': operator('east'),
      'clusters/east/west-cart.yaml': object('Service', 'w'),
      'clusters/west/istio.yaml': operator('west'),
    });
    expect(filesOf(fleet.clusters[0]!)).toEqual(['clusters/east/istio.yaml', 'clusters/east/west-cart.yaml']);
  });
});

describe('external control planes', () => {
  const external = (id: string): string => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istiod, namespace: istiod-of-mesh }
spec:
  profile: empty
  components:
    pilot: { enabled: true, k8s: { env: [{ name: EXTERNAL_ISTIOD, value: "true" }, { name: CLUSTER_ID, value: ${id} }] } }
`;
  const remote = (id: string): string => operator(id).replace('spec:', 'spec:\n  profile: external');

  test('the cluster that runs it is one beside those of the mesh, whatever it is called', () => {
    const fleet = discover({
      'control/istiod.yaml': external('stage'),
      'stage/istio.yaml': remote('stage'),
      'annex/istio.yaml': remote('annex'),
      'dashboards/grafana.yaml': object('ConfigMap', 'grafana'),
    });
    expect(names(fleet)).toEqual(['annex', 'control', 'stage']);
  });
});

describe('scenarios', () => {
  test('directories that install the same clusters are meshes of their own', () => {
    const fleet = discover({
      'public-lb/cluster1/istio.yaml': operator('cluster1'),
      'public-lb/cluster2/istio.yaml': operator('cluster2'),
      'private-lb/cluster1/istio.yaml': operator('cluster1'),
      'private-lb/cluster2/istio.yaml': operator('cluster2'),
      'external/hub-cluster/istio.yaml': operator(undefined, 'n1'),
      'external/remote-cluster/istio.yaml': operator(undefined, 'n2'),
    });
    expect(fleet.clusters.map(({ name, scenario }) => [name, scenario])).toEqual([
      ['external/hub-cluster', 'external'],
      ['external/remote-cluster', 'external'],
      ['private-lb/cluster1', 'private-lb'],
      ['private-lb/cluster2', 'private-lb'],
      ['public-lb/cluster1', 'public-lb'],
      ['public-lb/cluster2', 'public-lb'],
    ]);
  });

  test('a model whose files name no id is found by the names of the others', () => {
    expect(
      clustersOf({
        'a/cluster1/istio.yaml': operator('cluster1'),
        'a/cluster2/istio.yaml': operator('cluster2'),
        'b/cluster1/istio.yaml': operator('cluster1', 'n'),
        'b/cluster2/istio.yaml': operator(undefined, 'n'),
      }),
    ).toEqual(['a/cluster1', 'a/cluster2', 'b/cluster1', 'b/cluster2']);
  });

  test('a single cluster beside a directory of clusters', () => {
    expect(
      clustersOf({
        'fleet/prod/east/i.yaml': operator('prod-east'),
        'fleet/prod/west/i.yaml': operator('prod-west'),
        'fleet/dev/solo/i.yaml': operator('dev-east'),
      }),
    ).toEqual(['dev', 'east', 'west']);
  });
});

describe('a file per cluster', () => {
  test('prefix and suffix, shared files beside them', () => {
    const fleet = discover({
      'istio/east-operator.yaml': operator('east'),
      'istio/west-operator.yaml': operator('west'),
      'istio/east-west-gateway.yaml': object('Service', 'gateway', 'istio-system'),
      'istio/expose.yaml': object('ConfigMap', 'expose'),
      'apps/cart-east.yaml': object('Deployment', 'cart'),
      'apps/cart-west.yaml': object('Deployment', 'cart'),
      'apps/sleep.yaml': object('Deployment', 'sleep'),
      'docs/sample.yaml': object('Service', 'doc'),
    });
    expect(named(fleet)).toEqual({
      east: [
        'apps/cart-east.yaml',
        'apps/sleep.yaml',
        'istio/east-operator.yaml',
        'istio/east-west-gateway.yaml',
        'istio/expose.yaml',
      ],
      west: [
        'apps/cart-west.yaml',
        'apps/sleep.yaml',
        'istio/east-west-gateway.yaml',
        'istio/expose.yaml',
        'istio/west-operator.yaml',
      ],
    });
    expect(fleet.clusters.map(sharedIn)).toEqual([
      ['sleep', 'gateway', 'expose'],
      ['sleep', 'gateway', 'expose'],
    ]);
  });

  test('called after the id, where words of the file name are all that tells them apart', () => {
    const fleet = discover({
      'yaml/002-region-one.yaml': operator('aks-one'),
      'yaml/002-region-two.yaml': operator('aks-two'),
      'yaml/001-log.yaml': operator(undefined),
    });
    expect(named(fleet)).toEqual({
      'aks-one': ['yaml/001-log.yaml', 'yaml/002-region-one.yaml'],
      'aks-two': ['yaml/001-log.yaml', 'yaml/002-region-two.yaml'],
    });
    expect(fleet.clusters[0]!.values.toSorted((a, b) => a.layer - b.layer).map(({ shared }) => shared)).toEqual([
      true,
      false,
    ]);
  });

  test('values files of several charts', () => {
    const fleet = discover({
      'charts/istiod/Chart.yaml':
        'name: my-istiod\ndependencies: [{ name: istiod, version: 1.24.1, repository: https://istio.example/charts }]\n',
      'charts/istiod/values-base.yaml': 'istiod: { meshConfig: { trustDomain: shop } }\n',
      'charts/istiod/values-east.yaml': `istiod: { ${'global: { network: n1, multiCluster: { clusterName: east } }'} }\n`,
      'charts/istiod/values-west.yaml': `istiod: { ${'global: { network: n2, multiCluster: { clusterName: west } }'} }\n`,
      'charts/cart/values.yaml': 'image: cart\n',
      'charts/cart/values-east.yaml': 'replicas: 1\n',
      'charts/cart/values-west.yaml': 'replicas: 2\n',
    });
    expect(names(fleet)).toEqual(['east', 'west']);
    const east = fleet.clusters[0]!;
    expect(east.values.map(({ chart, version, shared }) => [chart, version, shared])).toEqual([
      ['istiod', '1.24.1', true],
      ['istiod', '1.24.1', false],
    ]);
    expect(new Set(east.values.map(({ installation }) => installation)).size).toBe(1);
    expect(east.values[1]!.layer).toBeGreaterThan(east.values[0]!.layer);
    expect(filesOf(east)).toContain('charts/cart/values-east.yaml');
    expect(filesOf(east)).not.toContain('charts/cart/values-west.yaml');
  });

  test('files called after clusters that state the same id', () => {
    expect(clustersOf({ 'istio/istiod-east.yaml': values('east'), 'istio/istiod-west.yaml': values('east') })).toEqual([
      'east',
      'west',
    ]);
  });

  test('parts of one cluster that disagree are no clusters', () => {
    expect(
      clustersOf({
        'istio/istiod.yaml': values('east'),
        'istio/gateway.yaml': 'global: { multiCluster: { clusterName: eats } }\nnetworkGateway: n\n',
      }),
    ).toHaveLength(1);
  });
});

describe('no sign of several clusters', () => {
  test('one cluster, called after its id, with a note', () => {
    const fleet = discover({ 'istio.yaml': operator('east'), 'apps/a.yaml': object('Service', 'cart') });
    expect(named(fleet)).toEqual({ east: ['apps/a.yaml', 'istio.yaml'] });
    expect(fleet.notes[0]!.message).toContain('one cluster east');
  });

  test('a template for any number of clusters never names one', () => {
    const fleet = discover(
      {
        'fleet/istio/cluster.yaml': operator('istio-so{i}', 'network{i}'),
        'fleet/clusters/app.yaml': object('Service', 'cart'),
      },
      { paths: ['fleet'] },
    );
    expect(names(fleet)).toEqual(['fleet']);
    expect(fleet.notes[0]!.message).toContain('template');
  });

  test('no files, no cluster', () => {
    expect(discover({ 'readme.txt': 'nothing' }).clusters).toEqual([]);
  });

  test('clusters that hold one cluster only', () => {
    expect(names(discover({ 'clusters/east/a.yaml': object('Service', 'cart') }, { paths: ['clusters'] }))).toEqual([
      'east',
    ]);
  });
});

describe('what was given', () => {
  test('several directories are a cluster each', () => {
    const tree = {
      'a/east/x.yaml': object('Service', 'x'),
      'b/west/y.yaml': object('Service', 'y'),
      'b/base/z.yaml': object('Service', 'z'),
    };
    const fleet = discover(tree, { paths: ['a/east', 'b/west', 'b/base'] });
    expect(named(fleet)).toEqual({
      east: ['a/east/x.yaml', 'b/base/z.yaml'],
      west: ['b/base/z.yaml', 'b/west/y.yaml'],
    });
  });

  test('unless one contains several', () => {
    const tree = {
      'istio/east.yaml': operator('east'),
      'istio/west.yaml': operator('west'),
      'apps/cart.yaml': object('Service', 'cart'),
    };
    expect(names(discover(tree, { paths: ['istio', 'apps'] }))).toEqual(['east', 'west']);
  });

  test('explicit clusters take globs and directories, and share what several hold', () => {
    const tree = {
      'x/a-east.yaml': object('Service', 'a'),
      'x/a-west.yaml': object('Service', 'b'),
      'base/c.yaml': object('Service', 'c'),
      'rest.yaml': object('Service', 'd'),
    };
    const clusters = [
      { name: 'west', paths: ['**/*-west.yaml', 'base/'] },
      { name: 'east', paths: ['x/*-{east,north}.yaml', './base'] },
      { name: 'none', paths: ['nowhere'] },
    ];
    const fleet = discover(tree, { clusters });
    expect(named(fleet)).toEqual({
      east: ['base/c.yaml', 'x/a-east.yaml'],
      none: [],
      west: ['base/c.yaml', 'x/a-west.yaml'],
    });
    expect(sharedIn(fleet.clusters[0])).toEqual(['c']);
    expect(fleet.notes.map(({ message }) => message)).toEqual([
      'cluster none has no files: nothing below nowhere',
      expect.stringMatching(/^1 file belongs to none of the clusters that are listed and was not checked: /),
    ]);
    expect(sharedIn(discover(tree, { clusters, shareRest: true }).clusters[0])).toEqual(['c', 'd']);
  });

  test('standard input', () => {
    const fleet = discover({}, { paths: ['-'], stdin: operator('east') });
    expect(named(fleet)).toEqual({ east: ['<stdin>'] });
  });
});

describe('files that clusters use', () => {
  test('an Application takes its directory into the cluster that holds it', () => {
    const application =
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: cart }\nspec: { source: { repoURL: "https://git.example/r", path: apps/cart }, destination: { server: "https://kubernetes.default.svc", namespace: shop } }\n';
    const fleet = discover({
      'clusters/east/istio.yaml': operator('east'),
      'clusters/east/cart.yaml': application,
      'clusters/west/istio.yaml': operator('west'),
      'apps/cart/service.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: cart }\n',
    });
    expect(fleet.clusters.map(sharedIn)).toEqual([['cart'], []]);
    expect(fleet.clusters[0]!.resources.ofKind('Service')[0]!.namespace).toBe('shop');
  });

  test('a Flux Kustomization does too', () => {
    const flux =
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: apps }\nspec: { path: ./apps/base, targetNamespace: shop }\n';
    const fleet = discover({
      'clusters/east/istio.yaml': operator('east'),
      'clusters/west/istio.yaml': operator('west'),
      'clusters/west/apps.yaml': flux,
      'apps/base/service.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: cart }\n',
    });
    expect(fleet.clusters.map(sharedIn)).toEqual([[], ['cart']]);
  });

  test('base beside clusters is shared by its name, other directories are not', () => {
    const fleet = discover({
      'clusters/east/istio.yaml': operator('east'),
      'clusters/west/istio.yaml': operator('west'),
      'base/a.yaml': object('Service', 'a'),
      'tools/b.yaml': object('Service', 'b'),
    });
    expect(fleet.clusters.map(sharedIn)).toEqual([['a'], ['a']]);
  });
});

test('the order of files does not matter', () => {
  const tree = { 'z/istio.yaml': operator('z'), 'a/istio.yaml': operator('a'), 'm/istio.yaml': operator('m') };
  const turned = Object.fromEntries(Object.entries(tree).toReversed());
  expect(clustersOf(tree)).toEqual(['a', 'm', 'z']);
  expect(clustersOf(turned)).toEqual(['a', 'm', 'z']);
});

describe('fleets with several directories of clusters', () => {
  const tree = {
    'clusters/us/c1/i.yaml': operator('c1'),
    'clusters/us/c2/i.yaml': operator('c2'),
    'clusters/us/common/a.yaml': object('Service', 'us-only'),
    'clusters/eu/c3/i.yaml': operator('c3'),
    'clusters/eu/c4/i.yaml': operator('c4'),
    'clusters/common/b.yaml': object('Service', 'for-all'),
    'base/c.yaml': object('Service', 'base'),
  };

  test('are one, with what each of them shares', () => {
    const fleet = discover(tree);
    expect(fleet.clusters.map(({ name, scenario }) => [name, scenario])).toEqual([
      ['c1', ''],
      ['c2', ''],
      ['c3', ''],
      ['c4', ''],
    ]);
    expect(sharedIn(fleet.clusters[0])).toEqual(['base', 'for-all', 'us-only']);
    expect(sharedIn(fleet.clusters[2])).toEqual(['base', 'for-all']);
  });

  test('stages are meshes of their own', () => {
    const fleet = discover({ 'environments/dev/i.yaml': operator('c'), 'environments/prod/i.yaml': operator('c') });
    expect(fleet.clusters.map(({ name, scenario }) => [name, scenario])).toEqual([
      ['dev', 'dev'],
      ['prod', 'prod'],
    ]);
    expect(fleet.notes[0]!.message).toContain('stages');
  });
});

test('values of other charts that ask for a cluster name make no clusters', () => {
  expect(
    clustersOf({
      'addons/autoscaler.yaml': 'clusterName: eks-a\nreplicas: 1\n',
      'addons/balancer.yaml': 'clusterName: eks-b\nreplicas: 1\n',
      'istio/istiod.yaml': values('a'),
    }),
  ).toEqual(['a']);
});

test('a directory that is called like a cluster but holds several is none', () => {
  const fleet = discover({
    'demo-eks/clusters/east/i.yaml': operator('east'),
    'demo-eks/clusters/west/i.yaml': operator('west'),
    'other-cluster/apps/a.yaml': systemNamespace('n1'),
  });
  expect(names(fleet)).toEqual(['east', 'west']);
});

test('directories of one cluster that state the same objects are no clusters', () => {
  const service = object('Service', 'istiod', 'istio-system');
  expect(
    clustersOf({ 'a/istio.yaml': operator('east'), 'rendered/b.yaml': service, 'reference/c.yaml': service }),
  ).toEqual(['east']);
});
