import type { Member, Mesh } from '../facts/mesh.ts';
import type { Root } from '../facts/roots.ts';
import type { CidrFact } from '../facts/cidrs.ts';
import { formatLocality } from '../facts/localities.ts';
import type { Fact, Place, Sighting } from '../model/index.ts';

/** One fact of one cluster, ready to be shown. Values are text, numbers, booleans or lists of them. */
export interface FactRow {
  readonly name: string;
  readonly state: 'known' | 'conflict' | 'unknown' | 'absent';
  readonly value: Shown | undefined;
  /** Why it is unknown, or what the value rests on. */
  readonly reason: string | undefined;
  readonly sightings: readonly {
    readonly value: Shown;
    readonly place: Place;
    readonly source: string;
    readonly shared: boolean;
  }[];
}

export type Shown = string | number | boolean | readonly string[];

/** All facts of a cluster in a fixed order. Secrets never appear: of certificates the fingerprint, of kubeconfigs the server. */
export const factRows = (mesh: Mesh, member: Member): readonly FactRow[] => [
  versionRow(mesh, member),
  roleRow(mesh, member),
  row('clusterId', mesh.idOf(member), (value) => value),
  networkRow(member),
  row('meshId', member.meshId, (value) => value),
  row('istioNamespace', member.istioNamespace, (value) => value),
  row('rootNamespace', member.rootNamespace, (value) => value),
  row('trustDomain', member.trustDomain, (value) => value),
  row('trustDomainAliases', member.trustDomainAliases, (value) => value),
  row('clusterDomain', member.clusterDomain, (value) => value),
  row('rootCertificates', member.roots.fact, rootNames),
  row('extraRoots', member.roots.extra, rootNames),
  cidrRow('podCidrs', member.podCidrs),
  cidrRow('serviceCidrs', member.serviceCidrs),
  row('meshNetworks', member.meshNetworks, (networks) => networks.map((network) => network.name)),
  secretsRow(member),
  gatewaysRow(member),
  row('dnsCapture', member.dnsCapture.mesh, (value) => value),
  row('autoMtls', member.autoMtls, (value) => value),
  row('meshMtlsEnabled', member.meshMtlsEnabled, (value) => value),
  localitiesRow(member),
  workloadsRow(member),
];

/** `1.20`, `1.18 to 1.30`. */
export const minorsText = (minors: { readonly low: number; readonly high: number }): string =>
  minors.low === minors.high ? `1.${minors.low}` : `1.${minors.low} to 1.${minors.high}`;

const row = <T>(name: string, fact: Fact<T>, show: (value: T) => Shown): FactRow => {
  const sightings = 'sightings' in fact ? (fact.sightings ?? []) : [];
  const byDefault = fact.state === 'known' && fact.isDefault === true;
  return {
    name,
    state: fact.state,
    value: fact.state === 'known' || fact.state === 'conflict' ? show(fact.value) : undefined,
    reason: fact.state === 'unknown' ? fact.reason : byDefault ? 'the default' : undefined,
    sightings: sightings.map((sighting) => shownSighting(sighting, show)),
  };
};

const shownSighting = <T>(sighting: Sighting<T>, show: (value: T) => Shown): FactRow['sightings'][number] => ({
  value: show(sighting.value),
  place: sighting.place,
  source: sighting.source,
  shared: sighting.shared === true,
});

const rootNames = (roots: readonly Root[]): readonly string[] =>
  roots.map((root) => (root.subject === undefined ? shortId(root.id) : `${shortId(root.id)} (${root.subject})`));

/** The first 8 digits of a fingerprint; symbols stay whole. */
export const shortId = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 8) : id);

const versionRow = (mesh: Mesh, member: Member): FactRow => {
  const { minors, assumed } = mesh.versionOf(member);
  const { places, fact } = member.istioVersion;
  const own = fact.state === 'known';
  return {
    name: 'istioVersion',
    state: assumed ? 'unknown' : 'known',
    value: minorsText(minors),
    reason: own ? undefined : assumed ? `no file names it: ${minorsText(minors)} assumed` : 'what the mesh runs',
    sightings: places.map((sighting) => ({
      value: sighting.written,
      place: sighting.place,
      source: sighting.source,
      shared: sighting.shared === true,
    })),
  };
};

const roleRow = (mesh: Mesh, member: Member): FactRow => {
  const own = member.controlPlaneRole;
  const role = mesh.roleOf(member);
  const told = own.role === role ? own.reason : 'what the other clusters tell';
  return {
    name: 'controlPlaneRole',
    state: role === 'unknown' ? 'unknown' : 'known',
    value: role === 'unknown' ? undefined : role,
    reason: told,
    sightings: own.sightings.map((sighting) => shownSighting(sighting, (value) => value)),
  };
};

const networkRow = (member: Member): FactRow => {
  const base = row('network', member.network.fact, (value) => value);
  const sightings = member.network.places.map((sighting) => shownSighting(sighting, (value) => value));
  return sightings.length > 0 ? { ...base, sightings } : base;
};

const cidrRow = (name: string, fact: CidrFact): FactRow => ({
  name,
  state: fact.state,
  value: fact.state === 'known' ? [...new Set(fact.sightings.map((sighting) => sighting.value))] : undefined,
  reason: fact.reason,
  sightings: fact.sightings.map((sighting) => ({
    value: sighting.value,
    place: sighting.place,
    source: sighting.isDefault ? `${sighting.source} (default)` : sighting.source,
    shared: sighting.shared,
  })),
});

const secretsRow = (member: Member): FactRow => {
  const held = member.remoteSecrets;
  return {
    name: 'remoteSecrets',
    state: held.length > 0 ? 'known' : 'unknown',
    value: held.length > 0 ? held.map((secret) => secret.key ?? secret.hint ?? '?') : undefined,
    reason: held.length > 0 ? undefined : 'no remote secret among the files',
    sightings: held.map((secret) => ({
      value: secret.key ?? secret.hint ?? '?',
      place: secret.place,
      source: `${secret.resource.kind} ${secret.resource.name}${secret.server === undefined ? '' : ` for ${secret.server}`}`,
      shared: secret.resource.shared,
    })),
  };
};

const gatewaysRow = (member: Member): FactRow => {
  const held = member.eastWestGateways;
  return {
    name: 'eastWestGateways',
    state: held.length > 0 ? 'known' : 'unknown',
    value: held.length > 0 ? [...new Set(held.map((gateway) => gateway.name))] : undefined,
    reason: held.length > 0 ? undefined : 'no east-west gateway among the files',
    sightings: held.map((gateway) => ({
      value: gateway.network === '' ? gateway.name : `${gateway.name} of network ${gateway.network}`,
      place: gateway.place,
      source: gateway.evidence,
      shared: gateway.shared,
    })),
  };
};

const localitiesRow = (member: Member): FactRow => {
  const { state, reason, localities } = member.localities;
  return {
    name: 'localities',
    state,
    value: state === 'known' ? localities.map(formatLocality) : undefined,
    reason,
    sightings: localities.map((locality) => ({
      value: formatLocality(locality),
      place: locality.place,
      source: locality.source,
      shared: false,
    })),
  };
};

const workloadsRow = (member: Member): FactRow => {
  const held = member.workloads;
  const injected = held.filter((workload) => workload.injected === 'yes').length;
  const ambient = held.filter((workload) => workload.ambient === 'yes').length;
  const parts = [
    `${held.length}`,
    ...(injected > 0 ? [`${injected} with sidecar`] : []),
    ...(ambient > 0 ? [`${ambient} ambient`] : []),
  ];
  return { name: 'workloads', state: 'known', value: parts.join(', '), reason: undefined, sightings: [] };
};
