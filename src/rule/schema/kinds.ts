// Kinds and API versions of objects against what the releases of their clusters serve.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Minors } from '../../facts/minors.ts';
import { servedSince } from '../../facts/servedApis.ts';
import type { Resource } from '../../model/index.ts';
import { comparePlaces, compareText, placeKey } from '../../model/index.ts';
import { NEWEST } from '../../schema/structural.ts';
import { allKinds, isServed, istioGroups } from '../../schema/table.ts';
import { oncePerMesh } from '../scope.ts';
import { isOpaque } from './problems.ts';

interface Index {
  /** `networking.istio.io/Gateway` → v1, v1alpha3, v1beta1. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /** Groups by kind. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

let held: Index | undefined;

const index = (): Index => {
  if (held !== undefined) return held;
  const versions = new Map<string, string[]>();
  const groups = new Map<string, string[]>();
  for (const key of allKinds()) {
    const [group = '', version = '', kind = ''] = key.split('/');
    const id = `${group}/${kind}`;
    versions.set(id, [...(versions.get(id) ?? []), version]);
    if (groups.get(kind)?.includes(group) !== true) groups.set(kind, [...(groups.get(kind) ?? []), group]);
  }
  return (held = { versions, groups });
};

export const versionsOf = (group: string, kind: string): readonly string[] =>
  index().versions.get(`${group}/${kind}`) ?? [];

export const groupsOf = (kind: string): readonly string[] => index().groups.get(kind) ?? [];

export const kindsOf = (group: string): readonly string[] =>
  [...index().groups].filter(([, held]) => held.includes(group)).map(([kind]) => kind);

/** An object whose kind its cluster does not serve in that version. */
export interface Unserved {
  readonly member: Member;
  readonly resource: Resource;
  readonly minors: Minors;
  /** First minor from which on it is served, for one that comes later. */
  readonly since: number | undefined;
  /** First minor that does not serve it any more. */
  readonly until: number | undefined;
  /** Some of the releases that the cluster may run serve it. */
  readonly partly: boolean;
}

/** Objects of kinds that some release serves, but (part of) the releases of their cluster do not. */
const unservedObjects = oncePerMesh((mesh): readonly Unserved[] => {
  const answers = new Map<string, Pick<Unserved, 'since' | 'until' | 'partly'> | undefined>();
  return mesh.members.flatMap((member) => {
    const { minors, assumed } = mesh.versionOf(member);
    return member.resources.all.flatMap((resource): readonly Unserved[] => {
      if (!istioGroups().has(resource.group)) return [];
      const key = `${resource.apiVersion}/${resource.kind}`;
      const id = `${key} ${minors.low} ${minors.high}`;
      if (!answers.has(id)) answers.set(id, servedIn(key, minors));
      const answer = answers.get(id);
      if (answer === undefined || (answer.partly && assumed) || isOpaque(resource)) return [];
      return [{ member, resource, minors, ...answer }];
    });
  });
});

const servedIn = (key: string, { low, high }: Minors): Pick<Unserved, 'since' | 'until' | 'partly'> | undefined => {
  const all: number[] = [];
  for (let minor = 1; minor <= NEWEST; minor++) if (isServed(key, minor)) all.push(minor);
  const first = all[0];
  const last = all.at(-1);
  if (first === undefined || last === undefined || high > NEWEST) return undefined;
  if (first > low) return { since: first, until: undefined, partly: first <= high };
  if (last < high) return { since: undefined, until: last + 1, partly: last >= low };
  return undefined;
};

/** Objects that one cause makes unserved, as one: the same member and the same release. */
export interface UnservedGroup {
  readonly member: Member;
  readonly minors: Minors;
  readonly minor: number;
  readonly partly: boolean;
  readonly objects: readonly [Resource, ...Resource[]];
}

/** By member and by the release from which on (`since`) or up to which (`until`) they are served. */
export const unservedGroups = (
  mesh: Mesh,
  by: 'since' | 'until',
  speaks: (one: Unserved) => boolean,
): readonly UnservedGroup[] => {
  const found = new Map<string, Unserved[]>();
  const told = new Set<string>();
  for (const one of unservedObjects(mesh)) {
    if (one[by] === undefined || !speaks(one)) continue;
    const place = `${placeKey(one.resource.place)} ${one[by]}`;
    if (told.has(place)) continue;
    told.add(place);
    const key = `${one.member.name} ${one[by]} ${one.partly}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()].flatMap((held): readonly UnservedGroup[] => {
    const [first, ...others] = held.map(({ resource }) => resource).toSorted((a, b) => comparePlaces(a.place, b.place));
    const { member, minors, partly } = held[0]!;
    return first === undefined ? [] : [{ member, minors, partly, minor: held[0]![by]!, objects: [first, ...others] }];
  });
};

/** config/dead-setting tells of kinds that are new, where a peer serves them. */
export const isToldAsTooNew = (mesh: Mesh, { member, resource, minors }: Unserved): boolean => {
  const since = servedSince(resource.apiVersion, resource.kind);
  if (resource.shared || since === undefined || minors.high >= since || mesh.versionOf(member).assumed) return false;
  return mesh.members.some((peer) => {
    const version = mesh.versionOf(peer);
    return peer !== member && !version.assumed && version.minors.low >= since;
  });
};

/** `networking.istio.io/v1 and telemetry.istio.io/v1`. */
export const apisOf = (objects: readonly Resource[]): readonly string[] =>
  [...new Set(objects.map(({ apiVersion }) => apiVersion))].toSorted(compareText);
