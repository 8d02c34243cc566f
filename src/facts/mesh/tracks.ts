import type { Cluster, Tri } from '../../model/index.ts';
import { filled, get } from '../../model/index.ts';
import type { Member, SetRole } from '../mesh.ts';
import { hidesKind } from '../sources.ts';

/** Kinds that hold objects of a role; those that a document which cannot be read may hide. */
const kindsOf = (role: SetRole): readonly string[] => {
  if (role.startsWith('service:')) return ['Service'];
  if (role.startsWith('workload:')) return [...CONTROLLERS];
  if (role.startsWith('config:')) return [role.slice('config:'.length)];
  return KINDS[role as FixedRole];
};

type FixedRole = Exclude<SetRole, `${string}:${string}`>;

const CONTROLLERS = [
  'Deployment',
  'DaemonSet',
  'StatefulSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Pod',
  'Rollout',
] as const;

const OPAQUE = ['SealedSecret', 'ExternalSecret', 'SecretProviderClass'] as const;

const KINDS: Readonly<Record<FixedRole, readonly string[]>> = {
  ca: ['Secret', ...OPAQUE, 'Certificate'],
  'remote-secret': ['Secret', ...OPAQUE],
  namespace: ['Namespace'],
  gateway: ['Service', 'Gateway', 'IstioOperator'],
  'mesh-config': ['ConfigMap', 'IstioOperator', 'Istio'],
  node: ['Node'],
  cidr: ['Node', 'IPPool', 'ClusterConfiguration', 'Cluster'],
  rbac: ['ClusterRole', 'ClusterRoleBinding', 'ServiceAccount'],
  crd: ['CustomResourceDefinition'],
};

/** Kinds of other groups that rules ask for by name. */
const ROUTES = ['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute', 'UDPRoute'] as const;

/** Words with a meaning in `complete`, beside the kinds that rules read. */
export const COMPLETE_WORDS: readonly string[] = [
  ...new Set(['config', 'service', 'workload', 'Service', ...CONTROLLERS, ...ROUTES, ...Object.entries(KINDS).flat(2)]),
];

/** Whether the cluster has an object of that role, opaque forms among them. */
export const holds = (member: Member, role: SetRole): boolean => {
  const { resources, cluster } = member;
  if (role.startsWith('service:'))
    return resources.inNamespace('Service', role.slice('service:'.length), '').length > 0;
  if (role.startsWith('workload:'))
    return CONTROLLERS.some((kind) => resources.inNamespace(kind, role.slice('workload:'.length)).length > 0);
  if (role.startsWith('config:'))
    return resources.ofKind(role.slice('config:'.length)).some((resource) => resource.group !== '');
  switch (role as FixedRole) {
    case 'ca':
      return holdsCa(cluster);
    case 'remote-secret':
      return member.remoteSecrets.length > 0;
    case 'namespace':
      return resources.ofKind('Namespace', '').length > 0;
    case 'gateway':
      return member.eastWestGateways.length > 0;
    case 'mesh-config':
      return cluster.meshConfigs.length > 0;
    case 'node':
      return resources.ofKind('Node', '').length > 0;
    case 'cidr':
      return member.podCidrs.sightings.length > 0;
    case 'rbac':
      return ['ClusterRole', 'ClusterRoleBinding', 'ServiceAccount'].some((kind) =>
        resources.ofKind(kind).some((resource) => resource.name.startsWith('istio-reader')),
      );
    case 'crd':
      return resources.ofKind('CustomResourceDefinition').some((resource) => resource.name.endsWith('.istio.io'));
  }
};

/** Secret `cacerts`, what will make it, its files, or another CA. */
const holdsCa = (cluster: Cluster): boolean => {
  const { resources } = cluster;
  const named = ['Secret', ...OPAQUE].some((kind) =>
    resources
      .ofKind(kind)
      .some((resource) => resource.name === 'cacerts' || get(resource.value, 'spec', 'target', 'name') === 'cacerts'),
  );
  if (named || cluster.settings.rootCA !== undefined) return true;
  if (resources.ofKind('Certificate').some((resource) => get(resource.value, 'spec', 'secretName') === 'cacerts'))
    return true;
  if (cluster.pemFiles.some((file) => file.name === 'root-cert.pem')) return true;
  return cluster.values.some(
    (source) => source.chart === 'istio-csr' || filled(get(source.values, 'global', 'caAddress')) !== undefined,
  );
};

/** A kind in `complete:` stands for the roles of its objects. */
export const isComplete = (complete: readonly string[], role: SetRole): boolean =>
  complete.some(
    (entry) => entry === role || kindsOf(role).includes(entry) || (entry === role.split(':')[0] && role.includes(':')),
  );

/** Whether the cluster holds anything of the layer to which objects of that role belong. */
const holdsLayer = (member: Member, role: SetRole): boolean => {
  const { cluster, resources } = member;
  const services = resources.ofKind('Service', '').length > 0;
  const workloads = CONTROLLERS.some((kind) => resources.ofKind(kind).length > 0);
  const install = isInstalled(cluster);
  if (role.startsWith('service:') || role.startsWith('workload:')) return services || workloads;
  if (role.startsWith('config:')) return (install && workloads) || hasIstioResources(cluster);
  if (role === 'node' || role === 'cidr')
    return (
      member.podCidrs.sightings.length > 0 || resources.ofKind('Node', '').length > 0 || cluster.looseConfigs.length > 0
    );
  return install || resources.ofKind('Secret', '').length > 0;
};

const isInstalled = (cluster: Cluster): boolean =>
  cluster.values.some((source) => source.chart !== 'cilium') ||
  cluster.meshConfigs.length > 0 ||
  cluster.injectors.length > 0 ||
  cluster.resources.ofKind('IstioOperator').length > 0 ||
  cluster.resources.ofKind('Deployment').some((deployment) => /^(istiod|istio-pilot)/.test(deployment.name));

/** Custom resources of Istio (not of its installers). */
const hasIstioResources = (cluster: Cluster): boolean =>
  [
    'VirtualService',
    'DestinationRule',
    'Gateway',
    'ServiceEntry',
    'PeerAuthentication',
    'AuthorizationPolicy',
    'Sidecar',
    'MeshPolicy',
    'Policy',
  ].some((kind) => cluster.resources.ofKind(kind).some((resource) => resource.group.endsWith('.istio.io')));

/** Whether the cluster provably lacks every object of the role; the caller knows that the mesh tracks it. */
export const lacks = (member: Member, role: SetRole, complete: boolean): Tri => {
  if (holds(member, role)) return 'no';
  if (hidesKind(member.cluster, kindsOf(role))) return 'unknown';
  return complete || holdsLayer(member, role) ? 'yes' : 'unknown';
};

/** Anything that tells of Istio: without it a directory is no member of a mesh (a tool's, a Terraform module's, docs). */
export const hasIstioEvidence = (member: Member): boolean => {
  const { cluster, resources } = member;
  if (Object.keys(cluster.settings).length > 0) return true;
  if (
    isInstalled(cluster) ||
    member.remoteSecrets.length > 0 ||
    cluster.meshNetworks.length > 0 ||
    cluster.pemFiles.length > 0
  )
    return true;
  return resources.all.some(
    (resource) =>
      /(^|\.)istio\.io$/.test(resource.group) ||
      resource.group === 'sailoperator.io' ||
      resource.namespace === 'istio-system' ||
      (resource.kind === 'Namespace' && resource.name === 'istio-system') ||
      resource.name === 'cacerts' ||
      mentionsIstio(resource.labels) ||
      mentionsIstio(resource.annotations) ||
      mentionsIstio(get(resource.value, 'spec', 'template', 'metadata', 'labels')) ||
      mentionsIstio(get(resource.value, 'spec', 'template', 'metadata', 'annotations')),
  );
};

const mentionsIstio = (map: unknown): boolean =>
  typeof map === 'object' &&
  map !== null &&
  Object.keys(map).some((key) => /(^|\.)istio\.io\/|^istio-injection$|^istio\/multiCluster$/.test(key));

/** `namespace/name` of the Services of a cluster, and the namespaces that hold workloads: what twins in a mesh share. */
export const placesOfServices = (member: Member): readonly string[] => [
  ...member.resources.ofKind('Service', '').map((service) => `${service.namespace ?? ''}/${service.name}`),
  ...CONTROLLERS.flatMap((kind) => member.resources.ofKind(kind)).flatMap((workload) =>
    workload.namespace === undefined || workload.namespace === 'default' || workload.namespace.startsWith('kube-')
      ? []
      : [workload.namespace],
  ),
];
