// Parts of one installation that overlay each other.
import type { EmbeddedSource, Place, Sighting } from '../../model/index.ts';
import { below, isRecord } from '../../model/index.ts';

/** A part of an installation that other parts of it may overlay. */
export interface Layered {
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: Place;
  readonly installation: string;
  readonly layer: number;
  readonly shared: boolean;
}

/** A value of an upper layer (null, '' or an empty list) that takes away one of the base. */
export interface Overridden {
  readonly value: unknown;
  readonly place: Place;
  readonly base: Sighting<unknown>;
}

export const layeredSightings = (
  sources: readonly (Layered | EmbeddedSource)[],
  path: readonly string[],
  source: string,
): readonly Sighting<unknown>[] => byInstallation(sources).flatMap((layers) => sightingsOfLayers(layers, path, source));

/** Sources by installation, highest layer first; installations in the order in which they were met. */
export const byInstallation = <T extends Layered | EmbeddedSource>(
  sources: readonly T[],
): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>();
  for (const source of sources) {
    const held = groups.get(source.installation);
    if (held === undefined) groups.set(source.installation, [source]);
    else held.push(source);
  }
  return [...groups.values()].map((group) => group.toSorted((a, b) => b.layer - a.layer));
};

export const overridden = (
  sources: readonly (Layered | EmbeddedSource)[],
  path: readonly string[],
  source: string,
): readonly Overridden[] =>
  byInstallation(sources).flatMap((layers) => {
    const found = layers.flatMap((layer) => {
      const lookup = lookUp(layer.value, path);
      return lookup === undefined ? [] : [{ layer, ...lookup }];
    });
    const upper = found[0];
    if (upper === undefined || !isEmpty(upper.value)) return [];
    const base = found.find((entry) => entry.layer.layer < upper.layer.layer && !isEmpty(entry.value));
    if (base === undefined) return [];
    return [
      {
        value: upper.value,
        place: below(upper.layer.place, ...path.slice(0, upper.depth)),
        base: { value: base.value, place: below(base.layer.place, ...path), source, shared: base.layer.shared },
      },
    ];
  });

const sightingsOfLayers = (
  layers: readonly (Layered | EmbeddedSource)[],
  path: readonly string[],
  source: string,
): readonly Sighting<unknown>[] => {
  const found: { sighting: Sighting<unknown>; layer: number }[] = [];
  for (const layer of layers) {
    const last = found.at(-1);
    // A scalar, a list or null of a higher layer hides this one; maps go on merging.
    if (last !== undefined && last.layer > layer.layer && !isRecord(last.sighting.value)) break;
    const lookup = lookUp(layer.value, path);
    if (lookup !== undefined)
      found.push({
        layer: layer.layer,
        sighting: { value: lookup.value, place: below(layer.place, ...path), source, shared: layer.shared },
      });
  }
  const top = found[0];
  if (top === undefined) return [];
  if (!isRecord(top.sighting.value))
    return found
      .filter((entry) => entry.layer === top.layer && entry.sighting.value !== null)
      .map((entry) => entry.sighting);
  const merged = found
    .map((entry) => entry.sighting.value)
    .toReversed()
    .reduce<unknown>(merge, {});
  return [{ ...top.sighting, value: merged }];
};

/** The value at a path, null where it or something above it is null; `depth` tells how far the path leads. */
const lookUp = (value: unknown, path: readonly string[]): { value: unknown; depth: number } | undefined => {
  let here = value;
  for (const [depth, step] of path.entries()) {
    if (here === null) return { value: null, depth };
    if (!isRecord(here) || !Object.hasOwn(here, step)) return undefined;
    here = here[step];
  }
  return { value: here, depth: path.length };
};

/** Helm's merge: maps by key, anything else is replaced, null removes. */
export const merge = (lower: unknown, upper: unknown): unknown => {
  if (!isRecord(lower) || !isRecord(upper)) return upper;
  const result = new Map(Object.entries(lower));
  for (const [key, value] of Object.entries(upper))
    if (value === null) result.delete(key);
    else result.set(key, result.has(key) ? merge(result.get(key), value) : value);
  return Object.fromEntries(result);
};

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0);
