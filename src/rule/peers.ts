// Who deviates: the value that most clusters share is the reference.
import { someInWords } from './scope.ts';

/** One that deviates, and the ones it is held against. */
export interface Deviation<T> {
  readonly odd: T;
  readonly peers: readonly T[];
  /** Whether the peers are the largest group; else no side is right. */
  readonly isOutvoted: boolean;
}

/**
 * Groups items by what `keyOf` calls equal. Each item outside the single largest group deviates from it; where no
 * group is the largest, the first item deviates from the first group that differs.
 */
export const deviations = <T>(items: readonly T[], keyOf: (item: T) => string): readonly Deviation<T>[] => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const held = groups.get(key);
    if (held === undefined) groups.set(key, [item]);
    else held.push(item);
  }
  const [first, second] = [...groups.values()].toSorted((a, b) => b.length - a.length);
  if (first === undefined || second === undefined) return [];
  if (first.length > second.length) {
    const shared = keyOf(first[0]!);
    return items.filter((item) => keyOf(item) !== shared).map((odd) => ({ odd, peers: first, isOutvoted: true }));
  }
  const [odd, ...others] = items;
  const peer = others.find((item) => keyOf(item) !== keyOf(odd!));
  return [{ odd: odd!, peers: items.filter((item) => keyOf(item) === keyOf(peer!)), isOutvoted: false }];
};

/** `north has mesh2, east and west have mesh1`: names of clusters by what they have. */
export const holdingsInWords = (all: readonly (readonly [cluster: string, value: string])[]): string => {
  const groups = new Map<string, string[]>();
  for (const [cluster, value] of all) groups.set(value, [...(groups.get(value) ?? []), cluster]);
  return [...groups]
    .map(([value, names]) => `${someInWords(names)} ${names.length > 1 ? 'have' : 'has'} ${value}`)
    .join(', ');
};
