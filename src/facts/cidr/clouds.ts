// What clusters of clouds are told: GKE, EKS, AKS.
import type { Cluster, Path, Resource } from '../../model/index.ts';
import { get, list, text } from '../../model/index.ts';
import type { CidrStatement } from './fields.ts';
import { read } from './fields.ts';

export const containerCluster = (resource: Resource, cluster: Cluster): readonly CidrStatement[] => {
  const policy = ['spec', 'ipAllocationPolicy'];
  const field = (of: 'pods' | 'services', block: string, rangeName: string): readonly CidrStatement[] => {
    const blocks = read(resource, { of, tier: 'declared', source: `GKE ${block}`, path: [...policy, block] });
    const name = text(get(resource.value, ...policy, rangeName));
    return blocks.length > 0 || name === undefined ? blocks : secondaryRange(cluster, name, of);
  };
  const pods = field('pods', 'clusterIpv4CidrBlock', 'clusterSecondaryRangeName');
  return [
    ...(pods.length > 0
      ? pods
      : read(resource, {
          of: 'pods',
          tier: 'declared',
          source: 'GKE clusterIpv4Cidr',
          path: ['spec', 'clusterIpv4Cidr'],
        })),
    ...field('services', 'servicesIpv4CidrBlock', 'servicesSecondaryRangeName'),
  ];
};

/** The range of that name, where the loaded subnetworks have exactly one. */
const secondaryRange = (cluster: Cluster, name: string, of: 'pods' | 'services'): readonly CidrStatement[] => {
  const found = cluster.resources.ofKind('ComputeSubnetwork').flatMap((subnet) =>
    list(get(subnet.value, 'spec', 'secondaryIpRange')).flatMap((range, index) =>
      get(range, 'rangeName') === name
        ? read(subnet, {
            of,
            tier: 'declared',
            source: `subnetwork range ${name}`,
            path: ['spec', 'secondaryIpRange', index, 'ipCidrRange'],
          })
        : [],
    ),
  );
  return found.length === 1 ? found : [];
};

export const crossplaneGke = (resource: Resource): readonly CidrStatement[] => {
  const base = ['spec', 'forProvider', 'ipAllocationPolicy'];
  // A list of one in v1beta1, an object in v1beta2.
  const path: Path = Array.isArray(get(resource.value, ...base)) ? [...base, 0] : base;
  return [
    ...read(resource, {
      of: 'pods',
      tier: 'declared',
      source: 'GKE clusterIpv4CidrBlock',
      path: [...path, 'clusterIpv4CidrBlock'],
    }),
    ...read(resource, {
      of: 'services',
      tier: 'declared',
      source: 'GKE servicesIpv4CidrBlock',
      path: [...path, 'servicesIpv4CidrBlock'],
    }),
  ];
};

export const eksctl = (resource: Resource): readonly CidrStatement[] => [
  ...(get(resource.value, 'vpc', 'id') === undefined && get(resource.value, 'vpc', 'subnets') === undefined
    ? read(resource, { of: 'pods', tier: 'declared', source: 'eksctl vpc.cidr', path: ['vpc', 'cidr'] })
    : []),
  ...read(resource, {
    of: 'services',
    tier: 'declared',
    source: 'eksctl serviceIPv4CIDR',
    path: ['kubernetesNetworkConfig', 'serviceIPv4CIDR'],
  }),
];

export const azure = (resource: Resource, base: readonly string[]): readonly CidrStatement[] => {
  const found = get(resource.value, ...base);
  if (found === undefined) return [];
  const path: Path = Array.isArray(found) ? [...base, 0] : base;
  const profile = get(resource.value, ...path);
  const overlay = get(profile, 'networkPluginMode') === 'overlay' || get(profile, 'networkPlugin') === 'kubenet';
  const field = (
    of: 'pods' | 'services',
    name: string,
    otherwise: readonly string[] | undefined,
  ): readonly CidrStatement[] => {
    const several = read(resource, { of, tier: 'declared', source: `AKS ${name}s`, path: [...path, `${name}s`] });
    return several.length > 0
      ? several
      : read(resource, { of, tier: 'declared', source: `AKS ${name}`, path: [...path, name], otherwise });
  };
  return [
    ...field('pods', 'podCidr', overlay ? ['10.244.0.0/16'] : undefined),
    ...field('services', 'serviceCidr', ['10.0.0.0/16']),
  ];
};
