import type { Place } from './place.ts';

/** One place where something is said. */
export interface Sighting<T> {
  readonly value: T;
  readonly place: Place;
  /** What says it, in the words of the field: `Namespace label`, `values.global.network`, `CLUSTER_ID of istiod`. */
  readonly source: string;
  /** From files that several clusters share: never in conflict with the cluster's own files. */
  readonly shared?: boolean | undefined;
}

/**
 * What a cluster says of itself. `unknown` is "it may be said elsewhere"; `absent` is "the set holds the
 * objects that would say it, and they do not". Neither is ever reported as missing by itself.
 */
export type Fact<T> =
  | {
      readonly state: 'known';
      readonly value: T;
      readonly sightings: readonly Sighting<T>[];
      readonly isDefault?: boolean;
    }
  | { readonly state: 'conflict'; readonly value: T; readonly sightings: readonly Sighting<T>[] }
  | {
      readonly state: 'unknown';
      readonly reason: string;
      readonly place?: Place | undefined;
      readonly sightings?: readonly Sighting<T>[];
    }
  | { readonly state: 'absent' };

/** Yes, no, or not to be told from the files. */
export type Tri = 'yes' | 'no' | 'unknown';

/** The value that is in force (what Istio would take), or undefined where there is none or it is unknown. */
export const valueOf = <T>(fact: Fact<T>): T | undefined =>
  fact.state === 'known' || fact.state === 'conflict' ? fact.value : undefined;

/** All places where it is said, strongest first. */
export const sightingsOf = <T>(fact: Fact<T>): readonly Sighting<T>[] =>
  fact.state === 'known' || fact.state === 'conflict'
    ? fact.sightings
    : fact.state === 'unknown'
      ? (fact.sightings ?? [])
      : [];

/** The place that decides, for a finding to point at. */
export const placeOf = <T>(fact: Fact<T>): Place | undefined =>
  sightingsOf(fact)[0]?.place ?? (fact.state === 'unknown' ? fact.place : undefined);

/**
 * A fact from its sightings, strongest first. Sightings of shared files and those that `same` calls equal
 * never make a conflict.
 */
export const settle = <T>(
  sightings: readonly Sighting<T>[],
  otherwise: Fact<T>,
  same: (a: T, b: T) => boolean = Object.is,
): Fact<T> => {
  const own = sightings.filter((sighting) => sighting.shared !== true);
  const ranked = [...own, ...sightings.filter((sighting) => sighting.shared === true)];
  const first = ranked[0];
  if (first === undefined) return otherwise;
  const state = own.every((sighting) => same(sighting.value, first.value)) ? 'known' : 'conflict';
  return { state, value: first.value, sightings: ranked };
};
