// Clusters that use the control plane of another one, and the ways there.
import type { EastWestGateway } from '../../facts/gateways.ts';
import { installedGateways } from '../../facts/installedGateways.ts';
import type { Member } from '../../facts/mesh.ts';
import { controlPlaneAddresses, isGatewaysOnly } from '../../facts/role.ts';
import { CONTROL_PLANE, injectionTargets, operatorSpecs, valueSightings } from '../../facts/sources.ts';
import type { Place, Resource, Sighting } from '../../model/index.ts';
import { filled, flag, get, integer, isTemplate, list } from '../../model/index.ts';
import { addressesOf } from '../gatewayTargets.ts';
import { oncePerMesh } from '../scope.ts';
import { isRemote } from './roles.ts';

/** A cluster without a control plane of its own and those that may serve it, in the order of names. */
export interface Remote {
  readonly member: Member;
  readonly primaries: readonly Member[];
}

export const remotesOf = oncePerMesh((mesh): readonly Remote[] =>
  mesh.members
    .filter((member) => isRemote(mesh, member))
    .map((member) => ({ member, primaries: mesh.primariesOf(member) })),
);

/** Primaries with the remotes that use them and no other, in the order of names. */
export const servedBy = oncePerMesh((mesh): ReadonlyMap<Member, readonly Member[]> => {
  const found = new Map<Member, Member[]>();
  for (const { member, primaries } of remotesOf(mesh)) {
    const primary = primaries[0];
    if (primary === undefined || primaries.length > 1) continue;
    const held = found.get(primary);
    if (held === undefined) found.set(primary, [member]);
    else held.push(member);
  }
  return found;
});

/** Ports on which a control plane is asked for configuration: 1.1-1.5, and from 1.5 on. */
const DISCOVERY_PORTS: ReadonlySet<number> = new Set([15010, 15011, 15012]);

/** A gateway (or istiod's own Service) through which other clusters may reach a control plane. */
export interface Entrance {
  readonly member: Member;
  readonly name: string;
  readonly place: Place;
  /** The Service, where it is not an operator or a chart that makes it. */
  readonly service: Resource | undefined;
  /** Addresses that files show; empty where a cloud gives one at run time. */
  readonly addresses: readonly string[];
}

const ADDRESS_ANNOTATIONS = [
  'external-dns.alpha.kubernetes.io/hostname',
  'metallb.universe.tf/loadBalancerIPs',
  'metallb.io/loadBalancerIPs',
];

/** What of a cluster is open to others and has a port of a control plane. */
export const entrancesTo = (member: Member): readonly Entrance[] => [
  ...member.resources.ofKind('Service', '').flatMap((service): readonly Entrance[] => {
    const type = filled(get(service.value, 'spec', 'type'));
    const isOpen =
      type === 'LoadBalancer' || type === 'NodePort' || get(service.value, 'spec', 'externalIPs') !== undefined;
    const ports = list(get(service.value, 'spec', 'ports')).map((port) => integer(get(port, 'port')));
    if (!isOpen || !ports.some(isDiscoveryPort)) return [];
    const annotated = ADDRESS_ANNOTATIONS.flatMap((key) => (service.annotations[key] ?? '').split(','));
    // The address of a node is not that of the Service.
    const addresses = type === 'NodePort' ? [] : concreteAddresses([...addressesOf(service), ...annotated]);
    return [{ member, name: service.name, place: service.place, service, addresses }];
  }),
  ...installedGateways(member.cluster).flatMap((gateway): readonly Entrance[] => {
    if (gateway.ports?.some(({ port }) => isDiscoveryPort(port)) !== true) return [];
    const addresses = concreteAddresses(statedAddresses(member, gateway));
    return [{ member, name: gateway.name, place: gateway.place, service: undefined, addresses }];
  }),
];

const isDiscoveryPort = (port: number | undefined): boolean => port !== undefined && DISCOVERY_PORTS.has(port);

const concreteAddresses = (written: readonly (string | undefined)[]): readonly string[] =>
  written.flatMap((address) => {
    const found = address?.trim() ?? '';
    return found === '' || isTemplate(found) ? [] : [found];
  });

/** What an operator (`k8s.service`) or a chart (`service`) says of the address of a gateway. */
const statedAddresses = (member: Member, gateway: EastWestGateway): readonly (string | undefined)[] => {
  const source = member.cluster.values.find((held) => held.place === gateway.place);
  const service =
    gateway.evidence === 'operator'
      ? get(gateway.resource?.value, ...gateway.place.path, 'k8s', 'service')
      : get(source?.values, 'service');
  return [filled(get(service, 'loadBalancerIP')), ...list(get(service, 'externalIPs')).map(filled)];
};

/** Where a remote cluster looks for its control plane; templates and names that mean its own Services are left out. */
export const addressesFor = (member: Member): readonly Sighting<string>[] =>
  controlPlaneAddresses(member.cluster).filter(
    ({ value }) => !isTemplate(value) && !/\.svc(\.|$)/.test(value) && isAddress(value),
  );

/** The entrance that a remote provably uses: one that has an address of its files. */
export const usedEntrance = (member: Member, primary: Member): Entrance | undefined => {
  const wanted = new Set(addressesFor(member).map(({ value }) => value));
  return entrancesTo(primary).find(({ addresses }) => addresses.some((address) => wanted.has(address)));
};

/** URLs that the webhooks of a cluster call in place of a Service. */
export const injectionUrls = (member: Member): ReturnType<typeof injectionTargets> =>
  injectionTargets(member.cluster).filter(({ host }) => host !== undefined && !/\.svc(\.|$)/.test(host));

/**
 * A remote cluster whose webhooks and root certificates an istiod of its own may see to: the local injector of 1.27+,
 * or an installation that is given an address but still brings an istiod (1.6-1.23).
 */
export const hasLocalIstiod = (member: Member): boolean =>
  valueSightings(member.cluster, CONTROL_PLANE, ['istiodRemote', 'enabledLocalInjectorIstiod']).some(
    ({ value }) => flag(value) === true,
  ) ||
  operatorSpecs(member.cluster).some(
    (operator) => bringsIstiod(operator.spec) && !isGatewaysOnly(operator, member.cluster),
  ) ||
  member.cluster.values.some(
    (source) =>
      source.origin !== 'IstioOperator' &&
      (source.chart === 'istiod' || source.chart === 'operator') &&
      bringsIstiod({ values: source.values, profile: get(source.object?.value, 'spec', 'profile') }),
  );

const bringsIstiod = (spec: Readonly<Record<string, unknown>>): boolean => {
  const profile = filled(spec['profile']) ?? filled(get(spec, 'values', 'profile')) ?? 'default';
  const enabled = flag(get(spec, 'components', 'pilot', 'enabled')) ?? flag(get(spec, 'values', 'pilot', 'enabled'));
  if (enabled !== undefined) return enabled;
  return (
    !['remote', 'external', 'empty'].includes(profile) && flag(get(spec, 'values', 'istiodRemote', 'enabled')) !== true
  );
};

/** `1.2.3.4`, each part below 256. */
export const isIpv4 = (address: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(address) && address.split('.').every((part) => Number(part) < 256);

export const isIpv6 = (address: string): boolean =>
  /^\[?[0-9a-f]*:[0-9a-f:.]*\]?$/i.test(address) && address.includes(':');

/** A name in the form of DNS with a dot in it; placeholders in capitals are none. */
export const isDnsName = (address: string): boolean =>
  !isIpv4(address) && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\.?$/.test(address);

/** Text that some cluster can use as an address: placeholders without braces are none. */
export const isAddress = (address: string): boolean => isIpv4(address) || isIpv6(address) || isDnsName(address);
