// What differs between config clusters, and which of them stands against the others.
import type { Mesh } from '../../facts/mesh.ts';
import { hidesKind } from '../../facts/sources.ts';
import { isWrittenAlike } from '../../model/index.ts';
import type { Difference } from './canonical.ts';
import { differences, isSame } from './canonical.ts';
import type { Client } from './clients.ts';
import { clientOf, hasProxies } from './clients.ts';
import type { Realm } from '../scope.ts';
import { inWords } from '../scope.ts';
import type { Held, MeshObject } from './objects.ts';
import { coversHosts, keepsConfiguration } from './objects.ts';

/** A config cluster without an object that others have, and what there would obey it. */
export interface Absence {
  readonly realm: Realm;
  readonly client: Client;
}

/** A statement that differs from those of the other config clusters. */
export interface Deviation {
  readonly odd: Held;
  /** Statements of the reference; on a tie those that the odd one differs from. */
  readonly others: readonly Held[];
  /** No group of equal statements is the largest. */
  readonly isTie: boolean;
  /** Not empty. */
  readonly differences: readonly Difference[];
}

/** Config clusters that lack an object although their proxies would obey it, in the order of names. */
export const absencesOf = (mesh: Mesh, object: MeshObject): readonly Absence[] => {
  const first = object.held[0];
  if (first === undefined || object.held.some(({ ambiguous }) => ambiguous)) return [];
  return object.missing.flatMap((realm) => {
    const { config } = realm;
    if (hidesKind(config.cluster, [object.kind.kind]) || !keepsConfiguration(mesh, config)) return [];
    if (mesh.absent(config, `config:${object.kind.kind}`) === 'unknown') return [];
    if (first.hosts.length > 0 && coversHosts(mesh, realm, object.kind, first.hosts)) return [];
    const client = clientOf(mesh, realm, first);
    return client === undefined ? [] : [{ realm, client }];
  });
};

/** Statements that differ from the largest group of equal ones; without one, the first by name against all others. */
export const deviationsOf = (object: MeshObject): readonly Deviation[] => {
  const held = object.held.filter((one) => !one.ambiguous && hasProxies(one.realm) !== 'no');
  const groups = groupEqual(held).toSorted((a, b) => b.length - a.length);
  const [first, second] = groups;
  if (first === undefined || second === undefined) return [];
  const isTie = first.length === second.length;
  const odds = isTie ? held.slice(0, 1) : groups.slice(1).flat();
  const reference = isTie ? undefined : first;
  return odds.flatMap((odd) => {
    const others = reference ?? groups.find((group) => !group.includes(odd)) ?? [];
    const found = others[0] === undefined ? [] : differences(odd.form, others[0].form);
    return found.length === 0 ? [] : [{ odd, others, isTie, differences: found }];
  });
};

const groupEqual = (held: readonly Held[]): readonly (readonly Held[])[] => {
  const groups: Held[][] = [];
  for (const one of held) {
    const near = groups.find((group) => isEqual(group[0]!, one));
    if (near === undefined) groups.push([one]);
    else near.push(one);
  }
  return groups;
};

const isEqual = (one: Held, other: Held): boolean =>
  isWrittenAlike(one.resource.value['spec'], other.resource.value['spec']) ||
  isSame(one.form, other.form) ||
  differences(one.form, other.form).length === 0;

const MOST = 3;

/** `http[0].retries.attempts (3, not 2) and http[0].timeout (1m, there none or the default)`: the first fields, and how many more there are. */
export const inFields = (found: readonly Difference[]): string => {
  const words = found.slice(0, MOST).map(({ field, one, other }) => {
    if (one === undefined) return `${field} (none or the default, there ${other ?? ''})`;
    return `${field} (${one}, ${other === undefined ? 'there none or the default' : `not ${other}`})`;
  });
  const more = found.length - words.length;
  return inWords(more > 0 ? [...words, `${more} more`] : words);
};
