// Miniature fleets, one for each deployment model of Istio's documentation.
import type { Mesh, MeshSettings } from '../../src/facts/mesh.ts';
import { groupClusters } from '../../src/facts/mesh.ts';
import type { Tree } from './fleet.ts';
import { fleetOf } from './fleet.ts';

export const SETTINGS: MeshSettings = {
  complete: [],
  now: new Date(0),
  uses: {},
  options: {},
  meshes: undefined,
  istioVersion: undefined,
};

/** The meshes of a tree whose first path segments are clusters. */
export const grouped = (tree: Tree, settings: Partial<MeshSettings> = {}) =>
  groupClusters(fleetOf(tree), { ...SETTINGS, ...settings });

/** The only mesh of a tree. */
export const meshOf = (tree: Tree, settings: Partial<MeshSettings> = {}): Mesh => {
  const { meshes } = grouped(tree, settings);
  if (meshes.length !== 1) throw new Error(`${meshes.length} meshes`);
  return meshes[0]!;
};

export const operator = (spec: string, name = 'mesh'): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: { name: ${name}, namespace: istio-system }\nspec: ${spec}\n`;

export const primary = (id: string, network: string, more = ''): string =>
  operator(
    `{ values: { global: { meshID: mesh1, network: ${network}, multiCluster: { clusterName: ${id} } } }${more} }`,
  );

export const remote = (id: string, network: string, address = '192.0.2.1'): string =>
  operator(
    `{ profile: remote, values: { istiodRemote: { injectionPath: /inject/cluster/${id}/net/${network} }, global: { remotePilotAddress: ${address} } } }`,
  );

export const secret = (id: string, server = `https://${id}.example:6443`): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: istio-remote-secret-${id}, namespace: istio-system, labels: { istio/multiCluster: "true" } }\nstringData:\n  ${id}: |\n    clusters:\n    - cluster: { server: "${server}" }\n    users:\n    - user: { token: KEEP-ME-SECRET }\n`;

export const namespace = (annotation: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: istio-system, annotations: { topology.istio.io/controlPlaneClusters: ${annotation} } }\n`;

const gateway = (network: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: istio-eastwestgateway, namespace: istio-system, labels: { topology.istio.io/network: ${network} } }\nspec: { selector: { istio: eastwestgateway }, ports: [{ name: tls, port: 15443 }] }\n`;

const ambientGateway = (network: string): string =>
  `apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: ew, namespace: istio-system, labels: { topology.istio.io/network: ${network} } }\nspec: { gatewayClassName: istio-east-west, listeners: [{ name: mesh, port: 15008, protocol: HBONE }] }\n`;

const globalEntry =
  'apiVersion: networking.istio.io/v1alpha3\nkind: ServiceEntry\nmetadata: { name: cart-west, namespace: shop }\nspec: { hosts: [cart.shop.global], location: MESH_INTERNAL, ports: [{ number: 80, name: http }], resolution: DNS, addresses: [240.0.0.2] }\n';

const legacyRemote = `apiVersion: v1
kind: Service
metadata: { name: istio-pilot, namespace: istio-system }
spec: { clusterIP: None, ports: [{ port: 15010, name: grpc }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector, namespace: istio-system }
data:
  config: |
    template: |
      containers:
      - image: docker.io/istio/proxyv2:1.1.17
        env:
        - name: ISTIO_META_NETWORK
          value: net-west
`;

const passthrough =
  'apiVersion: networking.istio.io/v1alpha3\nkind: Gateway\nmetadata: { name: cluster-aware, namespace: istio-system }\nspec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, tls: { mode: AUTO_PASSTHROUGH }, hosts: ["*.local"] }] }\n';

/** Model name → tree. */
export const MODELS: Readonly<Record<string, Tree>> = {
  'multi-primary on one network': {
    'east/a.yaml': primary('east', 'net-1'),
    'east/s.yaml': secret('west'),
    'west/a.yaml': primary('west', 'net-1'),
    'west/s.yaml': secret('east'),
  },
  'multi-primary on several networks': {
    'east/a.yaml': primary('east', 'net-1'),
    'east/g.yaml': gateway('net-1'),
    'west/a.yaml': primary('west', 'net-2'),
    'west/g.yaml': gateway('net-2'),
  },
  'primary-remote on one network': {
    'east/a.yaml': primary('east', 'net-1'),
    'east/s.yaml': secret('west'),
    'west/a.yaml': remote('west', 'net-1'),
    'west/n.yaml': namespace('east'),
  },
  'primary-remote on several networks': {
    'east/a.yaml': primary('east', 'net-1'),
    'west/a.yaml': remote('west', 'net-2'),
  },
  'external control plane': {
    'outside/a.yaml': operator(
      '{ profile: empty, components: { pilot: { enabled: true, k8s: { env: [{ name: EXTERNAL_ISTIOD, value: "true" }, { name: CLUSTER_ID, value: "${CONFIG}" }] } } }, values: { global: { caAddress: "$ADDRESS:15012" } } }',
    ),
    'config/a.yaml': operator(
      '{ profile: external, values: { pilot: { configMap: true }, istiodRemote: { injectionURL: "https://${ADDRESS}:15017/inject/:ENV:cluster=${CONFIG}:ENV:net=net-1" } } }',
    ),
    'second/a.yaml': operator(
      '{ profile: external, values: { istiodRemote: { injectionURL: "https://${ADDRESS}:15017/inject/:ENV:cluster=${SECOND}:ENV:net=net-2" } } }',
    ),
  },
  'shared control plane, several networks (Istio 1.1)': {
    'east/gateway.yaml': passthrough,
    'west/remote.yaml': legacyRemote,
  },
  'replicated control planes (.global)': {
    'east/a.yaml': operator('{ tag: 1.6.14 }'),
    'east/e.yaml': globalEntry,
    'west/a.yaml': operator('{ tag: 1.6.14 }'),
  },
  'ambient, multi-primary on several networks': {
    'east/a.yaml': primary('east', 'net-1', ', profile: ambient'),
    'east/g.yaml': ambientGateway('net-1'),
    'west/a.yaml': primary('west', 'net-2', ', profile: ambient'),
    'west/g.yaml': ambientGateway('net-2'),
  },
  'single cluster': { 'east/a.yaml': primary('east', 'net-1') },
  'federation of separate meshes': {
    'east/a.yaml': operator('{ values: { global: { meshID: mesh1 } } }'),
    'east/p.yaml':
      'apiVersion: federation.maistra.io/v1\nkind: ServiceMeshPeer\nmetadata: { name: west, namespace: istio-system }\nspec: { remote: { addresses: [west.example] } }\n',
    'west/a.yaml': operator('{ profile: default }'),
  },
  'unknown: no file says which clusters run a control plane': {
    'east/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { istio-injection: enabled } }\n',
    'west/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { istio-injection: enabled } }\n',
  },
};
