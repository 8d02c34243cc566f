// What network plugins are told: Calico, Cilium, flannel.
import type { Place, Resource, ValuesSource } from '../../model/index.ts';
import { filled, get, list } from '../../model/index.ts';
import type { CidrStatement } from './fields.ts';
import { read } from './fields.ts';

export const calicoInstallation = (resource: Resource): readonly CidrStatement[] => {
  const plugin = get(resource.value, 'spec', 'cni', 'type');
  const provider = get(resource.value, 'spec', 'kubernetesProvider');
  const calico = plugin === 'Calico' || (plugin === undefined && (provider === undefined || provider === ''));
  return [
    ...read(resource, {
      of: 'pods',
      tier: 'pool',
      source: 'Calico ipPools',
      path: ['spec', 'calicoNetwork', 'ipPools'],
      otherwise: calico ? CALICO : undefined,
    }),
    ...read(resource, {
      of: 'services',
      tier: 'declared',
      source: 'Calico serviceCIDRs',
      path: ['spec', 'serviceCIDRs'],
    }),
  ];
};

const CALICO = ['192.168.0.0/16'];

export const calicoPool = (resource: Resource): readonly CidrStatement[] => {
  const uses = list(get(resource.value, 'spec', 'allowedUses'));
  const forPods = uses.length === 0 || uses.includes('Workload');
  return get(resource.value, 'spec', 'disabled') === true || !forPods
    ? []
    : read(resource, { of: 'pods', tier: 'pool', source: 'Calico IPPool', path: ['spec', 'cidr'] });
};

export const calicoNode = (resource: Resource): readonly CidrStatement[] => {
  const containers = ['spec', 'template', 'spec', 'containers'];
  return list(get(resource.value, ...containers)).flatMap((container, at) => {
    const env = list(get(container, 'env'));
    const found = ['CALICO_IPV4POOL_CIDR', 'CALICO_IPV6POOL_CIDR'].flatMap((name) => {
      const index = env.findIndex((item) => get(item, 'name') === name);
      return index < 0
        ? []
        : read(resource, {
            of: 'pods',
            tier: 'pool',
            source: `calico-node ${name}`,
            path: [...containers, at, 'env', index, 'value'],
          });
    });
    if (found.length > 0 || get(container, 'name') !== 'calico-node') return found;
    return read(resource, {
      of: 'pods',
      tier: 'pool',
      source: 'calico-node',
      path: [...containers, at, 'env', 'CALICO_IPV4POOL_CIDR'],
      otherwise: CALICO,
    });
  });
};

/** Cilium hands out addresses of its own only in these modes; the first is its default. */
const CILIUM_POOLS = [undefined, 'cluster-pool', 'cluster-pool-v2beta'];

export const ciliumConfig = (resource: Resource): readonly CidrStatement[] => {
  if (!CILIUM_POOLS.includes(filled(get(resource.value, 'data', 'ipam')))) return [];
  const v4 = get(resource.value, 'data', 'enable-ipv4') !== 'false';
  return [
    ...read(resource, {
      of: 'pods',
      tier: 'pool',
      source: 'Cilium cluster-pool-ipv4-cidr',
      path: ['data', 'cluster-pool-ipv4-cidr'],
      otherwise: v4 ? CILIUM : undefined,
    }),
    ...read(resource, {
      of: 'pods',
      tier: 'pool',
      source: 'Cilium cluster-pool-ipv6-cidr',
      path: ['data', 'cluster-pool-ipv6-cidr'],
    }).filter(() => get(resource.value, 'data', 'enable-ipv6') === 'true'),
  ];
};

const CILIUM = ['10.0.0.0/8'];

export const ciliumValues = (source: ValuesSource): readonly CidrStatement[] => {
  if (source.chart !== 'cilium' || !CILIUM_POOLS.includes(filled(get(source.values, 'ipam', 'mode')))) return [];
  const document = { value: source.values, place: source.place, shared: source.shared };
  const operator = ['ipam', 'operator'];
  const old = read(document, {
    of: 'pods',
    tier: 'pool',
    source: 'Cilium clusterPoolIPv4PodCIDR',
    path: [...operator, 'clusterPoolIPv4PodCIDR'],
  });
  const v4 = get(source.values, 'ipv4', 'enabled') !== false;
  const v6 = get(source.values, 'ipv6', 'enabled') === true;
  return [
    ...(old.length > 0
      ? old
      : read(document, {
          of: 'pods',
          tier: 'pool',
          source: 'Cilium clusterPoolIPv4PodCIDRList',
          path: [...operator, 'clusterPoolIPv4PodCIDRList'],
          otherwise: v4 ? CILIUM : undefined,
        })),
    ...(v6
      ? read(document, {
          of: 'pods',
          tier: 'pool',
          source: 'Cilium clusterPoolIPv6PodCIDRList',
          path: [...operator, 'clusterPoolIPv6PodCIDRList'],
        })
      : []),
  ];
};

/** `net-conf.json` is JSON in a string. */
export const flannel = (resource: Resource): readonly CidrStatement[] => {
  const json = parseJson(get(resource.value, 'data', 'net-conf.json'));
  const place: Place = { ...resource.place, path: [...resource.place.path, 'data', 'net-conf.json'], inner: [] };
  const document = { value: json, place, shared: resource.shared };
  return [
    ...read(document, { of: 'pods', tier: 'pool', source: 'flannel Network', path: ['Network'] }),
    ...read(document, { of: 'pods', tier: 'pool', source: 'flannel IPv6Network', path: ['IPv6Network'] }),
  ];
};

const parseJson = (value: unknown): unknown => {
  try {
    return typeof value === 'string' ? JSON.parse(value) : undefined;
  } catch {
    return undefined;
  }
};
