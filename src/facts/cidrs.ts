import type { Cluster, Place } from '../model/index.ts';
import { comparePlaces, isTemplate } from '../model/index.ts';
import type { AddressRange } from './cidr.ts';
import { parseCidr } from './cidr.ts';
import { cidrStatements } from './cidrSources.ts';

/** One CIDR as a file names it. */
export interface CidrSighting {
  /** As written. */
  readonly value: string;
  readonly place: Place;
  /** `kind podSubnet`, `Calico IPPool`, … */
  readonly source: string;
  readonly tier: 'config' | 'declared' | 'pool' | 'kube-proxy' | 'node';
  /** The tool's default, because its file is there and does not name one. */
  readonly isDefault: boolean;
  readonly shared: boolean;
}

export interface CidrFact {
  readonly state: 'known' | 'unknown';
  readonly reason?: string | undefined;
  readonly sightings: readonly CidrSighting[];
}

/** A sighting that is a range of addresses. */
export interface SightedRange {
  readonly sighting: CidrSighting;
  readonly range: AddressRange;
}

export const podCidrs = (cluster: Cluster): CidrFact =>
  cidrFact(cluster, 'pods', cluster.settings.podCidrs, 'podCidrs');
export const serviceCidrs = (cluster: Cluster): CidrFact =>
  cidrFact(cluster, 'services', cluster.settings.serviceCidrs, 'serviceCidrs');

/** Every sighting that can be read as a range, of whatever tier. */
export const rangesOf = (sightings: readonly CidrSighting[]): readonly SightedRange[] =>
  sightings.flatMap((sighting) => {
    const range = parseCidr(sighting.value);
    return range === undefined ? [] : [{ sighting, range }];
  });

/**
 * The ranges that addresses are taken from: what mesh-lint.yaml says, else declared ranges and pools
 * together, else kube-proxy's clusterCIDR, else what the Nodes hold. A default counts only where nothing of
 * its tier is written down.
 */
export const rangesInForce = (fact: CidrFact): readonly SightedRange[] => {
  const ranges = rangesOf(fact.sightings);
  for (const tiers of TIERS) {
    const held = ranges.filter(({ sighting }) => tiers.includes(sighting.tier));
    const written = held.filter(({ sighting }) => !sighting.isDefault);
    if (written.length > 0) return written;
    // Something is said, but is a template or a bare mask.
    if (fact.sightings.some((sighting) => tiers.includes(sighting.tier) && !sighting.isDefault)) return [];
    if (held.length > 0) return held;
  }
  return [];
};

const TIERS: readonly (readonly CidrSighting['tier'][])[] = [
  ['config'],
  ['declared', 'pool'],
  ['kube-proxy'],
  ['node'],
];
const RANK: Readonly<Record<CidrSighting['tier'], number>> = {
  config: 0,
  declared: 1,
  pool: 2,
  'kube-proxy': 3,
  node: 4,
};

const cidrFact = (
  cluster: Cluster,
  of: 'pods' | 'services',
  settings: readonly string[] | undefined,
  key: string,
): CidrFact => {
  const said = cidrStatements(cluster)
    .filter((statement) => statement.of === of)
    .map((statement) => statement.sighting)
    .toSorted((a, b) => RANK[a.tier] - RANK[b.tier] || comparePlaces(a.place, b.place));
  const sightings = [...configured(cluster, settings, key), ...said];
  if (sightings.some((sighting) => parseCidr(sighting.value) !== undefined)) return { state: 'known', sightings };
  const first = sightings[0];
  return {
    state: 'unknown',
    reason: first === undefined ? `no file names the ${of} of the cluster` : reasonOf(first),
    sightings,
  };
};

const reasonOf = (sighting: CidrSighting): string =>
  isTemplate(sighting.value)
    ? `${sighting.source} is the template ${sighting.value}`
    : `${sighting.source} is ${sighting.value}, which is no range of addresses`;

const configured = (
  cluster: Cluster,
  settings: readonly string[] | undefined,
  key: string,
): readonly CidrSighting[] => {
  const place = cluster.settings.place;
  if (settings === undefined || place === undefined) return [];
  return settings.map((value, index) => ({
    value,
    place: { ...place, path: [...place.path, key, index] },
    source: `mesh-lint.yaml ${key}`,
    tier: 'config',
    isDefault: false,
    shared: false,
  }));
};
