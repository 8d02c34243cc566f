import type { Fleet, Path, Place, Resource } from '../model/index.ts';
import { HIDDEN, isAboutSecret, isPublicValue, isRecord, isSecretName } from '../model/index.ts';

/** What is not to be repeated of the values at some places: gives a text without them. */
export type Hide = (text: string) => string;

interface Held {
  readonly value: unknown;
  readonly isSecret: boolean;
}

/** More is not looked at below one place. */
const MOST_NODES = 400;
/** A shorter secret is left out where it is all that is said, or in quotes: as part of a sentence it may be a word. */
const SHORTEST = 4;

/**
 * Values whose names are those of secrets (environment variables, headers, keys of a Secret) must not get into
 * messages, whatever a rule quotes. Decided by the places of a finding, so that no rule has to think of it.
 */
export const secretsOf = (fleet: Fleet): ((places: readonly Place[]) => Hide) => {
  let held: ReadonlyMap<string, readonly Held[]> | undefined;
  const names = new Set(fleet.clusters.map(({ name }) => name));
  return (places) => {
    held ??= heldIn(fleet);
    const found = new Set<string>();
    for (const place of new Set(places)) {
      const path = flat(place);
      for (let length = 0; length <= path.length; length++)
        for (const { value, isSecret } of held.get(keyOf(place, path.slice(0, length))) ?? [])
          collectAt(value, path.slice(length), isSecret, found);
    }
    for (const name of names) found.delete(name);
    return found.size === 0 ? asIs : (text) => without(text, found);
  };
};

const asIs: Hide = (text) => text;

const flat = ({ path, inner }: Place): Path => (inner === undefined ? path : [...path, ...inner]);

const keyOf = ({ file, document }: Place, path: Path): string => [file.path, document, ...path].join('\0');

const heldIn = (fleet: Fleet): ReadonlyMap<string, readonly Held[]> => {
  const held = new Map<string, Held[]>();
  const add = (place: Place, value: unknown, isSecret = false): void => {
    const key = keyOf(place, flat(place));
    const before = held.get(key);
    if (before === undefined) held.set(key, [{ value, isSecret }]);
    else before.push({ value, isSecret });
  };
  const seen = new Set<Place>();
  for (const { resources, values, meshConfigs, looseConfigs } of fleet.clusters) {
    for (const resource of resources.all) {
      if (seen.has(resource.place)) continue;
      seen.add(resource.place);
      add(resource.place, resource.value);
      if (!isSecretResource(resource)) continue;
      for (const key of ['data', 'stringData']) {
        const data = resource.value[key];
        if (!isRecord(data)) continue;
        for (const [name, value] of Object.entries(data))
          if (!isAboutSecret(name) && !PUBLIC.test(name))
            add({ ...resource.place, path: [...resource.place.path, key, name] }, value, true);
      }
    }
    for (const { place, values: value } of values) add(place, value);
    for (const { place, value } of [...meshConfigs, ...looseConfigs]) add(place, value);
  }
  return held;
};

/** Keys of Secrets that hold certificates. */
const PUBLIC = /\.(?:pem|crt|cert|cer|crl)$/;

const isSecretResource = ({ kind, group }: Resource): boolean => kind === 'Secret' && group === '';

/** Goes to the value of a path, or as near as there is something, and collects the secrets there. */
const collectAt = (root: unknown, path: Path, isSecret: boolean, found: Set<string>): void => {
  let value = root;
  let around: unknown;
  let aroundIsSecret = isSecret;
  for (const step of path) {
    const next = child(value, step);
    if (next === undefined) break;
    around = value;
    aroundIsSecret = isSecret;
    isSecret = isSecretBelow(value, step, isSecret);
    value = next;
  }
  // A rule that means a name may quote the value beside it.
  const isEntry = isRecord(around) && (typeof value !== 'object' || value === null);
  collect(isEntry ? around : value, isEntry ? aroundIsSecret : isSecret, found);
};

const child = (value: unknown, step: string | number): unknown => {
  if (Array.isArray(value)) return typeof step === 'number' ? (value[step] as unknown) : undefined;
  return isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
};

const VALUES: ReadonlySet<string> = new Set(['value', 'values', 'notValues']);

/** Whether what stands at a key is a secret, by the names above it and, for `{ name, value }`, beside it. */
const isSecretBelow = (around: unknown, step: string | number, isSecret: boolean): boolean => {
  if (typeof step === 'number') return isSecret;
  if (isSecret) return !isAboutSecret(step);
  if (isSecretName(step)) return true;
  if (!VALUES.has(step) || !isRecord(around)) return false;
  return [around['name'], around['key']].some((name) => typeof name === 'string' && isSecretName(name));
};

const collect = (root: unknown, rootIsSecret: boolean, found: Set<string>): void => {
  const open: [value: unknown, isSecret: boolean][] = [[root, rootIsSecret]];
  for (let seen = 0; open.length > 0 && seen < MOST_NODES; seen++) {
    const [value, isSecret] = open.pop() ?? [undefined, false];
    if (Array.isArray(value)) for (const item of value.slice(0, MOST_NODES)) open.push([item, isSecret]);
    else if (isRecord(value))
      for (const [key, item] of Object.entries(value)) open.push([item, isSecretBelow(value, key, isSecret)]);
    else if (isSecret && (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')) {
      const text = String(value);
      if (text.trim() !== '' && !isPublicValue(text)) found.add(text);
    }
  }
};

const without = (text: string, secrets: ReadonlySet<string>): string => {
  if (secrets.has(text)) return HIDDEN;
  let shown = text;
  // The longest first: one may be part of another.
  for (const secret of [...secrets].toSorted((a, b) => b.length - a.length))
    for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1)]))
      shown = shown.includes(form) ? shown.replaceAll(standing(form), HIDDEN) : shown;
  return shown;
};

/** The text where it is not a part of a longer word. */
const standing = (text: string): RegExp => {
  const escaped = text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return text.length < SHORTEST
    ? new RegExp(`(?<=["'])${escaped}(?=["'])`, 'g')
    : new RegExp(String.raw`(?<!\w)${escaped}(?!\w)`, 'g');
};
