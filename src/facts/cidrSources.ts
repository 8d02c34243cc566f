// The objects and files in which tools are told the address ranges of a cluster.
import type { Cluster, Path, Resource } from '../model/index.ts';
import { get, text } from '../model/index.ts';
import { azure, containerCluster, crossplaneGke, eksctl } from './cidr/clouds.ts';
import type { CidrStatement } from './cidr/fields.ts';
import { read } from './cidr/fields.ts';
import { k3d, K3S, kindDefaults, kubeadm, KUBESPRAY, looseConfig } from './cidr/installers.ts';
import { calicoInstallation, calicoNode, calicoPool, ciliumConfig, ciliumValues, flannel } from './cidr/pools.ts';

/** Everything that the files of a cluster say of its address ranges, in no particular order of strength. */
export const cidrStatements = (cluster: Cluster): readonly CidrStatement[] => [
  ...cluster.resources.all.flatMap((resource) => {
    const reader = Object.hasOwn(readers, resource.kind) ? readers[resource.kind] : undefined;
    return reader === undefined || !describesThisCluster(resource, cluster) ? [] : reader(resource, cluster);
  }),
  ...cluster.values.flatMap(ciliumValues),
  ...cluster.looseConfigs.flatMap(looseConfig),
];

/**
 * Management clusters hold objects that describe other clusters. Of several with different names only the
 * one named like this cluster describes it.
 */
const describesThisCluster = (resource: Resource, cluster: Cluster): boolean => {
  if (!CLUSTER_KINDS.has(resource.kind)) return true;
  const names = new Set(
    [...CLUSTER_KINDS]
      .flatMap((kind) => cluster.resources.ofKind(kind))
      .filter((held) => held.kind === resource.kind && held.group === resource.group)
      .map(nameOf),
  );
  return names.size === 1 || nameOf(resource) === cluster.name;
};

const CLUSTER_KINDS = new Set([
  'Cluster',
  'Shoot',
  'ContainerCluster',
  'KubernetesCluster',
  'ManagedCluster',
  'AWSManagedControlPlane',
  'AzureManagedControlPlane',
  'ClusterConfig',
]);

/** kind and k3d name their clusters outside metadata. */
const nameOf = (resource: Resource): string => resource.name || (text(resource.value['name']) ?? '');

type Reader = (resource: Resource, cluster: Cluster) => readonly CidrStatement[];

const readers: Readonly<Record<string, Reader>> = {
  ClusterConfiguration: (resource) => (resource.group === 'kubeadm.k8s.io' ? kubeadm(resource) : []),
  KubeProxyConfiguration: (resource) =>
    read(resource, { of: 'pods', tier: 'kube-proxy', source: 'kube-proxy clusterCIDR', path: ['clusterCIDR'] }),
  Cluster: (resource) => clusterObject(resource),
  Simple: (resource) => (resource.group === 'k3d.io' ? k3d(resource) : []),
  Installation: (resource) => (resource.group === 'operator.tigera.io' ? calicoInstallation(resource) : []),
  IPPool: (resource) => (resource.group.endsWith('projectcalico.org') ? calicoPool(resource) : []),
  DaemonSet: (resource) => (resource.name === 'calico-node' ? calicoNode(resource) : []),
  ConfigMap: (resource) =>
    resource.name === 'cilium-config'
      ? ciliumConfig(resource)
      : resource.name === 'kube-flannel-cfg'
        ? flannel(resource)
        : [],
  CiliumPodIPPool: (resource) => [
    ...read(resource, { of: 'pods', tier: 'pool', source: 'CiliumPodIPPool', path: ['spec', 'ipv4', 'cidrs'] }),
    ...read(resource, { of: 'pods', tier: 'pool', source: 'CiliumPodIPPool', path: ['spec', 'ipv6', 'cidrs'] }),
  ],
  ContainerCluster: (resource, cluster) => containerCluster(resource, cluster),
  ClusterConfig: (resource) => (resource.group === 'eksctl.io' ? eksctl(resource) : []),
  AWSManagedControlPlane: (resource) =>
    // Clusters that are placed in a VPC that exists take parts of its range.
    get(resource.value, 'spec', 'network', 'vpc', 'id') !== undefined
      ? []
      : [
          ...read(resource, {
            of: 'pods',
            tier: 'declared',
            source: 'VPC cidrBlock',
            path: ['spec', 'network', 'vpc', 'cidrBlock'],
          }),
          ...read(resource, {
            of: 'pods',
            tier: 'declared',
            source: 'secondaryCidrBlock',
            path: ['spec', 'secondaryCidrBlock'],
          }),
        ],
  KubernetesCluster: (resource) => azure(resource, ['spec', 'forProvider', 'networkProfile']),
  ManagedCluster: (resource) => (/azure/.test(resource.group) ? azure(resource, ['spec', 'networkProfile']) : []),
  Network: (resource) =>
    resource.group.endsWith('openshift.io')
      ? [
          ...read(resource, {
            of: 'pods',
            tier: 'declared',
            source: 'OpenShift clusterNetwork',
            path: ['spec', 'clusterNetwork'],
          }),
          ...read(resource, {
            of: 'services',
            tier: 'declared',
            source: 'OpenShift serviceNetwork',
            path: ['spec', 'serviceNetwork'],
          }),
        ]
      : [],
  Shoot: (resource) => [
    ...read(resource, { of: 'pods', tier: 'declared', source: 'Shoot pods', path: ['spec', 'networking', 'pods'] }),
    ...read(resource, {
      of: 'services',
      tier: 'declared',
      source: 'Shoot services',
      path: ['spec', 'networking', 'services'],
    }),
  ],
  Node: (resource) => {
    const several = read(resource, {
      of: 'pods',
      tier: 'node',
      source: `Node ${resource.name}`,
      path: ['spec', 'podCIDRs'],
    });
    return several.length > 0
      ? several
      : read(resource, { of: 'pods', tier: 'node', source: `Node ${resource.name}`, path: ['spec', 'podCIDR'] });
  },
};

/** `kind: Cluster` is the word of many tools. */
const clusterObject = (resource: Resource): readonly CidrStatement[] => {
  const declared = (
    of: 'pods' | 'services',
    source: string,
    path: Path,
    otherwise?: readonly string[],
  ): readonly CidrStatement[] => read(resource, { of, tier: 'declared', source, path, otherwise });
  switch (resource.group) {
    case 'kind.x-k8s.io': {
      const [pods, services] = kindDefaults(get(resource.value, 'networking', 'ipFamily'));
      return [
        ...declared('pods', 'kind podSubnet', ['networking', 'podSubnet'], pods),
        ...declared('services', 'kind serviceSubnet', ['networking', 'serviceSubnet'], services),
      ];
    }
    case 'cluster.x-k8s.io':
      return [
        ...declared('pods', 'Cluster API pods', ['spec', 'clusterNetwork', 'pods', 'cidrBlocks']),
        ...declared('services', 'Cluster API services', ['spec', 'clusterNetwork', 'services', 'cidrBlocks']),
      ];
    case 'provisioning.cattle.io':
      return get(resource.value, 'spec', 'rkeConfig') === undefined
        ? []
        : [
            ...declared(
              'pods',
              'Rancher cluster-cidr',
              ['spec', 'rkeConfig', 'machineGlobalConfig', 'cluster-cidr'],
              K3S.pods,
            ),
            ...declared(
              'services',
              'Rancher service-cidr',
              ['spec', 'rkeConfig', 'machineGlobalConfig', 'service-cidr'],
              K3S.services,
            ),
          ];
    case 'kops.k8s.io':
    case 'kops': {
      const pods = declared('pods', 'kops podCIDR', ['spec', 'podCIDR']);
      return [
        ...(pods.length > 0
          ? pods
          : declared('pods', 'kops clusterCIDR', ['spec', 'kubeControllerManager', 'clusterCIDR'])),
        ...declared('services', 'kops serviceClusterIPRange', ['spec', 'serviceClusterIPRange']),
      ];
    }
    case 'kubekey.kubesphere.io':
      return [
        ...declared('pods', 'KubeKey kubePodsCIDR', ['spec', 'network', 'kubePodsCIDR'], KUBESPRAY.pods),
        ...declared('services', 'KubeKey kubeServiceCIDR', ['spec', 'network', 'kubeServiceCIDR'], KUBESPRAY.services),
      ];
    default:
      return resource.group.startsWith('container.gcp.') ? crossplaneGke(resource) : [];
  }
};
